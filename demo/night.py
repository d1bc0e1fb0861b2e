"""What ``make nightly`` and ``make ui`` run: a real Airflow on this machine, and one night through it.

Everything lies in the project's own hidden folders. The parts of Airflow (scheduler, DAG processor,
API server) are started one by one and stopped by their process ids.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
HOME, DEMO = PROJECT / ".airflow", PROJECT / ".demo"
PLATFORM = DEMO / "platform.db"
PARTS = {"api-server": ("--workers", "1"), "scheduler": (), "dag-processor": ()}
HEALTHY_WITHIN, NIGHT_WITHIN = 120, 7200
STATES = {"success": "✓", "failed": "✗", "skipped": "–", "upstream_failed": "·"}


def environment(port: int) -> dict[str, str]:
    """Airflow's settings for this machine; no credentials among them."""
    binaries = Path(sys.executable).parent
    airflow = {
        "AIRFLOW_HOME": HOME,
        "AIRFLOW__CORE__DAGS_FOLDER": PROJECT / "dags",
        "AIRFLOW__CORE__PLUGINS_FOLDER": PROJECT / "plugins",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": "2",
        "AIRFLOW__CORE__AUTH_MANAGER": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://localhost:{port}/execution/",
        "AIRFLOW__API__BASE_URL": f"http://localhost:{port}",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": port,
        "AIRFLOW__API__ENABLE_SWAGGER_UI": "False",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "False",
        "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
        "AIRFLOW__SCHEDULER__JOB_HEARTBEAT_SEC": "2",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW_CONN_SPARK_DEFAULT": json.dumps(
            {"conn_type": "spark", "host": os.environ.get("SPARK_MASTER", "local[*]")}
        ),
        "AIRFLOW_CONN_PLATFORM": json.dumps({"conn_type": "sqlite", "host": str(PLATFORM)}),
        "PYTHONPATH": f"{PROJECT}{os.pathsep}{PROJECT / 'plugins'}",
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
        "PYTHONWARNINGS": "ignore",
        "JDK_JAVA_OPTIONS": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1",  # a small night ends before the JVM is warm
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    for foreign in ("PYTHONDONTWRITEBYTECODE", "PYSPARK_PYTHON", "SPARK_HOME"):
        inherited.pop(foreign, None)
    return {**inherited, **{name: str(value) for name, value in airflow.items()}, "PYSPARK_PYTHON": sys.executable}


def airflow(env: dict[str, str], *words: str, quiet: bool = True) -> str:
    """Run one ``airflow`` command; its output."""
    done = subprocess.run(["airflow", *words], env=env, cwd=PROJECT, capture_output=quiet, text=True, check=False)
    if done.returncode:
        log = HOME / "setup.log"
        log.write_text((done.stdout or "") + (done.stderr or ""))
        sys.exit(f"airflow {words[0]} {words[1] if len(words) > 1 else ''} failed; see {log}")
    return done.stdout or ""


