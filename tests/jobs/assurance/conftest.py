"""One published day, as `publish` lays it down, and somebody who joins the platform after it was judged."""

import shutil
import sqlite3
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.lake.tables import open_table, replace_day
from jobs.night.protect import writing

DAY, RELEASE, RUN = date(2026, 3, 12), "feedback_topics", "2026-03-11-0123456789"
COLUMNS = {
    "statistic": "topics", "topic": "other", "shown": True, "contributors": 7, "row_count": 9,
    "row_count_low": 9, "row_count_high": 9,
}  # fmt: skip
SOMEBODY = "ottilie.newcomer@firm.example"


@pytest.fixture
def table(spark, lake, ledger, promise):
    """One published day, as `publish` lays it down, of a night long before anybody joined."""
    contract = promise.release(RELEASE)
    folder = lake.shared(lake.published(RELEASE))
    target = Path("day=2026-03-11") / f"{RUN}-part-00001.parquet"
    lake.shared(folder / target.parent)
    lake.shared(folder / "_about")
    as_protect_writes(spark, contract, folder / target)
    opened = open_table(folder, contract)
    said = {"run": RUN, "day": "2026-03-11"}
    replace_day(opened, DAY - timedelta(days=1), {target: 1}, said | {"verdict": "0" * 64})
    ledger.append("published", release=RELEASE, **said, version=1, rows=1, files=1, verdict_hash="0" * 64)
    return folder


def as_protect_writes(spark, contract, path, **cells):
    """One row, by Spark's own writer; ``cells``: where it differs from `COLUMNS`."""
    schema = ", ".join(f"{name} {kind}" for name, kind in contract.output_schema.items())
    rows = spark.createDataFrame([tuple((COLUMNS | cells)[name] for name in contract.output_schema)], schema).coalesce(
        1
    )
    rows.write.options(**writing(contract)).parquet(str(path.parent.parent / ".out"))
    [made] = (path.parent.parent / ".out").glob("*.parquet")
    made.rename(path)
    shutil.rmtree(path.parent.parent / ".out")


def write(path, row, **notes):
    table = pa.Table.from_pylist([row])
    pq.write_table(table.replace_schema_metadata(notes or None), path)


@pytest.fixture
def joined(platform):
    """Somebody joins the platform after the night was judged; not the first account, whose leaks the proof plants."""
    with sqlite3.connect(platform) as database:
        database.execute(
            "UPDATE professional_users SET email = ? WHERE user_id = (SELECT max(user_id) FROM professional_users)",
            (SOMEBODY,),
        )
    return SOMEBODY
