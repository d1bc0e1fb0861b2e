"""The N-th call fails: SQLite's way, at the kernel's border, by strace.

A run is recorded once. Then the same run is made again, and the N-th ``write``, ``fsync``, ``rename`` … of a thread
fails with an error, once or for good, or ends the process: for each N at which the recorded run touched its home.
"""

from __future__ import annotations

import re
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.faults.home import Home, Run

CHANGING = (
    "write", "pwrite64", "writev", "fsync", "fdatasync", "rename", "renameat", "renameat2", "link", "linkat", "unlink",
    "unlinkat", "openat", "mkdir", "mkdirat", "rmdir", "ftruncate", "fchmod", "chmod", "fchmodat",
)  # fmt: skip
"""Calls that change files or names; ``openat`` that makes one, or reads one."""

TAKEN = re.compile(r"^(\d+) +(?:\d+\.\d+ )?(\w+)\((.*)")
ONCE, FOR_GOOD = "", "+"


@dataclass(frozen=True)
class Fault:
    """The ``number``-th ``call`` of a thread: ``what`` is an error's name, or ``KILL``; ``then``: ``+`` for good."""

    call: str
    number: int
    what: str
    then: str = ONCE

    @property
    def rule(self) -> str:
        """What strace is told."""
        how = "signal=SIGKILL" if self.what == "KILL" else f"error={self.what}"
        return f"inject={self.call}:{how}:when={self.number}{self.then}"

    def __str__(self) -> str:
        return f"{self.call} {self.number} {self.what}{' for good' if self.then else ''}"


@contextmanager
def traced(run: Run, log: Path, fault: Fault | None = None) -> Iterator[None]:
    """Attach strace to a waiting run, with a fault if there is one."""
    words = ["strace", "-f", "-qq", "-y", "-s", "0", "-o", str(log), "-e", f"trace={','.join(CHANGING)}"]
    if fault is not None:
        words += ["-e", fault.rule]
    with subprocess.Popen([*words, "-p", str(run.pid)], stderr=subprocess.PIPE) as tracer:
        try:
            _wait_for(run.pid, tracer)
            yield
        finally:
            if run.status is None:
                run.end()
            with suppress(subprocess.TimeoutExpired):
                tracer.wait(10)
            if tracer.poll() is None:
                tracer.kill()


def _wait_for(pid: int, tracer: Any) -> None:
    status = Path(f"/proc/{pid}/status")
    for _ in range(2000):
        if f"TracerPid:\t{tracer.pid}\n" in status.read_text():
            return
        if tracer.poll() is not None:
            raise RuntimeError(f"strace doesn't attach: {tracer.stderr.read().decode()[:200]}")
        time.sleep(0.001)
    raise RuntimeError("strace doesn't attach")


def calls(log: Path, home: Home) -> list[tuple[str, int, str]]:
    """Every call of a recorded run that touched the home: its name, which of its thread's it was, its arguments."""
    counted: Counter[tuple[str, str]] = Counter()
    touched = []
    for line in log.read_text(errors="replace").splitlines():
        taken = TAKEN.match(line)
        if taken is None:
            continue
        thread, call, arguments = taken.groups()
        counted[thread, call] += 1
        if f"{home.root}/" in arguments or f"{home.root}>" in arguments:
            touched.append((call, counted[thread, call], arguments))
    return touched


def beside_files(log: Path) -> bool:
    """Whether a fault befell what is no file: a thread that can't wake another one waits for ever, on any disk."""
    return any("INJECTED" in line and "eventfd" in line for line in log.read_text(errors="replace").splitlines())


def faults_of(touched: list[tuple[str, int, str]]) -> list[Fault]:
    """Every fault that may befall these calls."""
    numbers = sorted({(call, number) for call, number, _ in touched})
    faults = []
    for call, number in numbers:
        faults.append(Fault(call, number, "KILL"))
        faults.append(Fault(call, number, "EIO"))
        faults.append(Fault(call, number, "EIO", FOR_GOOD))
        if call in ("write", "pwrite64", "writev", "openat", "mkdir", "mkdirat", "link", "linkat", "rename", "fsync"):
            faults.append(Fault(call, number, "ENOSPC", FOR_GOOD))
    return faults
