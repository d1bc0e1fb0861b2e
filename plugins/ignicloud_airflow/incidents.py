"""Incidents of an assurance: which are open, and a person's word that one has been seen to."""

from __future__ import annotations

from typing import Any

from ignicloud_airflow.approvals import PersonsApproval
from ignicloud_airflow.jobs import run_job
from ignicloud_airflow.pages import url_of
from ignicloud_airflow.record import entries

LEAK = "identifier in a published table"
"""What jobs/gate/decisions.py calls the incidents of an assurance."""


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


class Acknowledgement(PersonsApproval):
    """Wait for a person; only an approval lets the release be published again. Silence leaves the incident open."""

    template_fields = (*PersonsApproval.template_fields, "incident", "release", "page")

    def __init__(self, *, incident: str, release: str, page: str, **kwargs: Any) -> None:
        super().__init__(
            subject=f"An identifier may lie in the published {release}: has it been seen to?",
            body=f"Incident {incident}. [What was found]({page}): expectation, column and count.\n\n"
            "Approve once it is deleted, or is a false alarm: the release is published again. Until then it is not.",
            map_index_template="{{ task.release }}",
            **kwargs,
        )
        self.incident, self.release, self.page = incident, release, page

    def approved(self, by: str) -> None:
        """The incident is closed."""
        run_job("assure", acknowledge=self.incident, by=by)
