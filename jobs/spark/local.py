"""What the driver holds, as a frame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import DataType, StructField, StructType


def frame_of(spark: SparkSession, types: Mapping[str, str], rows: Iterable[Mapping[str, Any]] = ()) -> DataFrame:
    """``rows`` in the columns of ``types`` (name to Spark's type); a column that a row lacks is null there.

    They reach Spark as Arrow. Rows of Python objects would be unpickled by Python workers: two more processes a step.
    """
    columns = StructType([StructField(name, DataType.fromDDL(kind)) for name, kind in types.items()])
    return spark.createDataFrame(pa.Table.from_pylist([*rows], to_arrow_schema(columns, timezone="UTC")))
