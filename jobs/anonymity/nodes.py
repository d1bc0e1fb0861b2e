"""Nodes of a lattice judged: which classes keep k, l and t at these levels, and how many rows that leaves out.

The rows are counted once. Where that gives more cells than the driver may hold, k and l go on with classes, which are
fewer and know the set of their sensitive values. Tables with too many of these stay in Spark and come in parts of whole
classes; the others are made from one another (`jobs.anonymity.levels`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.anonymity.classes import MOST_CELLS, Roles, class_numbers, grouped
from jobs.anonymity.coded import joined, mapped, names_of, summed, table_of
from jobs.anonymity.counts import Criteria
from jobs.anonymity.diversity import ROUNDING, Ints, distinct, spread
from jobs.anonymity.levels import Attribute, Node, Table, united
from policy.errors import PolicyError
from policy.hierarchies import Hierarchy

Bools = np.ndarray[Any, np.dtype[np.bool_]]

MOST_KEPT = 24
"""Tables that are kept so that others can be made from them; together they have twice what one may have at most."""

MOST_CLASSES = 4 * MOST_CELLS
"""Classes that the driver holds at once where each knows the set of its sensitive values."""

MOST_OF_A_SET = 63
"""Values of a sensitive attribute that fit into a set of bits."""


class TooManyCellsError(PolicyError):
    """t-closeness is asked of a node whose cells the driver can't hold."""

    def __init__(self) -> None:
        super().__init__(
            f"t-closeness compares every class with all others, and a node has more than {MOST_CELLS} cells; "
            "generalise a quasi-identifier or the sensitive attribute before the search, or ask for k and l alone"
        )


@dataclass(frozen=True)
class Judged:
    """What a node is like: the classes that stay and their rows, what must be suppressed, Σ f² over all classes.

    ``least``: rows of the classes that miss k or l, which no node below can suppress fewer of.
    """

    classes: int = 0
    rows: int = 0
    smallest: int = 0
    suppressed: int = 0
    least: int = 0
    squares: int = 0
    kept_squares: int = 0

    def __add__(self, other: Judged) -> Judged:
        """Two parts of whole classes together."""
        sums = {each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(self)}
        filled = [part.smallest for part in (self, other) if part.classes]
        return Judged(**{**sums, "smallest": min(filled, default=0)})


