"""### Retention

Every day at 05:00 UTC, after the night: what may be kept no longer is deleted, and counted again.

`plan` → `weigh` → `over_the_share` → `within_share` or `approve` → `execute` → `prove` → `report`

A person has to `approve` where more goes than a contract's daily share, or where far more people are due than the last
plan saw coming.

- **plan** changes nothing. It lists which files of which release lose how many rows, by which rule, what a legal hold
  keeps, and what becomes due in the next 90 days. The plan's name is the SHA-256 of its deletions.
- **execute** carries out exactly that plan. If anything else would go by then, it refuses.
- **prove** counts again without Spark, searches every byte of each table's folder for the tokens of those who must be
  gone, writes the receipt, and hands key epochs without rows to destruction.

Counts of each run are in the return value of `weigh`: rows that go, rows and holds that stay, rows due in 90 days.

| red task | what it means | what to do |
|---|---|---|
| `plan` | the platform can't be read, has lost a legal hold, or the keyring lacks an epoch | read the log's last line; nothing was changed; clear the task |
| `approve` | whoever triggered the run approved it, which doesn't count | clear the task, let a second person decide |
| `execute` | the plan is stale: a hold, a contract or a table changed since | clear `plan` and what follows |
| `prove` | **incident**: something that must be gone is still there | tell the privacy officer; clear `plan` and what follows; see docs/retention.md |
| `report` | what this run planned isn't deleted and proved, or nobody approved it; it is overdue from tomorrow | decide on the approval; clear `plan` and what follows |

Every task may be cleared: a run that was interrupted is finished by the next one. See docs/retention.md.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import CronTriggerTimetable, Param, dag, task
from airflow.sdk.exceptions import AirflowFailException
from ignicloud_airflow.callbacks import say_what_failed
from ignicloud_airflow.expiry import ExpiryApproval, ExpiryStep, planned_on, unproved
from ignicloud_airflow.jobs import run_job

DAY = "{{ params.day or (dag_run.run_after | ds) }}"
PLAN = "{{ ti.xcom_pull(task_ids='weigh')['plan'] }}"


@dag(
    dag_id="retention",
    schedule=CronTriggerTimetable("0 5 * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 (the timetable is in UTC)
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["privacy", "retention"],
    params={"day": Param(None, type=["null", "string"], format="date", description="the day of the plan; today")},
    default_args={
        "owner": "privacy-office",
        "retries": 2,
        "retry_delay": timedelta(minutes=5),
        "on_failure_callback": say_what_failed,
    },
)
def retention() -> None:
    """Plan, approve where it must be, execute, prove."""

    @task(multiple_outputs=False)
    def weigh(day: str) -> dict[str, Any]:
        """What the plan deletes and keeps, in counts."""
        return planned_on(day)

    @task.branch
    def over_the_share(counts: dict[str, Any]) -> str:
        """More than a contract lets go in one run, or than the last plan saw coming, needs a person."""
        return "approve" if counts["over_share"] or counts["unforeseen"] else "within_share"

    @task
    def prove(plan: str) -> None:
        """Count and search again, write the receipt, destroy the keys of epochs without rows."""
        run_job("expire", prove=plan)

    @task(trigger_rule="all_done", retries=0)
    def report(counts: dict[str, Any]) -> None:
        """Red while what was planned isn't deleted and proved."""
        if unproved(counts["plan"]):
            since = counts["due_since"] or counts["day"]
            raise AirflowFailException(
                f"{counts['rows']} rows that were to be gone after {since} aren't proved to be gone; see this run's tasks"
            )

    plan = ExpiryStep(task_id="plan", action="plan", day=DAY)
    counts = weigh(DAY)
    approve = ExpiryApproval(
        task_id="approve",
        plan=PLAN,
        subject="Delete more than {% if ti.xcom_pull(task_ids='weigh')['over_share'] %}the daily share of "
        "{{ ti.xcom_pull(task_ids='weigh')['over_share'] | join(', ') }}{% else %}the last plan saw coming{% endif %}?",
        body="Retention of {{ ti.xcom_pull(task_ids='weigh')['day'] }}: "
        "{{ ti.xcom_pull(task_ids='weigh')['rows'] }} rows of {{ ti.xcom_pull(task_ids='weigh')['people'] }} people and "
        "{{ ti.xcom_pull(task_ids='weigh')['companies'] }} companies, or of days past their period, would be deleted "
        "for good. {{ ti.xcom_pull(task_ids='weigh')['unforeseen'] }} people more are due than the last plan saw coming. "
        "The plan is `expiry/{{ ti.xcom_pull(task_ids='weigh')['plan'] }}/plan.json` in the lake.\n\n"
        "Without an answer within 24 hours nothing is deleted.",
        response_timeout=timedelta(hours=24),
    )
    within_share = EmptyOperator(task_id="within_share")
    execute = ExpiryStep(task_id="execute", action="execute", plan=PLAN, trigger_rule="none_failed_min_one_success")
    plan >> counts >> over_the_share(counts) >> [approve, within_share] >> execute >> prove(PLAN) >> report(counts)


retention()
