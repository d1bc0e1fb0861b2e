"""Kill retention at random moments: does the next run always finish, and does a reader always see a whole table?

``python -m bench.kills --kills 20``. Each time the same lake is put back, ``python -m jobs expire --execute`` is
started as a process of its own and killed with its JVM by SIGKILL: at a moment drawn from the whole
run, or, every other time, from the part in which it changes the table. Then the table is opened, the plan is
carried out by the next run and proved, and the rows are compared with those of a run that nobody killed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event, Thread

import pyarrow.compute as pc
from deltalake import DeltaTable

import policy
from bench.retention import TODAY, Size, at_home, fill_platform, fill_table
from jobs.keys.ring import Keyring
from jobs.lake.ledger import Ledger
from jobs.lake.tables import current_files
from jobs.lake.zones import Lake
from jobs.retention.planner import look, make_plan
from jobs.spark.session import spark

RELEASE, DAYS = "threat_events", 100


@dataclass
class Trial:
    """The lake as it was before, the plan, and what a run that nobody killed makes of it.

    ``run`` and ``changing``: seconds from the first sign of a run, and of its first change, to its end.
    """

    lake: Lake
    kept: Path
    plan: str
    rows_before: int
    rows_after: int
    rows_hash: str = ""
    run: float = 0.0
    changing: float = 0.0

    def restore(self) -> None:
        """Put the lake back."""
        shutil.rmtree(self.lake.root, ignore_errors=True)
        shutil.copytree(self.kept, self.lake.root)

    def started(self) -> subprocess.Popen[bytes]:
        """Carry out the plan in a process group of its own."""
        command = [sys.executable, "-m", "jobs", "expire", "--execute", self.plan]
        quiet = subprocess.DEVNULL
        return subprocess.Popen(command, stdout=quiet, stderr=quiet, start_new_session=True)

    def begun(self) -> bool:
        """Whether a run has begun to look."""
        return any((self.lake.root / "staged").glob(".expiry/*"))

    def changes(self) -> bool:
        """Whether a run has begun to lay files into the table."""
        return any(self.lake.published(RELEASE).glob("day=*/kept-*"))


@dataclass
class Reader:
    """Opens the table again and again and counts its rows; whoever opens must see all rows, before or after."""

    folder: Path
    allowed: tuple[int, int]
    opened: int = 0
    overtaken: int = 0
    broken: list[str] = field(default_factory=list)

    def look(self, over: Event) -> None:
        """Until ``over``."""
        while not over.wait(0.1):
            try:
                self.once()
            except Exception as error:  # noqa: BLE001 (whatever goes wrong is the result)
                self.broken.append(type(error).__name__)

    def once(self) -> None:
        """Open and count; an old version whose files went meanwhile is opened anew, which must work."""
        self.opened += 1
        try:
            rows = self.rows()
        except FileNotFoundError:
            self.overtaken += 1
            rows = self.rows()
        if rows not in self.allowed:
            self.broken.append(f"{rows} rows")

    def rows(self) -> int:
        """Rows of the version that is current now, counted in its files."""
        return int(DeltaTable(self.folder).to_pyarrow_dataset().count_rows())


def main() -> None:
    """Make the lake and the plan, run it once in peace, then kill."""
    parser = argparse.ArgumentParser(prog="python -m bench.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=TODAY.toordinal())
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-kills-") as folder:
        trial = prepared(at_home(Path(folder)), args.rows)
        in_peace(trial)
        draw, failed = Random(args.seed), 0
        for number in range(1, args.kills + 1):
            failed += not killed(trial, number, draw)
    print(f"{args.kills} kills, seed {args.seed}: {failed} failed")
    sys.exit(failed > 0)


def prepared(home: Path, rows: int) -> Trial:
    """A table of 100 days, 1,000 people who must go from it, a red run that is over, and the plan."""
    promise, lake, keyring = policy.load(), Lake.from_environment(), Keyring.from_environment()
    contract, session = promise.release(RELEASE), spark("bench")
    fill_platform(home / "platform.db")
    fill_table(promise, contract, lake, keyring, session, Size(rows, DAYS))
    red = lake.private(lake.quarantine(RELEASE, "old")) / "part-00000.parquet"
    red.write_bytes(b"red")
    for path in (red, red.parent):
        os.utime(path, (0, 0))
    with look(promise, lake, keyring, session, frozenset({TODAY})) as at:
        plan = make_plan(at)
    plan.write(lake)
    Ledger(lake.ledger).append("expiry_planned", **plan.counts())
    Ledger(lake.ledger).append("expiry_approved", plan=plan.hash, by="officer")
    session.stop()
    shutil.copytree(lake.root, home / "kept")
    table = plan.table(RELEASE)
    print(f"{table.rows:,} rows, {table.gone:,} go from {len(table.files)} files", flush=True)
    return Trial(lake, home / "kept", plan.hash, table.rows, table.rows - table.gone)


def in_peace(trial: Trial) -> None:
    """One run that nobody kills: how long it takes, and which rows stay."""
    process, began, changed = trial.started(), 0.0, 0.0
    while process.poll() is None:
        began = began or (time.monotonic() if trial.begun() else 0.0)
        changed = changed or (time.monotonic() if trial.changes() else 0.0)
        time.sleep(0.02)
    assert process.returncode == 0
    trial.run, trial.changing = time.monotonic() - began, time.monotonic() - changed
    trial.rows_hash = hash_of_rows(trial)
    print(f"a run: {trial.run:.1f} s, of which it changes the table for {trial.changing:.1f} s", flush=True)


def hash_of_rows(trial: Trial) -> str:
    """A hash over every row that a reader sees, in the order of its event tokens."""
    rows = DeltaTable(trial.lake.published(RELEASE)).to_pyarrow_table()
    rows = rows.take(pc.sort_indices(rows, sort_keys=[("event_id", "ascending")]))
    digest = hashlib.sha256()
    for name in sorted(rows.column_names):
        digest.update(repr(rows[name].to_pylist()).encode())
    return digest.hexdigest()


def killed(trial: Trial, number: int, draw: Random) -> bool:
    """One kill, one look, one more run, one proof; whether all was well."""
    trial.restore()
    late = number % 2 == 0
    moment = draw.uniform(0, trial.changing if late else trial.run)
    with reading(trial) as reader:
        process = trial.started()
        while process.poll() is None and not (trial.changes() if late else trial.begun()):
            time.sleep(0.005)
        time.sleep(moment)
        struck = process.poll() is None
        if struck:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        found = state(trial)
        began = time.monotonic()
        finished = trial.started().wait()
        took = time.monotonic() - began
    proved = subprocess.run(
        [sys.executable, "-m", "jobs", "expire", "--prove", trial.plan], capture_output=True, check=False
    )
    same = hash_of_rows(trial) == trial.rows_hash and not (trial.lake.quarantine(RELEASE, "old")).exists()
    well = finished == 0 and proved.returncode == 0 and same and not reader.broken
    when = f"{moment:5.2f} s after the first {'change' if late else 'look'}{'' if struck else ', too late'}"
    seen = f"opened {reader.opened} times, {reader.overtaken} overtaken"
    outcome = "the same rows, proved" if well else f"FAILED: {finished}, {proved.returncode}, {same}, {reader.broken}"
    print(f"{number:>2}. {when}: {found}; {seen}; finished in {took:.0f} s: {outcome}", flush=True)
    return well


@contextmanager
def reading(trial: Trial) -> Iterator[Reader]:
    """A reader beside whatever happens."""
    reader, over = Reader(trial.lake.published(RELEASE), (trial.rows_before, trial.rows_after)), Event()
    thread = Thread(target=reader.look, args=(over,))
    thread.start()
    try:
        yield reader
    finally:
        over.set()
        thread.join()


def state(trial: Trial) -> str:
    """How far a killed run had come."""
    folder = trial.lake.published(RELEASE)
    table = DeltaTable(folder)
    current = {file.path for file in current_files(table)}
    laid = {str(path.relative_to(folder)) for path in folder.glob("day=*/[!.]*")}
    if not any("kept-" in path for path in current):
        return f"all rows visible, {len(laid - current)} new files unseen"
    if laid - current:
        return f"the new rows visible, {len(laid - current)} old files still there"
    return f"the new rows visible, old files gone, {len(list((folder / '_delta_log').glob('*.json')))} log entries"


if __name__ == "__main__":
    main()
