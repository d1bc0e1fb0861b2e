"""The best generalisation of a whole table: one level for each quasi-identifier, and the proof that none is better.

Full-domain generalisation (Samarati 2001) with suppression: the classes of a node that miss a criterion are left out,
up to a limit. The search looks at nodes along chains, halving them, as Flash does (Kohlmayer, Prasser, Eckert, Kemper,
Kuhn, "Flash: efficient, stable and optimal k-anonymity", 2012), and goes on until every node was looked at or can't
win, for one of two reasons: a node above it leaves out too many rows for k and l, which no node below it can mend; or
what generalising alone costs is already more than the best node found. Both only rise or fall along the lattice; t
doesn't, so it decides about the node that is looked at and no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import floor

import numpy as np

from jobs.anonymity.diversity import Floats, Ints
from jobs.anonymity.levels import Node, Table
from jobs.anonymity.nodes import Base, Bools, Judged
from policy.contract import LossMetric

RUNNERS_UP = 3
ROUNDING = 1e-12


@dataclass(frozen=True)
class Look:
    """A node that was looked at: what it costs, how many rows and classes stay, how many rows it suppresses."""

    node: Node
    loss: float
    rows: int
    classes: int
    smallest: int
    suppressed: int


@dataclass(frozen=True)
class Found:
    """The end of a search.

    ``best`` is optimal and ``runners_up`` are the next best, proved: each of ``nodes`` nodes was looked at
    (``looked_at``), lies under one that suppresses too much (``unsafe``), or costs too much whatever it suppresses
    (``costly``). ``best`` is None when no node keeps the criteria within the limit.
    """

    best: Look | None
    runners_up: tuple[Look, ...]
    nodes: int
    looked_at: int
    unsafe: int
    costly: int

    @property
    def proved(self) -> bool:
        """Whether every node is accounted for."""
        return self.looked_at + self.unsafe + self.costly == self.nodes


def search(base: Base, metric: LossMetric, limit: float, runners_up: int = RUNNERS_UP) -> Found:
    """The node that costs least among those that suppress at most ``limit`` (a share) of the rows.

    Guarantee: the same cells, in any order, give the same answer. Of nodes that cost the same the one with fewer
    levels in all is better, then the one that is lower in the earlier quasi-identifiers.
    """
    return _Search(base, metric, limit, runners_up).run()


def look(base: Base, metric: LossMetric, node: Node) -> Look:
    """One node, whether it keeps the limit or not."""
    return _look(node, base.judged(node), _Costs(base, metric))


def is_kept(base: Base, found: Look, limit: float) -> bool:
    """Whether a node leaves somebody in, and suppresses at most ``limit`` of the rows."""
    return found.classes > 0 and found.suppressed <= most(base, limit)


def most(base: Base, limit: float) -> int:
    """How many rows may be suppressed."""
    return floor(limit * base.rows + ROUNDING)


class _Costs:
    """What nodes cost, attribute by attribute.

    *certainty_penalty*: the mean share of its domain that a value covers (Xu et al. 2006). *precision*: the mean height
    of a value in its hierarchy, 1 - Prec (Sweeney, "Achieving k-anonymity privacy protection using generalization and
    suppression", 2002). Of both a suppressed row costs 1. *discernability*: Σ f² over the classes and n for each
    suppressed row (Bayardo, Agrawal 2005), as a share of n².
    """

    def __init__(self, base: Base, metric: LossMetric) -> None:
        self.metric, self.rows, self._attributes = metric, max(base.rows, 1), base.attributes
        self._base = base

    def floors(self) -> list[Floats]:
        """For each attribute and level what generalising costs at least, all rows taken; their sum is the node's."""
        number = len(self._attributes)
        if self.metric == "precision":
            return [np.arange(a.height + 1) / max(a.height, 1) / number for a in self._attributes]
        if self.metric == "discernability":
            return [np.zeros(a.height + 1) for a in self._attributes]
        return [
            np.array([(a.covered(level) * a.rows).sum() for level in range(a.height + 1)]) / self.rows / number
            for a in self._attributes
        ]

    def loss(self, node: Node, judged: Judged) -> float:
        """What the node costs, suppressed rows and all."""
        if self.metric == "discernability":
            return (judged.kept_squares + judged.suppressed * self.rows) / self.rows**2
        if self.metric == "precision":
            kept = sum(each[level] for each, level in zip(self.floors(), node, strict=True)) * judged.rows
        else:
            kept = sum(self._covered(table) for table in self._base.tables(node)) / len(node)
        return float((kept + judged.suppressed) / self.rows)

    def _covered(self, table: Table) -> float:
        """Σ of the covered shares over all quasi-identifiers of the rows that stay."""
        rows, found = table.rows * self._base.stays(table), 0.0
        for attribute, level, codes in zip(self._attributes, table.node, table.quasi, strict=True):
            covered = np.zeros(int(attribute.places[level].max(initial=-1)) + 1)
            covered[attribute.places[level]] = attribute.covered(level)
            found += float((covered[codes] * rows).sum())
        return found


def _look(node: Node, judged: Judged, costs: _Costs) -> Look:
    return Look(node, costs.loss(node, judged), judged.rows, judged.classes, judged.smallest, judged.suppressed)


class _Search:
    """One search: which nodes are still open, and the best ones so far."""

    def __init__(self, base: Base, metric: LossMetric, limit: float, runners_up: int) -> None:
        self._base, self._costs, self._most, self._wanted = (
            base,
            _Costs(base, metric),
            most(base, limit),
            runners_up + 1,
        )
        heights = [attribute.height for attribute in base.attributes]
        self._levels: Ints = np.array(list(product(*(range(height + 1) for height in heights))), np.int64)
        floors = self._costs.floors()
        self._floor: Floats = np.sum([each[self._levels[:, n]] for n, each in enumerate(floors)], axis=0)
        self._order = np.lexsort((np.arange(len(self._levels)), self._levels.sum(axis=1), self._floor))
        self._unsafe: Bools = np.zeros(len(self._levels), bool)
        self._looked: Bools = self._unsafe.copy()
        self._seen: list[Look] = []
        self._steps = np.cumprod([1, *(height + 1 for height in reversed(heights))])[:-1][::-1]

    def run(self) -> Found:
        """Chain after chain, until nothing is open."""
        while (start := self._next()) is not None:
            self._halve(self._chain(start))
        costly = ~self._looked & ~self._unsafe
        best, runners_up = (self._seen[0] if self._seen else None), tuple(self._seen[1 : self._wanted])
        return Found(best, runners_up, len(self._levels), int(self._looked.sum()),
                     int((self._unsafe & ~self._looked).sum()), int(costly.sum()))  # fmt: skip

    def _open(self) -> Bools:
        bound = self._seen[self._wanted - 1].loss if len(self._seen) >= self._wanted else np.inf
        return ~self._looked & ~self._unsafe & (self._floor <= bound + ROUNDING)

    def _next(self) -> int | None:
        """The open node that could cost least."""
        is_open = self._open()[self._order]
        first = int(is_open.argmax())
        return int(self._order[first]) if is_open[first] else None

    def _chain(self, start: int) -> list[int]:
        """Open nodes from this one up, each step the cheapest."""
        is_open, chain = self._open(), [start]
        while True:
            here = self._levels[chain[-1]]
            higher = here < self._levels[-1]
            up = [chain[-1] + int(step) for step, may in zip(self._steps, higher, strict=True) if may]
            up = [node for node in up if is_open[node]]
            if not up:
                return chain
            chain.append(min(up, key=lambda node: (self._floor[node], node)))

    def _halve(self, chain: list[int]) -> None:
        """Look at the middle, then where the border of what is safe must be."""
        low, high = 0, len(chain) - 1
        while low <= high:
            middle = (low + high) // 2
            if self._looked[chain[middle]] or self._is_safe(chain[middle]):
                high = middle - 1
            else:
                low = middle + 1

    def _is_safe(self, number: int) -> bool:
        """Look at a node; whether k and l suppress no more than they may."""
        node: Node = tuple(map(int, self._levels[number]))
        judged = self._base.judged(node)
        self._looked[number] = True
        above = (self._levels >= self._levels[number]).all(axis=1)
        if self._costs.metric == "discernability":
            self._floor[above] = np.maximum(self._floor[above], judged.squares / self._costs.rows**2)
        if judged.least > self._most:
            self._unsafe |= (self._levels <= self._levels[number]).all(axis=1)
            return False
        if judged.suppressed <= self._most and judged.classes:
            self._seen.append(_look(node, judged, self._costs))
            self._seen.sort(key=lambda each: (round(each.loss, 12), sum(each.node), each.node))
            del self._seen[self._wanted :]
        return True
