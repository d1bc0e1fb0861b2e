"""What somebody may know of a person from elsewhere, and how many tokens of a release it may single out."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from policy.base import Model

MOST_POINTS = 4
"""How many points of a person are asked about: de Montjoye, Hidalgo, Verleysen, Blondel (2013) ask about four, too."""

Share = Annotated[float, Field(gt=0, le=1)]


class Knowledge(Model):
    """One kind of knowledge. A point of it is a moment, and the words that happened in it.

    ``know``: columns of the release, the moment first: ``day``, or a column of times. Of an address its network counts,
    for that is what people know of one another. ``at_most``: for a number of points the share of tokens that so many of
    their own may single out; over it the release is red.
    """

    know: tuple[str, ...] = Field(min_length=2)
    at_most: dict[int, Share] = Field(default_factory=dict)

    @field_validator("at_most")
    @classmethod
    def _of_points_that_are_counted(cls, at_most: dict[int, float]) -> dict[int, float]:
        if not at_most.keys() <= set(range(1, MOST_POINTS + 1)):
            raise ValueError(f"limits are given for 1 to {MOST_POINTS} points")
        return at_most


class Risk(Model):
    """How the risk of a pseudonymised release is measured: whose tokens, and what may be known of them.

    ``linked_at_most``: the share of people whose tokens of two epochs behaviour alone may join.
    """

    person: str
    points: dict[str, Knowledge] = Field(min_length=1)
    linked_at_most: Share | None = None

    @property
    def has_limits(self) -> bool:
        """Whether anything measured could be red."""
        return self.linked_at_most is not None or any(each.at_most for each in self.points.values())
