"""### The night

Every night at 02:00 UTC what happened on the platform yesterday becomes datasets that analysts can
use and nobody can be found in.

`plan` → `extract` → `protect_all` → `validate_all` → for each release: `protect` → `validate` → `publish` → `cleanup` → `report`

`threat_signals` is made of published releases: it is *derived*, and starts once its *bases* are published; the *others* wait for
nobody. `plan_bases`, `plan_others`, `plan_derived` and `plan_unmade` are the parts of the plan, `plan_together_bases` and
`plan_together_others` two of them by days; `unmade` skips, by name, the releases that aren't due: microdata are of a closed month,
made in the night of its last day, and published once.

A small day is mostly the start of Spark. So `protect_all` and `validate_all` do its bases in one application a step, and its others in
another; each release's own `protect` and `validate` take over what was done, or why it was refused. They do it by themselves, in an
application of their own, when they or `protect_all` are cleared, when the release crashed or was protected anew, and on a day with
more than 8 MiB in landing.

| red task | what it means | what to do |
|---|---|---|
| `plan` | a policy file or the platform's database can't be read; or the day isn't over | `python -m policy`, check the connection `platform`, clear the task |
| `extract` | the source drifted: a column, a type, a word or a cell that isn't what was classified, all of them named (docs/values.md); or the platform holds nothing so old | ask the owners named in the log, correct `policy/sources.yaml`, clear the task; nothing was changed |
| `protect_all` | the machine ended it, and ended it again though from the second attempt on it only steps aside: what a release is refused for is its own task's to say | see what ends tasks on this machine; clear it and what follows |
| `validate_all` | the same | clear it and what follows |
| `protect` | landing or keys aren't as they must be; of a derived release: a rule doesn't fit (it is skipped while what it is made of isn't published) | read the log's last line; clear the task |
| `validate` | the gate found something, or missed a planted leak; the run is in quarantine, nothing was published | its link *Data Docs* says which expectation and column; correct the contract; clear `protect` and what follows; a night held for its volume: the DAG `held` |
| `publish` | the verdict doesn't cover the staged files, byte for byte; or an incident of the DAG `assurance` is open | clear `protect` and what follows; if it happens again, somebody changes staged files; acknowledge the incident |
| `report` | the releases that its last line names aren't published by this run, every other one is | the first red task above says why |

A red release doesn't stop the others. Landing stays until all releases of its day are published.
Every task may be cleared and run again: each step replaces its own day and nothing else. A past day:
trigger with the parameter `day`, or backfill; triggered without a date, it is yesterday's night. Late events: the three days before are looked at again, and rebuilt when their source changed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import Asset, AssetAlias, CronDataIntervalTimetable, Param, dag, get_current_context, task, task_group
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from ignicloud_airflow.callbacks import say_what_failed
from ignicloud_airflow.jobs import plan_night, run_job
from ignicloud_airflow.pages import ThreatReportLink
from ignicloud_airflow.record import counts, unpublished
from ignicloud_airflow.releases import DerivedStep, DerivedValidateStep, ReleaseStep, ValidateStep, require_bases
from ignicloud_airflow.spark import run_name
from ignicloud_airflow.together import TogetherStep

DAY = "{{ params.day or (dag_run.data_interval_start or dag_run.run_after - macros.timedelta(days=1)) | ds }}"
"""The parameter's day, else the interval's; of a run that has neither, the day before it began."""
PARTS = ("together_bases", "together_others", "bases", "others", "derived", "unmade")
RELEASES = AssetAlias("ignicloud_releases")


@task(map_index_template="{{ what }}", retries=0)
def unmade(day: str, release: str, why: str) -> None:
    """A release that isn't made of this day, and why."""
    get_current_context()["what"] = f"{day} {release}"
    raise AirflowSkipException(f"{release}: {why}")


@task_group
def together(day: str, releases: list[str]) -> None:
    """What the releases of a small day have in common: one application a step."""
    protect = TogetherStep(task_id="protect_all", step="protect", day=day, releases=releases)
    validate = TogetherStep(
        task_id="validate_all", step="validate", day=day, releases=releases, after="protect",
        trigger_rule="none_failed",
    )  # fmt: skip
    protect >> validate


