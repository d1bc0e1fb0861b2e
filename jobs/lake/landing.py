"""Landing of one day as frames: what the builders and the gate read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pyspark.sql import DataFrame, SparkSession

from jobs.lake.zones import Lake
from jobs.people.subjects import Wishes


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
        return self.spark.read.parquet(*(str(path) for path in self.lake.landed_files(source, self.day)))

    def wishes(self) -> Wishes:
        """What data subjects have said, as of the extraction."""
        return Wishes(self.frame("subject_requests"), self.frame("consents"))
