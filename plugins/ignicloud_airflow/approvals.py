"""A decision that only a person may take, and where it says so, only a second one."""

from __future__ import annotations

from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException


class PersonsApproval(ApprovalOperator):
    """Wait for a person; what was decided is recorded before anything goes on.

    Guarantee: no answer in time is a rejection; an approval by nobody, or by whom `barred` names, fails
    the task, for Airflow itself lets whoever triggered a run approve it.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(defaults=self.REJECT, **kwargs)

    def barred(self, _: Context) -> str | None:
        """Who may not approve; nobody unless a subclass says so."""
        return None

    def approved(self, by: str) -> None:
        """Put an approval on record."""
        raise NotImplementedError

    def rejected(self, by: str) -> None:
        """Put a rejection on record, where one is kept. ``by`` is empty when time decided."""

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Record the decision, then go on, or skip what follows a rejection."""
        by = (event.get("responded_by_user") or {}).get("name", "")
        if event["chosen_options"] != [self.APPROVE]:
            self.rejected(by)
        elif not by:
            raise AirflowFailException("only a person can approve; clear this task and decide in the UI")
        elif by == self.barred(context):
            raise AirflowFailException("whoever started this run can't approve it; let a second person decide")
        else:
            self.approved(by)
        return super().execute_complete(context, event)
