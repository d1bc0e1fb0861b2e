"""Delete 1,000 people from a table of 400 days: what is rewritten, how long it takes, beside a full rewrite.

``python -m bench.retention --rows 10000000``. The people who must go were seen on one day in ten; every
file of those days holds rows of theirs, no other file does. A full rewrite is what an anti-join over the
whole table, written anew, costs on the same machine.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pyarrow.parquet as pq
from deltalake import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

import policy
from bench.measure import measuring
from demo.schema import SQLITE, statements
from jobs.keys.ring import Keyring
from jobs.lake.ledger import Ledger
from jobs.lake.tables import current_files, open_table, opened, replace_days
from jobs.lake.zones import Lake
from jobs.night.builders import protect
from jobs.retention.execute import Work, execute
from jobs.retention.planner import look, make_plan
from jobs.retention.proof import prove
from jobs.spark.session import spark
from policy.contract import Contract
from policy.periods import epoch_of
from policy.promise import Promise

T = TypeVar("T")
TODAY, DAYS, EVERY, PEOPLE, GOING = datetime.now(UTC).date(), 400, 10, 100_000, 1_000


@dataclass(frozen=True)
class Size:
    """How many rows, a multiple of the days, the last of which is yesterday; ``going``: among how many people go those
    rows that must go."""

    rows: int
    days: int = DAYS
    going: int = GOING

    @property
    def dates(self) -> list[date]:
        """The days."""
        return [TODAY - timedelta(days=self.days - number) for number in range(self.days)]


def main() -> None:
    """Make the table, delete, prove; then the full rewrite."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--alone", action="store_true", help="leave out the full rewrite: it takes the disk twice")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-retention-") as folder:
        home, session = at_home(Path(folder)), spark("bench")
        measure(args.rows, home, session)
        if not args.alone:
            measure_rewrite(args.rows, home, session)


def at_home(home: Path) -> Path:
    """Point every step at the lake, the keys and the platform in ``home``."""
    os.environ |= {
        "IGNICLOUD_LAKE": str(home / "lake"),
        "IGNICLOUD_KEYRING": str(home / "secrets" / "keyring.json"),
        "IGNICLOUD_KEK": f"file:{home / 'secrets' / 'kek'}",
        "IGNICLOUD_PLATFORM": f"sqlite:///{home / 'platform.db'}",
    }
    return home


def measure(rows: int, home: Path, session: SparkSession) -> None:
    """Print one line a step."""
    promise, lake, keyring = longer(policy.load()), Lake.from_environment(), Keyring.from_environment()
    contract = promise.release("threat_events")
    fill_platform(home / "platform.db")
    made = timed("make the table", lambda: fill_table(promise, contract, lake, keyring, session, Size(rows)), rows)
    total = sum(file.bytes for file in current_files(made))
    print(f"{rows:,} rows, {len(current_files(made))} files, {total / 1e6:,.0f} MB", flush=True)
    days, ledger = frozenset({TODAY}), Ledger(lake.ledger)
    with look(promise, lake, keyring, session, days) as at:
        plan = timed("plan", lambda: make_plan(at), rows)
    plan.write(lake)
    gone = plan.table("threat_events")
    print(f"{gone.gone:,} rows of {gone.people:,} people go from {len(gone.files)} files", flush=True)
    with look(promise, lake, keyring, session, days) as at:
        timed("execute (plans again, rewrites, commits, clears)", lambda: execute(Work(plan, at, ledger)), rows)
    done = ledger.last("rows_expired") or {}
    print(
        f"written: {done['bytes_written'] / 1e6:,.1f} MB, {done['bytes_written'] / total:.1%} of the table", flush=True
    )
    with look(promise, lake, keyring, None, days) as at:
        [proof] = timed("prove (count again, search every byte)", lambda: prove(plan, at, ledger), rows)
    print(
        f"{proof.tokens:,} tokens searched for in {proof.bytes_searched / 1e6:,.0f} MB, {proof.found} found", flush=True
    )


def measure_rewrite(rows: int, home: Path, session: SparkSession) -> None:
    """Print what the usual way costs."""
    promise, lake, keyring = longer(policy.load()), Lake.from_environment(), Keyring.from_environment()
    contract = promise.release("threat_events")
    with look(promise, lake, keyring, session, frozenset({TODAY})) as at:
        tokens = at.tokens(contract, current_files(opened(lake.published(contract.release))))
        assert tokens is not None
        timed("full rewrite", lambda: rewrite(session, lake, contract, tokens, home / "rewritten"), rows)
    written = sum(path.stat().st_size for path in (home / "rewritten").rglob("*.parquet"))
    print(f"written: {written / 1e6:,.1f} MB", flush=True)


def longer(promise: Promise) -> Promise:
    """The promise with a period that 400 days fit into, so that nothing goes by its day."""
    contract = promise.release("threat_events")
    kept = contract.retention.model_copy(update={"keep": "P18M", "daily_share": 1.0})
    only = {"threat_events": contract.model_copy(update={"retention": kept})}
    return Promise(promise.register, promise.sources, promise.taxonomies, only)