@dataclass
class Base:
    """The counted cells of a table, and the tables of nodes that were made of them.

    ``cells``: of the bottom, in codes, where the driver can't hold them (``q0``, …, ``s0``, …, ``rows``). ``of_sets``:
    they are classes, and ``s0``, … the sets of their values.
    """

    attributes: tuple[Attribute, ...]
    roles: Roles
    criteria: Criteria
    sensitive: tuple[pa.Array, ...]
    cells: DataFrame | None = None
    of_sets: bool = False
    kept: dict[Node, Table] = field(default_factory=dict, repr=False)

    @property
    def rows(self) -> int:
        """All rows."""
        return int(self.attributes[0].rows.sum())

    def tables(self, node: Node) -> Iterator[Table]:
        """The node's table, in parts of whole classes; one part wherever the driver can hold it."""
        if node in self.kept:
            yield self.kept[node]
            return
        below = [table for low, table in self.kept.items() if all(a <= b for a, b in zip(low, node, strict=True))]
        if below:
            yield self._keep(min(below, key=lambda table: (len(table.rows), table.node)).raised(self.attributes, node))
            return
        yield from self._in_spark(node)

    def _keep(self, table: Table) -> Table:
        """Remember the table; of too many the largest that isn't the bottom goes."""
        self.kept[table.node] = table
        lowest = min(self.kept, key=sum)
        while len(self.kept) > 2 and self._overfull():
            del self.kept[max((n for n in self.kept if n != lowest), key=lambda n: (len(self.kept[n].rows), n))]
        return table

    def _overfull(self) -> bool:
        return len(self.kept) > MOST_KEPT or sum(len(table.rows) for table in self.kept.values()) > 2 * self._most

    @property
    def _most(self) -> int:
        return MOST_CLASSES if self.of_sets else MOST_CELLS

    def _in_spark(self, node: Node) -> Iterator[Table]:
        if self.cells is None:
            raise ValueError("no table below this node is known")
        names, sensitive = names_of(node, self.sensitive)
        ups = (a.up(0, level) for a, level in zip(self.attributes, node, strict=True))
        raised = self.cells.select(*(mapped(n, up) for n, up in zip(names, ups, strict=True)), *sensitive, "rows")
        raised = summed(raised, names, sensitive, self.of_sets).persist()
        try:
            parts = -(-raised.count() // self._most)
            for part in range(parts):
                chosen = raised if parts == 1 else raised.where(F.pmod(F.xxhash64(*names), F.lit(parts)) == part)
                table = table_of(node, chosen.toArrow(), names, sensitive, self.of_sets)
                yield self._keep(table) if parts == 1 else table
        finally:
            raised.unpersist()

    def judged(self, node: Node) -> Judged:
        """See `Judged`; t is held against the classes that stay, again until all of them keep it.

        Raises:
            TooManyCellsError: t is asked for, and the driver can't hold the node's cells.
        """
        found = Judged()
        for number, table in enumerate(self.tables(node)):
            if number and self.criteria.t is not None:
                raise TooManyCellsError
            found += self._part(table)
        return found

    def _part(self, table: Table) -> Judged:
        sizes, strong, classes = self._strong(table)
        good = self._closed(table, classes, strong)
        kept = sizes[good]
        smallest = int(kept.min()) if len(kept) else 0
        left, least = int(sizes[~good].sum()), int(sizes[~strong].sum())
        return Judged(len(kept), int(kept.sum()), smallest, left, least, int((sizes**2).sum()), int((kept**2).sum()))

    def stays(self, table: Table) -> Bools:
        """For each cell of a table of whole classes whether its class keeps every criterion."""
        _, strong, classes = self._strong(table)
        stays: Bools = self._closed(table, classes, strong)[classes]
        return stays

    def close(self) -> None:
        """Let go of what Spark holds."""
        if self.cells is not None:
            self.cells.unpersist()

    def _strong(self, table: Table) -> tuple[Ints, Bools, Ints]:
        """Size of each class, whether it keeps k and l, and the class of each cell."""
        classes = class_numbers(table.quasi) if table.quasi else np.zeros(len(table.rows), np.int64)
        sizes = np.bincount(classes, weights=table.rows).astype(np.int64)
        good = sizes >= self.criteria.k
        for codes, values in zip(table.sensitive, self.sensitive, strict=not table.sets):
            each = spread(classes, codes, table.rows, np.zeros(len(values), np.int64))
            good &= distinct(each) >= self.criteria.l
        for values_of in table.sets:
            good &= np.bitwise_count(united(values_of, classes)) >= self.criteria.l
        return sizes, good, classes

    def _closed(self, table: Table, classes: Ints, strong: Bools) -> Bools:
        """Which of the classes that keep k and l keep t, too, among those that do."""
        good = strong
        while self.criteria.t is not None and good.any():
            near = good & self._near(table, classes, good)
            if (near == good).all():
                break
            good = near
        return good

    def _near(self, table: Table, classes: Ints, good: Bools) -> Bools:
        """Which of the classes that stay lie no further than t from all that stay."""
        stays, near = good[classes], good.copy()
        number = np.cumsum(good) - 1
        for name, codes, values in zip(self.roles.sensitive, table.sensitive, self.sensitive, strict=True):
            overall = np.bincount(codes[stays], weights=table.rows[stays], minlength=len(values)).astype(np.int64)
            seen = np.flatnonzero(overall)
            place = np.cumsum(overall > 0) - 1
            measure = self.roles.distance(name).over(values.take(pa.array(seen)).to_pylist())
            each = spread(number[classes[stays]], place[codes[stays]], table.rows[stays], overall[seen])
            near[good] &= measure(each) <= (self.criteria.t or 0.0) + ROUNDING
        return near


def base(rows: DataFrame, roles: Roles, criteria: Criteria, hierarchies: Mapping[str, Hierarchy]) -> Base:
    """Count the rows once. Where the driver can't hold the cells, they stay in Spark's cache: see `Base.close`.

    Raises:
        NoSuchColumnError, NestedColumnError: see `jobs.anonymity.counts.count`.
        UnplacedWordsError: values have no place in their hierarchy.
    """
    cells = grouped(rows, roles).drop("suppressed").persist()
    if cells.count() <= MOST_CELLS:
        table = cells.toArrow()
        cells.unpersist()
        return base_of(table, roles, criteria, hierarchies)
    totals = {name: cells.groupBy(name).agg(F.sum("rows").alias("rows")).toArrow() for name in cells.columns[:-1]}
    made = _coded(_base(totals, roles, criteria, hierarchies, None), cells)
    cells.unpersist()
    return made


def _coded(empty: Base, cells: DataFrame) -> Base:
    """The base of cells that stay in Spark, in codes from here on; the driver has their classes if it can hold them."""
    fit = all(len(values) <= MOST_OF_A_SET for values in empty.sensitive)
    of_sets = empty.criteria.t is None and fit
    bottom = (0,) * len(empty.attributes)
    names, sensitive = names_of(bottom, empty.sensitive)
    for name, attribute in zip(names, empty.attributes, strict=True):
        cells = joined(cells, name, attribute.values, attribute.places[0])
    for name, values in zip(sensitive, empty.sensitive, strict=True):
        numbers = np.arange(len(values))
        cells = joined(cells, name, values, np.left_shift(1, numbers) if of_sets else numbers)
    cells = summed(cells, names, sensitive, of_sets).persist()
    if cells.count() > (MOST_CLASSES if of_sets else MOST_CELLS):
        return replace(empty, cells=cells, of_sets=of_sets)
    table = table_of(bottom, cells.toArrow(), names, sensitive, of_sets)
    cells.unpersist()
    return replace(empty, of_sets=of_sets, kept={bottom: table})


def base_of(cells: pa.Table, roles: Roles, criteria: Criteria, hierarchies: Mapping[str, Hierarchy]) -> Base:
    """The same for cells that are in memory: columns ``q0``, …, ``s0``, … and ``rows``."""
    names = [name for name in cells.column_names if name != "rows"]
    totals = {
        name: cells.group_by([name]).aggregate([("rows", "sum")]).rename_columns({"rows_sum": "rows"}) for name in names
    }
    made = _base(totals, roles, criteria, hierarchies, None)
    quasi = tuple(_codes(cells[f"q{n}"], each.values) for n, each in enumerate(made.attributes))
    sensitive = tuple(_codes(cells[f"s{n}"], each) for n, each in enumerate(made.sensitive))
    bottom = (0,) * len(quasi)
    rows = np.asarray(cells["rows"], np.int64)
    places = tuple(a.places[0][codes] for a, codes in zip(made.attributes, quasi, strict=True))
    made.kept[bottom] = Table(bottom, places, sensitive, rows).merged()
    return made


def _base(
    totals: Mapping[str, pa.Table],
    roles: Roles,
    criteria: Criteria,
    hierarchies: Mapping[str, Hierarchy],
    cells: DataFrame | None,
) -> Base:
    def values(name: str) -> tuple[pa.Array, Ints]:
        table = totals[name].sort_by([(name, "ascending")])
        return table[name].combine_chunks(), np.asarray(table["rows"], np.int64)

    attributes = []
    for place, name in enumerate(roles.quasi_identifiers):
        found, rows = values(f"q{place}")
        attributes.append(Attribute(name, found, hierarchies[name].words(found.to_pylist()), rows))
    sensitive = tuple(values(f"s{place}")[0] for place in range(len(roles.sensitive)))
    return Base(tuple(attributes), roles, criteria, sensitive, cells)


def _codes(column: pa.ChunkedArray, values: pa.Array) -> Ints:
    return np.asarray(pc.index_in(column, value_set=values), np.int64)
