"""Aggregate releases: tables of cells, of which those are shown that say nothing about few, alone or together.

Spark counts the cells; what follows is small and happens on the driver: the primary rules, the search for what else
must be hidden, the comparison with what was visible before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from expectations.case import Total
from jobs.anonymity.attack import Attack
from jobs.anonymity.cells import NOBODY, Cell, Key, cells_of, grouped, running
from jobs.anonymity.secondary import SECONDS, Suppression, suppress
from jobs.anonymity.tables import Face, Interval, faces_of, keys, of_system, present, rows_of
from jobs.anonymity.versions import changes, must_stay, standing
from jobs.people.exclusion import Exclusion
from jobs.spark.local import frame_of
from policy.contract import Contract
from policy.errors import PolicyError
from policy.promise import Promise
from policy.statistics import Statistic, systems

Rows = Sequence[Mapping[str, Any]]


class UnlistedCellError(PolicyError):
    """Rows are of cells that a statistic doesn't have: a word outside the contract's closed vocabularies."""

    def __init__(self, release: str, statistic: str, cells: int, owner: str) -> None:
        self.release, self.statistic, self.cells, self.owner = release, statistic, cells, owner
        super().__init__(
            f"{release}: rows of {cells} cells, of {statistic} among them, have words that the contract doesn't list; "
            f"nothing was staged; ask {owner} to list the words in policy/releases/{release}.yaml"
        )


class UnfinishedSearchError(PolicyError):
    """Which cells must be hidden wasn't found in time."""

    def __init__(self, release: str, statistic: str, owner: str) -> None:
        self.release, self.statistic, self.owner = release, statistic, owner
        super().__init__(
            f"{release}: the search for what to hide of {statistic} and the tables linked with it isn't finished after "
            f"{SECONDS:.0f} seconds; nothing was staged; ask {owner} to leave groups out of its statistics in "
            f"policy/releases/{release}.yaml, see docs/statistics.md"
        )


@dataclass(frozen=True)
class Sources:
    """What a release of tables is made of: landing of ``day`` without whom it must leave out, and what readers see.

    ``visible``: the rows of the day itself and those of every day with standing counts, with their ``day``.
    """

    exclusion: Exclusion
    day: date
    visible: Rows


@dataclass(frozen=True)
class Loss:
    """What hiding costs a statistic: its cells, the hidden among them, and how much of its rows isn't shown.

    ``percent``: of the rows of the day, those outside the cells that show the day's number: what anybody knows who
    knows the table's total. The share of the hidden cells alone would tell them from those that keep an older value.
    None when the visible version stays: how late rows are spread over shown and hidden cells is nobody's to know.
    """

    statistic: str
    cells: int
    hidden: int
    percent: int | None

    @classmethod
    def of(cls, statistic: Statistic, faces: Iterable[Face], cells: Mapping[Key, Cell], day: date) -> Loss:
        """What fresh ``faces`` of a statistic leave unsaid of its true ``cells``."""
        own = of_system(faces, (statistic,))
        rows = sum(cells.get(face.key, NOBODY).row_count for face in own)
        shown = sum(int(face.numbers[0]) for face in present(own, (statistic,), day) if face.numbers is not None)
        hidden = sum(not face.shown for face in own)
        return cls(statistic.name, len(own), hidden, round(100 * (rows - shown) / rows) if rows else 0)


@dataclass(frozen=True)
class Tables:
    """All cells of a release on a day, as they are published.

    ``cells``: the true numbers, which stay on the driver. ``totals``: what each fresh table adds up to. ``stayed``: the
    statistics of which the version that readers can see already stays. A source row counts once for each statistic that
    it belongs to.
    """

    contract: Contract
    faces: tuple[Face, ...]
    cells: Mapping[Key, Cell]
    totals: tuple[Total, ...]
    losses: tuple[Loss, ...]
    stayed: tuple[str, ...]
    rows_in: int
    excluded: int

    @property
    def rows(self) -> list[dict[str, Any]]:
        """One row a cell, in the contract's columns."""
        return rows_of(self.contract, self.faces)

    def staged(self, spark: SparkSession) -> DataFrame:
        """The rows as one small frame."""
        return frame_of(spark, self.contract.output_schema, self.rows).coalesce(1)

    def counts(self) -> dict[str, int]:
        """Source rows: all, behind the shown cells, behind the others, and left out."""
        represented = sum(int(face.numbers[0]) for face in self.faces if face.numbers is not None)
        suppressed = self.rows_in - self.excluded - represented
        return {
            "rows_in": self.rows_in, "represented": represented, "suppressed": suppressed, "excluded": self.excluded,
        }  # fmt: skip


def statistics(promise: Promise, contract: Contract, sources: Sources) -> Tables:
    """Every cell of every statistic that is due on the day, from a closed set of cells.

    Guarantee: the same landing and the same visible rows give the same tables. A cell is shown only if it keeps the
    primary rules, no hidden cell can be put into an interval narrower than its protection, and no difference from what
    was visible isolates fewer than k.

    Raises:
        UnfinishedSearchError: what must be hidden wasn't found in time.
        UnfinishedAttackError: see `jobs.anonymity.attack`.
    """
    due = [statistic for statistic in contract.statistics if statistic.is_due(sources.day)]
    made = [_System(promise, contract, sources, system) for system in systems(due)]
    return Tables(
        contract,
        tuple(face for system in made for face in system.faces),
        {key: cell for system in made for key, cell in system.cells.items()},
        tuple(total for system in made for total in system.totals),
        tuple(loss for system in made for loss in system.losses()),
        tuple(statistic.name for system in made if system.stays for statistic in system.statistics),
        sum(system.rows_in for system in made),
        sum(system.excluded for system in made),
    )


