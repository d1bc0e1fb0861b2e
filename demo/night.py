"""What ``make nightly`` and ``make ui`` run: the demo platform, a real Airflow, and one night through it."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from demo.tower import (
    ALL_PARTS,
    DEMO,
    HOME,
    PARTS,
    PASSWORD,
    PLATFORM,
    PROJECT,
    Airflow,
    end_by_signals,
    environment,
    free_port,
    running,
    set_up,
)
from policy.command_line import CommandLine, a_day_or_yesterday, a_port, command, python

NIGHT_WITHIN = timedelta(hours=6)
LATE_WITHIN = timedelta(minutes=2)
"""So much later than it ended can Airflow know of a task."""

SIGNS = {"success": "✓", "failed": "✗", "skipped": "–", "upstream_failed": "·"}

AGAIN = {"assure": "search", "risk": "measure"}
"""Steps over everything that is published."""

GREEN = """
Read it:     {python} -c "import polars; print(polars.scan_delta('lake/published/threat_events').collect())"
Its terms:   lake/published/threat_events/_about/datasheet.md
Operate it:  make ui"""
RED = """
The night went red and published nothing that the gate hadn't passed.
Which task and why: the lines above, `make ui`, or the logs below .airflow/logs"""


def main() -> int:
    """``night`` runs one and ends; ``ui`` stays until it is interrupted; ``forget`` deletes what both made.

    ``assure`` searches what the nights have published, ``risk`` measures it.
    """
    parser = CommandLine(prog=command("demo.night"), description=__doc__)
    parser.add_argument("what", choices=("night", "assure", "risk", "ui", "forget"))
    parser.add_argument("--day", type=a_day_or_yesterday, default="")
    parser.add_argument("--scale", type=a_scale, default="1")
    parser.add_argument("--port", type=a_port, default=os.environ.get("PORT") or "8080", help="or the variable PORT")
    args = parser.parse_args()
    end_by_signals()
    os.umask(0o077)
    if args.what == "forget":
        for folder in (HOME, DEMO, PROJECT / "lake", PROJECT / ".secrets"):
            shutil.rmtree(folder, ignore_errors=True)
        return 0
    if args.what in AGAIN:
        return again(args.what, args.day)
    port = free_port(args.port)
    env = environment(port)
    seed_platform(args.day, args.scale)
    say("setting up Airflow, once")
    with patience("setting up Airflow"):
        set_up(env)
    say("starting Airflow")
    with patience("starting Airflow") as until_healthy, running(env, port, parts_of(args.what)) as airflow:
        until_healthy.set()
        if args.what == "ui":
            say(f"open http://localhost:{port} as admin, password in {PASSWORD}; Ctrl-C stops it")
            while True:
                signal.pause()
        went_well = run_night(airflow, args.day)
    subprocess.run([sys.executable, "-m", "jobs", "night", "--day", str(args.day)], cwd=PROJECT, check=False)
    say(GREEN.format(python=python()) if went_well else RED)
    return 0 if went_well else 1


def again(what: str, day: date) -> int:
    """Search or measure what the nights have published; the step's exit code."""
    if not PLATFORM.exists():
        say(f"nothing to {AGAIN[what]}: run `make nightly` first")
        return 1
    env = {**os.environ, "IGNICLOUD_PLATFORM": f"sqlite:///{PLATFORM}"}
    words = [sys.executable, "-m", "jobs", what, "--day", str(day)]
    return subprocess.run(words, cwd=PROJECT, env=env, check=False).returncode


def parts_of(what: str) -> Mapping[str, tuple[str, ...]]:
    """The parts of Airflow that a night needs, or that the UI shows."""
    return ALL_PARTS if what == "ui" else PARTS


def a_scale(text: str) -> float:
    """The size of the demo platform as it is typed, for `argparse`."""
    try:
        scale = float(text or "1")
    except ValueError:
        scale = 0.0
    if not 0 < scale <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is no size; 1 is 2,000 users, 0.1 a tenth of them")
    return scale


