"""`make cluster-test`: the cluster under trial, beside any that runs, and gone afterwards.

Up from nothing with two Spark workers; a night during which a worker is killed while `protect` runs;
a night during which the scheduler is killed between two tasks; the same two nights by `make nightly`'s
own code on this machine under the same keyring, and every published table compared; who may open and start
what; then a search for keys, passwords and identifiers wherever they must not be. Each step says what
it found; the first thing that isn't as promised ends the trial with exit 1.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

TRIAL = Path(tempfile.gettempdir()) / "ignicloud-trial"
os.environ |= {
    "CLUSTER_SECRETS": str(TRIAL / "secrets"),
    "COMPOSE_PROJECT_NAME": os.environ.get("TRIAL_PROJECT", "ignicloud-trial"),
    "AIRFLOW_PORT": os.environ.get("TRIAL_AIRFLOW_PORT", "18080"),
    "SPARK_PORT": os.environ.get("TRIAL_SPARK_PORT", "18081"),
    "NOTEBOOK_PORT": os.environ.get("TRIAL_NOTEBOOK_PORT", "18888"),
}

import policy  # noqa: E402
from cluster.containers import PROJECT_NAME, compose, container, kill, output, start  # noqa: E402 (reads the environment)
from cluster.credentials import USERS  # noqa: E402
from cluster.night import airflow, url  # noqa: E402
from cluster.search import BlindSearchError, search  # noqa: E402
from cluster.tables import compare  # noqa: E402
from cluster.watching import when_done, while_running  # noqa: E402
from demo.night import run_night, say  # noqa: E402
from demo.tower import Airflow  # noqa: E402

PROJECT = Path(__file__).resolve().parents[1]
CHECKOUT, LAKE, KEYRING = TRIAL / "checkout", TRIAL / "lake", TRIAL / "secrets-of-the-ring" / "keyring.json"
LAST = datetime.now(UTC).date() - timedelta(days=1)
DAYS = (LAST - timedelta(days=1), LAST)


class BrokenPromiseError(Exception):
    """The cluster isn't as docs/cluster.md promises."""


def main() -> int:
    """All steps, or those that are named."""
    parser = argparse.ArgumentParser(prog="python -m cluster.trial", description=__doc__)
    parser.add_argument("steps", nargs="*", type=step, metavar="step", help=", ".join(STEPS))
    steps = parser.parse_args().steps or STEPS
    began = time.monotonic()
    try:
        for name in steps:
            at = time.monotonic()
            STEPS[name]()
            say(f"✓ {name}: {time.monotonic() - at:.0f} s")
    except (BrokenPromiseError, BlindSearchError, subprocess.CalledProcessError) as error:
        say(f"✗ {name}: {error}\nThe containers are left for a look; python -m cluster.trial down removes them")
        return 1
    say(f"as promised, in {time.monotonic() - began:.0f} s")
    return 0


def step(name: str) -> str:
    """One of the trial's steps by its name."""
    if name not in STEPS:
        raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(STEPS)}")
    return name


def require(holds: object, otherwise: str) -> None:
    """Go on, or end the trial.

    Raises:
        BrokenPromiseError: it doesn't hold.
    """
    if not holds:
        raise BrokenPromiseError(otherwise)


def up() -> None:
    """Secrets, images, containers, all healthy."""
    os.umask(0o077)
    TRIAL.mkdir(exist_ok=True)
    made = output([sys.executable, "-m", "cluster.credentials"], cwd=PROJECT)
    os.environ |= dict(line.split("=") for line in made.split())
    os.environ["PLATFORM_UNTIL"] = str(LAST)
    compose("build", "--quiet", "first-start", "analyst")
    compose("--profile", "analyst", "up", "--detach", "--scale", "spark-worker=2")
    airflow()


def dead_worker() -> None:
    """One of two Spark workers dies in the middle of protect; the night ends green."""
    victim = container("spark-worker")
    seen = while_running("protect_all", lambda: kill(victim))
    require(run_night(airflow(), DAYS[0]), "the night didn't survive a dead Spark worker")
    require(seen(), "no protect was running when the worker should have died")
    start(victim)


def dead_scheduler() -> None:
    """The scheduler dies between two tasks and comes back; the night ends green."""

    def die() -> None:
        kill(container("scheduler"))
        time.sleep(10)
        start(container("scheduler"))

    seen = when_done("extract", die)
    require(run_night(airflow(), DAYS[1]), "the night didn't survive a dead scheduler")
    require(seen(), "extract never ended, so no scheduler died")


