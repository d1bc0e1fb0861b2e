"""The attacker: linked tables as one system of linear equations, and what it lets nobody hide.

Unknown are the hidden cells. Whoever adds up what is shown knows, for each total and each margin that two tables share,
an equation between them; each table's own total is taken as known, for rows of a source and day are counted in many
places. Beside it: a hidden cell has at least one row (cells of nobody are shown), not more contributors than rows, and
the contributors of a margin are at least those of its largest cell and at most those of all its cells together, in
every table. Of a standing count that keeps an older value, what is there now is unknown, too: all but k - 1 of its
contributors, at least. For each hidden cell the smallest and the largest value that fit are two linear programmes
(Fischetti & Salazar-González 2001, "Solving the cell suppression problem on tabular data with linear constraints").

Counts are integers and the programmes aren't told so. An interval of integers could be narrower by less than one step
where three or more margins cross in one cell; protection intervals are k steps wide at least.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from math import isfinite

import numpy as np
import numpy.typing as npt
from scipy.linalg import null_space
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

from expectations.case import Total
from jobs.anonymity.cells import Key, Words
from jobs.anonymity.tables import Face, Interval
from policy.errors import PolicyError
from policy.statistics import ROWS, Statistic, margins

SECONDS = 60.0
"""The longest that one attack on one number of a system takes; docs/statistics.md has what it takes mostly."""

SLACK = Decimal("0.000001")
"""What HiGHS leaves open (its tolerance is 1e-7)."""

OPTIMAL, UNBOUNDED = 0, 3
"""How a programme ends, as `scipy.optimize.linprog` numbers it."""

NO_BOUND = Decimal(2**53)
"""What stands for a value without a bound: the largest whole number up to which a float64 has every one."""

ROUNDING = 1e-9
"""An entry of a null space's unit vectors below this is zero but for rounding (float64: 2e-16 an operation)."""

Vector = npt.NDArray[np.float64]


class UnfinishedAttackError(PolicyError):
    """The attacker's programmes took too long, or have no solution: nobody knows whether hidden cells stay hidden."""

    def __init__(self, statistic: str, problem: str) -> None:
        self.statistic, self.problem = statistic, problem
        super().__init__(
            f"{statistic} and the tables linked with it: the attack {problem}; nothing was published; leave groups out "
            "of the contract's statistics, or see docs/statistics.md"
        )


@dataclass(frozen=True)
class Row:
    """One equation or inequality: ``Σ coefficient × unknown`` equals, or is at most, ``right``."""

    terms: dict[int, float]
    right: float


@dataclass
class Unknowns:
    """The columns of the programmes with their bounds."""

    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)

    def add(self, low: float = 0.0, high: float = np.inf) -> int:
        """A further unknown; its place."""
        self.low.append(low)
        self.high.append(high)
        return len(self.low) - 1


