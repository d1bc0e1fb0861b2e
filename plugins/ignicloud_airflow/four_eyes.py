"""Approval by a second person: Airflow lets whoever triggered a run approve it too, this doesn't."""

from __future__ import annotations

from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from ignicloud_airflow.jobs import run_job


class FourEyesApproval(ApprovalOperator):
    """Wait for somebody other than the requester; what was decided, and by whom, goes into the ledger.

    Guarantee: no answer in time counts as a rejection; the requester's own approval fails the task.
    """

    def __init__(self, *, request: str, **kwargs: Any) -> None:
        super().__init__(defaults=self.REJECT, **kwargs)
        self.request = request

    template_fields = (*ApprovalOperator.template_fields, "request")

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Record the decision, then go on or skip what follows."""
        who = event.get("responded_by_user")
        by = who["name"] if who else "nobody"
        approved = event["chosen_options"] == [self.APPROVE]
        if approved and not who:
            raise AirflowFailException("a person has to approve, in the UI: trigger the DAG again")
        if approved and by == requester_of(context):
            raise AirflowFailException("the requester can't approve; it takes a second person: trigger the DAG again")
        run_job("reidentify", "decide", request=self.request, by=by, decision="approve" if approved else "reject")
        return super().execute_complete(context, event)


def requester_of(context: Context) -> str:
    """The user who triggered this run.

    Raises:
        AirflowFailException: nobody did; a schedule can't ask.
    """
    name = context["dag_run"].triggering_user_name
    if not name:
        raise AirflowFailException("a person has to trigger this DAG; schedules and tokens of services can't ask")
    return name
