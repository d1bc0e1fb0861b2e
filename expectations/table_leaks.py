"""Planted tables: what the attacker of a release of tables must get, or the gate isn't believed.

The planted day has the contract's own cells with even numbers, which agree in all tables. Two cells are hidden, beside
each other in every margin, so they stay hidden; each leak then gives a little more away.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from itertools import product
from math import ceil, prod
from typing import Any

from expectations.case import ISOLATED, NARROW, NO_CELLS, UNCLOSED, Case, Printed, Total
from expectations.leaks import Falsify, StructuralLeak
from expectations.measures import Measures
from policy.contract import Contract
from policy.statistics import ROWS, Statistic, margins, systems

EXPECTATION = "expect_hidden_cells_stay_hidden"

Row = dict[str, Any]


def table_leaks(case: Case) -> Iterator[StructuralLeak]:
    """One leak of each kind; none for a release without tables."""
    due = [statistic for statistic in case.contract.statistics if statistic.is_due(case.day)]
    if case.attacker is None or not due:
        return
    planted = planted_tables(case, due)
    rows, (first, second) = planted.rows, planted.hidden
    another = next(place for place in range(len(rows)) if place not in planted.hidden and rows[place][ROWS])
    more = {**rows[another], "contributors": rows[another]["contributors"] + 1, ROWS: rows[another][ROWS] + 1}
    total = Total(planted.statistic.name, ROWS, planted.where(first), Decimal(planted.value))
    for kind, falsify, detail in (
        ("one shown cell more", planted.printing({second: planted.shown(rows[second])}), NARROW),
        ("one total more", planted.printing({}, total), NARROW),
        ("a hidden cell with its number", planted.printing({first: {**rows[first], ROWS: planted.value}}), NO_CELLS),
        ("a cell left out", planted.printing({another: None}), UNCLOSED),
        ("a day rebuilt with one person more", planted.printing({another: more}, visible=rows), ISOLATED),
    ):
        yield StructuralLeak(kind, falsify, EXPECTATION, detail)
    for place in planted.standing[:1]:
        older = {**rows[place], ROWS: rows[place][ROWS] - 1, "as_of": case.day - timedelta(days=case.day.day)}
        yield StructuralLeak("a month's only older value", planted.printing({place: older}), EXPECTATION, NARROW)


@dataclass(frozen=True)
class PlantedTables:
    """Rows of a made-up day in which the two cells ``hidden`` of ``statistic`` have no numbers; both were ``value``."""

    contract: Contract
    statistic: Statistic
    rows: tuple[Row, ...]
    hidden: tuple[int, int]
    value: int
    totals: tuple[Total, ...]

    @property
    def standing(self) -> list[int]:
        """The shown cells that are counted once a month."""
        names = {statistic.name for statistic in self.contract.statistics if statistic.every == "month"}
        return [at for at, row in enumerate(self.rows) if row["statistic"] in names and row["shown"]]

    def where(self, place: int) -> tuple[tuple[str, str], ...]:
        """The groups and words of one cell."""
        return tuple((group, self.rows[place][group]) for group in self.statistic.by)

    def shown(self, row: Row) -> Row:
        """A hidden row with its numbers."""
        numbers = dict.fromkeys(self.statistic.numbers, self.value)
        bounds = {f"{number}_{end}": None for number in self.statistic.numbers for end in ("low", "high")}
        return {**row, **bounds, **numbers, "shown": True, "contributors": self.statistic.k}

    def printing(self, changes: dict[int, Row | None], *totals: Total, visible: Sequence[Row] = ()) -> Falsify:
        """How to print these tables, with some rows changed or left out and some totals more."""
        rows = [changes.get(place, row) for place, row in enumerate(self.rows)]
        printed = Printed(self._tuples(rows), self._tuples(visible), (*self.totals, *totals))

        def falsify(case: Case, measures: Measures) -> tuple[Case, Measures]:
            return replace(case, printed=printed), measures

        return falsify

    def _tuples(self, rows: Sequence[Row | None]) -> tuple[tuple[Any, ...], ...]:
        return tuple(tuple(row.get(name) for name in self.contract.output_schema) for row in rows if row is not None)


def planted_tables(case: Case, due: Sequence[Statistic]) -> PlantedTables:
    """Even numbers in every cell, as if all combinations of words had come equally often."""
    contract, rows, totals, hidden = case.contract, list[Row](), list[Total](), dict[str, list[int]]()
    unit = max(s.k for s in due) * max(ceil(s.width(number)) for s in due for number in s.numbers)
    for system in systems(due):
        words = {g: w for s in system for g, w in zip(s.by, contract.words(s), strict=True)}
        shared = {group for groups in margins(system) for group in groups}
        for statistic in system:
            value = unit * prod(len(each) for group, each in words.items() if group not in statistic.by)
            numbers = dict.fromkeys(statistic.numbers, value)
            cells = [dict(zip(statistic.by, cell, strict=True)) for cell in product(*contract.words(statistic))]
            beside = [
                place for place, cell in enumerate(cells) if all(cell[g] == words[g][0] for g in shared & {*cell})
            ]
            hidden[statistic.name] = [len(rows) + place for place in beside[:2]]
            named = {"statistic": statistic.name, "shown": True, "contributors": statistic.k, "as_of": case.day}
            rows += [{**named, **cell, **numbers} for cell in cells]
            totals += [Total(statistic.name, number, (), Decimal(value * len(cells))) for number in numbers]
    statistic = next(s for s in due if len(hidden[s.name]) == 2)
    first, second = hidden[statistic.name]
    value = rows[first][ROWS]
    bounds = {f"{number}_low": 0 for number in statistic.numbers} | {f"{n}_high": 2 * value for n in statistic.numbers}
    for place in (first, second):
        unsaid = {"shown": False, "contributors": None, **dict.fromkeys(statistic.numbers), **bounds}
        rows[place] = {**rows[place], **unsaid}
    return PlantedTables(contract, statistic, tuple(rows), (first, second), value, tuple(totals))
