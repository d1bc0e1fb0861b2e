"""What was ever visible stays known: when a rebuilt day, or a new month, may say something else.

The memory is the published table itself. A day's numbers may only grow, in each cell by none or by at least k people at
a time, so any two versions of it differ by none or by k, and only the newest need be compared with. It is there as long
as the day is published, however short the table's log is kept; a day past its period is never published again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.anonymity.cells import Cell, Words
from jobs.anonymity.tables import Face
from policy.statistics import Statistic


def isolates(before: Face, now: Face, statistic: Statistic) -> bool:
    """Whether somebody with both versions of a cell could see fewer than k people in the difference.

    Rows that came late are of people who may be in the cell already, so only k further contributors prove k people. A
    cell that was hidden and is shown, or the other way round, tells with the totals what was hidden. How much of a sum
    one person has brought late isn't known any more: a sum never changes.
    """
    if before.said == now.said:
        return False
    if before.numbers is None or now.numbers is None or statistic.total is not None:
        return True
    people = (now.contributors or 0) - (before.contributors or 0)
    return people < statistic.k or now.numbers[0] - before.numbers[0] < people


def must_stay(visible: Sequence[Face], fresh: Iterable[Face], system: Sequence[Statistic]) -> bool:
    """Whether the version of a system that readers can see already must stay, for its difference isolates somebody."""
    by_name, now = {statistic.name: statistic for statistic in system}, {face.key: face for face in fresh}
    if visible and {face.key for face in visible} != now.keys():
        return True
    return any(isolates(face, now[face.key], by_name[face.statistic]) for face in visible)


@dataclass(frozen=True)
class Change:
    """How a standing cell differs today from an earlier day, both counted now.

    ``moved``: contributors who have another number of rows in it. ``row_count``, ``contributors``: of the earlier day.
    """

    moved: int
    row_count: int
    contributors: int


UNCHANGED = Change(0, 0, 0)
"""Of a cell that has no rows on either day."""


def changes(
    rows: DataFrame, statistic: Statistic, earlier: Sequence[date], day: date
) -> dict[tuple[Words, date], Change]:
    """Every cell's change since each of these days. ``rows``: all of the source, whether they run or not, grouped."""
    if not earlier:
        return {}
    then = {f"then_{place}": _runs(statistic, each) for place, each in enumerate(earlier)}
    each = rows.groupBy(*statistic.by, statistic.contributor).agg(
        F.count_if(_runs(statistic, day)).alias("now"), *(F.count_if(on).alias(name) for name, on in then.items())
    )
    counted = each.groupBy(*statistic.by).agg(
        *(F.count_if(F.col(name) != F.col("now")).alias(f"{name}_moved") for name in then),
        *(F.sum(name).alias(f"{name}_rows") for name in then),
        *(
            F.count_if((F.col(name) > 0) & F.col(statistic.contributor).isNotNull()).alias(f"{name}_of")
            for name in then
        ),
    )
    return {
        (tuple(row[group] for group in statistic.by), at): Change(row[f"{n}_moved"], row[f"{n}_rows"], row[f"{n}_of"])
        for row in counted.collect()
        for n, at in zip(then, earlier, strict=True)
    }


def _runs(statistic: Statistic, day: date) -> Column:
    first, last = statistic.running or ("", "")
    return F.coalesce((F.col(first) <= F.lit(day)) & (F.col(last).isNull() | (F.col(last) >= F.lit(day))), F.lit(False))


def standing(
    shown: Sequence[Face], cell: Cell, since: Mapping[date, Change], statistic: Statistic, day: date
) -> Face | None:
    """What a standing cell must go on saying; None when today's value may be shown.

    Guarantee: between any two values that are ever shown, nobody or at least k contributors have changed. Where a value
    that was shown can't be counted again (somebody corrected the past), k further or fewer contributors must prove it.
    A value is kept only while fewer than k have moved since: a hidden face where k have, and today's value would be
    too near an older one, or one of a later month.
    """
    last = max((face for face in shown if face.as_of <= day), key=lambda face: face.as_of, default=None)
    near = []
    for face in shown:
        change = since.get(face.as_of, UNCHANGED)
        again = face.said == (change.contributors, (Decimal(change.row_count),))
        moved = change.moved if again else abs(cell.contributors - (face.contributors or 0))
        if 0 < moved < statistic.k or (moved == 0 and (face == last or not again)):
            near.append(face)
    if last in near:
        return last
    return Face(statistic.name, near[0].words, day) if near else None
