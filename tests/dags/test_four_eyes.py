"""The requester's own approval doesn't count, silence is a rejection, and the ledger hears who decided."""

from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException
from ignicloud_airflow import four_eyes
from ignicloud_airflow.four_eyes import FourEyesApproval, requester_of


@pytest.fixture
def decided(monkeypatch):
    """What was told to the ledger, and a function that lets somebody respond to a run of ana's."""
    told = []
    monkeypatch.setattr(four_eyes, "run_job", lambda *words, **fields: told.append(fields))
    monkeypatch.setattr(FourEyesApproval, "skip", lambda *_, **__: None, raising=False)
    operator = FourEyesApproval(task_id="approve", subject="?", request="r1")

    def respond(by, choice):
        from datetime import UTC, datetime

        user = {"id": by, "name": by} if by else None
        event = {"chosen_options": [choice], "params_input": {}, "responded_at": datetime.now(UTC),
                 "responded_by_user": user}  # fmt: skip
        context = {"dag_run": SimpleNamespace(triggering_user_name="ana"), "task": operator}
        return operator.execute_complete(context, event)

    return told, respond


def test_a_second_person_approves(decided):
    told, respond = decided
    respond("ben", "Approve")
    assert told == [{"request": "r1", "by": "ben", "decision": "approve"}]


def test_the_requesters_own_approval_fails_and_is_not_recorded_as_one(decided):
    told, respond = decided
    with pytest.raises(AirflowFailException, match="second person"):
        respond("ana", "Approve")
    assert told == []


@pytest.mark.parametrize("by", ["ana", "ben"])
def test_anybody_may_reject(decided, by):
    told, respond = decided
    respond(by, "Reject")
    assert told == [{"request": "r1", "by": by, "decision": "reject"}]


def test_an_approval_of_nobody_is_none(decided):
    told, respond = decided
    with pytest.raises(AirflowFailException):
        respond(None, "Approve")
    respond(None, "Reject")
    assert told == [{"request": "r1", "by": "nobody", "decision": "reject"}]


def test_silence_is_a_rejection(dagbag):
    approve = dagbag.dags["reidentify"].get_task("approve")
    assert approve.defaults == ["Reject"]
    assert approve.response_timeout.total_seconds() == 24 * 3600


def test_a_schedule_cannot_ask():
    with pytest.raises(AirflowFailException, match="a person"):
        requester_of({"dag_run": SimpleNamespace(triggering_user_name=None)})
