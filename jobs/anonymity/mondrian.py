"""Local recoding: the table is cut in two, and each part again, for as long as both parts keep the criteria.

Strict multidimensional partitioning: LeFevre, DeWitt, Ramakrishnan, "Mondrian multidimensional k-anonymity" (2006).
Values of a quasi-identifier lie in their natural order, null last; a class shows from which to which its rows reach.
Nothing is suppressed. It is greedy: classes are small and not proved to be the smallest.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.anonymity.classes import Roles, codes
from jobs.anonymity.counts import Criteria
from jobs.anonymity.diversity import ROUNDING, Floats, Ints, Measure, distinct, spread


@dataclass(frozen=True)
class Partition:
    """Classes of cells. ``classes``: the class of each cell; ``low`` and ``high``: each class's first and last code.

    Codes are places in ``values``, the sorted values of each quasi-identifier. ``loss``: the certainty penalty (Xu
    et al. 2006) of all rows, 0 to 1. No class at all when the whole table doesn't keep the criteria.
    """

    classes: Ints = field(repr=False)
    low: Ints = field(repr=False)
    high: Ints = field(repr=False)
    sizes: Ints = field(repr=False)
    values: tuple[pa.Array, ...] = field(repr=False)
    loss: float

    def words(self) -> list[tuple[str, ...]]:
        """What each class shows of each quasi-identifier: a value, or the first and the last."""
        sorted_values = [["none" if v is None else str(v) for v in column.to_pylist()] for column in self.values]
        return [
            tuple(
                names[a] if a == b else f"{names[a]} to {names[b]}"
                for names, a, b in zip(sorted_values, map(int, low), map(int, high), strict=True)
            )
            for low, high in zip(self.low, self.high, strict=True)
        ]


def mondrian(cells: pa.Table, roles: Roles, criteria: Criteria) -> Partition:
    """Cut cells (columns ``q0``, …, ``s0``, … and ``rows``) into classes that keep ``criteria``.

    Guarantee: deterministic; whatever the order of the cells, the same classes. t is held against the whole table.
    """
    return _Cut(cells, roles, criteria).run()


class _Cut:
    def __init__(self, cells: pa.Table, roles: Roles, criteria: Criteria) -> None:
        self._criteria, self._rows = criteria, np.asarray(cells["rows"], np.int64)
        quasi = [_ordered(cells[f"q{place}"]) for place in range(len(roles.quasi_identifiers))]
        self._values = tuple(values for values, _ in quasi)
        self._quasi: Ints = np.stack([code for _, code in quasi], axis=1)
        self._domain: Floats = np.array([max(len(values) - 1, 1) for values in self._values], np.float64)
        self._sensitive: list[tuple[Ints, Ints, Measure]] = []
        for place, name in enumerate(roles.sensitive):
            values, code = _ordered(cells[f"s{place}"])
            overall = np.bincount(code, weights=self._rows, minlength=len(values)).astype(np.int64)
            self._sensitive.append((code, overall, roles.distance(name).over(values.to_pylist())))

    def run(self) -> Partition:
        """Parts are cut until none can be; those that are left are the classes."""
        everything = np.arange(len(self._rows))
        done: list[Ints] = []
        open_parts = [everything] if len(everything) and self._keeps(everything) else []
        while open_parts:
            part = open_parts.pop()
            halves = self._halves(part)
            if halves is None:
                done.append(part)
            else:
                open_parts += [halves[1], halves[0]]
        return self._partition(done)

    def _halves(self, part: Ints) -> tuple[Ints, Ints] | None:
        """The first cut that both halves bear, of the attribute that reaches furthest first; None if none is."""
        inside = self._quasi[part]
        reach = (inside.max(axis=0) - inside.min(axis=0)) / self._domain
        for place in np.lexsort((np.arange(len(reach)), -reach)):
            if reach[place] == 0:
                return None
            column = inside[:, place]
            order = np.argsort(column, kind="stable")
            until = np.cumsum(self._rows[part][order])
            middle = column[order][np.searchsorted(until, until[-1] / 2)]
            for edge in (middle, middle - 1):
                left, right = part[column <= edge], part[column > edge]
                if len(left) and len(right) and self._keeps(left) and self._keeps(right):
                    return left, right
        return None

    def _keeps(self, part: Ints) -> bool:
        rows = self._rows[part]
        if rows.sum() < self._criteria.k:
            return False
        one = np.zeros(len(part), np.int64)
        for code, overall, measure in self._sensitive:
            each = spread(one, code[part], rows, overall)
            if distinct(each)[0] < self._criteria.l:
                return False
            if self._criteria.t is not None and measure(each)[0] > self._criteria.t + ROUNDING:
                return False
        return True

    def _partition(self, parts: list[Ints]) -> Partition:
        classes = np.full(len(self._rows), -1, np.int64)
        for number, part in enumerate(parts):
            classes[part] = number
        width = self._quasi.shape[1]
        low = np.array([self._quasi[part].min(axis=0) for part in parts], np.int64).reshape(-1, width)
        high = np.array([self._quasi[part].max(axis=0) for part in parts], np.int64).reshape(-1, width)
        sizes = np.array([self._rows[part].sum() for part in parts], np.int64)
        covered = np.where(high > low, (high - low + 1) / np.array([max(len(v), 1) for v in self._values]), 0.0)
        loss = float((covered.mean(axis=1) * sizes).sum() / sizes.sum()) if len(parts) else 1.0
        return Partition(classes, low, high, sizes, self._values, loss)


def _ordered(column: pa.ChunkedArray) -> tuple[pa.Array, Ints]:
    """The distinct values in their order, null last, and the place of each cell's."""
    whole = column.combine_chunks()
    code = codes(whole)
    _, first = np.unique(code, return_index=True)
    values = whole.take(pa.array(first))
    order = np.asarray(pc.sort_indices(values), np.int64)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return values.take(pa.array(order)), place[code]
