"""### Who is behind a token

Asked by one person, approved by a second one, answered to the first alone. Nobody else sees the
answer: it is in no log, XCom or page.

Trigger this DAG with a release, a token of it, a reason from the policy's list and a ticket. Whoever
may approve opens **Required Actions** and decides within 24 hours; silence is a rejection, and your
own approval doesn't count. Then the person is looked up by making the tokens of today's accounts once
more, under every key that isn't destroyed: there is no table of identities. The answer is a closed
file (0600) in the lake's folder `answers/<your user name>/`, deleted within 24 hours.

Anybody who may read this DAG's runs sees the question: the token, the reason, who asked. Nobody sees a
person. The ledger keeps who asked, who decided, why, which release and whether somebody was found.

| red task | what it means | what to do |
|---|---|---|
| `ask` | the reason isn't on the list, the ticket isn't one, or the release has no such token | read the log's last line; trigger again |
| `approve` | the requester approved, which doesn't count | trigger again, let a second person decide |
| `answer` | the approval is too old, isn't of this question, or a key or the database can't be read | read the log's last line; trigger again |
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Param, dag, get_current_context, task
from ignicloud_airflow.callbacks import say_what_failed
from ignicloud_airflow.choices import choice, reasons, with_tokens
from ignicloud_airflow.four_eyes import FourEyesApproval, requester_of
from ignicloud_airflow.jobs import run_job

REQUEST = "{{ dag_run.run_after.strftime('%Y%m%dT%H%M%S%f') }}"


@dag(
    dag_id="reidentify",
    schedule=None,
    max_active_runs=16,  # one unanswered question holds up no other
    doc_md=__doc__,
    tags=["privacy", "four eyes"],
    params={
        "release": choice(with_tokens, "where the token stands; for one of a finding, what that is derived from"),
        "token": Param("", type="string", minLength=36, maxLength=36, description="the whole token, usr_…"),
        "reason": choice(reasons, "why"),
        "ticket": Param("", type="string", pattern=r"^[A-Z][A-Z0-9]{0,9}-\d{1,9}$", description="e.g. SEC-123"),
    },
    default_args={"owner": "privacy-office", "retries": 0, "on_failure_callback": say_what_failed},
)
def reidentify() -> None:
    """Ask, approve, answer."""

    def question(request: str) -> dict[str, str]:
        context = get_current_context()
        asked = {name: context["params"][name] for name in ("release", "reason", "ticket")}
        return {"request": request, "requester": requester_of(context), "stdin": context["params"]["token"], **asked}

    @task
    def ask(request: str) -> None:
        """Check the question and record who asks."""
        run_job("reidentify", "request", **question(request))

    approve = FourEyesApproval(
        task_id="approve",
        request=REQUEST,
        subject="Who is behind a token of {{ params.release }}?",
        body="**{{ dag_run.triggering_user_name }}** asks, for **{{ params.reason }}**, ticket **{{ params.ticket }}**."
        "\n\nThe answer goes to the requester alone. A second person decides; silence is a rejection.",
        response_timeout=timedelta(hours=24),
    )

    @task
    def answer(request: str) -> None:
        """Look the person up and write the answer into the requester's closed folder."""
        run_job("reidentify", "answer", **question(request))

    ask(REQUEST) >> approve >> answer(REQUEST)


reidentify()
