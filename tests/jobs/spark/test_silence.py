"""Spark's errors are raised and never printed: their messages hold names and cells."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FAILING = """
from jobs.spark.session import spark

session = spark("silence")
rows = session.createDataFrame([("jane.roe",)], "a string")
for fails in (
    lambda: rows.select("jane.roe"),
    lambda: session.sql("SELECT `jane.roe`"),
    lambda: session.sql("SELECT CAST('jane.roe' AS int)").collect(),
    lambda: rows.selectExpr("CAST(a AS int)").collect(),
    lambda: rows.withColumn("jane.roe", rows.a).select(rows["jane.roe"]),
):
    try:
        fails()
    except Exception:
        continue
    raise SystemExit("it didn't fail")
"""


def test_no_stream_shows_what_an_error_says():
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", FAILING], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "jane.roe" not in done.stdout + done.stderr
