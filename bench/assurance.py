"""A year of published days, searched again: all of them, and only what isn't proved to hold nobody.

``python -m bench.assurance --rows 3650000``. Somebody joins between each two searches. The third meets one day that was
changed in place, with the size of a file and its times as they were: one cell holds the newcomer's address.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

import policy
from bench.inputs import DAY, seed
from bench.measure import Cost, measuring
from bench.retention import Size, at_home, events_of, longer, with_day
from jobs.assurance.assure import Assured, Skipping, assure
from jobs.gate.remade import remade_of
from jobs.keys.ring import Keyring
from jobs.lake.files import sha256_of
from jobs.lake.ledger import Ledger
from jobs.lake.tables import open_table, replace_days
from jobs.lake.zones import Lake
from jobs.night.builders import protect
from jobs.night.protect import writing
from jobs.night.publish import mark_of
from jobs.spark.session import spark
from policy.contract import Contract
from policy.periods import epoch_of
from policy.promise import Promise

DAYS, SOMEBODY = 365, "ottilie.newcomer{number}@firm.example"


def main() -> None:
    """Publish a year, search it in turn, print a line a search."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=3_650_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="bench-assurance-") as folder:
        home, session = at_home(Path(folder)), spark("bench")
        seed(f"sqlite:///{home / 'platform.db'}", home / "truth.json")
        promise, lake = longer(policy.load()), Lake.from_environment()
        contract = promise.release("threat_events")
        fill(promise, contract, lake, session, Size(rows, DAYS))
        root = lake.published(contract.release)
        print(f"{rows:,} rows of {DAYS} days, {sum(p.stat().st_size for p in root.glob('day=*/*')) / 1e6:,.0f} MB")
        measured(promise, lake, session, lambda: joins(home / "platform.db", 0), "nothing was searched yet")
        whole = measured(promise, lake, session, lambda: None, "everything, whatever is proved", "nothing")
        same = measured(promise, lake, session, lambda: joins(home / "platform.db", 1), "nothing has changed")
        plant = leaks(session, contract, root)
        one = measured(promise, lake, session, plant, "one day has changed")
        print(f"everything / nothing changed: {whole.cpu / same.cpu:.1f}, / one day changed: {whole.cpu / one.cpu:.1f}")


def fill(promise: Promise, contract: Contract, lake: Lake, session: SparkSession, size: Size) -> None:
    """A file a day, written and put on record as a night does it; days through `DAY`."""
    ledger = Ledger(lake.ledger)
    keyring, root = Keyring.from_environment(ledger), lake.shared(lake.published(contract.release))
    table, files = open_table(root, contract), dict[Path, int]()
    back = (size.dates[-1] - DAY).days
    events = events_of(session, size).withColumns(
        {"day": F.date_sub("day", back), "occurred_at": F.date_sub("day", back).cast("timestamp")}
    )
    days = [day - timedelta(days=back) for day in size.dates]
    for epoch in sorted({epoch_of(day, contract.epoch or "") for day in days}):
        keys = keyring.domain(contract.domain or "", epoch).on(session)
        mine = [str(day) for day in days if epoch_of(day, contract.epoch or "") == epoch]
        rows_of = events.where(F.col("day").cast("string").isin(mine)).drop("day")
        made = with_day(protect(rows_of, contract, promise.taxonomies, keys))
        made.write.mode("append").options(**writing(contract)).partitionBy("day").parquet(str(root / ".out"))
    for day in days:
        [written] = (root / ".out" / f"day={day}").glob("*.parquet")
        run = f"{day}-0123456789"
        target = Path(f"day={day}") / f"{mark_of(run, '0' * 64)}part-00000.parquet"
        lake.shared((root / target).parent)
        written.rename(root / target)
        files[target] = size.rows // size.days
        said = {"release": contract.release, "day": day, "run": run, "verdict_hash": "0" * 64}
        proof = remade_of(contract, day, {str(target): sha256_of(root / target)}, keyring)
        ledger.append("published", **said, version=1, rows=files[target], files=1, **proof)
    shutil.rmtree(root / ".out")
    replace_days(table, days, files, {"run": f"{DAY}-0123456789", "day": str(DAY), "verdict": "0" * 64})


def joins(platform: Path, number: int) -> None:
    """Somebody has a new address."""
    with sqlite3.connect(platform) as database:
        database.execute(
            "UPDATE professional_users SET email = ? WHERE user_id = (SELECT max(user_id) FROM professional_users)",
            (SOMEBODY.format(number=number),),
        )


def leaks(session: SparkSession, contract: Contract, root: Path) -> Callable[[], None]:
    """Whoever writes the newcomer's address into one cell of a day in the middle, and sets the file's times back."""

    def plant() -> None:
        [path] = (root / f"day={DAY - timedelta(days=DAYS // 2)}").glob("*.parquet")
        before, rows = path.stat(), session.read.parquet(str(path))
        leaked = F.when(F.monotonically_increasing_id() == 0, SOMEBODY.format(number=1)).otherwise(F.col("browser"))
        changed = rows.withColumn("browser", leaked).coalesce(1)
        changed.write.options(**writing(contract)).parquet(str(root / ".out"))
        [made] = (root / ".out").glob("*.parquet")
        made.replace(path)
        shutil.rmtree(root / ".out")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    return plant


def measured(
    promise: Promise, lake: Lake, session: SparkSession, before: Callable[[], None], what: str,
    skipping: Skipping = "proved",
) -> Cost:  # fmt: skip
    """One search, and its line."""
    before()
    with measuring() as cost:
        [made] = assure(promise, DAY, session, lake, skipping)
    print(f"{what:<32} {said(made)}: {cost.wall:7.1f} s, CPU {cost.cpu:7.1f} s", flush=True)
    return cost


def said(made: Assured) -> str:
    """What was searched, skipped and found."""
    found = ", ".join(f"{f.count} {f.column} {f.detail}" for f in made.findings) or "nothing"
    return f"{made.days:>3} days searched, {sum(made.skipped.values()):>3} skipped, {found} found"


if __name__ == "__main__":
    main()
