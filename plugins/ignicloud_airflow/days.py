"""Which day a DAG run is about, and what its runs are called in the lake."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any


def day_of(dag_run: Any, params: Mapping[str, Any]) -> str:
    """The data day of a DAG run, ``YYYY-MM-DD``.

    Whoever triggers a run may name the day (``{"day": "2026-11-20"}``); schedule and backfill name
    it by the run's partition key; a run that names none is about the day before it may start.

    Raises:
        ValueError: what was named is no date.
    """
    named = params.get("day") or dag_run.partition_key
    return str(date.fromisoformat(named) if named else dag_run.run_after.date() - timedelta(days=1))


def run_name(run_id: str, day: str) -> str:
    """The lake's name for one DAG run's work on one day: equal for every attempt, unlike any other's."""
    return f"{day}-{hashlib.sha256(run_id.encode()).hexdigest()[:16]}"
