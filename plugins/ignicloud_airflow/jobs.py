"""Start a step of the Spark tower that needs no Spark: ``python -m jobs …`` in a process of its own.

Airflow imports nothing of the tower. Credentials of the platform's database come from the Airflow
connection ``platform`` and reach the process as libpq's own variables, the password in a closed
file that is gone when the step ends; never as an argument.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowNotFoundException

PROJECT = Path(__file__).resolve().parents[2]
REFUSED = 2
"""The exit code of a step that a typed error stopped: no retry will mend it."""

log = logging.getLogger(__name__)


def run_job(step: str, **arguments: str) -> str:
    """Run one step to its end, its output into the task's log; its last line.

    Raises:
        AirflowFailException: the step was refused; Airflow doesn't retry.
        AirflowException: it crashed; Airflow retries, every step is idempotent.
    """
    command = [sys.executable, "-m", "jobs", step]
    for name, value in arguments.items():
        command += [f"--{name}", value]
    with platform_environment() as environment:
        process = subprocess.Popen(
            command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
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


def plan_night(day: str) -> list[dict[str, str]]:
    """What the night of ``day`` has to do: a list of ``{day, release, skipped}``, names and dates only.

    ``skipped`` says why a release isn't made yet; it is empty for one that is.
    """
    planned: dict[str, Any] = json.loads(run_job("plan", day=day))
    made = [{**item, "skipped": ""} for item in planned["work"]]
    return made + [{"day": day, "release": item["release"], "skipped": item["why"]} for item in planned["skipped"]]


def days_of(work: list[dict[str, str]]) -> list[str]:
    """The days that this night makes, each once."""
    return sorted({item["day"] for item in work})


@contextmanager
def platform_environment() -> Iterator[dict[str, str]]:
    """This process's environment, with the connection ``platform`` as libpq's variables if there is one."""
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    try:
        connection = BaseHook.get_connection("platform")
    except AirflowNotFoundException:
        yield environment
        return
    if connection.conn_type == "sqlite":
        yield {**environment, "IGNICLOUD_PLATFORM": f"sqlite:///{connection.host}"}
        return
    with tempfile.TemporaryDirectory() as folder:
        environment["IGNICLOUD_PLATFORM"] = "postgresql:"
        settings = {
            "PGHOST": connection.host,
            "PGPORT": str(connection.port or 5432),
            "PGDATABASE": connection.schema,
            "PGUSER": connection.login,
        }
        environment.update({name: value for name, value in settings.items() if value})
        if connection.password:
            environment["PGPASSFILE"] = str(_password_file(Path(folder), connection.password))
        yield environment


def _password_file(folder: Path, password: str) -> Path:
    path = folder / "pgpass"
    escaped = password.replace("\\", "\\\\").replace(":", "\\:")
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"*:*:*:*:{escaped}\n")
    return path
