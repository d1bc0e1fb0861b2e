"""What each container's health check asks; exit 0 means healthy. Standard library only, no Airflow import.

``airflow PART``: the API server says that PART's heartbeat is fresh. ``worker``: the Edge worker's
event loop answers a signal. ``spark PORT``: a daemon is alive, and a worker is registered.
``history PORT``: the history server lists applications.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

EDGE = Path(os.environ.get("AIRFLOW_HOME", "/opt/airflow")) / "airflow-edge-worker.pid"


def main(what: str, which: str = "") -> bool:
    """Whether this container is healthy."""
    match what:
        case "airflow":
            return bool(_ask("http://api-server:8080/api/v2/monitor/health")[which]["status"] == "healthy")
        case "worker":
            return _edge_worker_answers()
        case "spark":
            page = _ask(f"http://localhost:{which}/json/")
            return page.get("status") == "ALIVE" or bool(page.get("masterurl"))
        case "history":
            return isinstance(_ask(f"http://localhost:{which}/api/v1/applications"), list)
    return False


def _ask(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=8) as answer:
        return json.load(answer)


def _edge_worker_answers() -> bool:
    """On SIGUSR2 the worker writes its status; a hanging one doesn't."""
    status = EDGE.with_suffix(".out")
    asked = time.time()
    os.kill(int(EDGE.read_text()), signal.SIGUSR2)
    while time.time() < asked + 8:
        if status.exists() and status.stat().st_mtime >= asked - 1:
            return True
        time.sleep(0.2)
    return False


if __name__ == "__main__":
    sys.exit(0 if main(*sys.argv[1:]) else 1)
