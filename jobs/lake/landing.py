"""Landing of one day as frames: what the builders and the gate read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date

from pyspark.sql import DataFrame, SparkSession

from jobs.lake.files import globless
from jobs.lake.zones import Lake
from jobs.people.subjects import Wishes

WISHES = ("subject_requests", "consents")


@dataclass(frozen=True)
class Landing:
    """The raw rows of ``day``, source by source."""

    spark: SparkSession
    lake: Lake
    day: date

    def frame(self, source: str) -> DataFrame:
        """All landed rows of ``source``, byte for byte as extracted.

        Raises:
            NotExtractedError, LandingChangedError: see `jobs.lake.zones`.
        """
        return self.spark.read.parquet(*map(globless, self.lake.landed_files(source, self.day)))

    def fingerprint(self, source: str) -> str:
        """SHA-256 over the landed files of ``source`` and of what data subjects have said."""
        files = [file for name in (source, *WISHES) for file in self.lake.manifest(name, self.day).files]
        return hashlib.sha256("".join(file.sha256 for file in files).encode()).hexdigest()

    def wishes(self) -> Wishes:
        """What data subjects have said, as of the extraction."""
        requests, consents = WISHES
        return Wishes(self.frame(requests), self.frame(consents))
