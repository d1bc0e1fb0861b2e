"""Each step of the night and its rivals, on the same rows."""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import psycopg2
from pyspark.sql import DataFrame, SparkSession

from bench import rivals
from bench.inputs import DAY, RELEASE, Bench, postgresql, prepared
from bench.measure import Cost, Result, interleaved, results
from bench.moved import HEAD, line, moved_by
from jobs.keys.ring import Keyring
from jobs.lake.ledger import Ledger
from jobs.night.extract import extract_day
from jobs.night.protect import protect_release
from jobs.night.publish import publish_release
from jobs.night.validate import validate_release
from jobs.spark.session import spark as session
from jobs.treatments import treated

RUN = "bench"
Ways = dict[str, Callable[[], object]]


@dataclass(frozen=True)
class Stage:
    """A warm Spark session, the rows, and the arguments."""

    bench: Bench
    spark: SparkSession
    args: argparse.Namespace
    keys: rivals.Keys

    @property
    def staged(self) -> Path:
        """What protect has written."""
        return self.bench.lake.staged(RELEASE, RUN)

    @property
    def files(self) -> list[str]:
        """The staged files."""
        return [str(path) for path in sorted(self.staged.glob("*.parquet"))]

    @property
    def raw(self) -> DataFrame:
        """The landing files of activity."""
        return self.spark.read.parquet(*self.bench.landed)

    def fresh(self, name: str) -> Path:
        """A place in the bench's folder where nothing lies."""
        path = self.bench.folder / "out" / name
        shutil.rmtree(path, ignore_errors=True)
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        return path

    def protect(self) -> None:
        """The night's own step."""
        protect_release(self.bench.promise, RELEASE, DAY, RUN, self.spark, self.bench.lake)

    def copy(self) -> None:
        """A bare copy of what protect has written: the yardstick of protect and of the gate."""
        copied = self.spark.read.parquet(*self.files).write.option("parquet.column.statistics.enabled", "false")
        copied.parquet(str(self.fresh("copy")))

    def chosen(self, ways: Ways, yardstick: str) -> Ways:
        """All of the ways, or ours and the yardstick."""
        return {name: way for name, way in ways.items() if not self.args.alone or name in ("ours", yardstick)}

    def compared(self, step: str, ways: Ways, yardstick: str, *servers: int) -> list[Result]:
        """The ways of one step in turn."""
        costs = interleaved(self.chosen(ways, yardstick), self.args.repeats, *servers)
        return results(step, costs, yardstick, self.bench.rows, self.args.cores)


@contextmanager
def stage(folder: Path, args: argparse.Namespace) -> Iterator[Stage]:
    """Everything that the steps need, warmed up on a tenth of a million rows."""
    master = f"local-cluster[{args.cores},1,1024]" if args.executors else f"local[{args.cores}]"
    os.environ["PYSPARK_SUBMIT_ARGS"] = f"--master {master} --driver-memory 1g pyspark-shell"
    spark = session("bench")
    try:
        warm = _stage(folder, 100_000, spark, args)
        for _ in range(3):
            warm.protect()
            warm.copy()
        shutil.rmtree(warm.staged)
        yield _stage(folder, int(args.rows * 1e6), spark, args)
    finally:
        spark.stop()


def _stage(folder: Path, rows: int, spark: SparkSession, args: argparse.Namespace) -> Stage:
    bench = prepared(folder, rows)
    domain = Keyring.from_environment().of_day(bench.contract, DAY)
    tokens = rivals.tokens_of(bench.contract).values()
    return Stage(bench, spark, args, {rule.identifier: domain.field_key(rule.identifier) for rule in tokens})


def extract(stage: Stage) -> list[Result]:
    """From PostgreSQL into landing, beside the server's own binary COPY to nowhere."""
    bench = stage.bench
    server, pid = postgresql(bench)
    columns = ", ".join(bench.promise.source("activity").columns)

    def ours() -> None:
        extract_day(bench.promise, DAY, bench.lake, Ledger(bench.lake.ledger))

    def copied() -> None:
        with psycopg2.connect("") as connection, connection.cursor() as cursor, Path(os.devnull).open("wb") as nowhere:
            cursor.copy_expert(f"COPY (SELECT {columns} FROM activity) TO STDOUT (FORMAT binary)", nowhere)

    def usual() -> None:
        with psycopg2.connect("") as connection:
            pd.read_sql(f"SELECT {columns} FROM activity", connection).to_parquet(stage.fresh("usual.parquet"))

    def polars() -> None:
        import polars as pl

        uri = f"postgresql://postgres@/postgres?host={os.environ['PGHOST']}"
        query = f"SELECT {', '.join(_as_text(name) for name in columns.split(', '))} FROM activity"
        pl.read_database_uri(query, uri, engine="adbc").write_parquet(stage.fresh("polars.parquet"))

    ways: Ways = {"COPY … (FORMAT binary) to nowhere": copied, "ours": ours, "Polars with ADBC": polars}
    if not stage.args.quick:
        ways["pandas.read_sql"] = usual
    try:
        return stage.compared("extract", ways, "COPY … (FORMAT binary) to nowhere", pid)
    finally:
        server.cleanup()
        os.environ["IGNICLOUD_PLATFORM"] = f"sqlite:///{bench.folder / 'platform.db'}"


