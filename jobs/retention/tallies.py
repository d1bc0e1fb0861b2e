"""From counts of rows to what a plan says: which files lose what, by which rule, since when, and what is due next."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from functools import reduce
from operator import xor

from jobs.lake.tables import TableFile
from jobs.retention import scan
from jobs.retention.deadline import Deadline
from jobs.retention.plan import BY_DAY, BY_NAME, FilePlan

HORIZON = timedelta(days=90)
"""How far a plan looks ahead."""


def by_file(tallies: list[scan.Tally]) -> dict[str, list[scan.Tally]]:
    """The tallies of each file."""
    of: dict[str, list[scan.Tally]] = defaultdict(list)
    for each in tallies:
        of[each.path].append(each)
    return of


def file_plan(file: TableFile, deadline: Deadline, tallies: list[scan.Tally]) -> FilePlan | None:
    """What one file loses; None when it is nothing."""
    over = [t for t in tallies if t.is_over(deadline)]
    going, held = [t for t in over if not t.holds], [t for t in over if t.holds]
    held_rows, past = sum(t.rows for t in held), deadline.is_past(file.day)
    gone = file.rows - held_rows if past else sum(t.rows for t in going)
    if gone == 0:
        return None
    digest = "-".join(f"{reduce(xor, (t.digest for t in part), 0) % 2**64:016x}" for part in (going, held))
    return FilePlan(file.path, file.rows, file.bytes, gone, held_rows, BY_DAY if past else BY_NAME, digest)


def due_since(deadline: Deadline, tallies: list[scan.Tally], losing: list[TableFile]) -> str | None:
    """The earliest last day among the rows that go."""
    by_day = (deadline.last(file.day) for file in losing if deadline.is_past(file.day))
    by_name = (t.through for t in tallies if not t.holds and t.through is not None and t.through < deadline.today)
    return min((str(day) for day in (*by_day, *by_name)), default=None)


def held_by(deadline: Deadline, tallies: list[scan.Tally]) -> dict[str, int]:
    """Rows that each hold keeps beyond their date."""
    held: Counter[str] = Counter()
    for t in tallies:
        if t.is_over(deadline):
            held.update(dict.fromkeys(t.holds, t.rows))
    return dict(held)


def forecast(deadline: Deadline, tallies: list[scan.Tally], files: list[TableFile]) -> dict[str, int]:
    """Rows that will go within the horizon, by their last day; rows under a hold stay."""
    soon, of = Counter[date](), by_file(tallies)
    for file in files:
        last = deadline.last(file.day)
        soon[last] += file.rows - sum(t.rows for t in of[file.path])
        for t in of[file.path]:
            if not t.holds:
                soon[min(last, t.through or last)] += t.rows
    inside = ((day, rows) for day, rows in sorted(soon.items()) if deadline.today <= day <= deadline.today + HORIZON)
    return {str(day): rows for day, rows in inside if rows}
