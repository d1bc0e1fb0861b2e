"""What releases with a privacy budget have spent of this year's, from the reservations in the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from console.record import Record
from policy.privacy import epsilon_of
from policy.promise import Promise

NEAR = 0.9
"""The share of a year's budget from which it counts as nearly spent."""


@dataclass(frozen=True)
class Budget:
    """ε of one calendar year at the contract's δ. ``days_left``: of the year; ``draws_left``: that still fit."""

    release: str
    owner: str
    year: int
    draws: int
    epsilon: float
    most: float
    delta: float
    draws_left: int
    days_left: int

    @property
    def is_nearly_spent(self) -> bool:
        """Whether it doesn't last for the year's other days, or only just."""
        return self.draws_left < self.days_left or self.epsilon >= NEAR * self.most


def budgets(promise: Promise, record: Record, today: date) -> tuple[Budget, ...]:
    """A budget each release that has one, in the calendar year of ``today``."""
    every = (_budget(promise, record, name, today) for name in promise.contracts)
    return tuple(budget for budget in every if budget is not None)


def _budget(promise: Promise, record: Record, name: str, today: date) -> Budget | None:
    contract = promise.contracts[name]
    if contract.privacy is None:
        return None
    reserved = [e for e in record.entries("budget_reserved", about=name) if e.text("day")[:4] == f"{today:%Y}"]
    rho, cost, delta = sum(e.real("rho") or 0.0 for e in reserved), contract.privacy.rho, contract.privacy.delta
    most, days = contract.privacy.epsilon.year, (date(today.year, 12, 31) - today).days + 1
    low, high = 0, 400
    while low < high:  # epsilon_of grows with rho: the most draws that still fit, by halving
        middle = (low + high + 1) // 2
        low, high = (middle, high) if epsilon_of(rho + middle * cost, delta) <= most else (low, middle - 1)
    return Budget(name, contract.owner, today.year, len(reserved), epsilon_of(rho, delta), most, delta, low, days)
