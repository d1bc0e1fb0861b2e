"""Erase one person, then 999 others in one batch: what a batch costs beside one request.

``python -m bench.erasures --rows 1000000``. The table is that of `bench.retention`: 400 days, a file each; the people
were seen on one day in ten, so one of them is in most of these files, and a thousand are in hardly more.
"""

from __future__ import annotations

import argparse
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from pyspark.sql import SparkSession

import policy
from bench.retention import GOING, Size, at_home, fill_platform, fill_table, longer, timed
from jobs.keys.ring import Keyring
from jobs.lake.ledger import Ledger
from jobs.lake.tables import current_files
from jobs.lake.zones import Lake
from jobs.people.relationships import Name
from jobs.rights.erasure.erase import approve_erasure, erase, plan_erasure, prove_erasure
from jobs.rights.erasure.erasing import Subjects, erasing
from jobs.spark.session import spark
from policy.promise import Promise

TODAY = datetime.now(UTC).date()


def main() -> None:
    """Make the table, erase one person, then the others."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="bench-erasures-") as folder:
        home, session = at_home(Path(folder)), spark("bench")
        promise, lake = longer(policy.load()), Lake.from_environment()
        fill_platform(home / "platform.db")
        contract = promise.release("threat_events")
        made = timed(
            "make the table",
            lambda: fill_table(promise, contract, lake, Keyring.from_environment(), session, Size(rows)),
        )
        print(f"{rows:,} rows in {len(current_files(made))} files", flush=True)
        for batch in (range(1), range(1, GOING)):
            carried_out(promise, lake, session, {f"{number:016x}": named(number) for number in batch})


def named(number: int) -> list[Name]:
    """Account and login of a person of the table."""
    login = Name("email", f"person{number}@example.org", 0, None)
    return [Name("person", f"00000000-0000-4000-8000-{number:012d}", 0, None), login]


def carried_out(promise: Promise, lake: Lake, session: SparkSession, subjects: Subjects) -> None:
    """Plan, erase and prove one batch; a line a step."""
    ledger, days = Ledger(lake.ledger), frozenset({TODAY})
    print(f"-- {len(subjects)} requests", flush=True)
    with erasing(promise, lake, session, subjects, days) as at:
        plan = timed("plan", lambda: plan_erasure(subjects, at, ledger, "maker"))
        approve_erasure(plan, ledger, "officer")
    with erasing(promise, lake, session, subjects, days) as at:
        timed("erase", lambda: erase(plan, subjects, at, ledger))
    with erasing(promise, lake, None, subjects, days) as at:
        timed("prove", lambda: prove_erasure(plan, at, ledger))
    done = ledger.last("rows_erased", plan=plan.hash) or {}
    print(f"{done['rows']:,} rows of {done['files']} files, {done['bytes_written'] / 1e6:.1f} MB written", flush=True)


if __name__ == "__main__":
    main()
