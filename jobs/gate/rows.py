"""The rows of Parquet files that anybody may have written: the contract's columns and no other.

A column's name is a text like any other: ``jane.roe@firm.example`` can be one. Spark puts names into plans, event logs
and messages, and cells of a wrong type into errors, so it hears of no column that isn't exactly as promised. The
others are counted by the rule of columns, which alone makes a verdict red.
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

from jobs.lake.files import globless
from jobs.spark.local import frame_of
from policy.contract import Contract

NONE = "none_of_the_contract"
"""What stands for columns where files have none of the contract's: a table has at least one."""


def rows_of(spark: SparkSession, files: Sequence[Path], contract: Contract) -> DataFrame:
    """All rows of all files, with each column of ``contract`` that has its name and type in every file, in their order.

    A column that is there in two spellings is none. Where no column is left there are no rows, of one column `NONE`.
    """
    found = _columns(files)
    spellings = Counter(name.lower() for name in found)
    fields = [
        T.StructField(name, kind)
        for name, kind in found.items()
        if kind.simpleString() == contract.output_schema.get(name) and spellings[name.lower()] == 1
    ]
    if not fields:
        return frame_of(spark, {NONE: "string"})
    return spark.read.schema(T.StructType(fields)).parquet(*map(globless, files))


def _columns(files: Sequence[Path]) -> dict[str, T.DataType]:
    """Each column of any file with its type, in their order; null's type where files differ, or lack it."""
    schemas = [pq.read_schema(file) for file in files]
    found: dict[str, T.DataType] = {}
    for field in (field for schema in schemas for field in schema):
        alike = all(
            schema.names.count(field.name) == 1 and schema.field(field.name).type == field.type for schema in schemas
        )
        found.setdefault(field.name, _type(field.type) if alike else T.NullType())
    return found


def _type(kind: pa.DataType) -> T.DataType:
    """Spark's type; null's for one that Spark doesn't know."""
    try:
        return from_arrow_type(kind)
    except PySparkTypeError:
        return T.NullType()
