"""Landing of one day as frames: what the builders and the gate read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
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
from jobs.people.reading import People
from jobs.people.subjects import LeftOut, left_out
from jobs.people.wishes import Row
from policy.contract import Contract
from policy.errors import PolicyError
from policy.periods import now
from policy.promise import Promise

DECIDING = ("subject_requests", "consents", "contracts", "professional_users", "legal_holds")
"""The tables that decide who is left out."""

FRESH = timedelta(hours=24)
"""How long a copy of these tables is believed: as long as a verdict that was found with it."""


class StaleWishesError(PolicyError):
    """The day's landing was taken too long ago: who has objected since isn't known."""

    def __init__(self, day: date, taken_at: datetime) -> None:
        self.day, self.taken_at = day, taken_at
        super().__init__(
            f"the landing of {day} was taken at {taken_at:%Y-%m-%d %H:%M} UTC, and whoever has objected since would be "
            "in what is made of it; nothing was staged, judged or exported; extract the day again (clear `extract` and "
            f"what follows, or python -m jobs extract --day {day})"
        )


@dataclass(frozen=True)
class Landing:
    """The raw rows of ``day``, source by source."""

    spark: SparkSession
    lake: Lake
    day: date
    _checked: dict[str, list[Path]] = field(default_factory=dict, repr=False, compare=False)

    def frame(self, source: str) -> DataFrame:
        """All landed rows of ``source``, byte for byte as extracted.

        Raises:
            NotExtractedError, LandingChangedError: see `jobs.lake.zones`.
        """
        return self.spark.read.parquet(*map(globless, self._files(source)))

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
        for batch in ds.dataset([str(path) for path in self._files(source)], format="parquet").to_batches(
            columns=list(columns)
        ):
            yield from batch.to_pylist()

    def _files(self, source: str) -> list[Path]:
        """The source's files, checked once against their manifest."""
        if source not in self._checked:
            self._checked[source] = self.lake.landed_files(source, self.day)
        return self._checked[source]

    def left_out(self, promise: Promise, purpose: str) -> LeftOut:
        """Who must not be in what serves ``purpose``: by what the platform said at the extraction, judged now.

        Raises:
            StaleWishesError: that was more than `FRESH` ago.
            NotExtractedError, LandingChangedError: see `jobs.lake.zones`.
        """
        taken_at = datetime.fromisoformat(self.lake.manifest("subject_requests", self.day).taken_at)
        if datetime.now(UTC) - taken_at > FRESH:
            raise StaleWishesError(self.day, taken_at)
        people = People(self.rows, promise.register.purposes, str, now())
        return left_out(promise, purpose, people, self.day)

    def exclusion(self, promise: Promise, purpose: str) -> Exclusion:
        """The same before the day's tables."""
        landed = {name: each for name, each in promise.readable.items() if self.lake.has_landed(name, self.day)}
        return Exclusion(self.left_out(promise, purpose), self.spark, landed, self.frame)

    def visible(self, contract: Contract) -> list[dict[str, Any]]:
        """What readers can see of an aggregate that the day's tables must be compared with.

        The published rows of the day itself, and where it has standing counts of days that have, with their ``day``.
        """
        return published_rows(self.lake.published(contract.release), contract, compared_with(contract, self.day))
