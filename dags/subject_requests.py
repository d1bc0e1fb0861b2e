"""### Requests of data subjects

Every hour: access, portability, rectification, erasure, restriction, objection and withdrawal of consent, on every copy.

`take_up` → for each request `find` → `approve` → `carry_out`

A request is named by its reference, 16 hex digits that name nobody; who asked is on the platform and in no page, log or
XCom here. `python -m jobs request list` shows all of them with their last day, `request show REF` one, and what comes next.

- **take_up** puts on record what the platform says anew: received, verified, asked twice. It says aloud who must be
  answered in 10, 3 or 0 days. Whose identity isn't verified is untouched, and a word that nobody understands waits for
  a person.
- **find** searches every place of the inventory (`python -m jobs request places`) for every identifier and token of
  theirs, and plans what an erasure takes. Nothing is changed.
- **approve** waits in **Required Actions** for three days. Read the request's own words on the platform first. *Amber*
  means that less, or more, was found than the platform has. *Reject* and silence refuse nothing: the request stays as it
  is, and is looked for and asked about again after three days. Who had copies outside is named there: whoever approves
  tells them (GDPR art. 19).
- **carry_out** does it, proves it, and lays a sealed receipt into `expiry/request-REF-…` in the lake. An access package
  lies closed in `packages/REF/` for a week. A correction waits until the platform's account is right and the nights of its
  days were made again; days of which the platform has nothing any more are corrected by token. What a legal hold keeps is
  refused, with its ground.

A refusal has a ground in law and is no button: `python -m jobs request refuse REF --ground … --by …`, extend with `request extend`.

| red task | what it means | what to do |
|---|---|---|
| `take_up` | the platform or the keyring can't be read | read the log's last line; clear the task |
| `find` | a place can't be searched: a table is torn, an epoch's key is lost | mend it as the log says; clear the task |
| `approve` | nobody decided as a person; or a word that can't count: it was looked for again since (FoundAgainError), the platform says something else by now (ChangedSinceError), a user name that can't be recorded, such as an e-mail address (UnnamedDeciderError) | read the log's last line; after ChangedSinceError first `request find REF`; clear the task and decide in the UI on what is found now, under a plain user name |
| `carry_out` | the plan of an erasure is stale, a trace is left (an **incident**), a correction waits for its nights, or what was green when it was approved is amber now | read the log's last line; after `request find REF`, which makes a new plan, it is approved anew: `request approve REF --by …` (what is amber with `--found`, as `find` says it), or **Required Actions** three days later |

A request that fails holds up no other. Every task may be cleared. See docs/rights.md.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.sdk import CronTriggerTimetable, dag, task, task_group
from ignicloud_airflow.callbacks import say_what_failed
from ignicloud_airflow.requests import WAITS, RequestApproval, RequestStep, requests_that_go_on


@dag(
    dag_id="subject_requests",
    schedule=CronTriggerTimetable("20 * * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 (the timetable is in UTC)
    catchup=False,
    max_active_runs=100,  # a run stays as long as a person may take to decide; the next hour's requests don't wait for it
    doc_md=__doc__,
    tags=["privacy", "rights"],
    default_args={
        "owner": "privacy-office",
        "retries": 2,
        "retry_delay": timedelta(minutes=5),
        "on_failure_callback": say_what_failed,
    },
)
def subject_requests() -> None:
    """Take up, find, approve, carry out."""

    @task
    def take_up() -> list[dict[str, str]]:
        """Put on record what the platform says anew; the requests that go on."""
        return requests_that_go_on()

    @task_group
    def request(reference: str, right: str, step: str) -> None:
        """One request."""
        named = {"reference": reference, "right": right}
        find = RequestStep(task_id="find", action="find", next_step=step, **named)
        approve = RequestApproval(
            task_id="approve",
            body="Read what the person wrote on the platform before you decide.",
            response_timeout=WAITS,
            **named,
        )
        carry_out = RequestStep(
            task_id="carry_out", action="carry-out", next_step=step, trigger_rule="none_failed", **named
        )
        find >> approve >> carry_out

    request.expand_kwargs(take_up())


subject_requests()