def at_home() -> None:
    """The same two nights on this machine: `make nightly` in a checkout of its own, under the cluster's keys."""
    for left in (CHECKOUT, LAKE, KEYRING.parent):  # by a trial that was stopped
        shutil.rmtree(left, ignore_errors=True)
    KEYRING.parent.mkdir(mode=0o700)
    for name in ("policy", "console", "expectations", "jobs", "plugins", "dags", "demo", ".build"):
        shutil.copytree(PROJECT / name, CHECKOUT / name, ignore=shutil.ignore_patterns("__pycache__"))
    (CHECKOUT / ".venv").symlink_to((PROJECT / ".venv").resolve())
    output(["docker", "cp", f"{container('airflow-worker')}:/keys/keyring.json", str(KEYRING)])
    KEYRING.chmod(0o600)
    kek = TRIAL / "secrets" / "kek"
    at = {"IGNICLOUD_LAKE": LAKE, "IGNICLOUD_KEYRING": KEYRING, "IGNICLOUD_KEK": f"file:{kek}"}
    environment = {k: v for k, v in os.environ.items() if k not in ("AIRFLOW_PORT",)} | {
        k: str(v) for k, v in at.items()
    }
    (CHECKOUT / ".demo").mkdir(mode=0o700)
    words = ["demo", "seed", "--to", f"sqlite:///{CHECKOUT}/.demo/platform.db", "--until", str(LAST)]
    for command in (words, *(["demo.night", "night", "--day", str(day)] for day in DAYS)):
        subprocess.run([sys.executable, "-m", *command], cwd=CHECKOUT, env=environment, check=True)


def tables() -> None:
    """Every published table has equal rows and equal tokens in both places."""
    there = TRIAL / "published"
    shutil.rmtree(there, ignore_errors=True)
    output(["docker", "cp", f"{container('airflow-worker')}:/lake/published", str(there)])
    rows, differing = compare(there, LAKE / "published", DAYS, policy.load())
    for release, count in rows.items():
        say(f"  {release}: {count} rows")
    require(rows and not differing, f"other rows than at home in {', '.join(differing) or 'no table at all'}")


def analysts() -> None:
    """Their container reads what is published, writes nothing, and reaches nobody."""
    probe = ["docker", "exec", "--interactive", container("analyst"), "python", "-"]
    script = (PROJECT / "cluster" / "analyst_probe.py").read_text("utf-8")
    done = subprocess.run(probe, input=script, capture_output=True, text=True, check=False)
    require(done.returncode == 0, f"the analysts' container {done.stderr.strip()[-200:]}")
    require(int(done.stdout) > 0, "analysts read no row")


def users() -> None:
    """Data Docs open for who sees the nights; the threat report for an analyst alone, who may ask whose a token is."""
    report = f"ignicloud/threat_report/threat_signals/{LAST}.html"
    verdicts = "ignicloud/data_docs/threat_events/index.html"
    asked = {"logical_date": None, "conf": {}}
    expected = {
        ("viewer", "GET", verdicts): {200},
        ("nobody", "GET", verdicts): {401},
        ("analyst", "GET", report): {200},
        ("engineer", "GET", report): {403},
        ("viewer", "GET", report): {403},
        ("nobody", "GET", report): {401},
        ("analyst", "POST", "api/v2/dags/nightly/dagRuns"): {403},
        ("analyst", "POST", "api/v2/dags/reidentify/dagRuns"): {400, 422},  # may ask, but nothing was asked
        ("viewer", "POST", "api/v2/dags/reidentify/dagRuns"): {403},
    }
    for (user, method, path), right in expected.items():
        status = answer(user, method, path, asked if method == "POST" else None)
        require(status in right, f"{method} {path} as {user} is answered with {status}")


def answer(user: str, method: str, path: str, body: object = None) -> int:
    """The HTTP status of one request as one of the cluster's users, or as nobody."""
    headers = {"Content-Type": "application/json"}
    if user in USERS:
        password = (TRIAL / "secrets" / f"user_{user}").read_text()
        headers["Authorization"] = f"Bearer {Airflow.signed_in(url(), user, password).token}"
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{url()}/{path}", content, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answered:
            return int(answered.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def secrets() -> None:
    """No key, password or identifier in inspect, image history, logs or volumes."""
    looked, found = search(TRIAL / "secrets", CHECKOUT / ".demo" / "platform.db")
    for place, size in looked.items():
        say(f"  {place}: {size / 1e6:.1f} MB")
    require(not found, f"found where it must not be: {'; '.join(found)}")


def down() -> None:
    """Nothing is left."""
    if (TRIAL / "secrets").exists():
        compose(
            "--profile", "analyst", "--profile", "history", "down", "--volumes", "--remove-orphans", "--timeout", "20"
        )
    shutil.rmtree(TRIAL, ignore_errors=True)
    left = output(["docker", "volume", "ls", "--quiet", "--filter", f"label=com.docker.compose.project={PROJECT_NAME}"])
    require(not left.strip(), "volumes are left")


STEPS: dict[str, Callable[[], None]] = {
    "up": up,
    "dead-worker": dead_worker,
    "dead-scheduler": dead_scheduler,
    "at-home": at_home,
    "tables": tables,
    "analysts": analysts,
    "users": users,
    "secrets": secrets,
    "down": down,
}


if __name__ == "__main__":
    raise SystemExit(main())
