"""How likely somebody is found in the demo's pseudonymised events: unicity, and two epochs joined by behaviour.

    python -m bench.risk             thirty days of the demo platform, 2,000 users; renews docs/risk.md
    python -m bench.risk --scale 4   another size; prints only

The events are treated as the contracts say, by the kernel, under keys of the moment; nobody is left out, and no gate
judges.
For the joins the thirty days are two epochs of fifteen, each with a key of its own.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import subprocess
import sys
import tempfile
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

import policy
from bench.risk_page import lines, write_page
from jobs.anonymity.linkage import Linkage
from jobs.anonymity.unicity import Unicity, unicity
from jobs.assurance.moments import cuts_of, moments
from jobs.assurance.relinking import relinked
from jobs.keys.field_keys import DomainKeys
from jobs.night.protect import protect
from jobs.spark.session import spark
from jobs.treatments import treated
from policy.contract import Contract
from policy.promise import Promise

RELEASES = ("threat_events", "activity_trail")
UNTIL, DAYS = date(2026, 3, 31), 30
HALF = UNTIL - timedelta(days=14)
"""The first day of the second epoch."""


def main() -> int:
    """Print what was measured; at scale 1 renew the page."""
    parser = argparse.ArgumentParser(prog="python -m bench.risk", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    args = parser.parse_args()
    promise, session = policy.load(), spark("bench")
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "platform.db"
        words = [
            "seed",
            "--to",
            f"sqlite:///{database}",
            "--until",
            str(UNTIL),
            "--days",
            str(DAYS),
            "--scale",
            str(args.scale),
        ]
        subprocess.run([sys.executable, "-m", "demo", *words], check=True, capture_output=True)
        with sqlite3.connect(database) as platform:
            raw = {name: frame(session, platform, promise, name).persist() for name in RELEASES}
            people = session.createDataFrame(
                table_of(platform.execute("SELECT user_id FROM professional_users"), ["user_id"])
            )
        found, joined = (
            measured(promise, raw),
            {name: linkage(promise, session, raw[name], people, name) for name in RELEASES},
        )
    print("\n".join(lines(found, joined)))
    if args.scale == 1:
        write_page(found, joined)
    return 0


def frame(session: SparkSession, platform: sqlite3.Connection, promise: Promise, release: str) -> DataFrame:
    """Every event of the platform, as a night lands them."""
    contract = promise.release(release)
    names = list(contract.columns)
    rows = table_of(platform.execute(f"SELECT {', '.join(names)} FROM {contract.main_source}"), names)
    at = pa.array(
        [datetime.fromisoformat(f"{text}+00:00") for text in rows["occurred_at"].to_pylist()], pa.timestamp("us", "UTC")
    )
    return session.createDataFrame(rows.set_column(names.index("occurred_at"), "occurred_at", at))


def table_of(rows: sqlite3.Cursor, names: list[str]) -> pa.Table:
    """Rows of texts as Arrow."""
    columns = list(zip(*rows.fetchall(), strict=True))
    return pa.table({name: pa.array(column, pa.string()) for name, column in zip(names, columns, strict=True)})


def released(promise: Promise, contract: Contract, raw: DataFrame, keys: DomainKeys) -> DataFrame:
    """What readers would see of these rows, with their day."""
    return protect(raw, contract, promise.taxonomies, keys.on(raw.sparkSession)).withColumn(
        "day", F.to_date("occurred_at")
    )


def measured(promise: Promise, raw: dict[str, DataFrame]) -> list[Unicity]:
    """The unicity of both releases, each as if it were an epoch: the releases in one run."""
    days, key = [UNTIL - timedelta(days=back) for back in range(DAYS)], DomainKeys("threat", "bench", os.urandom(32))
    points = [
        moments(released(promise, promise.release(name), rows, key), promise.release(name), days).withColumn(
            "epoch", F.lit(name)
        )
        for name, rows in raw.items()
    ]
    return unicity(points[0].union(points[1]), cuts_of(promise.release(RELEASES[0])))


def linkage(promise: Promise, session: SparkSession, raw: DataFrame, people: DataFrame, release: str) -> Linkage:
    """How many people are found again after the key has changed in the middle of the month."""
    contract = promise.release(release)
    keys = [DomainKeys("threat", epoch, os.urandom(32)) for epoch in ("before", "after")]
    halves = (raw.where(F.col("occurred_at") < F.lit(HALF)), raw.where(F.col("occurred_at") >= F.lit(HALF)))
    before, after = (released(promise, contract, rows, key) for rows, key in zip(halves, keys, strict=True))
    rule = contract.columns["user_id"]
    made = [treated("user_id", rule, promise.taxonomies, key.on(session)).alias(key.epoch) for key in keys]
    return relinked(contract, before, after, people.select(*made))


if __name__ == "__main__":
    raise SystemExit(main())
