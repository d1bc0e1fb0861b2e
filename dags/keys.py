"""### Keys

Every hour, without anyone present: `rotate` opens today's epoch of each pseudonymisation domain and
retires those before it; `forget` deletes answers to re-identifications, and packages for data subjects, that
have expired.

The data day chooses the key, so rotation rewrites nothing and late events of an old day still find the
old key. An epoch whose last row has expired is destroyed by the DAG `retention`, once nothing needs it.
No key is printed, ever; the ledger has fingerprints.

| red task | what it means | what to do |
|---|---|---|
| `rotate` | the keyring can't be opened, or the clock is before an epoch | read the log's last line; see docs/keys.md; nights stop until it is mended |
| `forget` | an answer or a package can't be deleted | delete the files under `answers/` in the lake that are a day old, under `packages/` a week; tell the privacy officer |
"""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.sdk import CronTriggerTimetable, dag, task
from ignicloud_airflow.callbacks import say_what_failed
from ignicloud_airflow.jobs import run_job


@dag(
    dag_id="keys",
    schedule=CronTriggerTimetable("0 * * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 (the timetable is in UTC)
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["privacy", "keys"],
    default_args={
        "owner": "privacy-office",
        "retries": 2,
        "retry_delay": timedelta(minutes=2),
        "on_failure_callback": say_what_failed,
    },
)
def keys() -> None:
    """Open and retire epochs; delete expired answers."""

    @task
    def rotate() -> None:
        """Open today's epochs, retire those before."""
        run_job("keys", "rotate")

    @task
    def forget() -> None:
        """Delete answers to re-identifications that have expired."""
        run_job("reidentify", "forget")

    rotate()
    forget()


keys()
