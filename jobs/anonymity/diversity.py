"""What the rows of a class share: diversity and closeness of a sensitive attribute, class by class.

All measures work on a `Spread`, counts without values, so they hold for any table. Nulls are values like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from policy.errors import PolicyError

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float64]

DENSE = 16
"""Numbers that lie this close together, on average, are counted in an array of all that could be; others are sorted."""

ROUNDING = 1e-9
"""How far sums of floating-point numbers may lie from a threshold and still be equal to it."""


class UnplacedValuesError(PolicyError):
    """A declared order or hierarchy doesn't have all values of its attribute; they are counted, never shown."""

    def __init__(self, values: int) -> None:
        self.values = values
        super().__init__(
            f"{values} values of a sensitive attribute have no place in its order or hierarchy; "
            "add them to it, or measure the attribute with equal distances"
        )


@dataclass(frozen=True)
class Spread:
    """How many rows of each class have each value of one attribute.

    One entry for each value that a class has, sorted by class: ``starts`` says where each class begins, ``codes``
    which value (0, 1, … in the values' natural order), ``rows`` how many rows. ``overall``: rows of the whole table
    with each code.
    """

    starts: Ints
    codes: Ints
    rows: Ints
    overall: Ints

    @property
    def entries(self) -> Ints:
        """How many entries each class has."""
        return np.diff(self.starts, append=len(self.codes))

    @property
    def sizes(self) -> Ints:
        """The rows of each class."""
        return self.summed(self.rows)

    def summed(self, entries: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The sum of what each class's entries have."""
        return np.add.reduceat(entries, self.starts) if len(self.starts) else entries[:0]

    def each(self, classes: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """What each class has, once for each of its entries."""
        return np.repeat(classes, self.entries)


def spread(classes: Ints, codes: Ints, rows: Ints, overall: Ints) -> Spread:
    """The entries of cells that have a class (0, 1, …, none left out), a code and rows."""
    width = max(len(overall), 1)
    cells, most = classes * width + codes, (int(classes.max(initial=-1)) + 1) * width
    if most <= DENSE * len(cells) + DENSE:
        dense = np.bincount(cells, weights=rows, minlength=most)
        keys = np.flatnonzero(dense)
        summed = dense[keys].astype(np.int64)
    else:
        keys, place = np.unique(cells, return_inverse=True)
        summed = np.bincount(place, weights=rows, minlength=len(keys)).astype(np.int64)
    of_class, code = np.divmod(keys, width)
    return Spread(np.flatnonzero(np.diff(of_class, prepend=-1)), code, summed, overall)


def distinct(each: Spread) -> Ints:
    """Distinct l of each class: how many values it has.

    Machanavajjhala, Kifer, Gehrke, Venkitasubramaniam, "l-diversity: privacy beyond k-anonymity" (2007), section 4.
    """
    return each.entries


def entropy(each: Spread) -> Floats:
    """Entropy l of each class: e to the entropy (natural logarithm) of its values; between 1 and its distinct l.

    A class is entropy l-diverse if this is at least l: Machanavajjhala et al. (2007), definition 4.1.
    """
    sizes = each.sizes
    inner = each.summed(each.rows * np.log(each.rows))
    return _floats(np.exp(np.log(sizes) - inner / sizes))


def recursive(each: Spread, l: int) -> Floats:  # noqa: E741 (the paper's own letter)
    """The c from which on each class isn't recursive (c, l)-diverse any more: r₁ / (r_l + … + r_m).

    r₁ ≥ r₂ ≥ … are the rows of a class's values. A class is (c, l)-diverse for every c above this number, and for none
    if it has fewer than l values (infinite): Machanavajjhala et al. (2007), definition 4.2.
    """
    order = np.lexsort((-each.rows, each.each(np.arange(len(each.starts)))))
    ranked = each.rows[order]
    rank = np.arange(len(ranked)) - each.each(each.starts)
    tail = each.summed(np.where(rank >= l - 1, ranked, 0))
    first = ranked[each.starts]
    return _floats(np.divide(first, tail, out=np.full(len(first), np.inf), where=tail > 0))


class Measure(Protocol):
    """A distance between a class's values and the whole table's."""

    def __call__(self, each: Spread) -> Floats:
        """The earth mover's distance of each class, between 0 and 1."""


class Distance(Protocol):
    """How far two values of an attribute lie apart, before its values are known."""

    def over(self, values: Sequence[Any]) -> Measure:
        """The measure over these values, which are in their natural order (null last).

        Raises:
            UnplacedValuesError: a value has no place.
        """


@dataclass(frozen=True)
class Equal:
    """Any two values are as far apart as any others: ½ Σ |pᵢ - qᵢ|.

    Li, Li, Venkatasubramanian, "t-closeness: privacy beyond k-anonymity and l-diversity" (2007), section 4.2.
    """

    def over(self, values: Sequence[Any]) -> Measure:  # noqa: ARG002 (all distances take them)
        """No value needs a place."""
        return self

    def __call__(self, each: Spread) -> Floats:
        """See `Measure`."""
        here, everywhere = each.rows / each.each(each.sizes), each.overall / max(each.overall.sum(), 1)
        return _floats(each.summed(np.maximum(here - everywhere[each.codes], 0)))


@dataclass(frozen=True)
class Ordered:
    """The m values lie in a row, neighbours 1 / (m - 1) apart: Σᵢ |Σ_{j ≤ i} (pⱼ - qⱼ)| / (m - 1).

    ``order``: the values from first to last; their natural order if it isn't given, null last. Li et al. (2007),
    section 4.2.
    """

    order: tuple[Any, ...] | None = None

    def over(self, values: Sequence[Any]) -> Measure:
        """The ranks of these values; declared ones that no row has take no place."""
        if self.order is None:
            return Ranks(np.arange(len(values)))
        places = {value: place for place, value in enumerate(self.order)}
        _require_placed(values, places)
        found = np.array([places[value] for value in values], np.int64)
        return Ranks(np.argsort(np.argsort(found)))


@dataclass(frozen=True)
class Ranks:
    """The ordered distance over known values: ``ranks`` has each code's place."""

    ranks: Ints = field(repr=False)

    def __call__(self, each: Spread) -> Floats:
        """See `Measure`.

        Between two values that a class has its cumulated share stays the same, so the sum over all values goes by
        prefix sums of the table's: as many steps as entries, however many values there are.
        """
        values = len(self.ranks)
        if values < 2:
            return np.zeros(len(each.starts))
        owner = each.each(np.arange(len(each.starts)))
        order = np.lexsort((self.ranks[each.codes], owner))
        rank, ends = self.ranks[each.codes][order], np.append(each.starts[1:], len(owner)) - 1
        share = _running(each.rows[order], each.starts) / each.each(each.sizes)
        until = np.append(rank[1:], values)
        until[ends] = values
        table = np.zeros(values)
        table[self.ranks] = each.overall
        gaps = _Gaps(np.cumsum(table) / table.sum())
        inside = each.summed(gaps.between(rank, until, share))
        before = gaps.between(np.zeros(len(each.starts), np.int64), rank[each.starts], np.zeros(len(each.starts)))
        return _floats((inside + before) / (values - 1))


class _Gaps:
    """Sums of |share - cumulated| over stretches of a rising row of cumulated shares."""

    def __init__(self, cumulated: Floats) -> None:
        self._row, self._sums = cumulated, np.concatenate([[0.0], np.cumsum(cumulated)])

    def between(self, low: Ints, high: Ints, share: Floats) -> Floats:
        """Over the places from ``low`` to before ``high``."""
        turn = np.clip(np.searchsorted(self._row, share), low, high)
        below = share * (turn - low) - (self._sums[turn] - self._sums[low])
        return _floats(below + (self._sums[high] - self._sums[turn]) - share * (high - turn))


def _running(entries: Ints, starts: Ints) -> Ints:
    """Sums from the start of each class up to each entry."""
    total = np.cumsum(entries)
    before = total[starts] - entries[starts]
    return total - np.repeat(before, np.diff(starts, append=len(entries)))


@dataclass(frozen=True)
class Hierarchical:
    """Two values are as far apart as the lowest ancestor that they share is high: height / H.

    ``ancestors``: for each value its ancestors from the nearest up, the root left out; all as many (H - 1). The
    distance is the mean, over the H levels below the root, of the equal distance at that level: the same number as the
    sum of Li et al. (2007), section 4.2, for each level's nodes carry half of 1 / H of what is moved through them.
    """

    ancestors: Mapping[Any, Sequence[str]]

    def over(self, values: Sequence[Any]) -> Measure:
        """The nodes above these values, level by level.

        Raises:
            ValueError: the values have different numbers of ancestors.
        """
        _require_placed(values, self.ancestors)
        paths = [tuple(self.ancestors[value]) for value in values]
        heights = {len(path) for path in paths}
        if len(heights) > 1:
            raise ValueError("all values of a hierarchy have as many ancestors")
        above = (_numbered([path[height:] for path in paths]) for height in range(max(heights, default=0)))
        return Levels((np.arange(len(values)), *above))


@dataclass(frozen=True)
class Levels:
    """The hierarchical distance over known values: ``nodes`` has, for each level, the node above each code."""

    nodes: tuple[Ints, ...] = field(repr=False)

    def __call__(self, each: Spread) -> Floats:
        """See `Measure`."""
        owner, equal = each.each(np.arange(len(each.starts))), Equal()
        found = np.zeros(len(each.starts))
        for nodes in self.nodes:
            overall = np.bincount(nodes, weights=each.overall).astype(np.int64)
            found += equal(spread(owner, nodes[each.codes], each.rows, overall))
        return _floats(found / len(self.nodes))


def _numbered(names: Sequence[Any]) -> Ints:
    """The same number for the same name: 0, 1, … in the order in which they come."""
    seen: dict[Any, int] = {}
    return np.array([seen.setdefault(name, len(seen)) for name in names], np.int64)


def _require_placed(values: Sequence[Any], places: Mapping[Any, Any]) -> None:
    missing = sum(value not in places for value in values)
    if missing:
        raise UnplacedValuesError(missing)


def _floats(numbers: npt.NDArray[Any]) -> Floats:
    return np.asarray(numbers, np.float64)
