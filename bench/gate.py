"""What the gate costs beside the step that it judges: rows of 12 columns, 200,000 accounts to search for.

    python -m bench.gate                    one million rows, beside the usual way
    python -m bench.gate --rows 10 --quick  ten million, without the usual way

`protect`, a bare copy of its output and the gate run in turn in one warm JVM; the gate must be green each
time, so the whole of it is measured: landing read again, tokens made again, the index of every identifier,
the search of every cell, Great Expectations, the proof. A green gate on these rows is also the count of
false alarms on tokens: none.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession

from bench.expectations import one_a_column_and_pattern
from bench.inputs import DAY, Bench, land_again, people, prepared
from bench.measure import Result, interleaved, results, table
from jobs.lake.files import sha256_of
from jobs.lake.manifest import LandedFile
from jobs.night.protect import protect_release
from jobs.night.validate import validate_release
from jobs.spark.session import spark as session

RELEASE, RUN = "activity_trail", "bench"
ACCOUNTS = 200_000
USUAL = "an expectation a column and pattern"

JOINED = """
SELECT * FROM landed UNION ALL BY NAME
SELECT md5('u' || i)::UUID::VARCHAR AS user_id,
       md5('c' || i % 20000)::UUID::VARCHAR AS company_id,
       first.first_name, family.family_name || chr(97 + (i % 26)::INT) AS family_name,
       'person' || i || '@firm' || i % 20000 || '.example' AS email,
       '+336' || lpad((10000000 + i)::VARCHAR, 8, '0') AS phone,
       i || ' rue de la République' AS address
FROM range({more}) AS made(i)
JOIN names AS first ON first.number = hash(i, 1) % {names}
JOIN names AS family ON family.number = hash(i, 2) % {names}
"""
"""The demo platform's accounts and as many made ones, with the demo's own names."""


def with_accounts(bench: Bench) -> Bench:
    """The same lake with ``ACCOUNTS`` accounts in landing."""
    [path] = bench.lake.landed_files("professional_users", DAY)
    columns = bench.lake.manifest("professional_users", DAY).columns
    grown = path.with_name("accounts.parquet")
    with people(bench.folder / "platform.db") as rows:
        rows.execute(f"CREATE TABLE landed AS SELECT * FROM '{path}'")
        rows.execute(
            "CREATE TABLE names AS SELECT row_number() OVER () - 1 AS number, first_name, family_name FROM landed"
        )
        [names] = rows.execute("SELECT count(*) FROM names").fetchone() or (0,)
        query = JOINED.format(more=ACCOUNTS - names, names=names)
        chosen = ", ".join(f'"{column}"' for column in columns)
        rows.execute(f"COPY (SELECT {chosen} FROM ({query})) TO '{grown}' (FORMAT parquet, COMPRESSION zstd)")
    file = LandedFile(grown.name, pq.read_metadata(grown).num_rows, sha256_of(grown))
    land_again(bench.lake, replace(bench.lake.manifest("professional_users", DAY), files=(file,)))
    return bench


def main() -> int:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.gate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=float, default=1.0, help="millions of rows")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="leave out one expectation a column and pattern")
    args = parser.parse_args()
    os.umask(0o077)
    os.environ["PYSPARK_SUBMIT_ARGS"] = f"--master local[{args.cores}] --driver-memory 2g pyspark-shell"
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=os.environ.get("BENCH_DIR")))
    try:
        print(table(measured(folder, args)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def measured(folder: Path, args: argparse.Namespace) -> list[Result]:
    """Every way in turn, after one round on a few rows that warms the JVM up."""
    spark, taken = session("bench"), {}
    for rows in (100_000, int(args.rows * 1e6)):
        taken = ways(with_accounts(prepared(folder, rows)), spark)
        if args.quick or rows > 1e6:
            del taken[USUAL]
        for name, way in taken.items():
            print(f"{rows:,} rows: {name}", file=sys.stderr, flush=True)
            way()
    costs = interleaved(taken, args.repeats)
    spark.stop()
    return results("gate", costs, "protect", int(args.rows * 1e6), args.cores)


def ways(bench: Bench, spark: SparkSession) -> dict[str, Callable[[], object]]:
    """The step, a copy of what it wrote, the gate, and the gate as most people would write it."""
    staged = bench.lake.staged(RELEASE, RUN)

    def rows() -> DataFrame:
        return spark.read.parquet(*(str(path) for path in sorted(staged.glob("*.parquet"))))

    return {
        "protect": lambda: protect_release(bench.promise, RELEASE, DAY, RUN, spark, bench.lake),
        "copy of its output": lambda: rows().write.mode("overwrite").parquet(str(bench.folder / "copy")),
        "the gate": lambda: validate_release(bench.promise, RELEASE, DAY, RUN, spark, bench.lake),
        USUAL: lambda: one_a_column_and_pattern(rows()),
    }


if __name__ == "__main__":
    raise SystemExit(main())
