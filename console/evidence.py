"""The promises: clause → rule → where it is enforced → the last evidence of it; what isn't enforced, in words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from console.record import Entry, Record
from policy.base import ROOT
from policy.register import Obligation
from policy.trace import stands


@dataclass(frozen=True)
class Place:
    """A function or class that enforces a rule, as ``path::name``, and whether it is there."""

    name: str
    there: bool


@dataclass(frozen=True)
class Kept:
    """One obligation, its places, and of each kind that is evidence of it the newest entry."""

    obligation: Obligation
    places: tuple[Place, ...]
    evidence: tuple[Entry, ...]
    unseen: tuple[str, ...]

    @property
    def state(self) -> str:
        """Whether it is enforced whole, in part, or its evidence is broken."""
        if not all(place.there for place in self.places):
            return "broken"
        return "in part" if self.obligation.not_yet else "enforced"


def obligations(of: tuple[Obligation, ...], record: Record) -> tuple[Kept, ...]:
    """Every obligation of the register."""
    kept = []
    for obligation in of:
        found = {kind: record.last(kind) for kind in obligation.recorded}
        places = tuple(Place(name, is_there(name)) for name in obligation.enforced)
        evidence = tuple(entry for entry in found.values() if entry is not None)
        kept.append(Kept(obligation, places, evidence, tuple(kind for kind, entry in found.items() if entry is None)))
    return tuple(kept)


@cache
def is_there(place: str, project: Path = ROOT.parent) -> bool:
    """Whether a place of the register exists; looked for once a process, whose code doesn't change."""
    return stands(place, project)
