"""What an attack on tables comes to, in cells: for `bench.disclosure`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations

from bench.attacker import Key, Seen, Words, attacked
from jobs.anonymity.primary import is_safe
from jobs.anonymity.statistics import Tables
from jobs.anonymity.tables import Face
from policy.statistics import ROWS, Statistic

HEADINGS = [
    "| attacked | | cells of somebody | hidden | their rows | recovered exactly | of one person | narrower than due |",
    "|---|---|--:|--:|--:|--:|--:|--:|",
]


@dataclass
class Score:
    """What an attack came to, in cells."""

    cells: int = 0
    rows: int = 0
    hidden: int = 0
    hidden_rows: int = 0
    exact: int = 0
    of_one: int = 0
    narrow: int = 0

    def line(self, what: str, when: str) -> str:
        """The score as a line of the table."""
        share = f"{self.hidden_rows / self.rows:.1%}" if self.rows else "–"
        counts = (f"{self.cells:,}", f"{self.hidden:,}", share, self.exact, self.of_one, self.narrow)
        return f"| {what} | {when} | {' | '.join(map(str, counts))} |"


def pairs(
    into: Score, statistic: Statistic, told: list[tuple[date, dict[Key, int]]], running: dict[tuple[Key, date], Counter]
) -> None:
    """Count the differences between two values of a cell that isolate fewer than k companies."""
    distinct = {(key, at): value for at, cells in told for key, value in cells.items()}
    for (key, at), (other, later) in combinations(sorted(distinct), 2):
        if key != other:
            continue
        one, two = (running.get((key, each), Counter()) for each in (at, later))
        moved = sum(one[who] != two[who] for who in {*one, *two})
        isolated = distinct[key, at] != distinct[key, later] and moved < statistic.k
        into.exact += isolated
        into.of_one += isolated and moved == 1


def old_rule(made: Tables, key: Key) -> bool:
    """Whether the suite showed a cell before: enough contributors, and no dominating one in a sum."""
    statistic = next(s for s in made.contract.statistics if s.name == key[0])
    rules = {"p": None} if statistic.dominance is not None else {"p": None, "dominance": None}
    return is_safe(made.cells[key], statistic.model_copy(update=rules))


def values(made: Tables) -> dict[Key, int]:
    """What is shown."""
    return {face.key: int(face.numbers[0]) for face in made.faces if face.numbers is not None}


def old_values(made: Tables) -> dict[Key, int]:
    """What the suite showed before."""
    return {key: cell.row_count for key, cell in made.cells.items() if cell.row_count and old_rule(made, key)}


@dataclass(frozen=True)
class Pattern:
    """Which cells of somebody are hidden, and which of nobody look the same; None of these: zeros are shown.

    ``kept``: what cells say that keep an older value; what is true in them now is hidden like the others.
    """

    hidden: frozenset[Key]
    alike: frozenset[Key] | None = None
    kept: Mapping[Key, Face] = field(default_factory=dict)

    def out_of_sight(self, statistic: str) -> set[Words]:
        """The cells of a statistic whose counts nobody sees."""
        return {words for name, words in self.hidden | (self.alike or set()) | self.kept.keys() if name == statistic}


def patterns(made: Tables, ever: frozenset[Key], day: date) -> tuple[Pattern, Pattern]:
    """How the suite hid before, and how it hides now.

    Before, a hidden cell had no row, and neither had one of nobody; ``ever``: the cells that have rows on some day, of
    which readers know that they could.
    """
    empty = frozenset(key for key in ever if key in made.cells and not made.cells[key].row_count)
    before = Pattern(frozenset(key for key in made.cells if not old_rule(made, key)), empty)
    kept = {face.key: face for face in made.faces if face.shown and face.as_of != day}
    return before, Pattern(frozenset(face.key for face in made.faces if not face.shown), kept=kept)


def score(into: Score, system: Iterable[Statistic], made: Tables, pattern: Pattern) -> None:
    """Attack one system."""
    tables, widths = [], {}
    for statistic in system:
        cells = {key[1]: cell for key, cell in made.cells.items() if key[0] == statistic.name}
        unseen = pattern.out_of_sight(statistic.name)
        counts = {words: None if words in unseen else cell.row_count for words, cell in cells.items()}
        shown = any(count is not None for count in counts.values()) or bool(pattern.kept)
        total = sum(cell.row_count for cell in cells.values())
        stay = {words: max(0, face.contributors - statistic.k + 1) for (_, words), face in pattern.kept.items()}
        tables.append(Seen(statistic.name, statistic.by, counts, total, int(pattern.alike is None and shown), stay))
        widths[statistic.name], least_kept = statistic.width(ROWS), statistic.k - 1
        into.cells += sum(cell.row_count > 0 for cell in cells.values())
        into.rows += total
    is_withheld = not pattern.kept and all(count is None for table in tables for count in table.counts.values())
    secret = {key for key in pattern.hidden if key[0] in widths and made.cells[key].row_count}
    moved = {key for key, face in pattern.kept.items() if face.numbers != (made.cells[key].row_count,)}
    for key, (low, high) in attacked(tables, sorted(secret | moved)).items():
        cell = made.cells[key]
        if key in moved:
            into.exact += low == high
            into.narrow += high - low < least_kept and not is_withheld
            continue
        into.hidden += 1
        into.hidden_rows += cell.row_count
        into.exact += low == high
        into.of_one += low == high and cell.contributors == 1
        into.narrow += high - low < widths[key[0]] and not is_withheld
