"""What is said when a task fails: which one, what it means and what to do next. No values."""

from __future__ import annotations

import logging

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException

from console.steps import row_of
from ignicloud_airflow.alerts import alert, outward

log = logging.getLogger(__name__)


def say_what_failed(context: Context) -> None:
    """For the engineer on call: the failed task's row of its DAG's table of red tasks, and the step's own reason.

    Both are the last lines of the task's log, and a message to whoever wants one (`ignicloud_airflow.alerts`).
    """
    dag, ti = context["dag"], context["ti"]
    step = context["task"].task_id.rpartition(".")[2]
    which = getattr(ti, "rendered_map_index", None) or ""
    failed = f"{step} {which}".rstrip() + " failed"
    todo, failure = advice(dag.doc_md or "", step), context.get("exception")
    reason = [str(failure)] if isinstance(failure, AirflowException) else []
    log.error("%s: %s", failed, todo)
    for line in reason:
        log.error("%s", line)
    alert(outward(f"{dag.dag_id}: {failed}"), [*map(outward, reason), todo, ti.log_url])


def advice(page: str, step: str) -> str:
    """What a DAG's page says of a red ``step``; where it says nothing, that the lines above do."""
    row = row_of(page, step)
    return f"{row.means}; {row.do}" if row else "the lines above say why; every task may be cleared and run again"
