"""### Attention

Every morning at 07:00 UTC: what needs a person, as *Now* of the Privacy console shows it, into the log of one task. It is red
while something can't wait: so a day that is nearly over for a data subject's request looks like a night that failed, and
whoever is alerted of the one hears of the other (docs/console.md, *Who is told*).

| red task | what it means | what to do |
|---|---|---|
| `look` | something can't wait: a night that didn't run, a red release, a held night, an incident, a request that is late or nearly so, a transfer without evidence | open *Privacy*, *Now*: each line leads to the very place |
"""

from __future__ import annotations

from datetime import datetime

from airflow.sdk import CronTriggerTimetable, dag, task
from ignicloud_airflow.attention import look_around
from ignicloud_airflow.callbacks import say_what_failed


@dag(
    dag_id="attention",
    schedule=CronTriggerTimetable("0 7 * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 (the timetable is in UTC)
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["privacy", "console"],
    default_args={"owner": "privacy-office", "retries": 0, "on_failure_callback": say_what_failed},
)
def attention() -> None:
    """Look what waits; be red while something can't."""

    @task
    def look() -> int:
        """Name everything that needs a person; how much it is."""
        return look_around()

    look()


attention()
