"""Start a step of the Spark tower that needs no Spark: ``python -m jobs …`` in a process of its own.

Airflow imports nothing of the tower: it knows steps by their names and gives them strings.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from airflow.sdk.exceptions import AirflowException, AirflowFailException

from ignicloud_airflow.closed import kek_environment
from ignicloud_airflow.platform import platform_environment

PROJECT = Path(__file__).resolve().parents[2]
REFUSED, CRASHED = 2, 1
"""The exit codes of a step that a typed error stopped, which no retry will mend, and of any other error."""

REASONS = ("refused: ", "crashed: ")
"""How the line begins in which a step says why it failed, see jobs/cli."""

READS_THE_PLATFORM = {"plan", "extract", "expire", "keys", "reidentify", "request"}
"""No other step is given the database's credentials."""

log = logging.getLogger(__name__)


def run_job(step: str, *actions: str, stdin: str = "", **arguments: str) -> str:
    """Run one step to its end, its output into the task's log; its last line.

    ``stdin`` is for what no process list may show.

    Raises:
        AirflowFailException: the step was refused; Airflow doesn't retry.
        AirflowException: it crashed; Airflow retries, every step is idempotent.
    """
    command = [sys.executable, "-m", "jobs", step, *actions]
    for name, value in arguments.items():
        command += [f"--{name}", value]
    reads = platform_environment() if step in READS_THE_PLATFORM else nullcontext({})
    with reads as platform, kek_environment() as kek:
        environment = {**os.environ, **platform, **kek, "PYTHONPATH": str(PROJECT)}
        process = subprocess.Popen(
            command, cwd=PROJECT, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        if process.stdin:
            process.stdin.write(stdin)
            process.stdin.close()
        heard, last = Heard(), ""
        for line in heard.through(process.stdout or ()):
            last = line.rstrip()
            log.info("%s", last)
        code = process.wait()
    require_done(step, code, heard.reason)
    return last


class Heard:
    """Listens to what a step prints; ``reason`` is the line in which it says why it failed, if it has said so."""

    def __init__(self) -> None:
        self.reason = ""

    def through(self, lines: Iterable[str]) -> Iterator[str]:
        """The same lines."""
        for line in lines:
            if line.startswith(REASONS):
                self.reason = line.strip()
            yield line


def require_done(step: str, code: int | None, reason: str = "") -> None:
    """Turn a step's exit code into Airflow's terms.

    The step's own reason, which holds names and counts only, is the first error of the task's log and the message of
    its failure; `ignicloud_airflow.callbacks` says it last.
    """
    if not code:
        return
    said = reason or f"{step} ended with exit code {code} and gave no reason; the lines above are all that it said"
    log.error("%s", said)
    raise (AirflowFailException if code == REFUSED else AirflowException)(said) from None


def plan_night(day: str) -> dict[str, list[Any]]:
    """What the night of ``day`` has to do: its ``days``, and of ``bases``, ``others`` and ``derived`` the work.

    Work is a list of ``{day, release}``, names and dates only; ``together_bases`` and ``together_others`` are the same
    by days, ``{day, releases}``. ``unmade`` are the releases that nothing makes yet, ``{day, release, why}``.
    """
    planned: dict[str, Any] = json.loads(run_job("plan", day=day))
    unmade = [{"day": day, **item} for item in planned.pop("skipped")]
    together = {f"together_{group}": _by_days(planned[group]) for group in ("bases", "others")}
    return {**planned, **together, "unmade": unmade}


def _by_days(work: list[dict[str, str]]) -> list[dict[str, Any]]:
    releases: dict[str, list[str]] = {}
    for item in work:
        releases.setdefault(item["day"], []).append(item["release"])
    return [{"day": day, "releases": names} for day, names in releases.items()]
