"""Tables that aren't ours: a folder of Delta Lake, or Parquet, wherever somebody has put it. Read, never written."""

from __future__ import annotations

from pathlib import Path

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from jobs.lake.files import globless
from jobs.lake.tables import current_paths
from policy.errors import PolicyError


class NoForeignTableError(PolicyError):
    """There is no table that can be read at the path."""

    def __init__(self, path: Path, problem: str) -> None:
        self.path, self.problem = path, problem
        super().__init__(f"{path}: {problem}; give a Parquet file, a folder of them, or the folder of a Delta table")


def foreign_table(spark: SparkSession, path: Path) -> DataFrame:
    """All rows that the table has now, with its partition columns.

    Raises:
        NoForeignTableError: there is none, it has no files, or it asks for more of a reader than this one can do.
    """
    if not path.exists():
        raise NoForeignTableError(path, "isn't there")
    try:
        files = _delta_files(path) if (path / "_delta_log").is_dir() else _parquet_files(path)
        if not files:
            raise NoForeignTableError(path, "has no Parquet files")
        reader = spark.read.option("mergeSchema", "true")
        folder = reader.option("basePath", globless(path)) if path.is_dir() else reader
        return folder.parquet(*map(globless, files))
    except (DeltaError, PySparkException, Py4JError):
        raise NoForeignTableError(path, "isn't a table, or a damaged one") from None


def _delta_files(path: Path) -> list[Path]:
    """The files of the table's newest version; plain ones, for deleted rows and renamed columns live elsewhere."""
    table = DeltaTable(path)
    if table.protocol().min_reader_version > 1:
        raise NoForeignTableError(
            path, "a Delta table with deletion vectors or mapped columns; rewrite it without them"
        )
    return current_paths(table)


def _parquet_files(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(path.rglob("[!._]*.parquet"))
