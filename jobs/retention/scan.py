"""Which rows of a table must go, which a hold keeps, and what is due soon: one pass over the naming columns.

A row must go when its day is past the contract's own period, or when it names somebody who may be kept
no longer; unless it names somebody under a standing legal hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.lake.files import globless
from jobs.lake.tables import TableFile
from jobs.retention.deadline import Deadline

PLACE = "regexp_extract(_metadata.file_path, '(day=[^/]+/[^/]+)$', 1)"
"""A row's file, relative to its table."""

DAY = "to_date(regexp_extract(_file, 'day=([^/]+)/', 1))"
"""A row's data day, from its place. Our own columns begin with an underscore: no contract's do."""


def over(deadline: Deadline) -> Column:
    """Whether nothing but a hold may keep a row of `hits`."""
    past = F.add_months("_day", deadline.keep) < F.lit(deadline.today)
    return past | F.coalesce(F.col("through") < F.lit(deadline.today), F.lit(False))


@dataclass(frozen=True)
class Tally:
    """Rows of one file that have the same ``through`` and ``holds``; ``digest`` is over their positions."""

    path: str
    day: date
    through: date | None
    holds: tuple[str, ...]
    rows: int
    digest: int

    def is_over(self, deadline: Deadline) -> bool:
        """Whether nothing but a hold may keep them."""
        return deadline.is_past(self.day) or (self.through is not None and self.through < deadline.today)


def read_rows(spark: SparkSession, root: Path, files: Sequence[TableFile]) -> DataFrame:
    """The rows of ``files`` with their place: ``_file`` and ``_row``, its position in it."""
    rows = spark.read.parquet(*(globless(root / file.path) for file in files))
    return rows.select("*", F.expr(PLACE).alias("_file"), F.col("_metadata.row_index").alias("_row"))


def hits(rows: DataFrame, named_in: Mapping[str, str], tokens: DataFrame) -> DataFrame:
    """The rows that name somebody due or held: ``_file, _row, _day, through, holds, subjects``.

    ``named_in``: the columns that say whose a row is, with their types. ``through`` is the earliest last day of all
    whom the row names, ``holds`` all their holds.
    """
    named = F.concat(*(_tokens_of(column, kind) for column, kind in named_in.items()))
    mentions = rows.select("_file", "_row", F.explode(named).alias("token")).where(F.col("token").isNotNull())
    return (
        mentions.join(tokens, "token")
        .groupBy("_file", "_row")
        .agg(
            F.min("through").alias("through"),
            F.array_distinct(F.flatten(F.collect_list("holds"))).alias("holds"),
            F.collect_set(F.struct("identifier", "subject")).alias("subjects"),
        )
        .withColumn("_day", F.expr(DAY))
    )


def _tokens_of(column: str, kind: str) -> Column:
    if kind.startswith("map<"):
        return F.coalesce(F.map_values(column), F.array().cast("array<string>"))
    if kind.startswith("array<"):
        return F.coalesce(F.col(column), F.array().cast("array<string>"))
    return F.array(column)


def tally(found: DataFrame) -> list[Tally]:
    """The rows of `hits`, counted. On the driver: at most one entry per file, last day and set of holds.

    A digest over positions tells one choice of rows from another, and nobody from it.
    """
    digest = F.bit_xor(F.xxhash64("_row"))
    groups = found.groupBy("_file", "_day", "through", "holds").agg(F.count(F.lit(1)), digest).collect()
    return [Tally(path, day, through, tuple(sorted(holds)), *counts) for path, day, through, holds, *counts in groups]


def subjects_over(found: DataFrame, deadline: Deadline) -> tuple[int, int]:
    """How many people and companies lose rows because their own time is over."""
    over = found.where((F.col("through") < F.lit(deadline.today)) & (F.size("holds") == 0))
    subjects = over.select(F.explode("subjects").alias("subject"))
    company = F.col("subject.identifier") == "company"
    counted = subjects.agg(
        F.count_distinct(F.when(~company, F.col("subject.subject"))),
        F.count_distinct(F.when(company, F.col("subject.subject"))),
    ).collect()[0]
    return counted[0], counted[1]
