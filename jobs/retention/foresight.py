"""Whom a plan sees coming, and a later plan that finds far more people due than that.

A contract's end is known eighteen months before anything goes by it. Many people who are due overnight are
a mistake in `contracts` or `professional_users` before they are anything else, even where few rows are theirs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date

from jobs.lake.ledger import Entry, Ledger
from jobs.people.relationships import Name

FEW, SHARE = 5, 0.05
"""Wishes, and closures that were entered late: so many people, or this share of those foreseen, need no approval."""


def foreseen(names: Iterable[Name], day: date) -> tuple[int, dict[str, int]]:
    """How many people's time is over on ``day``, held or not, and who follow, by their last day.

    ``names`` are of every purpose: somebody counts once, by the first of these last days.
    """
    last: dict[str, date] = {}
    for name in names:
        if name.identifier == "person" and name.through is not None:
            last[name.value] = min(name.through, last.get(name.value, name.through))
    soon = Counter(str(through) for through in last.values() if through >= day)
    return len(last) - soon.total(), dict(sorted(soon.items()))


def unforeseen(ledger: Ledger, due: int, day: date) -> int:
    """How many of ``due`` people the last plan that was carried out didn't see coming; zero while they are few."""
    last = _last_done(ledger)
    if last is None or "people_due" not in last:
        return 0
    coming = sum(count for through, count in last["people_soon"].items() if date.fromisoformat(through) < day)
    expected = last["people_due"] + coming
    return due - expected if due - expected > max(FEW, SHARE * expected) else 0


def _last_done(ledger: Ledger) -> Entry | None:
    """The newest plan that was carried out: one that was only made says nothing of what is usual."""
    plans: dict[str, Entry] = {}
    done = None
    for entry in ledger.entries():
        if entry["kind"] == "expiry_planned":
            plans[entry["plan"]] = entry
        elif entry["kind"] == "expiry_done":
            done = plans.get(entry["plan"], done)
    return done
