"""What goes when: days whose period ends within 90 days, whom the last plan saw coming, what holds keep, what went."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from console.record import Entry, Record
from policy.periods import add_months, months_of
from policy.promise import Promise

AHEAD = timedelta(days=90)
WENT = ("rows_expired", "rows_erased", "rows_restricted", "expiry_proved", "erasure_proved", "cleaned", "key_destroyed",
        "export_deleted", "package_forgotten", "answer_forgotten")  # fmt: skip
"""The kinds that say that something was deleted, taken apart, or proved to be gone."""


@dataclass(frozen=True)
class Ending:
    """The days of one release that end in one month: how many rows as published, and the last day of the first."""

    release: str
    month: str
    days: int
    rows: int
    first: date
    keep: str


@dataclass(frozen=True)
class Went:
    """What went in one month: rows that ended or were erased, the proofs of each, landing copies, and keys."""

    month: str
    expired: int
    expiry_proofs: int
    erased: int
    erasure_proofs: int
    copies: int
    keys: int


@dataclass(frozen=True)
class Calendar:
    """``people``: by month, how many people's last day lies in it, as the newest plan saw it. ``plan``: that plan."""

    endings: tuple[Ending, ...]
    people: tuple[tuple[str, int], ...]
    plan: Entry | None
    proof: Entry | None
    went: tuple[Went, ...]


def calendar(promise: Promise, record: Record, today: date, months: int = 13) -> Calendar:
    """The calendar from today on, and the months behind it."""
    plan = record.last("expiry_planned")
    people: Counter[str] = Counter()
    soon = plan.fields.get("people_soon") if plan else None
    for day, count in soon.items() if isinstance(soon, dict) else ():
        if isinstance(count, int) and str(today) <= str(day)[:10] <= str(today + AHEAD):
            people[str(day)[:7]] += count
    return Calendar(
        endings=tuple(ending for name in promise.releases for ending in _endings(promise, record, name, today)),
        people=tuple(sorted(people.items())),
        plan=plan,
        proof=record.last("expiry_proved"),
        went=tuple(_went(record, month) for month in _months(today, months) if record.count(*WENT, month=month)),
    )


def _endings(promise: Promise, record: Record, release: str, today: date) -> list[Ending]:
    """By the contract's own period; days of which every row went earlier are counted as they were published."""
    keep = promise.releases[release].retention.keep
    since, until = (
        add_months(day, -months_of(keep)) - timedelta(days=4) for day in (today, today + AHEAD + timedelta(days=8))
    )
    rows: dict[str, list[tuple[date, int]]] = {}
    for entry in record.newest_by_day("published", release, str(since), str(until)):
        day = entry.day()
        last = add_months(day, months_of(keep)) if day else today - timedelta(days=1)
        if today <= last <= today + AHEAD:
            rows.setdefault(f"{last:%Y-%m}", []).append((last, entry.number("rows") or 0))
    return [
        Ending(release, month, len(found), sum(count for _, count in found), min(found)[0], keep)
        for month, found in sorted(rows.items())
    ]


def _went(record: Record, month: str) -> Went:
    def rows(kind: str) -> int:
        return sum(entry.number("rows") or 0 for entry in record.entries(kind, month=month, limit=5_000))

    return Went(
        month, rows("rows_expired"), record.count("expiry_proved", month=month),
        rows("rows_erased"), record.count("erasure_proved", month=month),
        record.count("cleaned", month=month), record.count("key_destroyed", month=month),
    )  # fmt: skip


def _months(today: date, count: int) -> list[str]:
    return [f"{add_months(today.replace(day=1), -number):%Y-%m}" for number in range(count)]
