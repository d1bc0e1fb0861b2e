"""Columns that say nothing: null, ``other`` or unknown in nearly every row of a night.

A contract's path that the platform no longer writes, a browser list that knows none of today's, topics of
a language that nobody listed: each column stays within its vocabulary, so the gate is green. Counted while
the rows are written; the column's name is told in the night's table and on the datasheet, a number never. How many
rows have no `new_permission` says how many permissions were changed, and with that a hidden cell of the statistics
over the same rows could be had by subtraction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pyspark.sql import Column
from pyspark.sql import functions as F

from policy.contract import Contract
from policy.outputs import OTHER

WORDLESS = (OTHER, "unknown")
ALL = "of:"
"""The count of all rows, where every column has the same."""

Counts = Mapping[str, tuple[int, int]]
"""Output column → source rows without a word of its own, and all rows that could have one."""


def counting(contract: Contract) -> dict[str, Column]:
    """Aggregates over staged rows (``rows:`` a column, ``of:`` a column or ``of:`` all): `counted` reads them.

    A row of an aggregate weighs as many source rows as stand behind it, in the groups of its own statistic.
    Findings are made of others' columns and have none. Not ``count_if``: that names its condition in a column of
    its own, and each row would be copied twice more on its way to the file.
    """
    if contract.shape == "events":
        columns = [output for output in contract.outputs if not output.type.startswith("map")]
        worded = {output.name: output.type == "string" and output.token is None for output in columns}
        blank = {f"rows:{name}": F.count(F.when(_blank(name, worded=may), 1)) for name, may in worded.items()}
        return {**blank, ALL: F.count(F.lit(1))}
    weights = dict(_groups(contract))
    return {
        **{f"rows:{name}": F.sum(F.when(_blank(name), weight).otherwise(0)) for name, weight in weights.items()},
        **{f"of:{name}": F.sum(weight) for name, weight in weights.items()},
    }


def _blank(name: str, *, worded: bool = True) -> Column:
    """``worded``: whether the column holds words at all; a token or a time says nothing only where it is null."""
    null = F.col(name).isNull()
    return null | F.col(name).cast("string").isin(*WORDLESS) if worded else null


def counted(aggregates: Mapping[str, int | None]) -> dict[str, tuple[int, int]]:
    """The counts behind the aggregates of `counting`; columns that always have a word are left out."""
    names = (name.partition(":")[2] for name in aggregates if name.startswith("rows:"))
    found = {
        name: (aggregates[f"rows:{name}"] or 0, aggregates.get(f"of:{name}", aggregates.get(ALL)) or 0)
        for name in names
    }
    return {name: counts for name, counts in found.items() if counts[0]}


def silent(contract: Contract, counts: Counts) -> tuple[str, ...]:
    """The columns that say nothing by what the contract declares of each, in their order."""
    rules = {rule.output or name: rule for columns in contract.inputs.values() for name, rule in columns.items()}
    return tuple(column for column, (rows, of) in counts.items() if rows >= rules[column].blank_from * of)


def _groups(contract: Contract) -> Iterator[tuple[str, Column]]:
    """Each group column of an aggregate, with the weight of a row: nothing where its statistic has no such group."""
    for name in dict.fromkeys(group for statistic in contract.statistics for group in statistic.by):
        having = [statistic.name for statistic in contract.statistics if name in statistic.by]
        yield name, F.when(F.col("statistic").isin(*having), F.col("row_count")).otherwise(0)
