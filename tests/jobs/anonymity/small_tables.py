"""Tables of a few cells for tests: statistics over a source of their own, faces and cells by their numbers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from expectations.case import Total
from jobs.anonymity.attack import Attack
from jobs.anonymity.cells import Cell, Contribution
from jobs.anonymity.tables import Face
from policy.statistics import Statistic

DAY = date(2026, 3, 12)
EUR = "amount_eur"


def statistic(name="sales", by=("row", "column"), **changes):
    """A statistic with a sum, so that a hidden cell can be zero as in the published examples."""
    given = {
        "name": name, "of": "purchases", "by": by, "contributor": "company_id", "k": 3, "total": EUR,
        "dominance": {"share": 0.9}, "protection": {EUR: 10}, **changes,
    }  # fmt: skip
    return Statistic.model_validate(given)


def faces(statistic, cells, hidden=()):
    """One face a cell, of as many rows as euros."""
    return [
        Face(statistic.name, words, DAY)
        if words in hidden
        else Face(statistic.name, words, DAY, 3, (Decimal(value),) * len(statistic.numbers))
        for words, value in cells.items()
    ]


def total(statistic, cells, **where):
    """The known sum of the cells that have these words."""
    places = {statistic.by.index(group): word for group, word in where.items()}
    value = sum(v for words, v in cells.items() if all(words[at] == word for at, word in places.items()))
    return Total(statistic.name, EUR, tuple(where.items()), Decimal(value))


def interval(tables, totals, cell, number=EUR):
    """What an attacker of these (statistic, cells, hidden) knows of one cell of the first."""
    seen = [face for statistic, cells, hidden in tables for face in faces(statistic, cells, hidden)]
    attack = Attack([statistic for statistic, _, _ in tables], number, seen, totals)
    return tuple(map(int, attack.interval((tables[0][0].name, cell))))


def people(*rows, euros=None, first=0):
    """A cell of one contributor for each number of rows; ``euros`` are each one's part of the sum."""
    parts = euros or rows
    top = tuple(Contribution(first + i, n, Decimal(e)) for i, (n, e) in enumerate(zip(rows, parts, strict=True)))
    return Cell(sum(rows), len(rows), Decimal(sum(parts)), negative=any(e < 0 for e in parts), top=top)
