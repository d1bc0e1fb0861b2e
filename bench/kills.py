"""Kill at random moments: does the next run always finish, and does a reader always see a whole table?

``python -m bench.kills --what erase --kills 20``; ``--what``: ``expire`` (retention), ``erase`` (an approved erasure),
``lift`` (the end of a restriction). Each time the same lake is put back, ``python -m jobs …`` is started as a process
of its own and killed with its JVM by SIGKILL: at a moment drawn from the whole run, or, every other time, from the
part in which it changes the lake. Then the table is opened, the next run carries the work out, and the rows are
compared with those of a run that nobody killed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import signal
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

from bench.kills_of import PREPARED, RELEASE, Trial
from bench.retention import TODAY, at_home
from jobs.lake.tables import current_files
from jobs.spark.session import spark


@dataclass
class Peace:
    """What a run that nobody kills takes, in seconds, whole and from its first change on, and what it makes."""

    run: float
    changing: float
    rows: str


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
    """Make the lake, run the work once in peace, then kill."""
    parser = argparse.ArgumentParser(prog="python -m bench.kills", description=__doc__)
    parser.add_argument("--what", choices=sorted(PREPARED), default="expire")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=TODAY.toordinal())
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-kills-") as folder:
        trial = PREPARED[args.what](at_home(Path(folder)), args.rows)
        spark("bench").stop()
        trial.keep()
        print(f"{args.what}: {trial.rows_before:,} rows before, {trial.rows_after:,} after", flush=True)
        peace, draw, failed = in_peace(trial), Random(args.seed), 0
        for number in range(1, args.kills + 1):
            failed += not killed(trial, peace, number, draw)
    print(f"{args.what}: {args.kills} kills, seed {args.seed}: {failed} failed")
    sys.exit(failed > 0)


def in_peace(trial: Trial) -> Peace:
    """One run that nobody kills."""
    began, changed, process = time.monotonic(), 0.0, trial.started()
    while process.poll() is None:
        changed = changed or (time.monotonic() if trial.changes() else 0.0)
        time.sleep(0.02)
    if process.returncode or not trial.proved():
        sys.exit(f"the run that nobody killed ended with {process.returncode}:\n{trial.said.read_text('utf-8')}")
    peace = Peace(time.monotonic() - began, time.monotonic() - changed, hash_of_rows(trial))
    print(f"a run: {peace.run:.1f} s, of which it changes the lake for {peace.changing:.1f} s", flush=True)
    return peace


def hash_of_rows(trial: Trial) -> str:
    """A hash over every row that a reader sees, in the order of its event tokens."""
    rows = DeltaTable(trial.lake.published(RELEASE)).to_pyarrow_table()
    rows = rows.take(pc.sort_indices(rows, sort_keys=[("event_id", "ascending")]))
    digest = hashlib.sha256()
    for name in sorted(rows.column_names):
        digest.update(repr(rows[name].to_pylist()).encode())
    return digest.hexdigest()


def killed(trial: Trial, peace: Peace, number: int, draw: Random) -> bool:
    """One kill, one look, one more run; whether all was well."""
    trial.restore()
    late = number % 2 == 0
    moment = draw.uniform(0, peace.changing if late else peace.run)
    with reading(trial) as reader:
        process = trial.started()
        while late and process.poll() is None and not trial.changes():
            time.sleep(0.005)
        time.sleep(moment)
        struck = process.poll() is None
        if struck:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        found = state(trial)
        began = time.monotonic()
        finished = 0 if trial.ended() else trial.started().wait()
        took = time.monotonic() - began
    proved, same = trial.proved(), hash_of_rows(trial) == peace.rows
    well = finished == 0 and proved and same and not reader.broken
    when = f"{moment:5.2f} s after the {'first change' if late else 'start'}{'' if struck else ', too late'}"
    seen = f"opened {reader.opened} times, {reader.overtaken} overtaken"
    outcome = "the same rows, proved" if well else f"FAILED: {finished}, {proved}, {same}, {reader.broken}"
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
    rows = int(table.to_pyarrow_dataset().count_rows())
    seen = {trial.rows_before: "the old rows visible", trial.rows_after: "the new rows visible"}.get(rows, "HALF")
    begun = "changes begun" if trial.changes() else "nothing changed"
    log = len(list((folder / "_delta_log").glob("*.json")))
    return f"{seen}, {begun}, {len(laid - current)} files unseen, {log} log entries"


if __name__ == "__main__":
    main()
