"""The rows of Parquet files that anybody may have written: every column of every file, under names that may be shown.

A column's name is a text like any other: ``jane.roe@firm.example`` can be one. Spark puts names into its plans and
messages and reads a dot as a way into a structure, so what the contract doesn't name is numbered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.errors import PySparkTypeError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T
from pyspark.sql.pandas.types import from_arrow_type

from policy.contract import Contract

OUTSIDE = "outside"
"""How the names begin under which columns are searched that aren't the contract's."""


def rows_of(spark: SparkSession, files: Sequence[Path], contract: Contract) -> DataFrame:
    """All rows of all files; a column of the contract keeps its name where it has its type in every file.

    Guarantee: no other name of a column is in the result. A column that can't be read, for files disagree on its
    type or its name is there in two spellings, isn't in it either; the rule of columns counts both.
    """
    found = _columns(files)
    spellings = Counter(name.lower() for name in found)
    readable = {n: kind for n, kind in found.items() if kind is not None and spellings[n.lower()] == 1}
    expected = contract.output_schema
    own = {name for name in readable if expected.get(name) == readable[name].simpleString()}
    others = {name: f"{OUTSIDE}_{i}" for i, name in enumerate(sorted(readable.keys() - own), start=1)}
    fields = [T.StructField(name, kind) for name, kind in readable.items()]
    rows = spark.read.schema(T.StructType(fields)).parquet(*map(str, files))
    return rows.toDF(*(others.get(name, name) for name in readable))


def _columns(files: Sequence[Path]) -> dict[str, T.DataType | None]:
    """Each column of any file with its type, in order; without one where Spark knows none, or files differ."""
    found: dict[str, T.DataType | None] = {}
    for file in files:
        for field in pq.read_schema(file):
            kind = _type(field.type)
            found[field.name] = kind if found.get(field.name, kind) == kind else None
    return found


def _type(kind: pa.DataType) -> T.DataType | None:
    try:
        return from_arrow_type(kind)
    except PySparkTypeError:
        return None
