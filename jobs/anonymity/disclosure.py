"""The gate's attacker: what can be done with everything that is printed of a release of tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from expectations.case import ISOLATED, NARROW, NO_CELLS, UNCLOSED, Attacker, Printed
from jobs.anonymity.attack import Attack, UnfinishedAttackError, is_narrow
from jobs.anonymity.statistics import widened
from jobs.anonymity.tables import Face, faces_of, keys, of_system, present
from jobs.anonymity.versions import isolates
from policy.contract import Contract
from policy.statistics import Statistic, systems

Weak = Counter[tuple[str, str]]


def attacker(contract: Contract, day: date) -> Attacker:
    """The attacker of a release on a day. It knows the contract, what is printed, and nothing else.

    The same attack is made once, however often the proof asks. See `weaknesses`.
    """

    @lru_cache(maxsize=16)
    def attack(printed: Printed) -> Mapping[tuple[str, str], int]:
        return weaknesses(contract, day, printed)

    return attack


def weaknesses(contract: Contract, day: date, printed: Printed) -> Mapping[tuple[str, str], int]:
    """For each statistic what an attacker gets, in cells; empty when every hidden cell stays hidden.

    A row that is no cell, a cell that is missing or there twice, a difference from the visible version that isolates
    somebody, a hidden cell whose interval is narrower than its protection, an interval that isn't the attacker's, and
    an attack that isn't finished: each is a weakness. A system whose visible version stays was attacked when it became
    visible, and says nothing new.
    """
    try:
        faces, visible = (faces_of(contract, _named(contract, rows), day) for rows in (printed.rows, printed.visible))
    except ValueError:
        return {("", NO_CELLS): 1}
    due = [statistic for statistic in contract.statistics if statistic.is_due(day)]
    found = Weak((face.statistic, UNCLOSED) for face in faces if face.statistic not in {s.name for s in due})
    for system in systems(due):
        own, before = of_system(faces, system), of_system(visible, system)
        if before and Counter(own) == Counter(before):
            continue
        found += (unclosed := _unclosed(contract, system, own)) + _isolated(system, before, own)
        if not unclosed:
            found += _attacked(system, own, day, printed)
    return found


def _named(contract: Contract, rows: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(contract.output_schema, row, strict=True)) for row in rows]


def _unclosed(contract: Contract, system: Sequence[Statistic], faces: Iterable[Face]) -> Weak:
    """Each cell once, whatever happened: otherwise its absence would say something."""
    seen, wanted = Counter(face.key for face in faces), Counter(key for s in system for key in keys(contract, s))
    strange = (seen - wanted) + (wanted - seen)
    return Weak((name, UNCLOSED) for name, _ in strange.elements())


def _isolated(system: Sequence[Statistic], visible: Iterable[Face], faces: Iterable[Face]) -> Weak:
    by_name, now = {statistic.name: statistic for statistic in system}, {face.key: face for face in faces}
    return Counter(
        (face.statistic, ISOLATED)
        for face in visible
        if face.key not in now or isolates(face, now[face.key], by_name[face.statistic])
    )


def _attacked(system: Sequence[Statistic], seen: Sequence[Face], day: date, printed: Printed) -> Weak:
    """The attacker's programmes on one system. Where nothing is shown, nothing but the totals is known.

    A standing count that keeps an older value has no interval that readers see; what is true now is hidden as well.
    """
    found, by_name = Weak(), {statistic.name: statistic for statistic in system}
    faces, kept = present(seen, system, day), {face.key: face for face in seen if face.shown}
    hidden = [face for face in faces if not face.shown]
    is_withheld = not kept
    numbers = dict.fromkeys(number for statistic in system for number in statistic.numbers)
    try:
        attacks = {number: Attack(system, number, faces, printed.totals) for number in numbers} if hidden else {}
        for face in hidden:
            statistic = by_name[face.statistic]
            intervals = [attacks[number].interval(face.key) for number in statistic.numbers]
            narrow = (
                is_narrow(interval, statistic, number, kept.get(face.key))
                for interval, number in zip(intervals, statistic.numbers, strict=True)
            )
            if not is_withheld and any(narrow):
                found[face.statistic, NARROW] += 1
            if face.key not in kept and widened(intervals, statistic) != face.intervals:
                found[face.statistic, "intervals other than the tables give"] += 1
    except UnfinishedAttackError:
        found[system[0].name, "hidden cells whose attack was not finished"] += len(hidden)
    return found
