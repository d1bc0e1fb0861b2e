"""What a row of microdata is: a person in a closed month, told by quasi-identifiers and by how much was done.

The rows of one source are counted person by person. How much was done is told in bands, so it has a closed vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from pydantic import Field, field_validator

from policy.base import Model

NONE = "none"
"""The word for no rows at all."""


class CountBands(Model):
    """Whole numbers told by the band that holds them; ``edges`` are where bands begin, the last one has no end.

    Below the first edge the word is ``none``.
    """

    edges: tuple[int, ...] = Field(min_length=1)

    @field_validator("edges")
    @classmethod
    def _from_one_up(cls, edges: tuple[int, ...]) -> tuple[int, ...]:
        if edges[0] != 1 or list(edges) != sorted(set(edges)):
            raise ValueError("bands begin at 1 and rise strictly")
        return edges

    @property
    def words(self) -> tuple[str, ...]:
        """The closed vocabulary, lowest band first, without the word for none."""
        inner = (str(low) if high == low + 1 else f"{low}-{high - 1}" for low, high in pairwise(self.edges))
        return (*inner, f"{self.edges[-1]}+")


class ActiveDays(CountBands):
    """On how many days of the month the person has rows: the column ``output``."""

    output: str = Field(alias="as", pattern=r"^[a-z][a-z0-9_]*$")


class RowsEach(CountBands):
    """How many rows of each word of column ``by`` the person has: a column a word, called by the word.

    The column that ``by`` leaves as shows the word with most rows; of several the one that the contract lists first.
    """

    by: str


class Profile(Model):
    """How rows of events become a row a person: which source, joined with which, and what is counted.

    ``person`` is the column that says whose row it is. Attributes of ``joined`` are those of the person's last row
    in the month.
    """

    of: str
    joined: str = Field(alias="with")
    person: str
    days: ActiveDays
    rows: RowsEach

    @property
    def month(self) -> str:
        """Under which name landing holds the month's rows of source ``of``."""
        return f"{self.of}.month"

    def vocabularies(self, words: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...], str]]:
        """Name, words and note of each counted column; ``words`` are those of column ``rows.by``."""
        yield self.days.output, self.days.words, "days of the month with activity"
        for word in words:
            yield word, (NONE, *self.rows.words), f"actions of the month in {word}"
