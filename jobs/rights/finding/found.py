"""What a search for a person came to: counts and names of places only, and whether somebody must look at it first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["green", "amber"]


@dataclass(frozen=True)
class Found:
    """What one place holds of a person: rows of its table and the files that they are in, or files by their bytes.

    A file of a table that holds their rows is counted with these, under its epoch, and not again by its bytes.
    ``linkable`` is false of an epoch whose key is destroyed: its rows belong to nobody any more, and ``files`` says
    in how many of them nobody could look.
    """

    place: str
    epoch: str | None = None
    rows: int = 0
    files: int = 0
    linkable: bool = True

    def __str__(self) -> str:
        where = self.place if self.epoch is None else f"{self.place}, epoch {self.epoch}"
        if not self.linkable:
            return f"{where}: no longer linkable ({self.files} files)"
        return f"{where}: {self.rows} rows, {self.files} files"


@dataclass(frozen=True)
class Findings:
    """Everything that was found, and why a person must look at it before anything is done; counts and names only."""

    found: tuple[Found, ...]
    amber: tuple[str, ...]
    files_searched: int

    @property
    def state(self) -> State:
        """``amber`` waits for a person, ``green`` goes on."""
        return "amber" if self.amber else "green"

    @property
    def rows(self) -> int:
        """Published rows that are theirs."""
        return sum(found.rows for found in self.found)

    def counts(self) -> dict[str, int | str]:
        """What the ledger may say of it."""
        present = [found for found in self.found if found.linkable and (found.rows or found.files)]
        return {
            "state": self.state,
            "rows": self.rows,
            "files": sum(found.files for found in present),
            "places": len({found.place for found in present}),
            "unlinkable": sum(not found.linkable for found in self.found),
            "searched": self.files_searched,
        }
