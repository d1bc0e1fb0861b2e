"""Data subjects' requests in the tower: named by their references, which name nobody."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from ignicloud_airflow.approvals import PersonsApproval
from ignicloud_airflow.jobs import run_job
from ignicloud_airflow.record import entries
from ignicloud_airflow.spark import SparkStep
from policy.answering import RECIPIENTS_ARE_TOLD

log = logging.getLogger(__name__)

WAITS = timedelta(days=3)
"""How long what was found waits for a person; then it is looked for again, for it may have grown."""

FOUND = "found"
"""The XCom that says which entry of the ledger whoever decides was shown: a number."""

AT_ONCE = 1_000
"""Airflow makes no more than 1,024 tasks of one: the first due go on now, the others with the next hour's run."""

REJECTING = (
    "*Reject*, like silence, refuses nothing: the request stays open, and what was found is asked about again in three "
    "days. To refuse it, say on which ground: `python -m jobs request refuse {reference} --ground … --by …`."
)

GOES_ON = {"carry_out", "lift"}
"""Steps of a request that was approved in an earlier run, or is lifted: nothing is looked for again."""


def requests_that_go_on() -> list[dict[str, str]]:
    """Reference, right and next step of each request with which this run has something to do."""
    said = run_job("request", "take-up", waiting=str(int(WAITS.total_seconds() // 3600)))
    work: list[dict[str, str]] = json.loads(said)
    return work[:AT_ONCE]


class RequestStep(SparkStep):
    """Find what is theirs, or carry out what was approved."""

    template_fields = ("reference", "right", "next_step")
    reads_the_platform: ClassVar[bool] = True

    def __init__(self, *, action: str, reference: str, right: str, next_step: str, **kwargs: Any) -> None:
        super().__init__(step="request", day="", release="", **kwargs)
        self.map_index_template = "{{ task.reference }} {{ task.right }}"
        self.action, self.reference, self.right, self.next_step = action, reference, right, next_step

    def arguments(self, _: Context) -> list[str]:
        """``request find REF`` or ``request carry-out REF``."""
        return [self.step, self.action, self.reference]

    def execute(self, context: Context) -> None:
        """Skip what isn't this request's turn: found before, or not approved."""
        if self.action == "find" and self.next_step in GOES_ON:
            raise AirflowSkipException(f"request {self.reference} was approved or lifted; nothing is looked for again")
        if self.action == "carry-out" and self.next_step != "lift" and not is_approved(self.reference):
            raise AirflowSkipException(f"nobody approved what was found for request {self.reference}")
        super().execute(context)


class RequestApproval(PersonsApproval):
    """Wait for a person's word on what was found; it goes into the ledger under their name."""

    template_fields = (*PersonsApproval.template_fields, "reference", "right")

    def __init__(self, *, reference: str, right: str, **kwargs: Any) -> None:
        super().__init__(subject="a request of a data subject", **kwargs)
        self.reference, self.right, self.shown = reference, right, ""
        self.map_index_template = "{{ task.reference }} {{ task.right }}"

    def execute(self, context: Context) -> Any:
        """Say whose request it is, by its reference, and what was found, in counts, where the person decides."""
        found = entries("request_found", reference=self.reference)[-1]
        context["ti"].xcom_push(key=FOUND, value=str(found["seq"]))
        self.subject = f"{self.right.replace('_', ' ').capitalize()}: may it be done? (request {self.reference})"
        said = (self.body or "", described(found, recipients(self.right)), REJECTING.format(reference=self.reference))
        self.body = "\n\n".join(said)
        return super().execute(context)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """What was shown is what is approved: not what somebody else has found meanwhile."""
        self.shown = context["ti"].xcom_pull(key=FOUND, map_indexes=context["ti"].map_index)
        return super().execute_complete(context, event)

    def approved(self, by: str) -> None:
        """What was found may be done."""
        run_job("request", "approve", self.reference, by=by, found=self.shown)


def is_approved(reference: str) -> bool:
    """Whether a person's word is the last that is on record of a request."""
    approved, found = (entries(kind, reference=reference)[-1:] for kind in ("request_approved", "request_found"))
    return bool(approved) and bool(found) and approved[0]["seq"] > found[0]["seq"]


def recipients(right: str) -> list[str]:
    """Whoever got copies of a release and must be told, as policy/register.yaml names them; of other rights nobody."""
    return sorted({str(entry["recipient"]) for entry in entries("exported")}) if right in RECIPIENTS_ARE_TOLD else []


def described(found: dict[str, Any], told: Sequence[str] = ()) -> str:
    """What was found, as the person who decides reads it; ``told``: the recipients whom they tell of it."""
    said = [f"Found: {found['rows']} published rows, {found['files']} files in {found['places']} places."]
    if found["outcome"] == "amber":
        said.insert(0, "**Amber: this isn't what the platform has. Read what `find` says in this run's log first.**")
    if found["unlinkable"]:
        said.append(f"{found['unlinkable']} epochs are no longer linkable: their keys are destroyed.")
    if found["plan"]:
        said.append(f"The plan of the erasure is `expiry/{found['plan']}/plan.json` in the lake.")
    if told:
        said.append(
            f"Copies went to {', '.join(told)}. No step tells a recipient: whoever approves does (GDPR art. 19)."
        )
    return "\n\n".join(said)
