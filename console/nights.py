"""The nights: what the last one made of each release, beside its usual, and the last thirty as a grid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from console.record import Entry, Record
from console.waiting import Waiting, found_in, is_for_volume, waiting
from policy.contract import Contract
from policy.promise import Promise

NIGHTS, USUAL = 30, 28
"""Days that the grid has, and days whose median is a release's usual number of rows."""

NIGHTLY = ("protected", "judged", "published", "refused")
KINDS = (*NIGHTLY, "volume_accepted")
"""What the record says of a night of a release."""

STATES = {
    "published": "published",
    "accepted": "held, and accepted by a person",
    "red": "red: not published",
    "held": "held for its volume: not published",
    "refused": "refused by a step: not published",
    "made": "made, not published yet",
    "none": "nothing on record",
    "not due": "no release of this day",
}
"""What a cell of the grid can say, and in words."""


@dataclass(frozen=True)
class Night:
    """The newest day of a release. ``usual``: the median of its published days before, ``ratio`` of rows to that.

    Of an aggregate ``suppressed`` and ``excluded`` aren't recorded: they could be subtracted.
    """

    release: str
    day: str
    state: str
    why: tuple[str, ...]
    rows_in: int | None
    rows_out: int | None
    suppressed: int | None
    excluded: int | None
    usual: int | None
    entries: dict[str, int]
    at: datetime | None

    @property
    def ratio(self) -> float | None:
        """How many times its usual it is."""
        return self.rows_out / self.usual if self.rows_out is not None and self.usual else None

    @property
    def is_unusual(self) -> bool:
        """Whether it is less than half or more than twice its usual."""
        return self.ratio is not None and not 0.5 <= self.ratio <= 2


@dataclass(frozen=True)
class Cell:
    """One day of one release in the grid."""

    day: date
    state: str
    entry: int | None


@dataclass(frozen=True)
class Row:
    """One release in the grid; ``words`` says the same for whoever doesn't see it."""

    release: str
    cells: tuple[Cell, ...]

    @property
    def words(self) -> str:
        """How many days are in which state; every day that isn't as it should be by its date."""
        said = [f"{sum(cell.state == 'published' for cell in self.cells)} published"]
        for state in ("red", "held", "refused", "made"):
            days = [str(cell.day) for cell in self.cells if cell.state == state]
            said += [f"{STATES[state]}: {', '.join(days)}"] if days else []
        empty = sum(cell.state == "none" for cell in self.cells)
        return "; ".join([*said, f"{empty} with nothing on record"] if empty else said)


@dataclass(frozen=True)
class Now:
    """The first page."""

    waiting: tuple[Waiting, ...]
    nights: tuple[Night, ...]
    days: tuple[date, ...]
    grid: tuple[Row, ...]
    last_entry: datetime | None
    now: datetime


def page(promise: Promise, record: Record, now: datetime) -> Now:
    """What is going on, the most urgent first."""
    newest = record.entries(limit=1)
    yesterday = now.date() - timedelta(days=1)
    days_told = (record.last_day(name, *NIGHTLY, until=now.date()) for name in promise.releases)
    last = max((yesterday, *filter(None, days_told)))
    days = tuple(last - timedelta(days=NIGHTS - 1 - number) for number in range(NIGHTS))
    return Now(
        waiting=waiting(promise, record, now),
        nights=tuple(night for name in promise.releases if (night := last_night(record, name, now.date())) is not None),
        days=days,
        grid=tuple(_row(record, contract, days) for contract in promise.releases.values()),
        last_entry=newest[0].at if newest else None,
        now=now,
    )


def last_night(record: Record, release: str, today: date) -> Night | None:
    """The newest data day of a release of which anything is on record; a day to come is a slip of somebody's hand."""
    day = record.last_day(release, *NIGHTLY, until=today)
    if day is None:
        return None
    found = {kind: entry for kind in KINDS if (entry := record.last(kind, about=release, day=str(day))) is not None}
    made, judged = found.get("protected", Entry(0, {})), found.get("judged", Entry(0, {}))
    before = record.newest_by_day("published", release, "", str(day), USUAL)
    rows = [count for entry in before if (count := entry.number("rows")) is not None]
    newest = max(found.values(), key=lambda entry: entry.line)
    return Night(
        release, str(day), _state(list(found.values())), tuple(found_in(judged)),
        made.number("rows_in"), made.number("rows_out"), made.number("suppressed"), made.number("excluded"),
        round(median(rows)) if rows else None, {kind: entry.line for kind, entry in found.items()}, newest.at,
    )  # fmt: skip


def _row(record: Record, contract: Contract, days: tuple[date, ...]) -> Row:
    of_day: dict[str, list[Entry]] = {}
    for entry in record.of_days(contract.release, str(days[0]), str(days[-1] + timedelta(days=1))):
        if entry.kind in KINDS:
            of_day.setdefault(entry.text("day"), []).append(entry)
    cells = []
    for day in days:
        entries = of_day.get(str(day), [])
        state = _state(entries) if entries else "none" if contract.is_due(day) else "not due"
        cells.append(Cell(day, state, max((entry.line for entry in entries), default=None)))
    return Row(contract.release, tuple(cells))


def _state(entries: list[Entry]) -> str:
    """The state of a release's day, by what came last."""
    last = {}
    for entry in sorted(entries, key=lambda each: each.line):
        last[entry.kind] = entry
    judged, published = last.get("judged"), last.get("published")
    if published and (judged is None or judged.line < published.line or judged.text("verdict") == "green"):
        return "published"
    if judged and judged.text("verdict") == "red":
        if not is_for_volume(judged):
            return "red"
        return "accepted" if "volume_accepted" in last and last["volume_accepted"].line > judged.line else "held"
    return "refused" if "refused" in last else "made"
