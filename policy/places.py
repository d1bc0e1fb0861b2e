"""What each right of a data subject does in each sort of place, or why not (clause 9.1): ``policy/places.yaml``."""

from __future__ import annotations

from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from policy.base import Model
from policy.contract import Shape

Right = Literal["access", "portability", "rectification", "erasure", "restriction", "objection", "consent_withdrawal"]
RIGHTS: tuple[Right, ...] = get_args(Right)

Deed = Literal[
    "shown", "counted", "given", "corrected", "erased", "kept_apart", "left_out", "elsewhere", "kept", "nothing"
]
"""``shown``: in the access package; ``counted``: the package says how much lies there; ``given``: in the portability
package; ``elsewhere``: the platform does it; ``kept``: stays on a legal ground."""

SAYS: frozenset[Deed] = frozenset({"shown", "counted"})
FORGETS: frozenset[Deed] = frozenset({"erased", "elsewhere", "kept"})


class Line(Model):
    """What one right does in one place, in a word and in a sentence."""

    does: Deed
    how: str = Field(min_length=10)


class Place(Model):
    """One sort of place. ``plain``, ``tokens``: it can hold identifiers of a person as they are, or as tokens."""

    plain: bool = False
    tokens: bool = False
    access: Line
    portability: Line
    rectification: Line
    erasure: Line
    restriction: Line
    objection: Line
    consent_withdrawal: Line

    @model_validator(mode="after")
    def _is_in_both_or_in_neither(self) -> Self:
        said, forgotten = self.access.does in SAYS, self.erasure.does in FORGETS
        if not (self.plain or self.tokens) == said == forgotten:
            raise ValueError("who can stand there is told of it and forgotten there; where nobody can, neither is done")
        return self

    def line(self, right: Right) -> Line:
        """What ``right`` does there."""
        line: Line = getattr(self, right)
        return line


class Tables(Model):
    """Tables of the platform: somebody's ``own`` rows, rows in which somebody is ``named``, and ``nobodys``."""

    own: Place
    named: Place
    nobodys: Place


class Places(Model):
    """``policy/places.yaml``: tables, releases by their shape, exports, and the lake's zones by their folder."""

    tables: Tables
    releases: dict[Shape, Place]
    exports: Place
    zones: dict[str, Place]

    @model_validator(mode="after")
    def _every_shape_has_its_line(self) -> Self:
        missing = set(get_args(Shape)) - self.releases.keys()
        if missing:
            raise ValueError(f"no line for releases of shape {', '.join(sorted(missing))}")
        return self
