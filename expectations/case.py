"""What is judged: one staged run, with everything that the gate found out about it by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from pyspark.sql import Column, DataFrame

from policy.contract import Contract


class Scanner(Protocol):
    """From a text column to the bits of what is found in it, see `expectations.detectors`."""

    def quick(self, cell: Column) -> Column:
        """Patterns and planted identifiers; where any other could stand, the bits that say so."""
        ...

    def known(self, cell: Column) -> Column:
        """All identifiers; of their unkeyed hashes the planted alone, and where any other could stand, a bit."""
        ...

    def thorough(self, cell: Column) -> Column:
        """Everything."""
        ...


class Attacker(Protocol):
    """What an attacker can do with everything that is printed of a release of tables."""

    def __call__(self, printed: Printed) -> Mapping[tuple[str, str], int]:
        """For each statistic and each weakness of it the number of cells."""
        ...


NARROW = "hidden cells that can be estimated too well"
UNCLOSED = "cells missing, strange or there twice"
ISOLATED = "differences from the visible version that isolate fewer than k"
NO_CELLS = "rows that are no cells"
"""What an attacker calls the weaknesses that the self-proof plants."""


@dataclass(frozen=True)
class Total:
    """A sum that is known: one number of a statistic, over all of its cells that have these words in these groups."""

    statistic: str
    number: str
    where: tuple[tuple[str, str], ...]
    value: Decimal


@dataclass(frozen=True)
class Printed:
    """Everything that is printed of a release of tables: what an attacker starts with.

    ``rows`` are the staged ones, in the contract's columns; ``visible`` those of the same day that readers can see
    already, or could; ``totals`` what is printed, or could be known, of sums. One attack on it is made once.
    """

    rows: tuple[tuple[Any, ...], ...]
    visible: tuple[tuple[Any, ...], ...]
    totals: tuple[Total, ...]


@dataclass(frozen=True)
class Finding:
    """One broken expectation: where and how often. ``column`` is empty for the table as a whole."""

    expectation: str
    column: str
    detail: str
    count: int


@dataclass(frozen=True)
class Claimed:
    """What `protect` says that it did, in rows of the source."""

    rows_in: int
    represented: int
    suppressed: int
    excluded: int


@dataclass(frozen=True)
class Keyed:
    """One token column over all rows: cells that aren't null, and a checksum of their multiset.

    Equal checksums mean equal tokens with equal frequencies (up to 2^-64), whatever the order of rows. They
    begin with a seed that is drawn anew each time, so nobody can choose tokens that happen to fit.
    """

    filled: int
    checksum: tuple[int, int]


@dataclass(frozen=True)
class Unread:
    """One column of addresses: cells that are filled and no address, filled cells, and the share that may be so."""

    cells: int
    filled: int
    allowed: float


@dataclass(frozen=True)
class Recounted:
    """What the gate counts in landing by itself.

    ``keyed``: for each token column what it must be: the tokens of the normalised source values
    under the key of the day's epoch. ``differing``: staged
    groups of an aggregate that a fresh aggregation of landing doesn't give, and the other way round.
    ``colliding``: for each column of surrogates the rows that show a real company or person of that day.
    ``small_classes``: staged equivalence classes of microdata that miss the contract's k, l or t.
    ``book``: what is wrong with numbers that have noise, in words → how often; ``months``: with a month of microdata
    beside the others and its memory.
    ``left_in``: staged rows that name somebody who must not be in the release, or all if its day is past its period.
    ``unread``: for each column of addresses the cells that are none.
    ``totals``: what the fresh tables of an aggregate add up to.
    ``seed``: what the checksums of ``keyed`` begin with.
    ``whole``: whether ``differing`` compares whole rows, their tokens too.
    """

    rows_in: int
    excluded: int
    keyed: dict[str, Keyed]
    differing: int
    colliding: Mapping[str, int] = field(default_factory=dict)
    small_classes: int = 0
    book: Mapping[str, int] = field(default_factory=dict)
    months: Mapping[str, int] = field(default_factory=dict)
    left_in: int = 0
    unread: Mapping[str, Unread] = field(default_factory=dict)
    totals: tuple[Total, ...] = ()
    seed: int = 0
    whole: bool = False


@dataclass(frozen=True)
class Landed:
    """Which day a source's copy in landing is of, and when it was taken (UTC)."""

    source: str
    day: date
    taken_at: datetime


@dataclass(frozen=True)
class Case:
    """One staged run before its judges, at the time ``judged_at`` (UTC).

    ``staged`` names no column that isn't the contract's. ``file_columns`` are the columns of each file by itself.
    ``texts`` are what lies beside the rows, names of files too, and isn't what our writer writes;
    ``history`` are the source rows of the last nights. ``printed`` and ``attacker``:
    of a release of tables only.
    """

    contract: Contract
    day: date
    judged_at: datetime
    staged: DataFrame
    scan: Scanner
    claimed: Claimed
    recounted: Recounted
    landed: tuple[Landed, ...]
    history: tuple[int, ...]
    file_columns: tuple[tuple[str, ...], ...]
    texts: tuple[str, ...]
    printed: Printed | None = None
    attacker: Attacker | None = None
