"""Incidents of an assurance: which are open, and a person's word that one has been seen to."""

from __future__ import annotations

from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from ignicloud_airflow.jobs import run_job
from ignicloud_airflow.pages import url_of
from ignicloud_airflow.record import entries

LEAK = "identifier in a published table"
"""What jobs/decisions.py calls the incidents of an assurance."""


def waiting() -> list[dict[str, str]]:
    """The open incidents as arguments of `Acknowledgement`: numbers, names, days and counts."""
    closed = {entry["incident"] for entry in entries("incident_acknowledged")}
    return [
        {
            "incident": str(entry["seq"]),
            "release": entry["release"],
            "page": url_of(f"data_docs/{entry['release']}/assured-{entry['day']}.html"),
        }
        for entry in entries("incident", what=LEAK)
        if entry["seq"] not in closed
    ]


class Acknowledgement(ApprovalOperator):
    """Wait for a person; only an approval lets the release be published again.

    Guarantee: no answer in time leaves the incident open.
    """

    template_fields = (*ApprovalOperator.template_fields, "incident", "release", "page")

    def __init__(self, *, incident: str, release: str, page: str, **kwargs: Any) -> None:
        super().__init__(
            subject=f"An identifier may lie in the published {release}: has it been seen to?",
            body=f"Incident {incident}. [What was found]({page}): expectation, column and count.\n\n"
            "Approve once it is deleted, or is a false alarm: the release is published again. Until then it is not.",
            defaults=self.REJECT,
            map_index_template="{{ task.release }}",
            **kwargs,
        )
        self.incident, self.release, self.page = incident, release, page

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Record an approval."""
        who = event.get("responded_by_user")
        if event["chosen_options"] == [self.APPROVE]:
            if not who:
                raise AirflowFailException("an incident is acknowledged by a person; clear this task, decide in the UI")
            run_job("assure", acknowledge=self.incident, by=who["name"])
        return super().execute_complete(context, event)