class _System:
    """One system of linked tables on its way from rows to faces."""

    def __init__(self, promise: Promise, contract: Contract, sources: Sources, system: tuple[Statistic, ...]) -> None:
        self.statistics, self._contract, self._sources = system, contract, sources
        self._promise, source = promise, system[0].of
        rows = sources.exclusion.frames(source)
        counted = [name for name, rule in contract.inputs[source].items() if rule.treat != "drop"]
        # Who is left out is the larger part of the work: found out once, not once a statistic.
        self._kept = sources.exclusion.without(rows, source).select(*counted).persist()
        try:
            self._count(rows)
            self._choose()
        finally:
            self._kept.unpersist()

    def _count(self, rows: DataFrame) -> None:
        """The true cells, and how many rows there are."""
        system, contract = self.statistics, self._contract
        found = {(s.name, words): cell for s in system for words, cell in cells_of(s, self._running(s)).items()}
        self.cells = {key: found.get(key, NOBODY) for s in system for key in keys(contract, s)}
        for name, _ in found.keys() - self.cells.keys():
            raise UnlistedCellError(contract.release, name, len(found.keys() - self.cells.keys()), contract.owner)
        self.rows_in = rows.count() * len(system)
        self.excluded = self.rows_in - self._counted()

    def _counted(self) -> int:
        """Rows that aren't left out. Of a standing count those that don't run, too: how many run isn't printed."""
        if self.statistics[0].running is not None:
            return self._kept.count() * len(self.statistics)
        return sum(cell.row_count for cell in self.cells.values())

    def _grouped(self, statistic: Statistic) -> DataFrame:
        return grouped(self._promise, self._contract, statistic, self._kept, self._sources.exclusion.frames)

    def _running(self, statistic: Statistic) -> DataFrame:
        return running(self._grouped(statistic), statistic, self._sources.day)

    def _choose(self) -> None:
        """The fresh faces, or the visible ones when these must stay."""
        day, contract = self._sources.day, self._contract
        visible = of_system(
            faces_of(contract, (r for r in self._sources.visible if r["day"] == day), day), self.statistics
        )
        bound = {face.key: face for face in visible if not face.shown}
        bound |= {face.key: face for statistic in self.statistics for face in self._standing(statistic)}
        self.faces, self.totals = visible, []
        self.stays = any(face.shown and face.as_of == day and not self._is_true(face) for face in bound.values())
        if not self.stays:
            try:
                fresh = suppress(self.statistics, self.cells, day, bound)
            except TimeoutError:
                raise UnfinishedSearchError(contract.release, self.statistics[0].name, contract.owner) from None
            faces = with_intervals(fresh)
            self.stays = bool(visible) and must_stay(visible, faces, self.statistics)
            if not self.stays:
                self.faces, self.totals = faces, fresh.totals()

    def _is_true(self, face: Face) -> bool:
        """Whether a face says what is counted now."""
        cell = self.cells[face.key]
        return face.said == (cell.contributors, (Decimal(cell.row_count),))

    def _standing(self, statistic: Statistic) -> Iterator[Face]:
        """The cells of a standing count that must go on saying what they said."""
        if statistic.running is None:
            return
        own = [row for row in self._sources.visible if row["statistic"] == statistic.name and row["shown"]]
        shown: dict[Key, list[Face]] = {}
        for face in dict.fromkeys(faces_of(self._contract, own, self._sources.day)):
            shown.setdefault(face.key, []).append(face)
        earlier = sorted({face.as_of for faces in shown.values() for face in faces})
        since = changes(self._grouped(statistic), statistic, earlier, self._sources.day)
        for key, faces in shown.items():
            own_changes = {at: change for (words, at), change in since.items() if words == key[1]}
            told = standing(faces, self.cells.get(key, NOBODY), own_changes, statistic, self._sources.day)
            if told is not None:
                yield told

    def losses(self) -> Iterator[Loss]:
        """What is hidden of each statistic."""
        for statistic in self.statistics:
            loss = Loss.of(statistic, self.faces, self.cells, self._sources.day)
            yield replace(loss, percent=None) if self.stays else loss


def with_intervals(table: Suppression) -> list[Face]:
    """What readers see, with the intervals into which anybody could put each hidden cell."""
    attacks = table.attacks() if table.hidden else {}
    return [face if face.shown else _estimated(face, table.statistic(face.key), attacks) for face in table.faces()]


def _estimated(face: Face, statistic: Statistic, attacks: Mapping[str, Attack]) -> Face:
    found = [attacks[number].interval(face.key) for number in statistic.numbers]
    return replace(face, intervals=widened(found, statistic))


def widened(intervals: Iterable[Interval], statistic: Statistic) -> tuple[Interval, ...]:
    """The attacker's intervals as they are published: out to multiples of k, so that they tell no total exactly."""
    step = Decimal(statistic.k)
    return tuple(
        ((low / step).to_integral_value(ROUND_FLOOR) * step, (high / step).to_integral_value(ROUND_CEILING) * step)
        for low, high in intervals
    )


def rows_apart(staged: Iterable[Sequence[Any]], fresh: Tables) -> int:
    """Rows that only one of two tables has, however often."""
    one, other = Counter(map(tuple, staged)), Counter(tuple(row.values()) for row in fresh.rows)
    return ((one - other) + (other - one)).total()
