"""CPU, wall time and peak memory of a piece of work and of every process that it starts.

Linux only: read from ``/proc``. CPU counts this process and all below it, living or waited for; so
Spark's JVM, its Python workers and a server given by its process id are all in it. Memory is the
proportional set size (shared pages counted once), sampled four times a second.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from ctypes import CDLL
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
SAMPLED_EVERY = 0.25
SUBREAPER = 36


@dataclass
class Cost:
    """Seconds of CPU and of the clock, and bytes of memory at the highest point."""

    cpu: float = 0.0
    wall: float = 0.0
    peak: int = 0


@contextmanager
def measuring(*others: int) -> Iterator[Cost]:
    """The cost of the block, filled in when it ends; ``others`` are roots of trees to count as well."""
    cost, roots, ended = Cost(), (os.getpid(), *others), threading.Event()

    def sample() -> None:
        while not ended.wait(SAMPLED_EVERY):
            cost.peak = max(cost.peak, sum(_memory(pid) for root in roots for pid in tree(root)))

    sampler = threading.Thread(target=sample, daemon=True)
    cpu, wall = sum(map(cpu_of, roots)), time.perf_counter()
    sampler.start()
    try:
        yield cost
    finally:
        cost.wall, cost.cpu = time.perf_counter() - wall, sum(map(cpu_of, roots)) - cpu
        ended.set()
        sampler.join()


def run(command: Sequence[str], env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Cost:
    """The cost of a command and of everything it leaves behind, waited for to the last process.

    Raises:
        subprocess.CalledProcessError: it failed; its output is in the error.
    """
    CDLL(None).prctl(SUBREAPER, 1)  # orphans of the command become children of this process
    with measuring() as cost:
        done = subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, check=False)
        while len(tree(os.getpid())) > 1:
            try:
                os.waitpid(-1, 0)
            except ChildProcessError:
                break
    if done.returncode:
        sys.stderr.write(done.stderr[-2000:])
        done.check_returncode()
    return cost


def interleaved(ways: Mapping[str, Callable[[], object]], repeats: int, *others: int) -> dict[str, Cost]:
    """The median cost of each way, all ways taken in turn so that noise meets each alike."""
    taken: dict[str, list[Cost]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, way in ways.items():
            with measuring(*others) as cost:
                way()
            taken[name].append(cost)
    return {name: middle(costs) for name, costs in taken.items()}


def middle(costs: Sequence[Cost]) -> Cost:
    """Median CPU and wall time, highest memory."""
    return Cost(
        statistics.median(c.cpu for c in costs), statistics.median(c.wall for c in costs), max(c.peak for c in costs)
    )


@dataclass(frozen=True)
class Result:
    """One way of one step: its cost, and its cost as a multiple of the yardstick's."""

    step: str
    way: str
    rows: int
    cores: int
    cpu: float
    wall: float
    peak: int
    times: float
    """CPU beside that of the step's yardstick in the same run."""


def results(step: str, costs: dict[str, Cost], yardstick: str, rows: int, cores: int) -> list[Result]:
    """The costs of one step's ways, each beside the yardstick."""
    return [
        Result(step, way, rows, cores, c.cpu, c.wall, c.peak, c.cpu / max(costs[yardstick].cpu, 0.01))
        for way, c in costs.items()
    ]


def table(found: list[Result]) -> str:
    """Markdown: a line a way, CPU and wall per million rows, memory, and the ratio."""
    lines = [
        "| step | way | rows | cores | CPU s / M rows | wall s / M rows | peak MiB | × yardstick |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for r in found:
        millions = r.rows / 1e6 or 1
        lines.append(
            f"| {r.step} | {r.way} | {r.rows / 1e6:g} M | {r.cores} | {r.cpu / millions:.2f} "
            f"| {r.wall / millions:.2f} | {r.peak // 2**20} | {r.times:.2f} |"
        )
    return "\n".join(lines)


def tree(root: int) -> list[int]:
    """``root`` and every living process below it."""
    found, below = [root], {}
    for path in Path("/proc").glob("[0-9]*"):
        parent = _fields(int(path.name))
        if parent:
            below.setdefault(int(parent[1]), []).append(int(path.name))
    for pid in found:
        found += below.get(pid, [])
    return found


def cpu_of(root: int) -> float:
    """CPU seconds of a tree: of its living processes and of those that they have waited for."""
    return sum(sum(map(int, fields[11:15])) for pid in tree(root) if (fields := _fields(pid))) / TICKS


def _fields(pid: int) -> list[str]:
    """The fields of ``/proc/<pid>/stat`` after the name; empty when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _memory(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0
