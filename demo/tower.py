"""A real Airflow on this machine for ``make nightly`` and ``make ui``: set up once, started part by part.

Scheduler, DAG processor and API server run as processes of their own and are stopped by their
process ids. Everything that they write lies in the project's own hidden folder, closed to others.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
HOME, DEMO = PROJECT / ".airflow", PROJECT / ".demo"
PLATFORM = DEMO / "platform.db"
PASSWORD = HOME / "admin-password"
PARTS = {"api-server": ("--workers", "1"), "scheduler": (), "dag-processor": ()}
"""What a night needs."""
ALL_PARTS = {**PARTS, "triggerer": ()}
"""What the UI's home page shows a light for."""
AIRFLOW = (sys.executable, "-m", "airflow")
"""Not the script ``airflow``: its first line names the folder in which it was installed."""
HEALTHY_WITHIN = 180
STOPPED_WITHIN = 15
ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)

CREATE_USER = """\
import sys
from typing import get_args
from policy.register import Page, view_of
from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder
with get_application_builder() as builder:
    users = builder.sm
    admin = users.find_role("Admin")
    for view in ("Threat report", *map(view_of, get_args(Page))):
        users.add_permission_to_role(admin, users.create_permission("can_read", view))
    users.add_user("admin", "Demo", "Admin", "admin@ignicloud.example", admin, sys.stdin.read())
"""
"""The command-line interface takes a password as an argument only, where every process list shows it."""

LOCAL_SETTINGS = """\
# Tasks are forked from the scheduler: what it has imported, no task has to import again (1.5 s of CPU each).
import airflow.dag_processing.dagbag
import airflow.providers.apache.spark.operators.spark_submit
import airflow.providers.standard.decorators.python
import airflow.sdk.execution_time.task_runner
"""


def environment(port: int) -> dict[str, str]:
    """Airflow's settings for this machine; no credentials among them."""
    settings = {
        "AIRFLOW_HOME": HOME,
        "AIRFLOW__CORE__DAGS_FOLDER": PROJECT / "dags",
        "AIRFLOW__CORE__PLUGINS_FOLDER": PROJECT / "plugins",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        # Said here, for airflow.cfg keeps the folder in which it was written, and a checkout can be copied:
        "AIRFLOW_CONFIG": HOME / "airflow.cfg",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{HOME / 'airflow.db'}",
        "AIRFLOW__FAB__CONFIG_FILE": HOME / "webserver_config.py",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": HOME / "logs",
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": HOME / "logs" / "dag_processor",
        "AIRFLOW__CORE__PARALLELISM": "2",
        "AIRFLOW__CORE__AUTH_MANAGER": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://localhost:{port}/execution/",
        "AIRFLOW__API__BASE_URL": f"http://localhost:{port}",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": port,
        "AIRFLOW__API__ENABLE_SWAGGER_UI": "False",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "3600",  # one that was changed is read sooner
        "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "False",  # the demo's nights are started by hand
        "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.3",
        "AIRFLOW__SCHEDULER__JOB_HEARTBEAT_SEC": "2",
        # A worker that misses its task's end by a moment looks again after this time, and takes no other task before:
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW_CONN_SPARK_DEFAULT": json.dumps(
            {"conn_type": "spark", "host": os.environ.get("SPARK_MASTER", "local[*]")}
        ),
        "AIRFLOW_CONN_PLATFORM": json.dumps({"conn_type": "sqlite", "host": str(PLATFORM)}),
        "PYTHONPATH": f"{PROJECT}{os.pathsep}{PROJECT / 'plugins'}",
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONWARNINGS": "ignore",
    }
    foreign = ("PYTHONDONTWRITEBYTECODE", "SPARK_HOME")
    inherited = {n: v for n, v in os.environ.items() if n not in foreign and not n.startswith("AIRFLOW")}
    return inherited | {name: str(value) for name, value in settings.items()}


