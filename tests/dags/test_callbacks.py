"""What the engineer on call reads when a task fails: the row of its DAG's own page, and in a message if one is wished."""

import logging
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from ignicloud_airflow.callbacks import advice, say_what_failed

SILENT = {
    "plan_together_bases",
    "plan_together_others",
    "plan_bases",
    "plan_others",
    "plan_derived",
    "plan_unmade",
    "unmade",
    "question",
    "weigh",
    "over_the_share",
    "within_share",
    "cleanup",
}
"""Tasks that only pass on what another one said, or need no more than their log."""


def test_every_task_that_can_go_red_has_a_row_on_its_dags_page(dagbag):
    for dag in dagbag.dags.values():
        steps = {task.task_id.rpartition(".")[2] for task in dag.tasks}
        unsaid = {step for step in steps if advice(dag.doc_md, step) == advice("", step)}
        assert unsaid <= SILENT, dag.dag_id


@pytest.mark.parametrize(
    ("failure", "last"),
    [
        (AirflowFailException("refused: threat_events is red"), "refused: threat_events is red"),
        (AirflowException("crashed: OSError (ENOSPC)"), "crashed: OSError (ENOSPC)"),
        (ValueError("jane.roe"), "x failed: the lines above say why; every task may be cleared and run again"),
    ],
)
def test_the_reason_is_said_last_if_it_is_the_steps_own(caplog, failure, last):
    context = {
        "task": SimpleNamespace(task_id="x"),
        "ti": SimpleNamespace(rendered_map_index=None, log_url=""),
        "dag": SimpleNamespace(dag_id="night", doc_md=""),
        "exception": failure,
    }
    with caplog.at_level(logging.ERROR):
        say_what_failed(context)
    assert caplog.records[-1].getMessage() == last


@pytest.mark.parametrize(("which", "said"), [("2026-03-12 threat_events", "x 2026-03-12 threat_events"), (None, "x")])
def test_the_row_is_said_with_the_task_and_what_it_worked_on(caplog, which, said):
    page = "| red task | what it means | what to do |\n|---|---|---|\n| `x` | it broke | mend it |\n"
    context = {
        "task": SimpleNamespace(task_id="group.x"),
        "ti": SimpleNamespace(rendered_map_index=which, log_url=""),
        "dag": SimpleNamespace(dag_id="night", doc_md=page),
    }
    with caplog.at_level(logging.ERROR):
        say_what_failed(context)
    assert [record.getMessage() for record in caplog.records] == [f"{said} failed: it broke; mend it"]
