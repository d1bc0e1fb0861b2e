"""Retention's own tasks: its Spark steps, its approval, and what the ledger says of a plan."""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta
from typing import Any

from airflow.sdk import Context

from ignicloud_airflow.approvals import PersonsApproval
from ignicloud_airflow.jobs import run_job
from ignicloud_airflow.record import entries
from ignicloud_airflow.spark import SparkStep

log = logging.getLogger(__name__)

COUNTS = (
    "plan", "day", "rows", "files", "dropped", "people", "companies", "held", "holds", "leftovers", "forecast",
    "over_share", "due_since", "unforeseen",
)  # fmt: skip
"""What a run shows of its plan: numbers, days, names of releases and the plan's hash."""


class ExpiryStep(SparkStep):
    """Plan, or carry out a plan: a Spark step that reads the platform's contracts, accounts and holds."""

    template_fields = (*SparkStep.template_fields, "plan")
    reads_the_platform = True

    def __init__(self, *, action: str, day: str = "", plan: str = "", **kwargs: Any) -> None:
        super().__init__(step="expire", day=day, release="", **kwargs)
        self.action, self.plan = action, plan

    def arguments(self, _: Context) -> list[str]:
        """``--plan --day DAY`` or ``--execute PLAN``."""
        return ["expire", "--plan", "--day", self.day] if self.action == "plan" else ["expire", "--execute", self.plan]


class ExpiryApproval(PersonsApproval):
    """Wait for a second person; an approval goes into the ledger, and only the ledger lets the plan be carried out."""

    template_fields = (*PersonsApproval.template_fields, "plan")

    def __init__(self, *, plan: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.plan = plan

    def barred(self, context: Context) -> str | None:
        """Whoever triggered the run, if anybody did."""
        return context["dag_run"].triggering_user_name

    def approved(self, by: str) -> None:
        """The plan may be carried out."""
        run_job("expire", approve=self.plan, by=by)


def planned_on(day: str) -> dict[str, Any]:
    """The counts of the newest plan of a day; said aloud when something should have gone earlier."""
    planned = entries("expiry_planned", day=day)[-1]
    since = planned["due_since"]
    if since and (date.fromisoformat(day) - date.fromisoformat(since)).days > 1:
        log.error(
            "overdue: rows of which the last day was %s are still there; was retention stopped, or refused?", since
        )
    return {name: planned[name] for name in COUNTS}


def unproved(plan: str) -> bool:
    """Whether the ledger lacks the proof of a plan."""
    return not entries("expiry_proved", plan=plan)


def stopped_since(now: datetime) -> str | None:
    """The day of the last proof, or of the first publication without any, if it is more than two days ago."""
    known = entries("expiry_proved")[-1:] or entries("published")[:1]
    if known and now - datetime.fromisoformat(known[0]["at"]) > timedelta(days=2):
        return str(known[0]["at"])[:10]
    return None
