"""The primary rules: which cells, and which sums of hidden cells, say too much about somebody by themselves."""

from __future__ import annotations

from decimal import Decimal

from jobs.anonymity.cells import Cell
from policy.statistics import Statistic


def is_safe(cell: Cell, statistic: Statistic) -> bool:
    """Whether a cell may be shown, as far as it alone is concerned.

    A cell of no rows may: nobody is in it. Any other needs ``k`` distinct contributors, none of whom has put in less
    than nothing (dominance means nothing then), and keeps the dominance and p % rules for every number. Definitions and
    sources: `policy.statistics.Statistic`.
    """
    if cell.row_count == 0:
        return True
    if cell.contributors < statistic.k or cell.negative:
        return False
    return not any(is_dominated(cell, statistic, number) for number in statistic.numbers)


def is_dominated(cell: Cell, statistic: Statistic, number: str) -> bool:
    """Whether a few contributors make up too much of one number.

    (n, k)-dominance: the n largest x₁ … xₙ of a sum X have more than the share. p %: X - x₁ - x₂ < p/100 · x₁.
    """
    whole, parts = cell.of(number), sorted((each.of(number) for each in cell.top), reverse=True)
    first, second = (*parts, Decimal(0), Decimal(0))[:2]
    rule = statistic.dominance
    if rule is not None and sum(parts[: rule.largest], Decimal(0)) > whole * Decimal(str(rule.share)):
        return True
    return statistic.p is not None and whole - first - second < first * Decimal(str(statistic.p)) / 100
