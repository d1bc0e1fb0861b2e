"""What equivalence classes are made of: roles of columns, rows that are grouped once, and numbers for classes.

Spark groups the rows by quasi-identifiers and sensitive attributes together. What comes out are the *cells*; everything
that is said of classes is counted from them (`jobs.anonymity.counts`, `jobs.anonymity.nodes`). A null is a value like
any other, and suppressed rows are in no class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, MapType, NullType, StructType, VariantType

from jobs.anonymity.diversity import DENSE, Codes, Distance, Equal, Ints
from policy.errors import PolicyError

MOST_CELLS = 2_000_000
"""Cells that the driver holds at once: some 200 MB. A table with more comes in parts."""

NESTED: tuple[type[DataType], ...] = (ArrayType, MapType, StructType, VariantType)


class NoSuchColumnError(PolicyError):
    """A table hasn't the columns that its classes are made of."""

    def __init__(self, columns: Sequence[str], known: Sequence[str]) -> None:
        self.columns, self.known = tuple(columns), tuple(known)
        super().__init__(
            f"the table has no {', '.join(self.columns)}; it has {', '.join(self.known)}; correct the name"
        )


class NestedColumnError(PolicyError):
    """A column holds lists, maps or structures, which have no equality that people would expect."""

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = tuple(columns)
        super().__init__(f"{', '.join(self.columns)}: nested; make columns of plain values of what is inside")


@dataclass(frozen=True)
class Roles:
    """What the columns of a table are: quasi-identifiers, and sensitive attributes with their distances.

    ``distances``: for a sensitive attribute its ground distance; `Equal` for the others.
    """

    quasi_identifiers: tuple[str, ...]
    sensitive: tuple[str, ...] = ()
    distances: Mapping[str, Distance] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.quasi_identifiers:
            raise ValueError("classes need a quasi-identifier")

    def distance(self, attribute: str) -> Distance:
        """The ground distance of one sensitive attribute."""
        return self.distances.get(attribute, Equal())


def grouped(rows: DataFrame, roles: Roles, suppressed: Column | None = None) -> DataFrame:
    """The cells: ``q0``, ``q1``, … and ``s0``, … hold the roles' columns in their order, ``rows`` how many rows.

    Suppressed rows are one cell of nulls for which ``suppressed`` is true.
    """
    named = positions(roles)
    require_plain(rows, tuple(named.values()))
    out = F.lit(False) if suppressed is None else F.coalesce(suppressed, F.lit(False))
    untyped = {column.name for column in rows.schema.fields if isinstance(column.dataType, NullType)}
    cells = {
        name: F.col(quoted(name)).cast("string") if name in untyped else F.col(quoted(name)) for name in rows.columns
    }
    columns = [F.when(~out, cells[name]).alias(position) for position, name in named.items()]
    return rows.groupBy(out.alias("suppressed"), *columns).agg(F.count(F.lit(1)).alias("rows"))


def quoted(column: str) -> str:
    """A column's name as Spark reads it, whatever characters it has."""
    return f"`{column.replace('`', '``')}`"


def positions(roles: Roles) -> dict[str, str]:
    """For each column of cells, ``q0``, …, ``s0``, …, the name that it has in the table."""
    quasi = {f"q{place}": name for place, name in enumerate(roles.quasi_identifiers)}
    return quasi | {f"s{place}": name for place, name in enumerate(roles.sensitive)}


def require_plain(rows: DataFrame, columns: Sequence[str]) -> None:
    """Refuse what classes can't be made of.

    Raises:
        NoSuchColumnError, NestedColumnError: a column isn't there, or isn't of plain values.
    """
    types = {column.name: column.dataType for column in rows.schema.fields}
    missing = [name for name in dict.fromkeys(columns) if name not in types]
    if missing:
        raise NoSuchColumnError(missing, rows.columns)
    nested = [name for name in dict.fromkeys(columns) if isinstance(types[name], NESTED)]
    if nested:
        raise NestedColumnError(nested)


def codes(column: pa.ChunkedArray | pa.Array) -> Ints:
    """The same number for the same value, nulls among them: 0, 1, …, all used."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return np.asarray(pc.dictionary_encode(whole, null_encoding="encode").indices, np.int64)


def class_numbers(columns: Sequence[Codes]) -> Ints:
    """The number of each cell's class, 0, 1, …, all used: cells of the same codes in every column share one."""
    numbers, width = np.zeros(len(columns[0]), np.int64), 1
    for column in columns:
        base = int(column.max(initial=0)) + 1
        if width * base >= 2**62:
            numbers = _ranked(numbers, width)
            width = int(numbers.max(initial=0)) + 1
        numbers, width = numbers * base + column, width * base
    return _ranked(numbers, width)


def _ranked(numbers: Ints, width: int) -> Ints:
    """The rank of each number (below ``width``) among those there are; where they lie close together, unsorted."""
    if width > DENSE * len(numbers) + DENSE:
        return np.unique(numbers, return_inverse=True)[1].astype(np.int64)
    seen = np.zeros(width, np.int64)
    seen[numbers] = 1
    return (np.cumsum(seen) - 1)[numbers]
