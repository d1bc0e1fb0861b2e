"""What ``make nightly`` and ``make ui`` run: the demo platform, a real Airflow, and one night through it."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

from demo.tower import DEMO, HOME, PASSWORD, PLATFORM, PROJECT, Airflow, environment, free_port, running, set_up

NIGHT_WITHIN = timedelta(hours=6)
SIGNS = {"success": "✓", "failed": "✗", "skipped": "–", "upstream_failed": "·"}

GREEN = """
Read it:     .venv/bin/python -c "import polars; print(polars.scan_delta('lake/published/threat_events').collect())"
Its terms:   lake/published/threat_events/_about/datasheet.md
Operate it:  make ui"""
RED = """
The night went red and published nothing that the gate hadn't passed.
Which task and why: the lines above, `make ui`, or the logs below .airflow/logs"""


def main() -> int:
    """``night`` runs one and ends; ``ui`` stays until it is interrupted; ``forget`` deletes what both made.

    ``assure`` searches what the nights have published.
    """
    parser = argparse.ArgumentParser(prog="python -m demo.night", description=__doc__)
    parser.add_argument("what", choices=("night", "assure", "ui", "forget"))
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    parser.add_argument("--day", type=lambda text: date.fromisoformat(text) if text else yesterday, default=yesterday)
    parser.add_argument("--scale", default="1")
    args = parser.parse_args()
    os.umask(0o077)
    if args.what == "forget":
        for folder in (HOME, DEMO, PROJECT / "lake", PROJECT / ".secrets"):
            shutil.rmtree(folder, ignore_errors=True)
        return 0
    if args.what == "assure":
        if not PLATFORM.exists():
            say("nothing to search: run `make nightly` first")
            return 1
        env = {**os.environ, "IGNICLOUD_PLATFORM": f"sqlite:///{PLATFORM}"}
        command = [sys.executable, "-m", "jobs", "assure", "--day", str(args.day)]
        return subprocess.run(command, cwd=PROJECT, env=env, check=False).returncode
    port = free_port(int(os.environ.get("PORT") or 8080))
    env = environment(port)
    seed_platform(args.day, args.scale or "1")
    say("setting up Airflow, once")
    set_up(env)
    say("starting Airflow")
    with running(env, port) as airflow:
        if args.what == "ui":
            say(f"open http://localhost:{port} as admin, password in {PASSWORD}; Ctrl-C stops it")
            signal.sigwait({signal.SIGINT, signal.SIGTERM})
            return 0
        went_well = run_night(airflow, args.day)
    subprocess.run([sys.executable, "-m", "jobs", "night", "--day", str(args.day)], cwd=PROJECT, check=False)
    say(GREEN if went_well else RED)
    return 0 if went_well else 1


def seed_platform(day: date, scale: str) -> None:
    """The demo platform, if there is none yet."""
    if PLATFORM.exists():
        say("the demo platform is there already; `make clean` first for another size or other days")
        return
    say(f"seeding the demo platform, 30 days up to {day}")
    DEMO.mkdir(mode=0o700, exist_ok=True)
    fresh = DEMO / "seeding.db"
    words = ["seed", "--to", f"sqlite:///{fresh}", "--until", str(day), "--scale", scale]
    subprocess.run([sys.executable, "-m", "demo", *words], cwd=PROJECT, check=True)
    fresh.replace(PLATFORM)


def run_night(airflow: Airflow, day: date) -> bool:
    """Trigger the DAG for one day and show each task as it ends; whether all went well."""
    run = f"make-{day}-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    airflow.ask("PATCH", "dags/nightly", {"is_paused": False})
    airflow.ask("POST", "dags/nightly/dagRuns", {"dag_run_id": run, "logical_date": None, "conf": {"day": str(day)}})
    say(f"the night of {day} is running")
    shown: set[str] = set()
    deadline = time.monotonic() + NIGHT_WITHIN.total_seconds()
    while time.monotonic() < deadline:
        tasks = airflow.ask("GET", f"dags/nightly/dagRuns/{run}/taskInstances?limit=1000")["task_instances"]
        ended = [task for task in tasks if task["state"] in SIGNS and task["id"] not in shown]
        for task in sorted(ended, key=lambda each: each["end_date"] or ""):
            shown.add(task["id"])
            say(line_of(task))
        state = airflow.ask("GET", f"dags/nightly/dagRuns/{run}")["state"]
        if state in ("success", "failed"):
            return bool(state == "success")
        time.sleep(1)
    return False


def line_of(task: dict[str, Any]) -> str:
    """One ended task: its state, name, release and seconds."""
    which = task["rendered_map_index"] or ""
    took = f"{task['duration']:6.1f} s" if task["duration"] and task["state"] != "skipped" else ""
    return f"  {SIGNS[task['state']]} {task['task_id'].rpartition('.')[2]:<9} {which:<32} {took}".rstrip()


def say(line: str) -> None:
    """One line of progress, at once."""
    print(line, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
