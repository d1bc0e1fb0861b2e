"""From source rows to the cells of a statistic: Spark counts, the driver holds what a cell's rules need.

Two aggregations do all of it: per cell and contributor first, then per cell. What comes to the driver is bounded: a
cell's numbers and its k largest contributions by each number, for at most `policy.statistics.MOST_CELLS` cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.treatments import treated
from policy.contract import Contract
from policy.outputs import OTHER
from policy.promise import Promise
from policy.statistics import ROWS, Statistic

Frames = Callable[[str], DataFrame]
Words = tuple[str, ...]
"""The words of a cell, in the order of its statistic's groups."""

Key = tuple[str, Words]
"""Statistic and words: which cell."""


@dataclass(frozen=True)
class Contribution:
    """What one contributor, told apart by a digest, put into a cell; None stands for nobody known."""

    who: int | None
    row_count: int
    total: Decimal

    def of(self, number: str) -> Decimal:
        """Its part in one number of the cell."""
        return Decimal(self.row_count) if number == ROWS else self.total


@dataclass(frozen=True)
class Cell:
    """The true numbers of a cell, and the largest of its contributions: as many as k, by each number."""

    row_count: int
    contributors: int
    total: Decimal
    negative: bool
    top: tuple[Contribution, ...]

    def of(self, number: str) -> Decimal:
        """One number of the cell."""
        return Decimal(self.row_count) if number == ROWS else self.total

    @property
    def is_listed(self) -> bool:
        """Whether ``top`` has every contribution."""
        return sum(each.row_count for each in self.top) == self.row_count


NOBODY = Cell(0, 0, Decimal(0), negative=False, top=())
"""A cell of no rows."""


def cells_of(statistic: Statistic, rows: DataFrame) -> dict[Words, Cell]:
    """Every cell that has rows. ``rows``: its groups, contributor and total, one row a source row.

    A row of nobody known counts in the cell's rows and is no contributor.
    """
    amount = F.col(statistic.total) if statistic.total is not None else F.lit(0)
    amount = F.coalesce(amount, F.lit(0)).cast("decimal(18,2)")
    who = F.when(F.col(statistic.contributor).isNotNull(), F.xxhash64(statistic.contributor)).alias("who")
    each = rows.groupBy(*statistic.by, who).agg(F.count(F.lit(1)).alias("rows"), F.sum(amount).alias("total"))
    one = F.struct("who", "rows", "total")
    groups = each.groupBy(*statistic.by).agg(
        F.sum("rows").alias("rows"),
        F.count("who").alias("contributors"),
        F.sum("total").alias("total"),
        (F.min("total") < 0).alias("negative"),
        F.max_by(one, F.struct("rows", "who"), statistic.k).alias("top_rows"),
        F.max_by(one, F.struct("total", "who"), statistic.k).alias("top_total"),
    )
    found = {}
    for row in groups.collect():
        top = {(c["who"], c["rows"], c["total"]): None for c in (*row["top_rows"], *row["top_total"])}
        found[tuple(row[group] for group in statistic.by)] = Cell(
            row["rows"], row["contributors"], row["total"], row["negative"], tuple(Contribution(*one) for one in top)
        )
    return found


def union(cells: Iterable[Cell], number: str) -> Cell:
    """Several cells as one, which is what an attacker knows of them who knows their sum.

    Guarantee: not fewer contributions are large, and not more people are told apart, than there are: who isn't among a
    cell's largest counts with the smallest of these, and a cell's unlisted people could all be in another.
    """
    parts = list(cells)
    listed = {each.who for part in parts for each in part.top}
    known = len(listed - {None})
    rests = [_unlisted(part, number) for part in parts]
    top = []
    for who in sorted(listed, key=lambda one: (one is None, one or 0)):
        own = [[each for each in part.top if each.who == who] for part in parts]
        most = sum((o[0].of(number) if o else rest for o, rest in zip(own, rests, strict=True)), Decimal(0))
        rows = sum(o[0].row_count for o in own if o)
        top.append(Contribution(who, int(most) if number == ROWS else rows, Decimal(0) if number == ROWS else most))
    return Cell(
        sum(part.row_count for part in parts),
        max([known, *(part.contributors for part in parts)]),
        sum((part.total for part in parts), Decimal(0)),
        any(part.negative for part in parts),
        tuple(top),
    )


def _unlisted(cell: Cell, number: str) -> Decimal:
    """The most that somebody who isn't among a cell's largest can have put into it."""
    return Decimal(0) if cell.is_listed else min((each.of(number) for each in cell.top), default=cell.of(number))


def running(rows: DataFrame, statistic: Statistic, day: date) -> DataFrame:
    """The rows whose period includes ``day``; all rows when the statistic has no period."""
    if statistic.running is None:
        return rows
    first, last = statistic.running
    return rows.where((F.col(first) <= F.lit(day)) & (F.col(last).isNull() | (F.col(last) >= F.lit(day))))


def grouped(promise: Promise, contract: Contract, statistic: Statistic, rows: DataFrame, frames: Frames) -> DataFrame:
    """One row per source row: its groups under their published names, contributor, measure and period."""
    sides = [(statistic.of, rows)]
    if statistic.joined is not None:
        sides.append((statistic.joined, frames(statistic.joined)))
    prepared = []
    for source, frame in sides:
        rules = contract.inputs[source]
        groups = [
            F.coalesce(treated(name, rule, promise.taxonomies, None), F.lit(OTHER)).alias(rule.output or name)
            for name, rule in rules.items()
            if rule.published and (rule.output or name) in statistic.by
        ]
        others = [F.col(n) for n, rule in rules.items() if rule.treat in ("count", "join", "measure", "when")]
        prepared.append(frame.select(*groups, *others))
    if len(prepared) == 1:
        return prepared[0]
    links = {name for name, rule in contract.inputs[statistic.joined or ""].items() if rule.treat == "join"}
    joined = prepared[0].join(prepared[1], sorted(links), "left")
    return joined.withColumns({group: F.coalesce(group, F.lit(OTHER)) for group in statistic.by})
