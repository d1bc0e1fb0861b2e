"""A home of lake, keys and platform that is put back before each run; and a process of its own for each run.

What a step needs is imported once. Each run is a fork of that process: some milliseconds instead of seconds, so every
call can fail in turn. No thread is started before a fork.
"""

from __future__ import annotations

import argparse
import os
import pickle
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import policy
import policy.periods
from jobs import cli
from jobs.keys.ring import Keyring
from jobs.lake import tables
from jobs.lake.faults import TRIAL, VARIABLE, arm
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from policy.errors import PolicyError
from policy.promise import Promise
from tests.jobs.rights.machine.without_spark import STANDING_IN

NOW = datetime(2025, 3, 10, 9, tzinfo=UTC)
DONE, CRASHED, REFUSED = 0, 1, 2
PATIENCE = 60
"""Seconds after which a run hangs."""


@dataclass(frozen=True)
class Home:
    """One folder: ``lake``, ``secrets``, ``platform.db``; ``said`` is what the last run printed."""

    root: Path
    prints: str = "said"

    @property
    def lake(self) -> Lake:
        """The lake in it."""
        return Lake(self.root / "lake")

    @property
    def ledger(self) -> Ledger:
        """The lake's record."""
        return Ledger(self.lake.ledger)

    @property
    def keyring(self) -> Keyring:
        """The keyring in it, with the ledger as its book."""
        return Keyring(self.root / "secrets" / "keyring.json", f"file:{self.root / 'secrets' / 'kek'}", self.ledger)

    @property
    def platform(self) -> Path:
        """The platform's database."""
        return self.root / "platform.db"

    @property
    def said(self) -> Path:
        """What the last run printed."""
        return self.root.with_name(self.prints)

    def use(self) -> None:
        """Point every step of this process here, and let Spark's part be done without it."""
        os.umask(0o027)  # as `jobs.cli.main` does
        os.environ |= {
            "IGNICLOUD_LAKE": str(self.lake.root),
            "IGNICLOUD_KEYRING": str(self.root / "secrets" / "keyring.json"),
            "IGNICLOUD_KEK": f"file:{self.root / 'secrets' / 'kek'}",
            "IGNICLOUD_PLATFORM": f"sqlite:///{self.platform}",
            "TOKIO_WORKER_THREADS": "1",
        }
        policy.periods.clock = lambda: NOW
        tables.MOMENT = 0
        for of, name, stand_in in STANDING_IN:
            setattr(of, name, stand_in)

    def put_back(self, kept: Path) -> None:
        """Make this home what ``kept`` is: bytes, modes and times."""
        if self.root.exists():
            for entry in self.root.iterdir():
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        self.root.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", f"{kept}/.", self.root], check=True)

    def keep(self, kept: Path) -> None:
        """Remember what is here."""
        shutil.rmtree(kept, ignore_errors=True)
        subprocess.run(["cp", "-a", self.root, kept], check=True)


PROMISE: list[Promise] = []


def promise() -> Promise:
    """The project's own promise, read once."""
    if not PROMISE:
        PROMISE.append(policy.load())
    return PROMISE[0]


def told(work: Callable[[], Any]) -> int:
    """Do ``work`` as `jobs.cli.main` does a step: how it ends, what is printed, what of a refusal is on record."""
    args = argparse.Namespace(step="fault")
    lake = Lake.from_environment()
    try:
        arm(lake.root)
        work()
        return DONE
    except PolicyError as error:
        return cli._refused(error, args, lake)
    except Exception as error:  # noqa: BLE001 (as there)
        refusal = cli.of_the_machine(error)
        return cli._crashed(error) if refusal is None else cli._refused(refusal, args, lake)


def apart(work: Callable[[], Any]) -> Any:
    """What ``work`` returns, done in a fork."""
    read, write = os.pipe()
    if (child := os.fork()) == 0:
        os.close(read)
        code = 1
        try:
            with os.fdopen(write, "wb") as pipe:
                pickle.dump(work(), pipe)
            code = 0
        except BaseException as error:  # noqa: BLE001
            with suppress(OSError):
                print(f"apart: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        finally:
            os._exit(code)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        content = pipe.read()
    _, status = os.waitpid(child, 0)
    if status or not content:
        raise RuntimeError("what was to be done apart failed")
    return pickle.loads(content)


@contextmanager
def started(
    work: Callable[[], Any], home: Home, fault: str | None = None, use: Callable[[], None] | None = None
) -> Any:
    """A fork that waits for `Run.go` before it does ``work`` as a step; ``use``: what it does before that."""
    read, write = os.pipe()
    if (child := os.fork()) == 0:
        try:
            os.close(write)
            out = os.open(home.said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(out, 1)
            os.dup2(out, 2)
            if fault is not None:
                os.environ[VARIABLE] = fault
                home.lake.root.mkdir(exist_ok=True)
                (home.lake.root / TRIAL).touch()
            if use is not None:
                use()
            os.read(read, 1)
            code = told(work)
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
        finally:
            os._exit(CRASHED)
    os.close(read)
    run = Run(child, write)
    try:
        yield run
    finally:
        run.end()


@dataclass
class Run:
    """A started fork."""

    pid: int
    pipe: int
    status: int | None = None

    def go(self) -> None:
        """Let it begin."""
        with suppress(BrokenPipeError):
            os.write(self.pipe, b"g")

    def wait(self) -> int:
        """Its exit status; negative the signal that ended it. A run that hangs is ended, and said to."""
        began = time.monotonic()
        while self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
            elif time.monotonic() - began > PATIENCE:
                os.kill(self.pid, 9)
                os.waitpid(self.pid, 0)
                self.status = -99
            else:
                time.sleep(0.002)
        return self.status

    def end(self) -> None:
        """Leave nothing running."""
        with suppress(OSError):
            os.close(self.pipe)
        if self.status is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, 9)
            os.waitpid(self.pid, 0)
            self.status = -9
