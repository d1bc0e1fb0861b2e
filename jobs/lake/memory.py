"""What a release of microdata remembers of its months: under which shown words each person is in it.

Successive months are compared by it (docs/decisions/0013-months.md). A file a month, closed, keyed by tokens that no
release has. It is a month's memory exactly as long as the table shows the publication that it was made for: it is
written before the commit, under that publication's mark, and is nothing until the commit is there. So a crash leaves
the old memory with the old month, or the new with the new.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.lake.faults import fault
from jobs.lake.files import copy_atomically, flush, globless
from jobs.lake.tables import files_of, find_table
from jobs.lake.zones import Lake
from policy.contract import Contract
from policy.errors import PolicyError

PERSON, MONTH = "_person", "_month"
"""Whose words they are, as a token; and the day of the month's release. No column of a release is called so."""

ENDS = "memory.parquet"
STAGED = re.compile(r"memory-(\d{4}-\d{2}-\d{2})\.parquet", re.ASCII)
"""What is staged beside the rows of a month: its own memory, and what those of the others become.

Without an underscore before it: Spark reads no file that begins with one.
"""


class LostMemoryError(PolicyError):
    """A month is published, and what compares later months with it isn't there."""

    def __init__(self, contract: Contract, day: date) -> None:
        self.release, self.day, self.owner = contract.release, day, contract.owner
        super().__init__(
            f"{contract.release}: the month of {day} is published and its memory is gone, so no month can be compared "
            f"with it; nothing was staged. Restore the lake's folder memory/{contract.release} from a copy; or ask "
            f"{contract.owner} to withdraw the table and begin a new one"
        )


@dataclass(frozen=True)
class Memory:
    """The closed files of one release."""

    contract: Contract
    lake: Lake

    @property
    def folder(self) -> Path:
        """Where they lie."""
        return self.lake.memory(self.contract.release)

    def months(self) -> dict[date, Path]:
        """The file of each published month.

        Raises:
            LostMemoryError: a published month has none.
            TornCommitError: see `jobs.lake.tables.find_table`.
        """
        found = {}
        for day, marks in self._visible().items():
            files = [path for path in self.folder.glob(f"{day}-*{ENDS}") if _mark(path) in marks]
            if not files:
                raise LostMemoryError(self.contract, day)
            found[day] = files[0]
        return found

    def _visible(self) -> dict[date, set[str]]:
        """For each published day what the names of its files begin with."""
        table = find_table(self.lake.published(self.contract.release))
        if table is None:
            return {}
        days = sorted({date.fromisoformat(str(p["day"])) for p in table.partitions()})
        return {day: {path.name.rpartition("part-")[0] for path in files_of(table, day)} for day in days}

    def is_of_a_month(self, path: Path) -> bool:
        """Whether a file of the folder is the memory of a publication that readers see."""
        marks = self._visible()
        return path.name.endswith(ENDS) and any(
            path.name.startswith(f"{day}-") and _mark(path) in each for day, each in marks.items()
        )

    def others(self, spark: SparkSession, day: date) -> DataFrame | None:
        """What is remembered of all published months but that of ``day``; None if there are none."""
        return _frame(spark, {month: path for month, path in self.months().items() if month != day})

    def prepare(self, staged: Path, day: date, mark: str, sha256: Mapping[str, str]) -> None:
        """Write the memory of ``day`` for the publication of this mark, which isn't there yet.

        Raises:
            LostMemoryError: what was staged isn't what was judged.
        """
        self.lake.private(self.folder)
        self._copy(staged, day, self.folder / f"{day}-{mark}{ENDS}", sha256)

    def settle(self, staged: Path, day: date, sha256: Mapping[str, str]) -> None:
        """Once the publication is there: let the other months forget whom they may, and remove what is nobody's."""
        fault("memory.before_others")
        months = self.months()
        for other, path in months.items():
            if other != day and name_of(other) in sha256:
                self._copy(staged, other, path, sha256)
        for path in {*self.folder.glob(f"{day}-*{ENDS}")} - {months.get(day)}:
            path.unlink()
        flush(self.folder)

    def _copy(self, staged: Path, day: date, to: Path, sha256: Mapping[str, str]) -> None:
        name = name_of(day)
        if name not in sha256 or not copy_atomically(staged / name, to, sha256[name], 0o600):
            raise LostMemoryError(self.contract, day)


def lay(remembered: DataFrame, days: Iterable[date], folder: Path) -> None:
    """Stage what is remembered of these months, a file a month, closed to others."""
    aside = folder / "_memory"
    columns = [name for name in remembered.columns if name != MONTH]
    ordered = remembered.repartition(MONTH).sortWithinPartitions(MONTH, PERSON)
    ordered.write.partitionBy(MONTH).option("parquet.column.statistics.enabled", "false").parquet(str(aside))
    for day in days:
        written = list(aside.glob(f"{MONTH}={day}/*.parquet"))
        if written:
            [file] = written
            file.rename(folder / name_of(day))
        else:
            pq.write_table(pa.table({name: pa.array([], pa.string()) for name in columns}), folder / name_of(day))
        (folder / name_of(day)).chmod(0o600)
    shutil.rmtree(aside)


def name_of(day: date) -> str:
    """What the staged memory of a month is called."""
    return f"memory-{day}.parquet"


def staged_memory(spark: SparkSession, folder: Path) -> DataFrame | None:
    """What is staged beside the rows of a month; None if nothing is."""
    return _frame(spark, dict(staged_months(folder.iterdir())))


def staged_months(paths: Iterable[Path]) -> list[tuple[date, Path]]:
    """Those of these files that are a month's memory."""
    named = ((STAGED.fullmatch(path.name), path) for path in sorted(paths))
    return [(date.fromisoformat(match[1]), path) for match, path in named if match]


def _mark(path: Path) -> str:
    return path.name[11 : -len(ENDS)]


def _frame(spark: SparkSession, files: Mapping[date, os.PathLike[str]]) -> DataFrame | None:
    frames = [
        spark.read.parquet(globless(Path(path))).withColumn(MONTH, F.lit(day)) for day, path in sorted(files.items())
    ]
    return reduce(DataFrame.union, frames) if frames else None