def seed_platform(day: date, scale: float) -> None:
    """The demo platform, if there is none yet."""
    if PLATFORM.exists():
        say("the demo platform is there already; `make clean` first for another size or other days")
        return
    say(f"seeding the demo platform, 30 days up to {day}")
    DEMO.mkdir(mode=0o700, exist_ok=True)
    fresh = DEMO / "seeding.db"
    words = ["seed", "--to", f"sqlite:///{fresh}", "--until", str(day), "--scale", str(scale)]
    with patience("seeding"):
        code = subprocess.run([sys.executable, "-m", "demo", *words], cwd=PROJECT, check=False).returncode
    if code:
        sys.exit("the demo platform can't be seeded: the lines above say why")
    fresh.replace(PLATFORM)


def run_night(airflow: Airflow, day: date) -> bool:
    """Trigger the DAG for one day and show each task as it ends; whether all went well."""
    run = f"make-{day}-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    airflow.ask("PATCH", "dags/nightly", {"is_paused": False})
    airflow.ask("POST", "dags/nightly/dagRuns", {"dag_run_id": run, "logical_date": None, "conf": {"day": str(day)}})
    say(f"the night of {day} is running")
    with patience("the night is running"):
        return _ended_well(airflow, run)


def _ended_well(airflow: Airflow, run: str) -> bool:
    shown: dict[str, dict[str, Any]] = {}
    latest = datetime.now(UTC)
    deadline = time.monotonic() + NIGHT_WITHIN.total_seconds()
    while time.monotonic() < deadline:
        asked = urlencode({"limit": 1000, "end_date_gte": (latest - LATE_WITHIN).isoformat()})
        tasks = airflow.ask("GET", f"dags/nightly/dagRuns/{run}/taskInstances?{asked}")["task_instances"]
        ended = {task["id"]: task for task in tasks if task["state"] in SIGNS}
        new = [ended[each] for each in ended.keys() - shown.keys()]
        shown |= ended
        for task in sorted(new, key=lambda each: each["end_date"] or ""):  # one that never began may have none
            latest = max(latest, datetime.fromisoformat(task["end_date"])) if task["end_date"] else latest
            say(line_of(task, shown.values()))
        state = airflow.ask("GET", f"dags/nightly/dagRuns/{run}")["state"]
        if state in ("success", "failed"):
            return bool(state == "success")
        time.sleep(1)
    return False


def line_of(task: dict[str, Any], tasks: Iterable[dict[str, Any]]) -> str:
    """One ended task: its state, name, release and seconds.

    A task that never ran has no name of its own in Airflow: its group's first task has.
    """
    group, place = task["task_id"].rpartition(".")[0], task["map_index"]
    beside = (
        each for each in tasks if group and each["map_index"] == place and each["task_id"].startswith(f"{group}.")
    )
    which = task["rendered_map_index"] or next(filter(None, (each["rendered_map_index"] for each in beside)), "")
    took = f"{task['duration']:6.1f} s" if task["duration"] and task["state"] != "skipped" else ""
    return f"  {SIGNS[task['state']]} {task['task_id'].rpartition('.')[2]:<12} {which:<32} {took}".rstrip()


_said = [time.monotonic()]


def say(line: str) -> None:
    """One line of progress, at once."""
    _said[0] = time.monotonic()
    print(line, flush=True)


@contextmanager
def patience(doing: str, seconds: float = 10) -> Iterator[threading.Event]:
    """While the block lasts, or until its event is set: a word whenever nothing was said for so long."""
    over, begun = threading.Event(), time.monotonic()

    def reassure() -> None:
        while not over.wait(max(0.01, _said[0] + seconds - time.monotonic())):
            if time.monotonic() - _said[0] >= seconds:
                say(f"  … {doing}, {time.monotonic() - begun:.0f} s")

    say_so = threading.Thread(target=reassure, daemon=True)
    say_so.start()
    try:
        yield over
    finally:
        over.set()
        say_so.join()


if __name__ == "__main__":
    raise SystemExit(main())