class Attack:
    """What one number of one system gives away. ``faces``: of every cell, as `present`; ``totals``: every known sum."""

    def __init__(
        self, system: Sequence[Statistic], number: str, faces: Sequence[Face], totals: Iterable[Total]
    ) -> None:
        self._system = [statistic for statistic in system if number in statistic.numbers]
        self._number, self._until = number, time.monotonic() + SECONDS
        self._tables = {s.name: [face for face in faces if face.statistic == s.name] for s in self._system}
        self._columns, self._equal, self._at_most = Unknowns(), list[Row](), list[Row]()
        self.hidden: dict[Key, int] = {
            face.key: self._columns.add(self._least(statistic, face))
            for statistic in self._system
            for face in self._tables[statistic.name]
            if not face.shown
        }
        self._link()
        for total in totals:
            if total.number == number and total.statistic in self._tables:
                statistic = next(s for s in self._system if s.name == total.statistic)
                self._equal.append(self._sum(statistic, dict(total.where), Decimal(total.value)))
        if number == ROWS:
            self._count_people()
        self._programme = self._matrices()

    def _least(self, statistic: Statistic, face: Face) -> float:
        """Cells of nobody are shown, unless nothing of the table is. Fewer than k have gone since an older value."""
        if self._number != ROWS:
            return 0.0
        if face.contributors is not None:
            return float(max(0, face.contributors - (statistic.k - 1)))
        return float(any(each.contributors is not None for each in self._tables[statistic.name]))

    # -- the equations -------------------------------------------------------------------------------

    def _link(self) -> None:
        """For every margin an unknown sum that all tables with these groups have in common."""
        for groups in margins(self._system):
            sharing = [statistic for statistic in self._system if set(groups) <= set(statistic.by)]
            for words in sorted({_at(s, face, groups) for s in sharing for face in self._tables[s.name]}):
                margin = self._columns.add()
                for statistic in sharing:
                    equation = self._sum(statistic, dict(zip(groups, words, strict=True)), Decimal(0))
                    self._equal.append(Row({**equation.terms, margin: -1.0}, equation.right))

    def _sum(self, statistic: Statistic, where: dict[str, str], right: Decimal) -> Row:
        """What the hidden cells among those of ``where`` add up to, when all of them add up to ``right``."""
        place, terms = statistic.numbers.index(self._number), dict[int, float]()
        for face in self._tables[statistic.name]:
            if all(face.words[statistic.by.index(group)] == word for group, word in where.items()):
                if face.numbers is None:
                    terms[self.hidden[face.key]] = 1.0
                else:
                    right -= face.numbers[place]
        return Row(terms, float(right))

    def _count_people(self) -> None:
        """What the contributors of shown cells say about those of hidden ones, and so about their rows."""
        people = {key: self._columns.add(self._columns.low[place]) for key, place in self.hidden.items()}
        for key, place in self.hidden.items():
            self._at_most.append(Row({people[key]: 1.0, place: -1.0}, 0.0))
        kinds = dict.fromkeys((groups, s.contributor) for groups in margins(self._system) for s in self._system)
        for groups, contributor in kinds:
            sharing = [s for s in self._system if set(groups) <= set(s.by) and s.contributor == contributor]
            for words in sorted({_at(s, face, groups) for s in sharing for face in self._tables[s.name]}):
                together = self._columns.add()
                for statistic in sharing:
                    faces = [f for f in self._tables[statistic.name] if _at(statistic, f, groups) == words]
                    self._bound_union(together, faces, people)

    def _bound_union(self, together: int, faces: Sequence[Face], people: dict[Key, int]) -> None:
        shown = [float(face.contributors or 0) for face in faces if face.shown]
        unknown = [people[face.key] for face in faces if not face.shown]
        self._columns.low[together] = max([self._columns.low[together], *shown])
        self._at_most += [Row({one: 1.0, together: -1.0}, 0.0) for one in unknown]
        self._at_most.append(Row({together: 1.0, **dict.fromkeys(unknown, -1.0)}, sum(shown)))

    def _matrices(self) -> tuple[csr_matrix, Vector, csr_matrix, Vector]:
        width = len(self._columns.low)
        equal, at_most = _matrix(self._equal, width), _matrix(self._at_most, width)
        return *equal, *at_most

    # -- what they give away -------------------------------------------------------------------------

    def interval(self, *cells: Key) -> Interval:
        """The smallest and the largest value that a hidden cell, or a sum of hidden cells, can have.

        Raises:
            UnfinishedAttackError: after `SECONDS`, or when no values fit at all.
        """
        objective = np.zeros(len(self._columns.low))
        objective[[self.hidden[cell] for cell in cells]] = 1.0
        low, high = self._solve(objective), -self._solve(-objective)
        if self._number == ROWS:
            return low.quantize(Decimal(1), ROUND_CEILING), high.quantize(Decimal(1), ROUND_FLOOR)
        return low.quantize(Decimal("0.01"), ROUND_CEILING), high.quantize(Decimal("0.01"), ROUND_FLOOR)

    def _solve(self, objective: Vector) -> Decimal:
        """The smallest value of the objective, less what the solver leaves open."""
        equal, right, at_most, limits = self._programme
        left = self._until - time.monotonic()
        if left <= 0:
            raise UnfinishedAttackError(self._system[0].name, f"isn't finished after {SECONDS:.0f} seconds")
        bounds = np.column_stack([self._columns.low, self._columns.high])
        found = linprog(
            objective, at_most, limits, equal, right, bounds, method="highs", options={"time_limit": left}
        )  # fmt: skip
        if found.status == UNBOUNDED:
            return -NO_BOUND
        if found.status != OPTIMAL or not isfinite(found.fun):
            raise UnfinishedAttackError(self._system[0].name, "finds no values that fit, or doesn't end")
        return Decimal(repr(float(found.fun))) - SLACK

    def determined(self, known: Iterable[Key]) -> set[Key]:
        """The hidden cells that the equations give exactly to somebody who knows these others."""
        own = {self.hidden[key] for key in known}
        rest = [place for place in range(len(self._columns.low)) if place not in own]
        free = null_space(self._programme[0].toarray()[:, rest]) if rest else np.zeros((0, 0))
        still = {place: row for row, place in enumerate(rest)}
        others = [(key, still[place]) for key, place in self.hidden.items() if place not in own]
        return {key for key, row in others if free.shape[1] == 0 or np.abs(free[row]).max() < ROUNDING}


def is_narrow(found: Interval, statistic: Statistic, number: str, kept: Face | None) -> bool:
    """Whether an interval says too much: of a hidden cell, or of what is true now of one that has ``kept`` a value.

    Hidden: it is narrower than the protection. Kept: fewer than k numbers fit, unless the kept one alone does; then
    nobody has come or gone.
    """
    low, high = found
    if kept is None or kept.numbers is None:
        return high - low < statistic.width(number)
    return high - low < statistic.k - 1 and not (low == high == kept.numbers[0])


def _at(statistic: Statistic, face: Face, groups: Sequence[str]) -> Words:
    """The words of a cell for some of its groups."""
    return tuple(face.words[statistic.by.index(group)] for group in groups)


def _matrix(rows: Sequence[Row], width: int) -> tuple[csr_matrix, Vector]:
    entries = [(at, place, value) for at, row in enumerate(rows) for place, value in row.terms.items()]
    ats, places, values = zip(*entries, strict=True) if entries else ((), (), ())
    matrix = csr_matrix((values, (ats, places)), shape=(len(rows), width), dtype=np.float64)
    return matrix, np.array([row.right for row in rows], dtype=np.float64)
