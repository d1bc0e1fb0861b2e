"""Rules that hold of every DAG: exactly these, owned, documented, tagged, with retries and a word for whoever is on call."""

from datetime import UTC, datetime

import pytest

DAGS = {"assurance", "attention", "held", "keys", "nightly", "reidentify", "retention", "subject_requests"}


def test_exactly_our_dags_are_read_without_an_error(dagbag):
    assert dagbag.import_errors == {}
    assert set(dagbag.dags) == DAGS


@pytest.mark.parametrize("dag_id", sorted(DAGS))
def test_a_dag_says_what_it_does_whose_it_is_and_what_a_failure_means(dagbag, dag_id):
    dag = dagbag.dags[dag_id]
    assert len(dag.doc_md) > 300
    assert "| red task |" in dag.doc_md
    assert "privacy" in dag.tags
    assert dag.max_active_runs == 1 or dag.schedule is None or dag_id == "subject_requests"  # which waits for people
    for task in dag.tasks:
        assert task.owner not in ("", "airflow"), task.task_id
        assert task.on_failure_callback, task.task_id


@pytest.mark.parametrize("dag_id", sorted(DAGS))
def test_the_page_names_every_task_that_can_fail(dagbag, dag_id):
    dag = dagbag.dags[dag_id]
    for task in dag.tasks:
        assert f"`{task.task_id.rpartition('.')[2]}`" in dag.doc_md, task.task_id


def test_no_task_is_given_a_secret_in_what_any_viewer_may_read(dagbag):
    for dag in dagbag.dags.values():
        for task in dag.tasks:
            for field in ("conf", "_conf", "env_vars", "_env_vars", "op_kwargs", "env"):
                held = str(getattr(task, field, None) or "").lower()
                assert not any(word in held for word in ("password", "secret", "key")), task.task_id


@pytest.mark.parametrize(
    ("param", "interval", "day"),
    [
        (None, None, "2026-03-12"),
        (None, datetime(2026, 3, 5, 2, tzinfo=UTC), "2026-03-05"),
        ("2026-01-31", None, "2026-01-31"),
    ],
)
def test_a_night_that_somebody_triggers_without_a_date_is_yesterdays(dagbag, param, interval, day):
    from airflow.sdk.api.datamodels._generated import DagRun, DagRunState
    from airflow.sdk.execution_time import macros

    run = DagRun(
        dag_id="nightly", run_id="manual", run_type="manual", state=DagRunState.RUNNING, consumed_asset_events=[],
        run_after=datetime(2026, 3, 13, 0, 10, tzinfo=UTC), start_date=datetime(2026, 3, 13, 0, 10, tzinfo=UTC),
        logical_date=interval, data_interval_start=interval, data_interval_end=interval, end_date=None,
        partition_key=None,
    )  # fmt: skip
    task = dagbag.dags["nightly"].get_task("plan")
    context = {"params": {"day": param}, "dag_run": run, "macros": macros}
    assert task.render_template(task.op_args[0], context) == day


def test_a_release_that_nothing_makes_is_one_task_that_is_called_as_it_is(dagbag):
    """Mapped tasks that never run have no name in the UI: so none of them is mapped over what can't be made."""
    unmade = dagbag.dags["nightly"].get_task("unmade")
    assert unmade.partial_kwargs["map_index_template"] == "{{ what }}"
    assert unmade.downstream_task_ids == set()
    groups = [task for task in dagbag.dags["nightly"].tasks if "." in task.task_id]
    assert all("skipped" not in getattr(task, "template_fields", ()) for task in groups)
