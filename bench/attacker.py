"""An attacker of his own on linked tables, for `bench.disclosure`: no code of the gate's, and whole numbers.

Where the gate solves linear programmes over cells and margins, this one has integers, writes down one equation for
each pair of tables and each word that both have, and asks a branch-and-bound solver (HiGHS) for the smallest and the
largest count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, milp

Words = tuple[str, ...]
Key = tuple[str, Words]
Row = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Seen:
    """One table as its readers have it: group names, and a count for each cell, None where it is hidden.

    ``least``: what a hidden cell has at least, as far as readers can know.
    """

    name: str
    groups: tuple[str, ...]
    counts: dict[tuple[str, ...], int | None]
    total: int
    least: int
    leasts: dict[tuple[str, ...], int] = field(default_factory=dict)

    def floor(self, words: tuple[str, ...]) -> int:
        """What this hidden cell has at least; ``leasts``: of those about which more is known."""
        return self.leasts.get(words, self.least)


Side = tuple[int, Seen, Iterable[Words]]
"""A sign, a table, and those of its cells that are added up."""


class Equations:
    """What the shown counts say of the hidden ones."""

    def __init__(self, tables: Sequence[Seen]) -> None:
        hidden = [((t.name, w), t.floor(w)) for t in tables for w, count in t.counts.items() if count is None]
        self.place = {key: at for at, (key, _) in enumerate(hidden)}
        self.least = np.array([least for _, least in hidden], dtype=float)
        self._rows: list[Row] = []
        self._rights: list[float] = []

    def add(self, sides: Iterable[Side], right: float) -> None:
        """The sides add up to ``right``."""
        row = np.zeros(len(self.place))
        for sign, table, cells in sides:
            for words in cells:
                count = table.counts[words]
                if count is None:
                    row[self.place[table.name, words]] += sign
                else:
                    right -= sign * count
        self._rows.append(row)
        self._rights.append(right)

    def ends(self, at: int) -> tuple[int, int]:
        """The smallest and the largest whole number that fits."""
        rules = LinearConstraint(np.array(self._rows), self._rights, self._rights)
        found = []
        for sign in (1, -1):
            objective = np.zeros(len(self.least))
            objective[at] = sign
            solved = milp(
                objective, constraints=rules, integrality=np.ones(len(self.least)), bounds=Bounds(self.least, np.inf)
            )
            if solved.status != 0:
                raise AssertionError(f"no whole numbers fit: {solved.message}")
            found.append(round(sign * solved.fun))
        return found[0], found[1]


def attacked(tables: Sequence[Seen], secret: Iterable[Key]) -> dict[Key, tuple[int, int]]:
    """The smallest and the largest count that each of these hidden cells can have."""
    equations = Equations(tables)
    for table in tables:
        equations.add([(1, table, table.counts)], table.total)
    for one, other in combinations(tables, 2):
        shared = [group for group in one.groups if group in other.groups]
        first, second = _by_words(one, shared), _by_words(other, shared)
        for words in sorted({*first, *second}):
            equations.add([(1, one, first[words]), (-1, other, second[words])], 0)
    return {key: equations.ends(equations.place[key]) for key in secret}


def _by_words(table: Seen, shared: Sequence[str]) -> dict[Words, list[Words]]:
    found: dict[Words, list[Words]] = defaultdict(list)
    for words in table.counts:
        found[tuple(words[table.groups.index(group)] for group in shared)].append(words)
    return found