def set_up(env: dict[str, str]) -> None:
    """Airflow's own database and its first user; nothing is done twice."""
    HOME.mkdir(mode=0o700, exist_ok=True)
    password = HOME / "admin-password"
    if password.exists():
        return
    say("setting up Airflow (once)")
    airflow(env, "db", "migrate")
    secret = secrets.token_urlsafe(16)
    program = (
        "from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder as g\nimport sys\n"
        "with g() as b:\n s = b.sm\n s.add_user('admin', 'Demo', 'Admin', 'admin@ignicloud.example', s.find_role('Admin'), sys.stdin.read())\n"
    )
    subprocess.run([sys.executable, "-c", program], env=env, input=secret, text=True, capture_output=True, check=True)
    with os.fdopen(os.open(password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret + "\n")


def seed_platform(day: date, scale: str) -> None:
    """The demo platform, if there is none yet."""
    if PLATFORM.exists():
        return
    say(f"seeding the demo platform, 30 days up to {day}")
    DEMO.mkdir(mode=0o700, exist_ok=True)
    fresh = DEMO / "seeding.db"
    command = [
        sys.executable,
        "-m",
        "demo",
        "seed",
        "--to",
        f"sqlite:///{fresh}",
        "--until",
        str(day),
        "--scale",
        scale,
    ]
    subprocess.run(command, cwd=PROJECT, check=True)
    fresh.replace(PLATFORM)


@contextmanager
def running(env: dict[str, str], port: int) -> Iterator[None]:
    """Airflow's parts, healthy; stopped when the block ends."""
    logs = HOME / "components"
    logs.mkdir(exist_ok=True)
    started = {}
    try:
        for part, options in PARTS.items():
            with (logs / f"{part}.log").open("w") as log:
                started[part] = subprocess.Popen(
                    ["airflow", part, *options], env=env, cwd=PROJECT, stdout=log, stderr=log, start_new_session=True
                )
        _wait_until_healthy(port, started, logs)
        yield
    finally:
        for process in started.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + 15
        for process in started.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def _wait_until_healthy(port: int, started: dict[str, Any], logs: Path) -> None:
    deadline = time.monotonic() + HEALTHY_WITHIN
    while time.monotonic() < deadline:
        for part, process in started.items():
            if process.poll() is not None:
                sys.exit(f"Airflow's {part} ended early; see {logs / part}.log")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v2/monitor/health", timeout=5) as answer:
                health = json.load(answer)
            if all(health[part]["status"] == "healthy" for part in ("metadatabase", "scheduler", "dag_processor")):
                return
        except (OSError, KeyError, ValueError):
            pass
        time.sleep(0.5)
    sys.exit(f"Airflow didn't become healthy within {HEALTHY_WITHIN} s; see {logs}")


def run_night(env: dict[str, str], day: date) -> bool:
    """Trigger the DAG for one day and show each task as it ends; whether all went well."""
    run = f"make-{day}-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    airflow(env, "dags", "reserialize")
    airflow(env, "dags", "unpause", "-y", "nightly")
    airflow(env, "dags", "trigger", "nightly", "--run-id", run, "--conf", json.dumps({"day": str(day)}))
    say(f"the night of {day} is running (Airflow run {run})")
    seen: set[tuple[str, str]] = set()
    deadline = time.monotonic() + NIGHT_WITHIN
    while time.monotonic() < deadline:
        tasks = json.loads(airflow(env, "tasks", "states-for-dag-run", "nightly", run, "-o", "json"))
        for task in tasks:
            _show(task, seen)
        report = [task for task in tasks if task["task_id"] == "report"]
        if report and report[0]["state"] in STATES:
            return report[0]["state"] == "success"
        time.sleep(2)
    return False


def _show(task: dict[str, Any], seen: set[tuple[str, str]]) -> None:
    index = str(task.get("map_index", ""))
    if task["state"] not in STATES or (task["task_id"], index) in seen:
        return
    seen.add((task["task_id"], index))
    took = ""
    if task.get("start_date") and task.get("end_date"):
        seconds = datetime.fromisoformat(task["end_date"]) - datetime.fromisoformat(task["start_date"])
        took = f"{seconds.total_seconds():6.1f} s"
    say(f"  {STATES[task['state']]} {task['task_id']:<20} {index:>3} {took}")


def say(line: str) -> None:
    """One line of progress, at once."""
    print(line, flush=True)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> int:
    """``night`` runs one and ends; ``ui`` stays until it is interrupted; ``forget`` deletes what both made."""
    parser = argparse.ArgumentParser(prog="python -m demo.night", description=__doc__)
    parser.add_argument("what", choices=("night", "ui", "forget"))
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    parser.add_argument("--day", type=lambda text: date.fromisoformat(text) if text else yesterday, default=yesterday)
    parser.add_argument("--scale", default="1")
    args = parser.parse_args()
    os.umask(0o077)
    if args.what == "forget":
        for folder in (HOME, DEMO, PROJECT / "lake", PROJECT / ".secrets"):
            shutil.rmtree(folder, ignore_errors=True)
        return 0
    port = int(os.environ.get("PORT") or free_port())
    env = environment(port)
    set_up(env)
    seed_platform(args.day, args.scale or "1")
    say("starting Airflow")
    with running(env, port):
        if args.what == "ui":
            say(f"open http://localhost:{port}  user admin, password in {HOME / 'admin-password'}; Ctrl-C stops it")
            signal.sigwait({signal.SIGINT, signal.SIGTERM})
            return 0
        went_well = run_night(env, args.day)
    subprocess.run([sys.executable, "-m", "jobs", "night", "--day", str(args.day)], cwd=PROJECT, check=False)
    if not went_well:
        say(f"\nThe night went red. Which task and why: `make ui`, or the logs below {HOME / 'logs'}")
        return 1
    say(
        f"\nOpen a table:  .venv/bin/python -c \"import polars; print(polars.scan_delta('{PROJECT}/lake/published/threat_events').collect())\""
    )
    say("Watch and operate it:  make ui")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
