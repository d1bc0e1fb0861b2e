"""Columns that say nothing: null, ``other`` or unknown in nearly every row of a night.

A contract's path that the platform no longer writes, a browser list that knows none of today's, topics of
a language that nobody listed: each column stays within its vocabulary, so the gate is green. Counted while
the rows are written, told in the night's table and on the datasheet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F

from policy.contract import Contract
from policy.outputs import OTHER

WORDLESS = (OTHER, "unknown")

Counts = Mapping[str, tuple[int, int]]
"""Output column → source rows without a word of its own, and all rows that could have one."""


@dataclass(frozen=True)
class Blank:
    """A column that says nothing in ``rows`` of ``of`` rows."""

    column: str
    rows: int
    of: int

    def __str__(self) -> str:
        return f"{self.column}: null, other or unknown in {100 * self.rows / self.of:.1f} % of {self.of} rows"


def counting(contract: Contract) -> dict[str, Column]:
    """Aggregates over staged rows, two a column (``rows:``, ``of:``): what `counted` makes `Counts` of.

    A row of an aggregate weighs as many source rows as stand behind it, in the groups of its own statistic.
    Findings are made of others' columns and have none.
    """
    one = F.lit(1)
    if contract.shape == "events":
        weights = {output.name: one for output in contract.outputs if not output.type.startswith("map")}
    else:
        weights = dict(_groups(contract))
    blank = {name: F.col(name).isNull() | F.col(name).cast("string").isin(*WORDLESS) for name in weights}
    return {
        **{f"rows:{name}": F.sum(F.when(blank[name], weight).otherwise(0)) for name, weight in weights.items()},
        **{f"of:{name}": F.sum(weight) for name, weight in weights.items()},
    }


def counted(aggregates: Mapping[str, int | None]) -> dict[str, tuple[int, int]]:
    """The counts behind the aggregates of `counting`; columns that always have a word are left out."""
    names = (name.partition(":")[2] for name in aggregates if name.startswith("rows:"))
    found = {name: (aggregates[f"rows:{name}"] or 0, aggregates[f"of:{name}"] or 0) for name in names}
    return {name: counts for name, counts in found.items() if counts[0]}


def nearly_blank(contract: Contract, counts: Mapping[str, Iterable[int]]) -> list[Blank]:
    """The columns that say nothing by what the contract declares of each, in their order."""
    rules = {rule.output or name: rule for columns in contract.inputs.values() for name, rule in columns.items()}
    found = (Blank(column, *rows) for column, rows in counts.items())
    return [blank for blank in found if blank.rows >= rules[blank.column].blank_from * blank.of]


def _groups(contract: Contract) -> Iterator[tuple[str, Column]]:
    """Each group column of an aggregate, with the weight of a row: nothing where its statistic has no such group."""
    for name in dict.fromkeys(group for statistic in contract.statistics for group in statistic.by):
        having = [statistic.name for statistic in contract.statistics if name in statistic.by]
        yield name, F.when(F.col("statistic").isin(*having), F.col("row_count")).otherwise(0)