@dag(
    dag_id="nightly",
    schedule=CronDataIntervalTimetable("0 2 * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 (the timetable is in UTC)
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["privacy", "night"],
    params={"day": Param(None, type=["null", "string"], format="date", description="a past data day, 2026-01-31")},
    default_args={
        "owner": "data-engineering",
        "retries": 2,
        "retry_delay": timedelta(minutes=2),
        "retry_exponential_backoff": True,
        "on_failure_callback": say_what_failed,
    },
)
def nightly() -> None:
    """Extract, protect, validate, publish, clean up."""

    @task(multiple_outputs=False)
    def plan(day: str) -> dict[str, list[Any]]:
        """Every release of every day that this night has to look at, with why it is skipped, if it is."""
        return plan_night(day)

    @task
    def part(planned: dict[str, list[Any]], of: str) -> list[Any]:
        """One part of the plan, in the form that Airflow can map over."""
        return planned[of]

    @task
    def extract(planned: dict[str, list[Any]]) -> None:
        """Copy the days from the platform into landing; no other task copies it."""
        for day in planned["days"]:
            run_job("extract", day=day)

    @task(outlets=[RELEASES], multiple_outputs=False, map_index_template="{{ what }}")
    def publish(day: str, release: str) -> dict[str, int]:
        """Make exactly what the gate passed visible, in one commit."""
        context = get_current_context()
        context["what"] = f"{day} {release}"
        require_bases(release, day)
        run = run_name(context["run_id"], day)
        said = run_job("publish", release=release, day=day, run=run)
        made = counts(release, day, run)
        context["outlet_events"][RELEASES].add(
            Asset(f"ignicloud://published/{release}"), extra={"day": day, **made, "said": said}
        )
        return made

    @task_group
    def release(day: str, release: str) -> None:
        """One release of one day."""
        protect = ReleaseStep(task_id="protect", step="protect", day=day, release=release, trigger_rule="none_failed")
        validate = ValidateStep(task_id="validate", day=day, release=release)
        protect >> validate >> publish(day, release)

    @task_group
    def derived(day: str, release: str) -> None:
        """One release made of published ones: skipped without those of its day, whatever else is red."""
        protect = DerivedStep(task_id="protect", step="protect", day=day, release=release, trigger_rule="all_done")
        validate = DerivedValidateStep(task_id="validate", day=day, release=release, trigger_rule="none_failed")
        published = publish.override(trigger_rule="none_failed")(day, release)
        published.operator.operator_extra_links = (ThreatReportLink(),)
        protect >> validate >> published

    @task(trigger_rule="all_done")
    def cleanup(planned: dict[str, list[Any]]) -> None:
        """Delete landing of each day of which every release is published and verified."""
        for day in planned["days"]:
            run_job("cleanup", day=day)

    @task(trigger_rule="all_done", retries=0)
    def report(day: str, planned: dict[str, list[Any]]) -> None:
        """Say what the night did; red if a release is missing."""
        context = get_current_context()
        run_job("night", day=day)
        work = [*planned["bases"], *planned["others"], *planned["derived"]]
        missing = unpublished(work, {each: run_name(context["run_id"], each) for each in planned["days"]})
        if missing:
            raise AirflowFailException(f"not published: {', '.join(missing)}; see the red tasks of this run")

    planned = plan(DAY)
    parts = {name: part.override(task_id=f"plan_{name}")(planned, name) for name in PARTS}
    unmade.expand_kwargs(parts["unmade"])
    bases = release.override(group_id="bases").expand_kwargs(parts["bases"])
    others = release.override(group_id="others").expand_kwargs(parts["others"])
    made_of_them, cleaned, extracted = derived.expand_kwargs(parts["derived"]), cleanup(planned), extract(planned)
    extracted >> together.override(group_id="together_bases").expand_kwargs(parts["together_bases"]) >> bases
    extracted >> together.override(group_id="together_others").expand_kwargs(parts["together_others"]) >> others
    bases >> made_of_them >> cleaned
    others >> cleaned >> report(DAY, planned)


nightly()
