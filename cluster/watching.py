"""Do something at a chosen moment of a night that another thread runs."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from collections.abc import Callable
from threading import Event, Thread
from typing import Any

from cluster.night import airflow
from demo.night import say

LOOKS_FOR = 600


def while_running(step: str, act: Callable[[], object]) -> Callable[[], bool]:
    """Act once a task of ``step`` runs and the Spark master says that its executors work.

    Returns a function that says whether the moment came.
    """
    app = step.removesuffix("_all")
    return _at(lambda: _state(step, "running") and _working(f"{app} "), act, f"{step} is running")


def when_done(step: str, act: Callable[[], object]) -> Callable[[], bool]:
    """Act once a task of ``step`` has succeeded."""
    return _at(lambda: _state(step, "success"), act, f"{step} is done")


def _at(moment: Callable[[], bool], act: Callable[[], object], name: str) -> Callable[[], bool]:
    came = Event()
    before = {run["dag_run_id"] for run in _runs()}

    def look() -> None:
        deadline = time.monotonic() + LOOKS_FOR
        while time.monotonic() < deadline:
            if {run["dag_run_id"] for run in _runs()} - before and moment():
                say(f"  … {name}: now")
                act()
                came.set()
                return
            time.sleep(0.3)

    Thread(target=look, daemon=True).start()
    return came.is_set


def _runs() -> list[dict[str, Any]]:
    return list(airflow().ask("GET", "dags/nightly/dagRuns?order_by=-run_after&limit=100")["dag_runs"])


def _state(step: str, state: str) -> bool:
    newest = _runs()[0]["dag_run_id"]
    tasks = airflow().ask("GET", f"dags/nightly/dagRuns/{newest}/taskInstances?limit=1000")["task_instances"]
    return any(t["state"] == state and t["task_id"].rpartition(".")[2] == step for t in tasks)


def _working(app: str) -> bool:
    url = f"http://localhost:{os.environ.get('SPARK_PORT') or 8081}/json/"
    with urllib.request.urlopen(url, timeout=10) as answer:
        page = json.load(answer)
    return any(each["name"].startswith(app) and each["cores"] > 0 for each in page["activeapps"])
