"""Rows that the driver holds become frames of the contract's types, without a Python worker."""

from datetime import UTC, date, datetime

from pyspark.sql import SparkSession

from jobs.spark.local import frame_of

TYPES = {"who": "string", "at": "timestamp", "on": "date", "n": "bigint", "some": "int"}


def test_rows_keep_their_cells_and_types_and_a_missing_cell_is_null(spark: SparkSession) -> None:
    rows = [
        {"who": "a", "at": datetime(2026, 3, 12, 1, tzinfo=UTC), "on": date(2026, 3, 12), "n": 1 << 40},
        {"some": 1},
    ]
    made = frame_of(spark, TYPES, rows)
    assert dict(made.dtypes) == TYPES
    assert made.selectExpr("who", "cast(at AS string)", "cast(on AS string)", "n", "some").collect() == [
        ("a", "2026-03-12 01:00:00", "2026-03-12", 1 << 40, None),
        (None, None, None, None, 1),
    ]


def test_no_rows_still_have_columns(spark: SparkSession) -> None:
    none = frame_of(spark, TYPES)
    assert none.count() == 0
    assert dict(none.dtypes) == TYPES


def test_no_python_worker_has_to_unpickle_them(spark: SparkSession) -> None:
    plan = frame_of(spark, TYPES, [{"who": "a"}])._jdf.queryExecution().executedPlan().toString()
    assert "LocalTableScan" in plan
    by_objects = spark.createDataFrame([("a",)], "who string")._jdf.queryExecution().executedPlan().toString()
    assert "LocalTableScan" not in by_objects