def identity(number: str) -> str:
    """SQL of the UUID of a person, from a number."""
    return f"concat('00000000-0000-4000-8000-', lpad({number}, 12, '0'))"


def fill_platform(path: Path) -> None:
    """1,000 people of a company that is over, the others of one that runs."""
    over, runs = str(uuid.uuid4()), str(uuid.uuid4())
    with sqlite3.connect(path) as database:
        for statement in statements(SQLITE):
            database.execute(statement)
        for company, end in ((over, "2024-01-31"), (runs, None)):
            row = (str(uuid.uuid4()), company, "2020-01-01", end)
            database.execute(
                "INSERT INTO contracts (contract_id, company_id, started_on, ended_on) VALUES (?,?,?,?)", row
            )
        people = (
            (f"00000000-0000-4000-8000-{n:012d}", over if n < GOING else runs, f"person{n}@example.org")
            for n in range(PEOPLE)
        )
        database.executemany("INSERT INTO professional_users (user_id, company_id, email) VALUES (?, ?, ?)", people)


def fill_table(
    promise: Promise, contract: Contract, lake: Lake, keyring: Keyring, session: SparkSession, size: Size
) -> DeltaTable:
    """One file a day, protected under the key of its epoch, published in one commit."""
    root = lake.shared(lake.published(contract.release))
    table = open_table(root, contract)
    events = events_of(session, size)
    for epoch in sorted({epoch_of(day, contract.epoch or "") for day in size.dates}):
        keys = keyring.domain(contract.domain or "", epoch).on(session)
        mine = [str(day) for day in size.dates if epoch_of(day, contract.epoch or "") == epoch]
        rows_of = events.where(F.col("day").cast("string").isin(mine))
        published = with_day(protect(rows_of.drop("day"), contract, promise.taxonomies, keys))
        published.write.mode("append").option("parquet.column.statistics.enabled", "false").partitionBy("day").parquet(
            str(root)
        )
    files = {path.relative_to(root): pq.read_metadata(path).num_rows for path in root.glob("day=*/*.parquet")}
    replace_days(table, size.dates, files, {"run": "bench"})
    said = {"release": contract.release, "day": TODAY, "run": "bench", "verdict_hash": "0" * 64}
    Ledger(lake.ledger).append("published", **said, version=table.version(), rows=size.rows, files=len(files))
    return table


def events_of(session: SparkSession, size: Size) -> DataFrame:
    """Raw events with their ``day``, the days one after the other, so that no row has to be shuffled."""
    number = f"(id * {size.days} div {size.rows})"
    raw = session.range(size.rows, numPartitions=size.days).withColumn(
        "day", F.expr(f"date_add(DATE'{size.dates[0]}', cast({number} as int))")
    )
    going = f"{number} % {EVERY} = 0 AND hash(id) % 10 = 0"
    person = f"if({going}, abs(hash(id, 11)) % {size.going}, {GOING} + abs(hash(id, 7)) % {PEOPLE - GOING})"
    return raw.selectExpr(
        "day", "uuid() AS event_id", "cast(day AS timestamp) AS occurred_at", f"{identity(person)} AS user_id",
        f"concat('person', {person}, '@example.org') AS attempted_login", "cast(hash(id, 3) AS string) AS session_id",
        "concat('10.', id % 200, '.', id % 31, '.', id % 251) AS ip", "cast(null AS string) AS user_agent",
        "'login_ok' AS kind", "'success' AS outcome", "cast(null AS string) AS payload",
    )  # fmt: skip


def with_day(rows: DataFrame) -> DataFrame:
    """The rows with their data day as the partition."""
    return rows.withColumn("day", F.to_date("occurred_at"))


def rewrite(session: SparkSession, lake: Lake, contract: Contract, tokens: DataFrame, to: Path) -> None:
    """What everybody else does: read all, anti-join, write all."""
    rows = session.read.parquet(str(lake.published(contract.release) / "day=*"))
    kept = rows.join(tokens, rows["actor"] == tokens["token"], "left_anti").withColumn("day", F.to_date("occurred_at"))
    shutil.rmtree(to, ignore_errors=True)
    kept.repartition("day").write.option("parquet.column.statistics.enabled", "false").partitionBy("day").parquet(
        str(to)
    )


def timed(what: str, step: Callable[[], T], rows: int = 0) -> T:
    """Run a step and say how long it took, its CPU for a million of ``rows``, and the peak of all its processes."""
    with measuring() as cost:
        result = step()
    each = f", {cost.cpu / rows * 1e6:6.2f} a million rows" if rows else ""
    said = f"{cost.wall:8.1f} s, CPU {cost.cpu:8.1f} s{each}, peak {cost.peak / 2**20:6,.0f} MiB"
    print(f"{what:<50} {said}", flush=True)
    return result


if __name__ == "__main__":
    main()
