"""Tables on the levels of hierarchies: from counted cells to coarser and coarser ones, without the rows.

A *node* has one level for each quasi-identifier. The table of a node is made from that of any node below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from jobs.anonymity.classes import class_numbers
from jobs.anonymity.diversity import Codes, Floats, Ints
from policy.hierarchies import Word

Node = tuple[int, ...]


@dataclass(frozen=True)
class Attribute:
    """One quasi-identifier: its base values, and for each level the words and each value's place among them."""

    name: str
    values: pa.Array = field(repr=False)
    words: tuple[tuple[Word, ...], ...] = field(repr=False)
    rows: Ints = field(repr=False)

    @property
    def height(self) -> int:
        """The number of its highest level."""
        return len(self.words) - 1

    @cached_property
    def places(self) -> tuple[Ints, ...]:
        """For each level the number of each base value's word."""
        return tuple(_numbers(level) for level in self.words)

    def up(self, low: int, high: int) -> Codes:
        """For each word of level ``low`` the number of its word on ``high``, in as few bytes as it takes."""
        found = np.zeros(int(self.places[low].max(initial=-1)) + 1, np.int64)
        found[self.places[low]] = self.places[high]
        return small(found)

    def covered(self, level: int) -> Floats:
        """For each base value the share of the values there are that its word stands for; 0 if it is alone.

        Values that no row has aren't counted: they could be told apart from nothing.
        """
        alike = np.bincount(self.places[level])[self.places[level]]
        return np.where(alike > 1, alike / max(len(self.values), 1), 0.0)


def _numbers(words: Sequence[Any]) -> Ints:
    seen: dict[Any, int] = {}
    return np.array([seen.setdefault(word, len(seen)) for word in words], np.int64)


@dataclass(frozen=True)
class Table:
    """Cells of one node: a code a quasi-identifier and a sensitive attribute, and the rows.

    Or its classes, which are fewer: instead of codes ``sets`` has which values of each sensitive attribute a class has,
    a bit a value. That is all that k and distinct l ask for.
    """

    node: Node
    quasi: tuple[Codes, ...] = field(repr=False)
    sensitive: tuple[Ints, ...] = field(repr=False)
    rows: Ints = field(repr=False)
    sets: tuple[Ints, ...] = field(default=(), repr=False)

    def raised(self, attributes: Sequence[Attribute], node: Node) -> Table:
        """The table of a node above."""
        quasi = tuple(
            attribute.up(low, high)[codes]
            for attribute, low, high, codes in zip(attributes, self.node, node, self.quasi, strict=True)
        )
        return Table(node, quasi, self.sensitive, self.rows, self.sets).merged()

    def merged(self) -> Table:
        """Equal cells as one."""
        cell = class_numbers([*self.quasi, *self.sensitive])
        rows = np.bincount(cell, weights=self.rows).astype(np.int64)
        first = np.zeros(len(rows), np.int64)
        first[cell[::-1]] = np.arange(len(cell))[::-1]
        quasi, sensitive = tuple(c[first] for c in self.quasi), tuple(c[first] for c in self.sensitive)
        return Table(self.node, quasi, sensitive, rows, tuple(united(each, cell) for each in self.sets))


def small(codes: Ints) -> Codes:
    """The same codes in as few bytes each as the largest takes."""
    return codes.astype(np.min_scalar_type(int(codes.max(initial=0))))


def united(sets: Ints, groups: Ints) -> Ints:
    """The union of each group's sets; groups are numbered 0, 1, …, none left out."""
    found = np.zeros(int(groups.max(initial=-1)) + 1, np.int64)
    np.bitwise_or.at(found, groups, sets)
    return found
