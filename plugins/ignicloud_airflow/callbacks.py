"""What is said when a task fails: which one, what it means and what to do next. No values."""

from __future__ import annotations

import logging

from airflow.sdk import Context

log = logging.getLogger(__name__)


def say_what_failed(context: Context) -> None:
    """For the engineer on call, in the log of the failed task: its row of the DAG's own table of red tasks."""
    step = context["task"].task_id.rpartition(".")[2]
    which = getattr(context["ti"], "rendered_map_index", None) or ""
    log.error("%s failed: %s", f"{step} {which}".rstrip(), advice(context["dag"].doc_md or "", step))


def advice(page: str, step: str) -> str:
    """What a DAG's page says of a red ``step``; where it says nothing, that the lines above do."""
    for row in page.splitlines():
        cells = [cell.strip() for cell in row.strip().strip("|").split("|")]
        if cells[0] == f"`{step}`":
            return "; ".join(cells[1:])
    return "the lines above say why; every task may be cleared and run again"
