"""Statistics of an aggregate release: which cells, under which rules they are hidden, which tables are linked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import combinations
from typing import Literal, Self

from pydantic import Field, model_validator

from policy.base import Model
from policy.periods import month_end

ROWS = "row_count"
"""The number that every statistic has: source rows in the cell."""

MOST_CELLS = 1_000
"""Cells of one system of linked tables. More would be attacked for too long, so a contract with more is refused."""


class Dominance(Model):
    """The (n, k)-rule: ``largest`` contributors together may make up at most ``share`` of a cell.

    Hundepool et al., *Statistical Disclosure Control* (2012), section 4.2.2.
    """

    largest: int = Field(default=1, ge=1)
    share: float = Field(gt=0, lt=1)


class Statistic(Model):
    """One table of cells, with the primary rules under which a cell is hidden.

    *Threshold*: fewer than ``k`` distinct contributors. *Dominance*: see `Dominance`. *p %*: without the two largest
    contributors less than ``p`` percent of the largest is left, so the second largest, who knows itself, could
    estimate the largest within ``p`` percent (Hundepool et al. 2012, section 4.2.3). The last two are held against
    the rows and the ``total``, and all three against every known sum of hidden cells. A cell of nobody is shown: zero.

    ``protection``: how wide, for each number, the interval must be into which an attacker can put a hidden cell, in
    the number's own unit. Rows: at least ``k``, which is what ``k`` people contribute at the very least.
    ``every`` month: a count of what is ``running``, taken on the last day of each month.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    of: str
    joined: str | None = Field(default=None, alias="with")
    by: tuple[str, ...] = Field(min_length=1)
    contributor: str
    k: int = Field(ge=3)
    total: str | None = None
    dominance: Dominance | None = None
    p: float | None = Field(default=None, gt=0, le=100)
    protection: dict[str, Decimal] = Field(default_factory=dict)
    every: Literal["day", "month"] = "day"
    running: tuple[str, str] | None = None

    @model_validator(mode="after")
    def _a_sum_has_its_rules(self) -> Self:
        if self.total is not None and (self.dominance is None and self.p is None):
            raise ValueError("a total has a dominance or a p % rule")
        if self.dominance is not None and self.dominance.largest >= self.k:
            raise ValueError("dominance counts fewer contributors than k")
        return self

    @model_validator(mode="after")
    def _protection_has_every_number(self) -> Self:
        if self.protection.keys() - set(self.numbers) or (self.total is not None and self.total not in self.protection):
            raise ValueError("protection is given for row_count, and must be for the total; for nothing else")
        if any(width <= 0 for width in self.protection.values()) or self.width(ROWS) < self.k:
            raise ValueError("protection is above zero, and of rows at least k")
        return self

    @model_validator(mode="after")
    def _what_runs_is_counted_once_a_month(self) -> Self:
        if (self.running is not None) != (self.every == "month"):
            raise ValueError("a count of what is running, and no other, is taken every month")
        if self.running is not None and self.total is not None:
            raise ValueError("what is running is counted, not summed")
        return self

    @property
    def numbers(self) -> tuple[str, ...]:
        """The additive numbers of a cell."""
        return (ROWS, self.total) if self.total is not None else (ROWS,)

    def width(self, number: str) -> Decimal:
        """How wide the interval of a hidden cell must be."""
        return self.protection.get(number, Decimal(self.k))

    def is_due(self, day: date) -> bool:
        """Whether the release of ``day`` has this statistic: every day, or on the last day of a month."""
        return self.every == "day" or day == month_end(day)


def systems(statistics: Sequence[Statistic]) -> list[tuple[Statistic, ...]]:
    """The statistics in groups that count the same rows: each group is one system of linked tables."""
    same_rows = dict.fromkeys((statistic.of, statistic.running) for statistic in statistics)
    return [tuple(s for s in statistics if (s.of, s.running) == rows) for rows in same_rows]


def margins(system: Sequence[Statistic]) -> list[tuple[str, ...]]:
    """The groups over which tables of a system add up alike: the total, then what each two of them share."""
    shared = {tuple(sorted(set(one.by) & set(other.by))) for one, other in combinations(system, 2)}
    return [(), *sorted(shared - {()})]


def is_acyclic(system: Sequence[Statistic]) -> bool:
    """Whether tables that agree on their margins always have one joint table behind them.

    Then equations between cells are all that an attacker can know. Three tables that share attributes in a ring
    (a × b, b × c, c × a) know more. Graham's reduction: Beeri et al., "On the desirability of acyclic database schemes"
    (1983), theorem 3.4.
    """
    tables = {frozenset(statistic.by) for statistic in system}
    while True:
        alone = {name for table in tables for name in table if sum(name in other for other in tables) == 1}
        reduced = {table - alone for table in tables}
        reduced = {table for table in reduced if not any(table < other for other in reduced)}
        if reduced == tables:
            return len(tables) <= 1
        tables = reduced
