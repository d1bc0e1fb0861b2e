"""Equivalence classes of any table: how many rows look alike in their quasi-identifiers, and what they share.

Counted from cells (`jobs.anonymity.classes`), exactly. Cells come to the driver in parts of whole classes, so what it
holds has a bound and the number of classes has none.

k: Samarati, "Protecting respondents' identities in microdata release" (2001); Sweeney, "k-anonymity: a model for
protecting privacy" (2002). l and t: see `jobs.anonymity.diversity`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.anonymity.classes import MOST_CELLS, Roles, class_numbers, codes, grouped, positions
from jobs.anonymity.diversity import ROUNDING, Distance, Floats, Ints, Measure, distinct, entropy, recursive, spread


@dataclass(frozen=True)
class Criteria:
    """What each class must keep: at least ``k`` rows, ``l`` distinct values, at most ``t`` from the whole table.

    Each sensitive attribute by itself. ``l`` is also that of recursive (c, l)-diversity.
    """

    k: int = 1
    l: int = 1  # noqa: E741 (the paper's own letter)
    t: float | None = None


@dataclass(frozen=True)
class Diversity:
    """The worst classes for one sensitive attribute: fewest values, least entropy l, largest c, largest distance.

    In an empty table 0, 0, 0 and 0.
    """

    distinct: int = 0
    entropy: float = 0.0
    recursive: float = 0.0
    closeness: float = 0.0


@dataclass(frozen=True)
class Band:
    """The classes of ``low`` to ``high`` rows, and the rows in them all."""

    low: int
    high: int
    classes: int
    rows: int


@dataclass(frozen=True)
class Counts:
    """What a table's classes look like.

    ``sizes``: how many classes there are of each size, in rows. ``suppressed``: rows in no class. ``diversity``: for
    each sensitive attribute its worst class. ``below``: the classes that miss a criterion.
    """

    sizes: Mapping[int, int]
    suppressed: int = 0
    diversity: Mapping[str, Diversity] = field(default_factory=dict)
    below: int = 0

    @property
    def rows(self) -> int:
        """Rows in classes."""
        return sum(size * classes for size, classes in self.sizes.items())

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return sum(self.sizes.values())

    @property
    def smallest(self) -> int:
        """The table's k: rows of its smallest class; 0 if it has none."""
        return min(self.sizes, default=0)

    @property
    def unique(self) -> int:
        """Sample uniques: rows that are alone in their class."""
        return self.sizes.get(1, 0)

    @property
    def histogram(self) -> tuple[Band, ...]:
        """The sizes in bands from a power of two up to the next, smallest first, none of them empty."""
        bands: dict[int, dict[int, int]] = {}
        for size, classes in sorted(self.sizes.items()):
            bands.setdefault(size.bit_length(), {})[size] = classes
        return tuple(
            Band(2 ** (bits - 1), 2**bits - 1, sum(band.values()), sum(size * n for size, n in band.items()))
            for bits, band in bands.items()
        )


