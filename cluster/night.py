"""What `make cluster-up` and `make cluster-night` say and do once the containers run.

``tell`` prints addresses, users and where their passwords lie; ``night`` runs one through the
cluster's own scheduler. Needs Python only: everything else is in the containers.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import urllib.error

from cluster.containers import COMPOSE
from cluster.credentials import FOLDER, USERS
from demo.night import run_night, say
from demo.tower import Airflow
from policy.command_line import a_day_or_yesterday

READY_WITHIN = 180


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m cluster.night", description=__doc__)
    parser.add_argument("what", choices=("tell", "night"))
    parser.add_argument("--day", type=a_day_or_yesterday, default="")
    args = parser.parse_args()
    if args.what == "tell":
        tell()
        return 0
    return 0 if run_night(airflow(), args.day) else 1


def url() -> str:
    """Where the API server listens on this machine."""
    return f"http://localhost:{os.environ.get('AIRFLOW_PORT') or 8080}"


def airflow() -> Airflow:
    """The cluster's Airflow as admin, once its DAG processor has read the nights."""
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        try:
            found = Airflow.signed_in(url(), "admin", (FOLDER / "user_admin").read_text())
            found.ask("GET", "dags/nightly")
            return found
        except (OSError, urllib.error.HTTPError):
            time.sleep(2)
    sys.exit(f"no Airflow with the DAG `nightly` at {url()}: `make cluster-up` first, then `{' '.join(COMPOSE)} ps`")


def tell() -> None:
    """Addresses, users, and where passwords lie; no password."""
    spark, notebook = os.environ.get("SPARK_PORT") or 8081, os.environ.get("NOTEBOOK_PORT") or 8888
    say(f"""
Airflow        {url()}
  users        {", ".join(USERS)}; each one's password is in {FOLDER}/user_<name>
Spark master   http://localhost:{spark}
Run a night    make cluster-night            (DAY=2026-01-31 for another day)
Analysts       {" ".join(COMPOSE)} --profile analyst up -d analyst
               then http://localhost:{notebook}, token in {FOLDER}/notebook_token
Stop           make cluster-down             (FORGET=1 deletes the lake, the databases and all secrets)
""")


if __name__ == "__main__":
    raise SystemExit(main())
