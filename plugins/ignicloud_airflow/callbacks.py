"""What is said when a task fails: which one, what it means and what to do next. No values."""

from __future__ import annotations

import logging

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException

log = logging.getLogger(__name__)


def say_what_failed(context: Context) -> None:
    """For the engineer on call, last in the failed task's log: its row of the DAG's table of red tasks, and why."""
    step = context["task"].task_id.rpartition(".")[2]
    which = getattr(context["ti"], "rendered_map_index", None) or ""
    log.error("%s failed: %s", f"{step} {which}".rstrip(), advice(context["dag"].doc_md or "", step))
    if isinstance(failure := context.get("exception"), AirflowException):
        log.error("%s", failure)


def advice(page: str, step: str) -> str:
    """What a DAG's page says of a red ``step``; where it says nothing, that the lines above do."""
    for row in page.splitlines():
        cells = [cell.strip() for cell in row.strip().strip("|").split("|")]
        if cells[0] == f"`{step}`":
            return "; ".join(cells[1:])
    return "the lines above say why; every task may be cleared and run again"