def count(rows: DataFrame, roles: Roles, criteria: Criteria, suppressed: Column | None = None) -> Counts:
    """Count every class of ``rows``.

    Guarantee: one grouping of the rows, no sampling; order and partitions of the rows don't matter.
    ``suppressed``: true for rows that were suppressed and stayed in the table.

    Raises:
        NoSuchColumnError, NestedColumnError: a column isn't there, or isn't of plain values.
        UnplacedValuesError: a sensitive value has no place in its distance's order or hierarchy.
    """
    cells = grouped(rows, roles, suppressed).persist()
    try:
        held = cells.groupBy("suppressed").agg(F.count(F.lit(1)).alias("cells"), F.sum("rows").alias("rows")).collect()
        number = {row["suppressed"]: row for row in held}
        out = number[True]["rows"] if True in number else 0
        if False not in number:
            return Counts({}, out, {name: Diversity() for name in roles.sensitive})
        parts = -(-number[False]["cells"] // MOST_CELLS)
        return _counted(
            _tables(cells.where("NOT suppressed"), roles, parts), _overall(cells, roles), roles, criteria, out
        )
    finally:
        cells.unpersist()


def count_table(table: pa.Table, roles: Roles, criteria: Criteria) -> Counts:
    """The same for rows that are in memory already, as Arrow; see `count`."""
    named = positions(roles)
    cells = pa.table({position: table[name] for position, name in named.items()}).append_column(
        "rows", pa.array(np.ones(table.num_rows, np.int64))
    )
    if not table.num_rows:
        return Counts({}, 0, {name: Diversity() for name in roles.sensitive})
    overall = [_totals(cells, f"s{place}") for place in range(len(roles.sensitive))]
    return _counted(iter([cells]), overall, roles, criteria, 0)


def _tables(cells: DataFrame, roles: Roles, parts: int) -> Iterator[pa.Table]:
    """The cells in parts; each has all cells of its classes."""
    quasi = [f"q{place}" for place in range(len(roles.quasi_identifiers))]
    part = F.pmod(F.xxhash64(*quasi), F.lit(parts))
    for number in range(parts):
        yield (cells if parts == 1 else cells.where(part == number)).drop("suppressed").toArrow()


def _overall(cells: DataFrame, roles: Roles) -> list[pa.Table]:
    """For each sensitive attribute its values, in their order, with their rows."""
    kept = cells.where("NOT suppressed")
    names = [f"s{place}" for place in range(len(roles.sensitive))]
    return [_totals(kept.groupBy(name).agg(F.sum("rows").alias("rows")).toArrow(), name) for name in names]


def _totals(table: pa.Table, name: str) -> pa.Table:
    summed = table.group_by([name]).aggregate([("rows", "sum")]).rename_columns({"rows_sum": "rows"})
    return summed.sort_by([(name, "ascending")])


def _counted(
    parts: Iterator[pa.Table], overall: Sequence[pa.Table], roles: Roles, criteria: Criteria, suppressed: int
) -> Counts:
    attributes = [
        _Attribute(table[f"s{place}"].combine_chunks(), np.asarray(table["rows"], np.int64), roles.distance(name))
        for place, (name, table) in enumerate(zip(roles.sensitive, overall, strict=True))
    ]
    sizes: dict[int, int] = {}
    below, worst = 0, [Diversity(np.iinfo(np.int64).max, np.inf) for _ in attributes]
    for table in parts:
        if not table.num_rows:
            continue
        rows = np.asarray(table["rows"], np.int64)
        classes = class_numbers([codes(table[f"q{place}"]) for place in range(len(roles.quasi_identifiers))])
        size = np.bincount(classes, weights=rows).astype(np.int64)
        misses = size < criteria.k
        for place, attribute in enumerate(attributes):
            found = attribute.measured(classes, table[f"s{place}"], rows, criteria)
            misses |= found.misses(criteria)
            worst[place] = found.worse_than(worst[place])
        below += int(misses.sum())
        for value, number in zip(*np.unique(size, return_counts=True), strict=True):
            sizes[int(value)] = sizes.get(int(value), 0) + int(number)
    return Counts(dict(sorted(sizes.items())), suppressed, dict(zip(roles.sensitive, worst, strict=True)), below)


class _Attribute:
    """One sensitive attribute over the whole table."""

    def __init__(self, values: pa.Array, rows: Ints, distance: Distance) -> None:
        self._values, self._rows = values, rows
        self._measure: Measure = distance.over(values.to_pylist())

    def measured(self, classes: Ints, cells: pa.ChunkedArray, rows: Ints, criteria: Criteria) -> _Measured:
        """Every class of one part."""
        code = np.asarray(pc.index_in(cells, value_set=self._values), np.int64)
        each = spread(classes, code, rows, self._rows)
        return _Measured(distinct(each), entropy(each), recursive(each, criteria.l), self._measure(each))


@dataclass(frozen=True)
class _Measured:
    distinct: Ints
    entropy: Floats
    recursive: Floats
    closeness: Floats

    def misses(self, criteria: Criteria) -> Any:
        far = self.closeness > (np.inf if criteria.t is None else criteria.t + ROUNDING)
        return (self.distinct < criteria.l) | far

    def worse_than(self, worst: Diversity) -> Diversity:
        return Diversity(
            min(worst.distinct, int(self.distinct.min())),
            min(worst.entropy, float(self.entropy.min())),
            max(worst.recursive, float(self.recursive.max())),
            max(worst.closeness, float(self.closeness.max())),
        )
