"""What is judged: one staged run, with everything that the gate found out about it by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from pyspark.sql import Column, DataFrame

from policy.contract import Contract


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
class Recounted:
    """What the gate counts in landing by itself.

    ``identities`` and ``filled``: for each token column the distinct normalised identities of the
    source, and the rows that have one. ``differing``: staged groups of an aggregate that a fresh
    aggregation of landing doesn't give, and the other way round.
    """

    rows_in: int
    excluded: int
    identities: dict[str, int]
    filled: dict[str, int]
    differing: int


@dataclass(frozen=True)
class Case:
    """One staged run before its judges.

    ``scan`` turns a text column into the bits of what the scanner finds in it; ``texts`` are file
    names and file metadata; ``history`` are the source rows of the last nights.
    """

    contract: Contract
    day: date
    staged: DataFrame
    scan: Callable[[Column], Column]
    claimed: Claimed
    recounted: Recounted
    history: tuple[int, ...]
    texts: DataFrame
