"""What `bench.kills` kills: retention, an erasure, a lifting, each prepared until the moment before.

The same table for all: 100 days, a file each, of which ten hold rows that must go, or have left and come back. Beside
it, for an erasure, a red run, a landed day and an answer that hold the person and must go, too.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable

import policy
from bench.retention import TODAY, Size, fill_platform, fill_table
from jobs.keys.ring import Keyring
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from jobs.retention.planner import look, make_plan
from jobs.rights.requests.request import on_record, reference_of
from jobs.rights.serve import Office
from jobs.spark.session import spark
from policy.promise import Promise

RELEASE, DAYS = "threat_events", 100
PERSON = "00000000-0000-4000-8000-000000000000"
REQUEST = "00000000-0000-4000-8000-0000000000aa"


@dataclass
class Trial:
    """A lake as it was before, the command that changes it, and what a reader may see meanwhile.

    ``sign``: what is in the lake from the first change on. ``ended``: whether the work is done, so that running the
    command again would be refused. ``proved``: whether what must be gone, or back, is, beside the rows.
    """

    home: Path
    command: tuple[str, ...]
    sign: str
    rows_before: int
    rows_after: int
    ended: Callable[[], bool]
    proved: Callable[[], bool]

    @property
    def lake(self) -> Lake:
        """The lake that is worked on."""
        return Lake(self.home / "lake")

    def keep(self) -> None:
        """Remember lake and keyring as they are now."""
        for name in ("lake", "secrets"):
            shutil.copytree(self.home / name, self.home / "kept" / name)

    def restore(self) -> None:
        """Put both back: a sealed head of the ledger belongs to this ledger."""
        for name in ("lake", "secrets"):
            shutil.rmtree(self.home / name, ignore_errors=True)
            shutil.copytree(self.home / "kept" / name, self.home / name)

    def started(self) -> subprocess.Popen[bytes]:
        """Run the command in a process group of its own; what it says goes into the file ``said``."""
        command = [sys.executable, "-m", "jobs", *self.command]
        with self.said.open("wb") as said:
            return subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, start_new_session=True)

    @property
    def said(self) -> Path:
        """What the last run said."""
        return self.home / "said"

    def changes(self) -> bool:
        """Whether a run has begun to change what it was started for."""
        return any(self.lake.root.glob(self.sign))


def expire(home: Path, rows: int) -> Trial:
    """1,000 people must go, and a red run that is over."""
    promise, lake = _filled(home, Size(rows, DAYS))
    red = lake.private(lake.quarantine(RELEASE, "old")) / "part-00000.parquet"
    red.write_bytes(b"red")
    for path in (red, red.parent):
        os.utime(path, (0, 0))
    with look(promise, lake, Keyring.from_environment(), spark("bench"), frozenset({TODAY})) as at:
        plan = make_plan(at)
    plan.write(lake)
    Ledger(lake.ledger).append("expiry_planned", **plan.counts())
    Ledger(lake.ledger).append("expiry_approved", plan=plan.hash, by="officer")
    table = plan.table(RELEASE)

    def proved() -> bool:
        command = [sys.executable, "-m", "jobs", "expire", "--prove", plan.hash]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0 and not red.parent.exists()

    run = ("expire", "--execute", plan.hash)
    sign = f"published/{RELEASE}/day=*/kept-*"
    return Trial(home, run, sign, table.rows, table.rows - table.gone, lambda: False, proved)


def erase(home: Path, rows: int) -> Trial:
    """One person asked, was found, and a person approved; a red run, a landed day and an answer hold them, too."""
    promise, lake = _filled(home, Size(rows, DAYS, going=1))
    copies = (
        lake.private(lake.quarantine(RELEASE, "red")) / "part-00000.parquet",
        lake.private(lake.landing("activity", TODAY - timedelta(days=1))) / "part.parquet",
    )
    for copy in copies:
        pq.write_table(pa.table({"user_id": [PERSON]}), copy)
    (lake.private(lake.answers / "officer") / "answer.json").write_text(json.dumps({"found": PERSON}))
    office, reference = _asked(promise, lake, "erasure")
    before = _rows(lake)

    def proved() -> bool:
        left = [copy for copy in (*copies, lake.answers / "officer" / "answer.json") if copy.exists()]
        return not left and Ledger(lake.ledger).last("erasure_proved") is not None

    gone = office.ledger.last("erasure_planned") or {}
    run = ("request", "carry-out", reference)
    return Trial(home, run, "suppression/*/*.json", before, before - gone["rows"], _over(lake, reference), proved)


def lift(home: Path, rows: int) -> Trial:
    """One person's rows are kept apart, and the platform says that their restriction has ended."""
    promise, lake = _filled(home, Size(rows, DAYS, going=1))
    whole = _rows(lake)
    office, reference = _asked(promise, lake, "restriction")
    office.carry_out(reference)
    ended = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    with sqlite3.connect(home / "platform.db") as database:
        database.execute("UPDATE subject_requests SET lifted_at = ? WHERE request_id = ?", (ended, REQUEST))
    sign, run = f"published/{RELEASE}/day=*/*-back-*", ("request", "carry-out", reference)

    def proved() -> bool:
        return not any(lake.restricted.rglob("*.parquet"))

    return Trial(home, run, sign, _rows(lake), whole, _over(lake, reference), proved)


PREPARED: dict[str, Callable[[Path, int], Trial]] = {"expire": expire, "erase": erase, "lift": lift}


def _filled(home: Path, size: Size) -> tuple[Promise, Lake]:
    """A platform and a table."""
    promise, lake = policy.load(), Lake.from_environment()
    fill_platform(home / "platform.db")
    fill_table(promise, promise.release(RELEASE), lake, Keyring.from_environment(), spark("bench"), size)
    return promise, lake


def _asked(promise: Promise, lake: Lake, right: str) -> tuple[Office, str]:
    """The office, and the reference of a request that was taken up, found and approved."""
    now = datetime.now(UTC)
    at = (now - timedelta(days=3)).strftime("%Y-%m-%d %H:%M:%S.%f")
    with sqlite3.connect(Path(os.environ["IGNICLOUD_PLATFORM"].removeprefix("sqlite:///"))) as database:
        database.execute(
            'INSERT INTO subject_requests (request_id, user_id, "right", received_at, identity_verified_at) '
            "VALUES (?, ?, ?, ?, ?)",
            (REQUEST, PERSON, right, at, at),
        )
    office = Office.of(promise, lake, now, lambda: spark("bench"))
    reference = reference_of(REQUEST, office.hands.keyring)
    office.take_up()
    office.look_for(reference)
    office.approve(reference, "officer")
    return office, reference


def _over(lake: Lake, reference: str) -> Callable[[], bool]:
    """Whether the request has left the state in which it waits for the command."""
    waits = on_record(Ledger(lake.ledger))[reference].state
    return lambda: on_record(Ledger(lake.ledger))[reference].state != waits


def _rows(lake: Lake) -> int:
    return int(DeltaTable(lake.published(RELEASE)).to_pyarrow_dataset().count_rows())
