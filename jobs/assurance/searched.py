"""Which days of a published table needn't be searched again, and what proves it.

A day that was searched and in which nothing was found gets a receipt in the ledger: the SHA-256 over its files, names
and bytes; the version of everything that searches; the identifiers that were searched for; and whether any cell *could*
hold somebody. It is sealed by the keyring, which lies outside the lake, so nobody who can write into the lake can make
one. Each receipt is true for ever: an old one that is put back still says of these bytes what was found in them.

A day is skipped when its newest receipt is of the same bytes, read again now, and of the same version, and
- no cell in it could hold an identifier, whosever: all are words of closed lists, times, and tokens that the gate has
  made again (`jobs.gate.remade`). Then those who have joined since can't be in it; or
- the identifiers of today are the same.

All others are searched, for all identifiers. Not everything that searches has a version here (the JVM, the machine),
so a receipt lives thirteen weeks.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from expectations.case import Case
from expectations.detectors import HASH_LIKE, SPELT, TEXT_LIKE, TOKEN, proved
from expectations.leaks import CellLeak
from expectations.searches import scan_columns
from jobs.gate.recount import LandedDay
from jobs.gate.remade import digest_of, remade_in
from jobs.gate.verdict import suite_version
from jobs.kernel.build import JAR
from jobs.keys.ring import Keyring
from jobs.lake.files import sha256_of
from jobs.lake.ledger import Entry, Ledger
from jobs.lake.tables import day_of
from policy.contract import Contract

PURPOSE = "searched"
LIVES = timedelta(weeks=13)
SEALED = ("release", "day", "files", "sha256", "suite", "identifiers", "could_hold", "on")
"""The fields of a receipt that its seal covers."""

NOBODY, SAME = "could hold nobody", "same identifiers"
"""Why a day is skipped."""

PACKAGES = ("pyspark", "pyarrow", "numpy", "great-expectations", "deltalake")
ASKING = TEXT_LIKE | SPELT | HASH_LIKE
"""Each of these bits says that an identifier could stand in a cell, whether one is found or not."""


@dataclass(frozen=True)
class Day:
    """One day of a table as it lies there. ``state``: of each file what changes with it, from before it was read."""

    day: date
    files: tuple[Path, ...]
    sha256: str
    state: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Search:
    """With what is searched, for whom, and when."""

    suite: str
    identifiers: str
    on: date


def days_in(folder: Path, files: Iterable[Path]) -> list[Day]:
    """Every day that these files, relative to the table, are of; each of their bytes is read.

    Neither size nor time of a file says that it is unchanged: both can be set.
    """
    days = []
    for day, each in groupby(sorted(files, key=lambda path: (day_of(path), str(path))), key=day_of):
        paths = tuple(each)
        state = state_of(folder, paths)
        days.append(Day(day, paths, digest_of({str(path): sha256_of(folder / path) for path in paths}), state))
    return days


def state_of(folder: Path, files: Iterable[Path]) -> tuple[tuple[int, ...], ...]:
    """What can't be set back to what it was: inode and time of the last change of each, beside its size."""
    stats = ((folder / path).stat() for path in files)
    return tuple((each.st_ino, each.st_ctime_ns, each.st_size) for each in stats)