def _as_text(column: str) -> str:
    return f"{column}::text" if column.endswith("_id") or column == "detail" else column


def kernel(stage: Stage) -> list[Result]:
    """Five token columns made and thrown away, less reading them: the net cost of 5 tokens a row."""
    bench, contract = stage.bench, stage.bench.contract
    tokens = rivals.tokens_of(contract)
    keys = Keyring.from_environment().of_day(contract, DAY)

    def thrown_away(frame: DataFrame) -> None:
        frame.write.format("noop").mode("overwrite").save()

    def ours() -> None:
        on = keys.on(stage.spark)
        made = (treated(name, rule, bench.promise.taxonomies, on) for name, rule in tokens.items())
        thrown_away(stage.raw.select(*made))

    def usual() -> None:
        wanted = [rule.output or name for name, rule in tokens.items()]
        thrown_away(rivals.usual(stage.raw, contract, stage.keys).select(*wanted))

    ways: Ways = {
        "read": lambda: thrown_away(stage.raw.select(*tokens)),
        "ours": ours,
        "DuckDB": lambda: rivals.duckdb_tokens(bench.landed, contract, stage.keys, stage.args.cores),
        "Polars": lambda: rivals.polars_tokens(bench.landed, contract, stage.keys),
    }
    if not stage.args.quick:
        ways["pandas UDF with hmac"] = usual
    costs = interleaved(stage.chosen(ways, "read"), stage.args.repeats)
    reading = costs.pop("read")
    for way in costs.keys() - {"DuckDB", "Polars"}:  # theirs is a small part, and left in
        costs[way] = Cost(costs[way].cpu - reading.cpu, costs[way].wall - reading.wall, costs[way].peak)
    return results("kernel", costs, "ours", bench.rows, stage.args.cores)


def protect(stage: Stage) -> list[Result]:
    """The night's own step and its rivals; all outputs are compared cell for cell first."""
    bench, contract = stage.bench, stage.bench.contract

    def usual() -> None:
        rivals.usual(stage.raw, contract, stage.keys).write.parquet(str(stage.fresh("usual")))

    ways: Ways = {
        "ours": stage.protect,  # first, since the copy is of what it writes
        "copy of its output": stage.copy,
        "DuckDB": lambda: rivals.in_duckdb(
            bench.landed, stage.fresh("duckdb.parquet"), contract, stage.keys, stage.args.cores
        ),
        "Polars": lambda: rivals.in_polars(bench.landed, stage.fresh("polars.parquet"), contract, stage.keys),
    }
    if not stage.args.quick:
        ways["pandas UDF with hmac"] = usual
    if stage.args.alone:
        return stage.compared("protect", ways, "copy of its output")
    for way in ways.values():
        way()
    columns = list(contract.output_schema)
    out = bench.folder / "out"
    digests = {rivals.digest_of([str(path)], columns) for path in (out / "duckdb.parquet", out / "polars.parquet")} | (
        {rivals.digest_of([f"{out}/usual/*.parquet"], columns)} if not stage.args.quick else set()
    )
    if not _nobody_excluded(stage) or digests != {rivals.digest_of(stage.files, columns)}:
        raise AssertionError("the rivals' output isn't ours")
    return stage.compared("protect", ways, "copy of its output")


def _nobody_excluded(stage: Stage) -> bool:
    """Rivals know nothing of objections, so the bench's platform has none that count."""
    return stage.spark.read.parquet(*stage.files).count() == stage.bench.rows


def gate(stage: Stage) -> list[Result]:
    """The gate on what protect has written, beside one Great Expectations expectation a column and pattern."""

    if not stage.files:
        stage.protect()

    def ours() -> None:
        validate_release(stage.bench.promise, RELEASE, DAY, RUN, stage.spark, stage.bench.lake)

    ways: Ways = {"copy of its input": stage.copy, "ours": ours}
    if not stage.args.quick:
        from bench.expectations import one_a_column_and_pattern

        ways["an expectation a column and pattern"] = lambda: one_a_column_and_pattern(
            stage.spark.read.parquet(*stage.files)
        )
    return stage.compared("gate", ways, "copy of its input")


def publish(stage: Stage) -> list[Result]:
    """Make the judged run visible; staged and judged anew each time, which isn't counted."""
    from bench.measure import measuring, middle

    costs: list[Cost] = []
    for number in range(stage.args.repeats):
        run = f"publish-{number}"
        protect_release(stage.bench.promise, RELEASE, DAY, run, stage.spark, stage.bench.lake)
        validate_release(stage.bench.promise, RELEASE, DAY, run, stage.spark, stage.bench.lake)
        with measuring() as cost:
            publish_release(stage.bench.promise, RELEASE, DAY, run, stage.bench.lake)
        costs.append(cost)
    return results("publish", {"ours": middle(costs)}, "ours", stage.bench.rows, stage.args.cores)


def moved(stage: Stage) -> list[Result]:
    """Print what protect and the gate move; nothing is timed."""
    bench = stage.bench
    steps: Ways = {
        "protect": stage.protect,
        "gate": lambda: validate_release(bench.promise, RELEASE, DAY, RUN, stage.spark, bench.lake),
    }
    print(HEAD)
    for name, step in steps.items():
        moved = moved_by(step, stage.spark)
        print(line(name, bench.rows, bench.landed if name == "protect" else stage.files, moved), flush=True)
    return []
