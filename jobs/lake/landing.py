"""Landing of one day as frames: what the builders and the gate read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
from pyspark.sql import DataFrame, SparkSession

from jobs.lake.files import globless
from jobs.lake.tables import published_rows
from jobs.lake.visible import compared_with
from jobs.lake.zones import Lake
from jobs.people.exclusion import Exclusion
from jobs.people.reading import ACCOUNTS, People
from jobs.people.subjects import LeftOut, left_out, with_erased
from jobs.people.wishes import Row
from policy.contract import Contract
from policy.errors import PolicyError
from policy.periods import now
from policy.promise import Promise
from policy.sources import Identifier

DECIDING = ("subject_requests", "consents", "contracts", "professional_users", "legal_holds")
"""The tables that decide who is left out."""

FRESH = timedelta(hours=24)
"""How long a copy of these tables is believed: as long as a verdict that was found with it."""

SKEW = timedelta(minutes=5)
"""By how much the clock of whoever extracted may go before this one's."""


class StaleWishesError(PolicyError):
    """The day's landing was taken too long ago: who has objected since isn't known."""

    def __init__(self, day: date, taken_at: datetime) -> None:
        self.day, self.taken_at = day, taken_at
        super().__init__(
            f"the landing of {day} was taken at {taken_at:%Y-%m-%d %H:%M} UTC, too long ago or after now by this "
            "machine's clock, and whoever has objected since would be in what is made of it; nothing was staged, "
            "judged or exported; see to the clock, and extract the day again (clear `extract` and "
            f"what follows, or python -m jobs extract --day {day})"
        )


class UnaskedSuppressionError(PolicyError):
    """People were erased, and whoever reads this landing didn't ask who."""

    def __init__(self, day: date) -> None:
        self.day = day
        super().__init__(
            f"the landing of {day} was opened without the suppression lists, so whoever was erased would be in what is "
            "made of it; nothing was staged, judged or exported; open it by jobs.retention.suppressed.landing_of, and "
            "tell the suite's maintainers"
        )


Erased = Callable[["Landing", Promise, str], frozenset[tuple[Identifier, str]]]
"""Which identifiers of the day's rows, of the sources that serve a purpose, belong to people who were erased."""


def unasked(landing: Landing, _: Promise, __: str) -> frozenset[tuple[Identifier, str]]:
    """Nobody's, of a lake in which nobody was ever erased.

    Raises:
        UnaskedSuppressionError: somebody was.
    """
    if landing.lake.suppression.exists():
        raise UnaskedSuppressionError(landing.day)
    return frozenset()


@dataclass(frozen=True)
class Landing:
    """The raw rows of ``day``, source by source; ``erased`` says whose of them must never be used again."""

    spark: SparkSession
    lake: Lake
    day: date
    erased: Erased = field(default=unasked, repr=False, compare=False)
    _checked: dict[str, list[Path]] = field(default_factory=dict, repr=False, compare=False)

    def frame(self, source: str) -> DataFrame:
        """All landed rows of ``source``, byte for byte as extracted.

        Raises:
            NotExtractedError, LandingChangedError: see `jobs.lake.zones`.
        """
        return self.spark.read.parquet(*map(globless, self.files(source)))

    def fingerprint(self, source: str) -> str:
        """SHA-256 over the landed files of ``source`` and of all that decides who is left out of it."""
        landed = [name for name in (source, *DECIDING) if self.lake.has_landed(name, self.day)]
        files = [file for name in landed for file in self.lake.manifest(name, self.day).files]
        return hashlib.sha256("".join(file.sha256 for file in files).encode()).hexdigest()

    def rows(self, source: str, columns: tuple[str, ...]) -> Iterator[Row]:
        """The rows of a source, batch by batch and without Spark.

        Raises:
            NotExtractedError, LandingChangedError: see `jobs.lake.zones`.
        """
        return _rows(self.files(source), columns)

    def files(self, source: str) -> list[Path]:
        """The source's files, checked once against their manifest."""
        if source not in self._checked:
            self._checked[source] = self.lake.landed_files(source, self.day)
        return self._checked[source]

    def left_out(self, promise: Promise, purpose: str) -> LeftOut:
        """Who must not be in what serves ``purpose``: by what the platform said at the extraction, judged now.

        Raises:
            StaleWishesError: that was more than `FRESH` ago.
            UnaskedSuppressionError: see `unasked`.
            NotExtractedError, LandingChangedError: see `jobs.lake.zones`.
        """
        taken_at = datetime.fromisoformat(self.lake.manifest("subject_requests", self.day).taken_at)
        if not -SKEW <= datetime.now(UTC) - taken_at <= FRESH:
            raise StaleWishesError(self.day, taken_at)
        people = People(self.rows, promise.register.purposes, str, now())
        left = left_out(promise, purpose, people, self.day)
        return with_erased(left, self.erased(self, promise, purpose), people, promise.source(ACCOUNTS))

    def exclusion(self, promise: Promise, purpose: str) -> Exclusion:
        """The same before the day's tables."""
        landed = {name: each for name, each in promise.readable.items() if self.lake.has_landed(name, self.day)}
        return Exclusion(self.left_out(promise, purpose), self.spark, landed, self.frame)

    def visible(self, contract: Contract) -> list[dict[str, Any]]:
        """What readers can see of an aggregate that the day's tables must be compared with.

        The published rows of the day itself, and where it has standing counts of days that have, with their ``day``.
        """
        return published_rows(self.lake.published(contract.release), contract, compared_with(contract, self.day))


def landed_people(promise: Promise, lake: Lake, day: date) -> People:
    """What the landed tables of a day say of people, without Spark."""

    def rows(source: str, columns: tuple[str, ...]) -> Iterator[Row]:
        return _rows(lake.landed_files(source, day), columns)

    return People(rows, promise.register.purposes, str, now())


def _rows(files: list[Path], columns: tuple[str, ...]) -> Iterator[Row]:
    for batch in ds.dataset([str(path) for path in files], format="parquet").to_batches(columns=list(columns)):
        yield from batch.to_pylist()