def search_version(contract: Contract) -> str:
    """SHA-256 over all that searches this release: suite, rules, contract, kernel and the libraries' versions."""
    own = sorted(Path(__file__).parent.glob("*.py"))
    parts = [
        suite_version(),
        contract.fingerprint,
        sha256_of(JAR),
        *(f"{path.name} {sha256_of(path)}" for path in own),
        *(f"{name} {version(name)}" for name in PACKAGES),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def identifiers_of(landing: LandedDay, unset_keys: Sequence[Mapping[str, bytes]]) -> str:
    """SHA-256 over all that says what is searched for: landing's bytes, its identifying columns, unset keys."""
    promise, lake, day = landing.promise, landing.landing.lake, landing.landing.day
    parts = []
    for name in sorted(landing.frames):
        source = promise.source(name)
        if direct := source.of_kind("direct"):
            parts.append(f"{name} {source.subject}")
            parts += [source.columns[column].model_dump_json() for column in direct]
            parts += [file.sha256 for file in lake.manifest(name, day).files]
    parts += [f"{name} {key.hex()}" for keys in unset_keys for name, key in sorted(keys.items())]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


class Receipts:
    """What the ledger says, under the keyring's seal, of the days of one release."""

    def __init__(self, release: str, ledger: Ledger, keyring: Keyring) -> None:
        self.ledger, self._release, self._keyring = ledger, release, keyring
        self._searched, self._published = self._of("searched"), self._of("published")

    def _of(self, kind: str) -> dict[str, list[Entry]]:
        """The entries of one kind by their day, the newest first."""
        found: dict[str, list[Entry]] = {}
        for entry in self.ledger.entries(kind, release=self._release):
            found.setdefault(str(entry["day"]), []).insert(0, entry)
        return found

    def why_skipped(self, day: Day, search: Search) -> str | None:
        """What proves that a search of this day would find nothing; None if nothing does."""
        for entry in self._searched.get(str(day.day), []):
            if (entry["sha256"], entry["suite"]) != (day.sha256, search.suite) or not self._is_valid(entry, search.on):
                continue
            if not entry["could_hold"]:
                return NOBODY
            if entry["identifiers"] == search.identifiers:
                return SAME
        return None

    def _is_valid(self, entry: Entry, on: date) -> bool:
        age = on - date.fromisoformat(entry["on"])
        sealed = self._keyring.has_sealed(PURPOSE, _content(entry), str(entry.get("seal")))
        return sealed and timedelta() <= age <= LIVES

    def remade(self, day: Day) -> frozenset[str]:
        """The columns whose tokens in exactly these files the gate has made again."""
        return remade_in(self._published.get(str(day.day), []), day.sha256, self._keyring)

    def give(self, day: Day, search: Search, *, could_hold: bool) -> None:
        """Put on record that nothing was found in this day."""
        said: dict[str, Any] = {
            "release": self._release, "day": str(day.day), "files": len(day.files), "sha256": day.sha256,
            "suite": search.suite, "identifiers": search.identifiers, "could_hold": could_hold, "on": str(search.on),
        }  # fmt: skip
        self.ledger.append("searched", **said, seal=self._keyring.seal(PURPOSE, _content(said)))


def _content(said: Mapping[str, Any]) -> bytes:
    return json.dumps([said.get(name) for name in SEALED]).encode()


# -- where anybody could stand ---------------------------------------------------------------------


def could_hold(case: Case, rows: DataFrame, remade: Mapping[date, frozenset[str]]) -> set[date]:
    """The days of ``rows`` in which some cell could hold an identifier, of whomever.

    ``remade``: for each day the columns of which the gate has made every token again; others' tokens could be the
    hash of anybody under a key that was never set. The scanner says where anything could stand as it does for the
    gate (docs/decisions/0005-index-when-needed.md).
    """
    scans = scan_columns(case.contract, rows, case.scan.known)
    day = F.regexp_extract(F.input_file_name(), r"day=(\d{4}-\d\d-\d\d)/[^/]*$", 1)
    bits = rows.select(day.alias("in"), *(each.alias(f"bits:{name}") for name, each in scans.items()))
    each_day = bits.groupBy("in").agg(*(F.bit_or(f"`bits:{name}`").alias(name) for name in scans)).collect()
    return {
        of
        for row in each_day
        for of in [date.fromisoformat(row["in"])]
        for name in scans
        if (row[name] or 0) & ASKING & ~(SPELT | TOKEN if name in remade[of] else 0)
    }


def holds_tokens(contract: Contract, remade: frozenset[str]) -> bool:
    """Whether the contract has a column of tokens that nobody has made again: each of its cells could be anybody's."""
    tokens = {output.name for output in contract.outputs if output.token or output.tokens or output.network is not None}
    return not tokens <= remade


def bits_speak(case: Case, leaks: Sequence[CellLeak]) -> bool:
    """Whether the scanner says of every planted leak, besides finding it, that somebody could stand there.

    Only then is its silence about a day a proof. Without an account to plant it is none.
    """
    if not leaks:
        return False
    texts = case.staged.sparkSession.createDataFrame(pa.table({"text": [leak.text for leak in leaks]}))
    found = texts.select("text", case.scan.known(F.col("text")).alias("bits")).collect()
    bits = {row["text"]: row["bits"] for row in found}
    return all(leak.detector in proved(bits[leak.text]) for leak in leaks)


def unchanged(folder: Path, days: Iterable[Day]) -> Iterator[Day]:
    """Those of ``days`` whose files nobody has touched since they were hashed."""
    for day in days:
        try:
            if state_of(folder, day.files) == day.state:
                yield day
        except FileNotFoundError:
            continue
