"""### Assurance

Every Sunday at noon UTC all that is published is searched again, with the identifiers of today: who has
joined since a night was judged couldn't be searched for then, and whoever can write into the lake
needn't ask the gate. And it is measured how likely somebody is found in it.

`assure` → `incidents` → `acknowledge`, once for each open incident; `risk`; `retention_runs`

- **assure** searches every row of every published table, its files' metadata, its log and the pages beside
  it, and proves that it can fail. Days of which a sealed receipt proves that nothing could be found are hashed again and
  skipped; the log says how many. What it finds is an incident: **nothing more of that release is
  published** until somebody acknowledges it here. Nothing is deleted by this DAG.
- **risk** counts how many tokens a few facts from elsewhere single out, and how microdata's classes look; its link
  leads to a page in words and drawings (docs/risk.md). It stops no publication.
- **retention_runs** hears of a retention that somebody stopped, or that nobody approves: a DAG that doesn't run can't say so.
- **acknowledge** waits six days for a person, in **Required Actions**. An approval says: it is deleted, or
  it is a false alarm. Silence leaves the incident open.

| red task | what it means | what to do |
|---|---|---|
| `assure` | something was found, or the search missed a planted leak; or the platform can't be read | read the log's last line: release, expectation, column; see docs/gate.md |
| `incidents` | the ledger can't be read | check the lake; clear the task |
| `risk` | a release gives away more than its contract allows; or the platform can't be read | the log's last line names release and owner, the page says what coarser times buy; see docs/risk.md |
| `retention_runs` | no retention was proved for more than two days: what must be gone may still be there | look at the DAG `retention`: is it paused, red, or waiting for an approval? |
| `acknowledge` | whoever approved isn't a person | clear the task, decide in the UI |
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import CronTriggerTimetable, dag, task
from airflow.sdk.exceptions import AirflowFailException
from ignicloud_airflow.callbacks import say_what_failed
from ignicloud_airflow.expiry import stopped_since
from ignicloud_airflow.incidents import Acknowledgement, waiting
from ignicloud_airflow.spark import AssureStep, RiskStep


@dag(
    dag_id="assurance",
    schedule=CronTriggerTimetable("0 12 * * 0", timezone="UTC"),
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 (the timetable is in UTC)
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["privacy", "gate"],
    default_args={
        "owner": "privacy-office",
        "retries": 2,
        "retry_delay": timedelta(minutes=5),
        "on_failure_callback": say_what_failed,
    },
)
def assurance() -> None:
    """Search again, let a person see to what was found; measure."""

    @task(trigger_rule="all_done")
    def incidents() -> list[dict[str, str]]:
        """Every open incident, of this search or an earlier one."""
        return waiting()

    @task
    def retention_runs() -> None:
        """Red when the last proof of retention is more than two days old."""
        since = stopped_since(datetime.now(UTC))
        if since:
            raise AirflowFailException(f"retention wasn't proved since {since}; look at the DAG retention")

    acknowledge = Acknowledgement.partial(task_id="acknowledge", response_timeout=timedelta(days=6))
    opened = incidents()
    retention_runs()
    assure = AssureStep(task_id="assure")
    assure >> opened
    assure >> RiskStep(task_id="risk", trigger_rule="all_done")  # one Spark after the other
    acknowledge.expand_kwargs(opened)


assurance()
