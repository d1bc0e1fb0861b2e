"""Secondary suppression: which further cells are hidden so that no hidden one can be had by subtraction.

A greedy search that can be followed by hand, with the attacker as its judge: as long as the judge names a problem, the
first candidate of a stated order is hidden; at last every cell that was hidden in vain is shown again. The order is
information loss, then name, and loss only by its size class (a power of two), so that the pattern doesn't flicker with
small numbers and says little about them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from itertools import chain, groupby

from expectations.case import Total
from jobs.anonymity.attack import Attack, is_narrow
from jobs.anonymity.cells import Cell, Key, union
from jobs.anonymity.primary import is_safe
from jobs.anonymity.tables import Face, present
from policy.statistics import Statistic, margins

SECONDS = 600.0
"""After which no further attack of one search begins; one that runs has its own bound (`jobs.anonymity.attack`)."""

Where = dict[str, str]
"""Some groups of a statistic with a word each: its cells that have these words."""


@dataclass(frozen=True)
class Problem:
    """What an attacker could do: something about the cells ``where`` of a statistic."""

    statistic: str
    where: Where


@dataclass(frozen=True)
class Suppression:
    """One system of linked tables: the true cells of every key, and which of them are hidden.

    ``kept``: the standing cells that go on saying what they said, whatever is true now.
    """

    system: tuple[Statistic, ...]
    cells: Mapping[Key, Cell]
    hidden: frozenset[Key]
    day: date
    kept: Mapping[Key, Face] = field(default_factory=dict)

    def hiding(self, hidden: frozenset[Key]) -> Suppression:
        """The same tables with these cells hidden."""
        return replace(self, hidden=hidden)

    @property
    def is_withheld(self) -> bool:
        """Whether nothing is shown at all."""
        return self.hidden == self.cells.keys()

    def statistic(self, key: Key) -> Statistic:
        """The statistic that a cell belongs to."""
        return next(statistic for statistic in self.system if statistic.name == key[0])

    def faces(self) -> list[Face]:
        """What readers see, without the intervals of hidden cells."""
        return [self._face(key, cell) for key, cell in self.cells.items()]

    def _face(self, key: Key, cell: Cell) -> Face:
        if key in self.hidden:
            return Face(*key, self.day)
        if key in self.kept:
            return self.kept[key]
        numbers = tuple(cell.of(number) for number in self.statistic(key).numbers)
        return Face(*key, self.day, cell.contributors, numbers)

    def totals(self) -> list[Total]:
        """What each table adds up to, which is taken as known."""
        sums: dict[tuple[str, str], Decimal] = {}
        for key, cell in self.cells.items():
            for number in self.statistic(key).numbers:
                sums[key[0], number] = sums.get((key[0], number), Decimal(0)) + cell.of(number)
        return [Total(name, number, (), value) for (name, number), value in sums.items()]

    def attacks(self) -> dict[str, Attack]:
        """The attacker, for every number."""
        numbers = dict.fromkeys(number for statistic in self.system for number in statistic.numbers)
        faces, totals = present(self.faces(), self.system, self.day), self.totals()
        return {number: Attack(self.system, number, faces, totals) for number in numbers}

    def at(self, key: Key, groups: Sequence[str]) -> Where:
        """The words of a cell for some groups of its statistic."""
        by = self.statistic(key).by
        return {group: key[1][by.index(group)] for group in groups if group in by}


def suppress(
    system: Sequence[Statistic], cells: Mapping[Key, Cell], day: date, bound: Mapping[Key, Face]
) -> Suppression:
    """The cells that are hidden so that the judge finds nothing.

    ``bound`` are the cells that aren't free: hidden when this day was first seen, or to go on saying what they said.

    Guarantee: the same cells give the same pattern. When no further cell can help, nothing of the system is shown,
    zeros included: then nobody knows more than its totals.

    Raises:
        TimeoutError: after `SECONDS`.
        UnfinishedAttackError: see `jobs.anonymity.attack`.
    """
    kept = {key: face for key, face in bound.items() if face.shown}
    forced = frozenset(bound) - kept.keys()
    table, added = Suppression(tuple(system), cells, frozenset(), day, kept), list[Key]()
    until = time.monotonic() + SECONDS

    def problem_of(table: Suppression) -> Problem | None:
        if time.monotonic() > until:
            raise TimeoutError
        return first_problem(table)

    if forced >= cells.keys():
        return table.hiding(frozenset(cells))
    free = cells.keys() - kept.keys()
    unsafe = frozenset(key for key in free if not is_safe(cells[key], table.statistic(key)))
    table = table.hiding(unsafe | {key for key in forced if cells[key].row_count})
    while (problem := problem_of(table)) is not None:
        candidate = next(candidates(table, problem), None)
        if candidate is None:
            return table.hiding(frozenset(cells))
        added.append(candidate)
        table = table.hiding(table.hidden | {candidate})
    for key in reversed(added[:-1]):
        without = table.hiding(table.hidden - {key})
        if problem_of(without) is None:
            table = without
    return table


def candidates(table: Suppression, problem: Problem) -> Iterator[Key]:
    """The shown cells of somebody that could help, best first.

    Those beside the problem, in the same table and margins, trade with its cells one for one; then the same table, then
    the others. Of a cell that keeps an older value nobody knows more when it is hidden.
    """
    shown = {face.key for face in present(table.faces(), table.system, table.day) if face.shown}

    def order(key: Key) -> tuple[int, int, Key]:
        beside = key[0] == problem.statistic and table.at(key, list(problem.where)) == problem.where
        near = 0 if beside else 1 if key[0] == problem.statistic else 2
        return near, table.cells[key].row_count.bit_length(), key

    return iter(sorted((key for key in shown if table.cells[key].row_count), key=order))


def first_problem(table: Suppression) -> Problem | None:
    """What an attacker can do first; None when every hidden cell stays hidden, or nothing is shown."""
    if table.is_withheld or not (table.hidden or table.kept):
        return None
    attacks = table.attacks()
    return next(chain(_open_sums(table, attacks), _insiders(table, attacks), _narrow(table, attacks)), None)


def _open_sums(table: Suppression, attacks: Mapping[str, Attack]) -> Iterator[Problem]:
    """A known sum of hidden cells is a cell by itself: it, too, needs k contributors and nobody who dominates."""
    for statistic in table.system:
        for groups in margins(table.system):
            if not set(groups) <= set(statistic.by):
                continue
            own = sorted((list(table.at(key, groups).items()), key) for key in table.hidden if key[0] == statistic.name)
            for where, keyed in groupby(own, key=lambda one: one[0]):
                cells = [key for _, key in keyed]
                for number in statistic.numbers:
                    joint = union((table.cells[key] for key in cells), number)
                    if joint.row_count and not is_safe(joint, statistic) and _is_known(attacks[number], cells, groups):
                        yield Problem(statistic.name, dict(where))


def _is_known(attack: Attack, cells: Sequence[Key], groups: Sequence[str]) -> bool:
    """Whether a sum of hidden cells is known; that of a whole table is."""
    if not groups:
        return True
    low, high = attack.interval(*cells)
    return low >= high


def _insiders(table: Suppression, attacks: Mapping[str, Attack]) -> Iterator[Problem]:
    """Whoever is alone in a cell knows it: no other hidden cell may follow from that."""
    alone: dict[int, set[Key]] = {}
    for key in sorted(table.hidden):
        cell = table.cells[key]
        if cell.contributors == 1 and cell.is_listed and len(cell.top) == 1 and cell.top[0].who is not None:
            alone.setdefault(cell.top[0].who, set()).add(key)
    for known in alone.values():
        for attack in attacks.values():
            for key in sorted(attack.determined(known & attack.hidden.keys())):
                if table.cells[key].row_count:
                    yield Problem(key[0], _beside(table, key))


def _narrow(table: Suppression, attacks: Mapping[str, Attack]) -> Iterator[Problem]:
    """A hidden cell of somebody, or what is true now of one with an older value, in too narrow an interval."""
    for number, attack in attacks.items():
        for key in sorted(attack.hidden):
            statistic, kept = table.statistic(key), table.kept.get(key)
            is_somebodys = table.cells[key].row_count > 0 or kept is not None
            if is_somebodys and is_narrow(attack.interval(key), statistic, number, kept):
                yield Problem(key[0], _beside(table, key))


def _beside(table: Suppression, key: Key) -> Where:
    """The margins in which a cell stands."""
    shared = {group for groups in margins(table.system) for group in groups}
    return table.at(key, sorted(shared))
