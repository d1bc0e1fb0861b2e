"""Counts with differential privacy: what a contract says of them, and what it costs a person.

The unit of privacy is one account, or the address of a stranger, in one day: two days of the platform that differ in
all rows of one unit give almost the same numbers (Dwork, McSherry, Nissim, Smith 2006). The loss is counted in
zero-concentrated differential privacy (zCDP; Bun, Steinke 2016), in which the losses of several counts, and of
several days, add up.
"""

from __future__ import annotations

from math import exp, log, log1p, sqrt
from typing import Literal, Self

from pydantic import Field, model_validator

from policy.base import Model

DAYS = 366
"""The most days of one year on which one person can be there."""


class NoisyCount(Model):
    """One family of counts: a number for each combination of the words of ``by``, noise and all.

    ``counted``: ``units``, in how many accounts (or strangers' addresses) it happened; ``events``, how often. One
    unit counts in ``cells`` combinations at most, in each with ``events`` events at most. ``rho``: what the family
    costs a day. ``only``: the words of further columns that are counted; everything else is in no cell.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    by: tuple[str, ...] = Field(min_length=1)
    counted: Literal["units", "events"]
    cells: int = Field(ge=1)
    events: int = Field(default=1, ge=1)
    rho: float = Field(gt=0, le=1)
    only: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _a_unit_counts_once(self) -> Self:
        if self.counted == "units" and self.events != 1:
            raise ValueError("a unit counts once in a cell; events belong to counts of events")
        return self

    @property
    def sensitivity(self) -> float:
        """The most that one unit changes the numbers of this family, as Euclidean distance (L2)."""
        return self.events * sqrt(self.cells)

    @property
    def scale(self) -> float:
        """The standard deviation of the discrete Gaussian noise: a mechanism of this scale costs ``rho``.

        rho = sensitivity² / (2 scale²): Canonne, Kamath, Steinke, "The Discrete Gaussian for Differential Privacy"
        (2020), theorem 4.
        """
        return self.sensitivity / sqrt(2 * self.rho)


class MostEpsilon(Model):
    """The most that one person may lose, as ε at the contract's δ: in a day, and in a calendar year of such days."""

    day: float = Field(gt=0, le=5)
    year: float = Field(gt=0, le=50)


class PrivacyBudget(Model):
    """What is counted, for whom, and what it may cost.

    ``unit``: the columns that say whose row it is; the first that isn't null. Rows without any are one unit together.
    """

    unit: tuple[str, ...] = Field(min_length=1)
    delta: float = Field(gt=0, le=1e-5)
    epsilon: MostEpsilon
    counts: tuple[NoisyCount, ...] = Field(min_length=1)

    @property
    def rho(self) -> float:
        """What a day costs: the losses of its families add up."""
        return sum(count.rho for count in self.counts)

    @model_validator(mode="after")
    def _a_day_and_a_year_fit(self) -> Self:
        for period, days, most in (("day", 1, self.epsilon.day), ("year", DAYS, self.epsilon.year)):
            cost = epsilon_of(days * self.rho, self.delta)
            if cost > most:
                raise ValueError(f"a {period} costs ε = {cost:.3f} at δ = {self.delta:g}, more than {most:g}")
        return self


def epsilon_of(rho: float, delta: float) -> float:
    """The smallest ε for which ``rho``-zCDP is (ε, ``delta``)-differentially private.

    The minimum over α > 1 of αρ + (ln(1/δ) + α ln(1 - 1/α) - ln(α - 1)) / (α - 1): Canonne, Kamath, Steinke (2020),
    proposition 12, solved for ε. It is smaller than `closed_epsilon_of`, which a reader recomputes by hand.
    """

    def bound(exponent: float) -> float:
        alpha = 1 + exp(exponent)
        return alpha * rho + (log(1 / delta) + alpha * log1p(-1 / alpha) - log(alpha - 1)) / (alpha - 1)

    if rho == 0:
        return 0.0
    low, high = -7.0, 25.0
    for _ in range(200):
        third = (high - low) / 3
        low, high = (low, high - third) if bound(low + third) < bound(high - third) else (low + third, high)
    return max(0.0, bound(low))


def closed_epsilon_of(rho: float, delta: float) -> float:
    """ε = ρ + 2 √(ρ ln(1/δ)): Bun, Steinke (2016), proposition 1.3."""
    return rho + 2 * sqrt(rho * log(1 / delta))
