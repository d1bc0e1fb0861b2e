"""What a token costs: the night's kernel beside other ways to make the same one, and OpenSSL's limit.

``python -m bench.tokens --rows 500000``. All ways read the same Parquet file of UUIDs and must give the same
tokens, ``usr_`` and 32 letters; the result is thrown away. CPU time is that of all processes of a way (JVM and
Python workers, too), less what reading alone costs it. Rounds alternate between the ways and each way's
cheapest counts: what others do on the machine at that moment moves all of them.
"""

from __future__ import annotations

import argparse
import hmac
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.keys.field_keys import MODHEX, DomainKeys
from jobs.spark.session import spark
from jobs.treatments.tokens import token
from policy.shapes import LETTERS

Run = Callable[[Path], object]
KERNEL, LIMIT = "kernel, key by subquery", "OpenSSL alone"
DIGITS = "0123456789abcdef"
SAMPLE = 2_000
BLOCK = 64
"""Bytes of a SHA-256 block (RFC 2104's B)."""


class UnequalTokensError(Exception):
    """A way gives other tokens than the reference; comparing its speed would mean nothing."""


@dataclass(frozen=True)
class Way:
    """One way to make tokens: how, the same reading without it, and its tokens of a file."""

    name: str
    make: Run
    only_read: Run
    tokens: Callable[[Path], list[str]]


@dataclass(frozen=True)
class Cost:
    """What one token costs: CPU microseconds net of reading, tokens a second of wall time with reading."""

    way: str
    cpu_us: float
    tokens_per_s: float
    times_kernel: float


# -- the ways ------------------------------------------------------------------------------------------


def spark_way(name: str, session: SparkSession, made: Callable[[Column], Column]) -> Way:
    """A Spark column, written to nowhere."""

    def frame(path: Path) -> DataFrame:
        return session.read.parquet(str(path)).select(made(F.col("value")).alias("token"))

    def tokens(path: Path) -> list[str]:
        return [row.token for row in frame(path).collect()]

    def nowhere(rows: DataFrame) -> None:
        rows.write.format("noop").mode("overwrite").save()

    return Way(name, lambda p: nowhere(frame(p)), lambda p: nowhere(session.read.parquet(str(p))), tokens)


def pandas_udf(key: bytes) -> Callable[[Column], Column]:
    """HMAC by the standard library on Arrow batches; the key travels in the closure."""

    def made(values: pd.Series) -> pd.Series:
        return pd.Series([_token(key, value) for value in values])

    return F.pandas_udf(made, "string")  # type: ignore[call-overload, no-any-return]


def plain_udf(key: bytes) -> Callable[[Column], Column]:
    """The same a row at a time, as most code on the web has it."""
    return F.udf(lambda value: _token(key, value), "string", useArrow=False)


def duckdb_way(key: bytes) -> Way:
    """RFC 2104 spelled out in SQL: DuckDB has SHA-256, but no HMAC."""
    connection = duckdb.connect()
    pads = [bytes(byte ^ pad for byte in key.ljust(BLOCK, b"\0")) for pad in (0x36, 0x5C)]
    inner = "unhex(sha256($1::BLOB || encode(value)))"
    made = f"'usr_' || translate(left(sha256($2::BLOB || {inner}), 32), '{DIGITS}', '{LETTERS}')"

    def batches(path: Path, column: str, given: list[bytes]) -> Iterator[pa.RecordBatch]:
        query = f"SELECT {column} AS token FROM read_parquet('{path}')"
        yield from connection.sql(query, params=given).to_arrow_reader(100_000)

    def tokens(path: Path) -> list[str]:
        return [text for batch in batches(path, made, pads) for text in batch.column(0).to_pylist()]

    return Way(
        "DuckDB, HMAC in SQL",
        lambda p: sum(batch.num_rows for batch in batches(p, made, pads)),
        lambda p: sum(batch.num_rows for batch in batches(p, "value", [])),
        tokens,
    )


def polars_way(key: bytes) -> Way:
    """Polars has no keyed hash of its own: Python's, over whole columns."""

    def made(values: pl.Series) -> pl.Series:
        return pl.Series([_token(key, value) for value in values], dtype=pl.String)

    def frame(path: Path) -> pl.DataFrame:
        return pl.scan_parquet(path).select(pl.col("value").map_batches(made, return_dtype=pl.String)).collect()

    return Way("Polars, Python's hmac", frame, pl.read_parquet, lambda p: frame(p)["value"].to_list())


