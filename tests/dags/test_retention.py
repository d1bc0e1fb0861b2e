"""Retention through real Airflow: plan, execute, prove; a person where a lot goes; red while something is overdue."""

import json
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException
from ignicloud_airflow import expiry
from ignicloud_airflow.expiry import ExpiryApproval, stopped_since

from tests.jobs.retention.world import World, identity

TODAY = datetime.now(UTC).date()
DAY = TODAY - timedelta(days=3)


@pytest.fixture
def world(promise, lake, tmp_path, monkeypatch):
    """Twenty rows, one of them of somebody whose time is over."""
    monkeypatch.setenv(
        "AIRFLOW_CONN_PLATFORM", json.dumps({"conn_type": "sqlite", "host": str(tmp_path / "platform.db")})
    )
    world = World(promise, lake, tmp_path / "platform.db", None)
    world.company("over", date(TODAY.year - 3, 1, 31))
    world.company("runs", None)
    world.account("ada", "over")
    world.account("dan", "runs")
    world.publish("threat_events", DAY, [{"person": name} for name in ("ada", *["dan"] * 19)])
    return world


def run(dagbag, **arguments):
    """One run of the DAG; its state and what any viewer reads of its tasks."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    made = dagbag.dags["retention"].test(logical_date=None, run_conf={}, **arguments)
    with create_session() as session:
        seen = [str(x) for x in session.scalars(select(XComModel.value).where(XComModel.run_id == made.run_id))]
        states = {ti.task_id: str(ti.state) for ti in made.get_task_instances(session=session)}
    return states, seen


def test_what_is_due_goes_is_proved_and_the_run_shows_counts_only(dagbag, world):
    states, seen = run(dagbag)
    assert states == {
        "plan": "success", "weigh": "success", "over_the_share": "success", "approve": "skipped",
        "within_share": "success", "execute": "success", "prove": "success", "report": "success",
    }  # fmt: skip
    assert world.names("threat_events", ("ada", "dan")) == [(DAY, "dan")] * 19
    proved = world.ledger.last("expiry_proved")
    assert (world.lake.expiry(proved["plan"]) / "receipt.md").exists()
    assert any("forecast" in text and "holds" in text for text in seen)
    assert not [text for text in seen for secret in (identity("ada"), "usr_", "eml_") if secret in text]


def test_an_approval_that_is_not_in_the_ledger_lets_nothing_go_and_the_run_is_red(dagbag, world):
    world.publish("threat_events", DAY, [{"person": name} for name in ("ada", "dan")])
    states, _ = run(dagbag, mark_success_pattern="approve")
    assert (states["execute"], states["prove"], states["report"]) == ("failed", "upstream_failed", "failed")
    assert len(world.rows("threat_events")) == 2


@pytest.fixture
def decided(monkeypatch):
    """What was told to the ledger, and a function that lets somebody respond."""
    told = []
    monkeypatch.setattr(expiry, "run_job", lambda step, **fields: told.append((step, fields)))
    monkeypatch.setattr(ExpiryApproval, "skip", lambda *_, **__: None, raising=False)
    operator = ExpiryApproval(task_id="approve", subject="?", plan="f" * 64)

    def respond(by, choice, triggered_by=None):
        user = {"id": by, "name": by} if by else None
        event = {"chosen_options": [choice], "params_input": {}, "responded_at": datetime.now(UTC),
                 "responded_by_user": user}  # fmt: skip
        context = {"dag_run": SimpleNamespace(triggering_user_name=triggered_by), "task": operator}
        return operator.execute_complete(context, event)

    return told, respond


def test_an_approval_goes_into_the_ledger_with_the_plan_and_the_name(decided):
    told, respond = decided
    respond("ben", "Approve")
    respond("ben", "Approve", triggered_by="ana")
    assert told == [("expire", {"approve": "f" * 64, "by": "ben"})] * 2


def test_whoever_triggered_the_run_cannot_approve_and_neither_can_nobody(decided):
    told, respond = decided
    for by, triggered_by in (("ana", "ana"), (None, None)):
        with pytest.raises(AirflowFailException, match="person"):
            respond(by, "Approve", triggered_by)
    respond("ben", "Reject")
    respond(None, "Reject")
    assert told == []


def test_silence_is_a_rejection(dagbag):
    approve = dagbag.dags["retention"].get_task("approve")
    assert approve.defaults == ["Reject"]
    assert approve.response_timeout.total_seconds() == 24 * 3600


def test_a_retention_that_nobody_proved_for_two_days_is_noticed(ledger):
    now = datetime.now(UTC)
    late, later = now + timedelta(days=2, minutes=-1), now + timedelta(days=2, minutes=1)
    assert stopped_since(later) is None, "nothing was ever published"
    ledger.append("published", release="threat_events", day=DAY, run="r", version=1, rows=1, files=1, verdict_hash="0")
    assert (stopped_since(late), stopped_since(later)) == (None, f"{now:%Y-%m-%d}")
    ledger.append("expiry_proved", plan="0", day=TODAY, rows=0, tokens=0, files=0, receipt="0")
    assert (stopped_since(late), stopped_since(later)) == (None, f"{now:%Y-%m-%d}")
    ledger.append("published", release="threat_events", day=DAY, run="s", version=2, rows=1, files=1, verdict_hash="0")
    assert stopped_since(later) is not None, "a new night proves nothing"


def test_a_stopped_retention_turns_assurance_red(dagbag, lake, monkeypatch):
    monkeypatch.setattr("ignicloud_airflow.expiry.entries", lambda _: [{"at": "2026-01-01T00:00:00+00:00"}])
    task = dagbag.dags["assurance"].get_task("retention_runs")
    with pytest.raises(AirflowFailException, match="2026-01-01"):
        task.python_callable()
