"""Start a step of the Spark tower that needs no Spark: ``python -m jobs …`` in a process of its own.

Airflow imports nothing of the tower: it knows steps by their names and gives them strings.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from airflow.sdk.exceptions import AirflowException, AirflowFailException

from ignicloud_airflow.closed import kek_environment
from ignicloud_airflow.platform import platform_environment

PROJECT = Path(__file__).resolve().parents[2]
REFUSED = 2
"""The exit code of a step that a typed error stopped: no retry will mend it."""

READS_THE_PLATFORM = {"plan", "extract", "expire", "keys", "reidentify"}
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
        last = ""
        for line in process.stdout or ():
            last = line.rstrip()
            log.info("%s", last)
        code = process.wait()
    require_done(step, code, last)
    return last


def require_done(step: str, code: int | None, last: str = "") -> None:
    """Turn a step's exit code into Airflow's terms."""
    if code == REFUSED:
        raise AirflowFailException(last or f"{step} was refused; the reason is in this task's log")
    if code:
        raise AirflowException(f"{step} ended with exit code {code}; the reason is in this task's log")


def plan_night(day: str) -> dict[str, list[Any]]:
    """What the night of ``day`` has to do: its ``days``, and of ``bases``, ``others`` and ``derived`` the work.

    Work is a list of ``{day, release}``, names and dates only. ``unmade`` are the releases that nothing makes
    yet, ``{day, release, why}``.
    """
    planned: dict[str, Any] = json.loads(run_job("plan", day=day))
    unmade = [{"day": day, **item} for item in planned.pop("skipped")]
    return {**planned, "unmade": unmade}
