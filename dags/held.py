"""### A night that is held

A night ten times smaller than usual is held: something upstream may be broken. Its verdict is red with
`expect_volume_is_usual` alone. If the night really was that small, a holiday for example, trigger this DAG
with the release and the day; then clear `protect` and what follows in that night.

The ledger keeps who accepted how many rows. A night that is smaller still is held again.

| red task | what it means | what to do |
|---|---|---|
| `accept` | the last verdict on that release and day doesn't hold it for its volume; or no person triggered the run | check release and day; trigger again |
"""

from __future__ import annotations

from airflow.sdk import Param, dag, get_current_context, task
from ignicloud_airflow.callbacks import say_what_failed
from ignicloud_airflow.choices import choice, releases
from ignicloud_airflow.four_eyes import requester_of
from ignicloud_airflow.jobs import run_job


@dag(
    dag_id="held",
    schedule=None,
    max_active_runs=4,
    doc_md=__doc__,
    tags=["privacy", "gate"],
    params={
        "release": choice(releases, "the release that is held"),
        "day": Param("", type="string", format="date", description="its data day, 2026-01-31"),
    },
    default_args={"owner": "data-engineering", "retries": 0, "on_failure_callback": say_what_failed},
)
def held() -> None:
    """Accept a small night."""

    @task
    def accept(release: str, day: str) -> None:
        """Record who accepts it."""
        run_job("accept", release=release, day=day, by=requester_of(get_current_context()))

    accept("{{ params.release }}", "{{ params.day }}")


held()