def _token(key: bytes, value: str) -> str:
    return "usr_" + hmac.digest(key, value.encode(), "sha256")[:16].hex().translate(MODHEX)


# -- measuring -----------------------------------------------------------------------------------------


def cpu_seconds() -> float:
    """CPU time used so far by this process and all processes below it, ended ones included."""
    ticks: dict[int, tuple[int, int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile; its parent has its time
            continue
        ticks[int(stat.parent.name)] = int(fields[1]), sum(map(int, fields[11:15]))
    below, grown = {os.getpid()}, True
    while grown:
        more = {pid for pid, (parent, _) in ticks.items() if parent in below} - below
        below, grown = below | more, bool(more)
    return sum(ticks[pid][1] for pid in below if pid in ticks) / os.sysconf("SC_CLK_TCK")


def timed(run: Run, path: Path) -> tuple[float, float]:
    """CPU and wall seconds of one run."""
    cpu, wall = cpu_seconds(), time.perf_counter()
    run(path)
    return cpu_seconds() - cpu, time.perf_counter() - wall


def openssl_us() -> float:
    """CPU microseconds of one HMAC-SHA-256 over 36 bytes in OpenSSL's own loop: nothing read, nothing written."""
    command = ["openssl", "speed", "-mr", "-seconds", "2", "-bytes", "36", "-hmac", "sha256"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = next(line for line in said.splitlines() if line.startswith("+F:")).rsplit(":", 1)[1]
    return 36 / float(rate) * 1e6


def measure(ways: list[Way], path: Path, rows: int, rounds: int) -> list[Cost]:
    """The cheapest of ``rounds`` for each way, net of its reading; OpenSSL's limit last."""
    for way in ways:
        way.make(path)  # once unmeasured: a JVM compiles what it runs often
    made: dict[str, list[tuple[float, float]]] = {way.name: [] for way in ways}
    read: dict[str, list[float]] = {way.name: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            made[way.name].append(timed(way.make, path))
            read[way.name].append(timed(way.only_read, path)[0])
    net = {name: (min(cpu for cpu, _ in runs) - min(read[name])) / rows * 1e6 for name, runs in made.items()}
    speed = {name: rows / min(wall for _, wall in runs) for name, runs in made.items()}
    limit = openssl_us()
    costs = [Cost(name, us, speed[name], us / net[KERNEL]) for name, us in net.items()]
    return [*costs, Cost(LIMIT, limit, 1e6 / limit, limit / net[KERNEL])]


def require_equal(ways: list[Way], path: Path, expected: list[str]) -> None:
    """Every way gives exactly the reference's tokens.

    Raises:
        UnequalTokensError: one doesn't.
    """
    for way in ways:
        if sorted(way.tokens(path)) != sorted(expected):
            raise UnequalTokensError(f"{way.name} gives other tokens than the reference")


def write(path: Path, values: list[str]) -> Path:
    """A Parquet file with one column of text."""
    pq.write_table(pa.table({"value": values}), path, row_group_size=100_000)
    return path


def main() -> None:
    """Check that all agree, measure, print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    keys, session = DomainKeys("bench", "2026-01-01", secrets.token_bytes(32)), spark("bench")
    key = keys.field_key("person")
    ways = [
        spark_way(KERNEL, session, lambda column: token(column, "person", "exact", keys.on(session))),
        spark_way("pandas UDF, hmac", session, pandas_udf(key)),
        spark_way("plain Python UDF, hmac", session, plain_udf(key)),
        duckdb_way(key),
        polars_way(key),
    ]
    with tempfile.TemporaryDirectory(prefix="bench-tokens-") as folder:
        values = [str(uuid.uuid4()) for _ in range(args.rows)]
        sample = values[:SAMPLE]
        require_equal(ways, write(Path(folder) / "sample.parquet", sample), list(keys.tokens("person", sample)))
        costs = measure(ways, write(Path(folder) / "values.parquet", values), args.rows, args.rounds)
    if args.json:
        print(json.dumps({"rows": args.rows, "rounds": args.rounds, "costs": [asdict(cost) for cost in costs]}))
        return
    print("| way | CPU µs a token | times the kernel | tokens/s |\n|---|---|---|---|")
    for cost in costs:
        print(f"| {cost.way} | {cost.cpu_us:.2f} | {cost.times_kernel:.1f} | {cost.tokens_per_s:,.0f} |")


if __name__ == "__main__":
    main()
