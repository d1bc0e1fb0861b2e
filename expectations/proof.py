"""The gate proves itself, every run: planted leaks go through the same judges and must be named.

A staged row is copied and one leak of each kind is written over one of its cells; the same measures
as for the real rows must fire on exactly that cell. Falsified counts go through the same rules. One
miss, and the verdict is red: a gate that can't fail is believed by nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import reduce

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from expectations.case import Case
from expectations.detectors import mask
from expectations.leaks import STRUCTURAL_LEAKS, CellLeak
from expectations.measures import Measures, measure, scan_columns

NO_WORD = "no such word"


@dataclass(frozen=True)
class Proof:
    """How many leaks were planted, and the kinds that nobody saw."""

    planted: int
    missed: tuple[str, ...]

    @property
    def caught(self) -> int:
        """Leaks that were named."""
        return self.planted - len(self.missed)


def prove(case: Case, measures: Measures, leaks: Sequence[CellLeak]) -> Proof:
    """Plant ``leaks``, a damaged cell for every column's own rule, and every structural leak.

    ``measures`` are those of the real rows. What the gate doesn't name is missed.
    """
    row = _one_row(case).cache()
    damages = list(_damages(case))
    missed = [*_missed_leaks(case, row, leaks), *_missed_damages(case, row, damages)]
    row.unpersist()
    missed += [leak.kind for leak in STRUCTURAL_LEAKS if not leak.rule(*leak.falsify(case, measures))]
    return Proof(len(leaks) + len(damages) + len(STRUCTURAL_LEAKS), tuple(missed))


def _one_row(case: Case) -> DataFrame:
    """One staged row to damage; a row of nulls on a night without rows."""
    spark, schema = case.staged.sparkSession, case.staged.schema
    return spark.createDataFrame(case.staged.limit(1).collect() or [Row(*[None] * len(schema))], schema)


def _missed_leaks(case: Case, row: DataFrame, leaks: Sequence[CellLeak]) -> list[str]:
    """Copy i of the row has leak i in one of its text columns, in turn; it must be named there."""
    texts = [field.name for field in row.schema if field.dataType.simpleString() == "string"]
    planted = row.sparkSession.createDataFrame(
        [(number, leak.text, texts[number % len(texts)]) for number, leak in enumerate(leaks)],
        "number int, leak string, place string",
    )
    written = {name: F.when(F.col("place") == name, F.col("leak")).otherwise(F.col(name)) for name in texts}
    copies = row.crossJoin(planted).withColumns(written)
    scans = scan_columns(case, copies.select(*row.columns))
    bits = F.coalesce(*(F.when(F.col("place") == name, scans[name]) for name in texts))
    seen = {row["number"]: row["bits"] or 0 for row in copies.select("number", bits.alias("bits")).collect()}
    return [leak.kind for number, leak in enumerate(leaks) if not seen[number] & mask(leak.detector)]


def _damages(case: Case) -> Iterator[tuple[str, str, Column, str]]:
    """Kind, column, damaged cell, and the measure that must count it: one for each column's own rule."""
    for output in case.contract.outputs:
        if output.values is not None:
            yield f"{output.name}: a word outside the vocabulary", output.name, F.lit(NO_WORD), "outside_vocabulary"
        if output.token is not None or output.network is not None:
            yield f"{output.name}: not a token", output.name, F.lit(NO_WORD), "misshapen"
        if output.tokens is not None:
            cell = (
                F.array(F.lit(NO_WORD)) if output.type.startswith("array") else F.create_map(F.lit(NO_WORD), F.lit(""))
            )
            yield f"{output.name}: something beside tokens", output.name, cell, "misshapen"
        if output.type == "timestamp":
            other = F.lit(case.day + timedelta(days=2)).cast("timestamp")
            yield f"{output.name}: another day", output.name, other, "off_day"
    for statistic in case.contract.statistics:
        yield f"{statistic.name}: a group under k", "contributors", F.lit(statistic.k - 1).cast("bigint"), "too_few"


def _missed_damages(case: Case, row: DataFrame, damages: list[tuple[str, str, Column, str]]) -> list[str]:
    """All damaged copies together: each must be counted, under its own column, exactly as often as planted."""
    copies = []
    for kind, column, cell, counter in damages:
        copy = row.withColumn(column, cell)
        copies.append(copy.withColumn("statistic", F.lit(kind.split(":")[0])) if counter == "too_few" else copy)
    counted = measure(case, reduce(DataFrame.unionByName, copies))
    missed = []
    for kind, column, _, counter in damages:
        key = kind.split(":")[0] if counter == "too_few" else column
        if not getattr(counted, counter).get(key):
            missed.append(kind)
    return missed
