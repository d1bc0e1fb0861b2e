"""Re-identification under four eyes: who asks, and the decision of somebody else."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from ignicloud_airflow.approvals import PersonsApproval
from ignicloud_airflow.jobs import run_job


class FourEyesApproval(PersonsApproval):
    """Wait for somebody other than the requester; what was decided, and by whom, goes into the ledger."""

    def __init__(self, *, request: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.request = request

    template_fields = (*PersonsApproval.template_fields, "request")

    def barred(self, context: Context) -> str:
        """The requester."""
        return requester_of(context)

    def approved(self, by: str) -> None:
        """The question may be answered."""
        run_job("reidentify", "decide", request=self.request, by=by, decision="approve")

    def rejected(self, by: str) -> None:
        """It may not; a rejection by silence is nobody's."""
        run_job("reidentify", "decide", request=self.request, by=by or "nobody", decision="reject")


def requester_of(context: Context) -> str:
    """The user who triggered this run.

    Raises:
        AirflowFailException: nobody did; a schedule can't ask.
    """
    name = context["dag_run"].triggering_user_name
    if not name:
        raise AirflowFailException("a person has to trigger this DAG; schedules and tokens of services can't ask")
    return name