def set_up(env: dict[str, str]) -> bool:
    """Airflow's own database and its first user; whether there was anything to do."""
    HOME.mkdir(mode=0o700, exist_ok=True)
    (HOME / "config").mkdir(exist_ok=True)
    (HOME / "config" / "airflow_local_settings.py").write_text(LOCAL_SETTINGS)
    if PASSWORD.exists():
        return False
    secret = secrets.token_urlsafe(16)
    for command, typed in (([*AIRFLOW, "db", "migrate"], ""), ([sys.executable, "-c", CREATE_USER], secret)):
        done = subprocess.run(command, env=env, cwd=PROJECT, input=typed, capture_output=True, text=True, check=False)
        if done.returncode:
            log = HOME / "set-up.log"
            log.write_text(done.stdout + done.stderr)
            sys.exit(f"Airflow's database can't be set up; see {log}, then `make clean` and try again")
    with os.fdopen(os.open(PASSWORD, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret + "\n")
    return True


@dataclass(frozen=True)
class Airflow:
    """A running Airflow, spoken to by its REST interface."""

    url: str
    token: str

    @classmethod
    def signed_in(cls, url: str, user: str, password: str) -> Airflow:
        """The Airflow at ``url``, as ``user``."""
        who = {"username": user, "password": password}
        return cls(url, _request("POST", f"{url}/auth/token", who)["access_token"])

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One request to ``/api/v2``; its answer."""
        return _request(method, f"{self.url}/api/v2/{path}", body, {"Authorization": f"Bearer {self.token}"})


def end_by_signals() -> None:
    """From now on SIGTERM, SIGHUP and SIGQUIT unwind this process as Ctrl-C does: what it started is stopped."""

    def end(number: int, _: object) -> None:
        for each in (*ENDING, signal.SIGINT):
            signal.signal(each, signal.SIG_IGN)  # a second one would interrupt the stopping
        sys.exit(128 + number)

    for number in (*ENDING, signal.SIGINT):
        signal.signal(number, end)


@contextmanager
def running(env: dict[str, str], port: int, parts: Mapping[str, tuple[str, ...]] = PARTS) -> Iterator[Airflow]:
    """Airflow's parts, healthy, with the DAGs read; stopped when the block ends, however it ends.

    A signal ends it where `end_by_signals` was called.
    """
    logs = HOME / "components"
    logs.mkdir(exist_ok=True)
    started: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for part, options in parts.items():
            with (logs / f"{part}.log").open("w") as log:
                started[part] = subprocess.Popen(
                    [*AIRFLOW, part, *options], env=env, cwd=PROJECT, stdout=log, stderr=log, start_new_session=True
                )
        yield _healthy(f"http://127.0.0.1:{port}", started, logs)
    finally:
        stop(list(started.values()))


def _healthy(url: str, started: dict[str, subprocess.Popen[bytes]], logs: Path) -> Airflow:
    deadline = time.monotonic() + HEALTHY_WITHIN
    while time.monotonic() < deadline:
        for part, process in started.items():
            if process.poll() is not None:
                sys.exit(f"Airflow's {part} ended early; see {logs / part}.log")
        try:
            health = _request("GET", f"{url}/api/v2/monitor/health")
            if all(health[part]["status"] == "healthy" for part in ("metadatabase", "scheduler", "dag_processor")):
                airflow = Airflow.signed_in(url, "admin", PASSWORD.read_text().strip())
                airflow.ask("GET", "dags/nightly")
                return airflow
        except (OSError, KeyError, ValueError, urllib.error.HTTPError):
            pass
        time.sleep(0.5)
    sys.exit(f"Airflow didn't become healthy within {HEALTHY_WITHIN} s; see {logs}")


def _request(method: str, url: str, body: dict[str, Any] | None = None, headers: dict[str, str] | None = None) -> Any:
    content = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(
        url, content, {"Content-Type": "application/json", **(headers or {})}, method=method
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def stop(processes: list[subprocess.Popen[bytes]]) -> None:
    """End these sessions with all that was started in them: asked first, then made to."""
    deadline = time.monotonic() + STOPPED_WITHIN
    descendants = {pid for process in processes for pid in _below(process.pid)}
    for process in processes:
        _tell_group(process.pid, signal.SIGTERM)
    while any(process.poll() is None for process in processes) and time.monotonic() < deadline:
        time.sleep(0.1)
    for process in processes:
        _tell_group(process.pid, signal.SIGKILL)
        process.wait()
    for pid in descendants:  # a task leads a session of its own
        _tell_group(pid, signal.SIGKILL)


def _tell_group(leader: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(leader, number)


def _below(pid: int) -> set[int]:
    """Every process that descends from ``pid``, as far as this machine says (Linux: /proc)."""
    found: set[int] = set()
    for path in Path("/proc").glob(f"{pid}/task/*/children"):
        try:
            children = {int(child) for child in path.read_text().split()}
        except OSError:
            continue
        found |= children.union(*map(_below, children))
    return found


def free_port(wished: int) -> int:
    """``wished`` if nobody listens there, else any other."""
    for port in (wished, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port")
