"""Cells that stay in Spark, in codes: raised to a node's levels, summed, and brought to the driver.

A code is the number of a word on its level (`jobs.anonymity.levels`). Where the cells are classes, ``s0``, … are sets:
a bit a sensitive value.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.anonymity.diversity import Codes, Ints
from jobs.anonymity.levels import Node, Table, small


def joined(cells: DataFrame, name: str, values: pa.Array, numbers: Ints) -> DataFrame:
    """The column's values replaced by their numbers."""
    known = cells.sparkSession.createDataFrame(pa.table({"value": values, "number": numbers}))
    both = cells.join(F.broadcast(known), on=cells[name].eqNullSafe(known["value"]), how="inner")
    return both.select(*(known["number"].alias(c) if c == name else cells[c] for c in cells.columns))


def mapped(name: str, up: Codes) -> Column:
    """A column of codes as the codes of a higher level."""
    return F.get(F.lit(up.tolist()), F.col(name).cast("int")).alias(name)


def summed(cells: DataFrame, names: Sequence[str], sensitive: Sequence[str], of_sets: bool) -> DataFrame:  # noqa: FBT001
    """Equal cells as one; where they are classes, with the union of their sets."""
    rows = F.sum("rows").alias("rows")
    if not of_sets:
        return cells.groupBy(*names, *sensitive).agg(rows)
    return cells.groupBy(*names).agg(*(F.bit_or(name).alias(name) for name in sensitive), rows)


def names_of(node: Node, sensitive: Sequence[Any]) -> tuple[list[str], list[str]]:
    """The columns of quasi-identifiers, and of sensitive attributes."""
    return [f"q{place}" for place in range(len(node))], [f"s{place}" for place in range(len(sensitive))]


def table_of(node: Node, found: pa.Table, names: Sequence[str], sensitive: Sequence[str], of_sets: bool) -> Table:  # noqa: FBT001
    """A node\'s table of what was found in Spark."""
    columns = {name: np.asarray(found[name], np.int64) for name in found.column_names}
    quasi, others = tuple(small(columns[n]) for n in names), tuple(columns[n] for n in sensitive)
    return Table(node, quasi, () if of_sets else others, columns["rows"], others if of_sets else ())
