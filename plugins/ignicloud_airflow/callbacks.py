"""What is said when a task fails: which step, release and day, and where to read on. No values."""

from __future__ import annotations

import logging

from airflow.sdk import Context

log = logging.getLogger(__name__)

ADVICE = {
    "plan": "the platform's database or a policy file can't be read; run `python -m policy` and `python -m jobs plan`",
    "extract": "drift of the source, or no database; the log names column and owner; nothing was changed",
    "protect": "the contract doesn't fit the day's data, or keys are missing; the log names the column",
    "validate": "the gate found something; the run is in quarantine, nothing was published; see docs/gate.md",
    "publish": "the verdict doesn't cover the staged files; clear validate and publish of this release",
    "ask": "the question can't be asked as it is; the log says why; trigger again",
    "approve": "a second person has to decide; the requester's own approval doesn't count",
    "answer": "the approval isn't of this question, or too old; the log says why; trigger again",
    "execute": "the plan is stale, or needs an approval; clear plan and what follows; see docs/retention.md",
    "prove": "incident: something that must be gone is still there; tell the privacy officer; see docs/retention.md",
    "assure": "something was found in a published table, or the search can't be believed; see docs/gate.md",
    "accept": "that night isn't held for its volume; check release and day",
    "cleanup": "landing can't be deleted; check the lake's permissions and clear this task",
}


def say_what_failed(context: Context) -> None:
    """One line for the engineer on call, in the log of the failed task."""
    task = context["task"]
    step = task.task_id.rpartition(".")[2]
    what = " ".join(str(part) for part in (getattr(task, "release", ""), getattr(task, "day", "")) if part)
    log.error("%s %s failed: %s", step, what, ADVICE.get(step, "see this task's log"))
