"""Data subjects' requests in the tower: by reference, a person's word each, nothing twice."""

import json

import pytest
from airflow.sdk.exceptions import AirflowSkipException
from ignicloud_airflow import requests
from ignicloud_airflow.requests import RequestApproval, RequestStep, is_approved

REFERENCE = "0123456789abcdef"
COUNTS = {
    "rows": 42,
    "files": 6,
    "places": 3,
    "unlinkable": 1,
    "plan": "p" * 64,
    "outcome": "amber",
    "recipient": "threat_partner",
}


class Shown:
    """What a task instance keeps while somebody decides; XComs of a mapped task are asked for by its index."""

    map_index = 3

    def __init__(self):
        self.kept = {}

    def xcom_push(self, key, value):
        self.kept[key] = value

    def xcom_pull(self, key, map_indexes):
        assert map_indexes == self.map_index
        return self.kept[key]


@pytest.fixture
def record(monkeypatch):
    """What the ledger says of the request: kinds in their order."""
    kinds = []

    def entries(kind, **_):
        return [{"kind": each, "seq": seq, **COUNTS} for seq, each in enumerate(kinds) if each == kind]

    monkeypatch.setattr(requests, "entries", entries)
    return kinds


def step(action, next_step):
    return RequestStep(task_id="x", action=action, reference=REFERENCE, right="erasure", next_step=next_step)


def test_whoever_decides_reads_the_reference_and_the_counts(record, monkeypatch):
    record += ["request_found"]
    approve = RequestApproval(task_id="x", body="Read it.", reference=REFERENCE, right="consent_withdrawal")
    monkeypatch.setattr(
        "ignicloud_airflow.approvals.ApprovalOperator.execute", lambda self, _: (self.subject, self.body)
    )
    subject, body = approve.execute({"ti": Shown()})
    assert subject == f"Consent withdrawal: may it be done? (request {REFERENCE})"
    for said in (
        "Read it.",
        "Amber",
        "42 published rows, 6 files in 3 places",
        "1 epochs are no longer linkable",
        "p" * 64,
    ):
        assert said in body


def test_whoever_decides_reads_what_rejecting_does_and_whom_they_have_to_tell(record, monkeypatch):
    record += ["exported", "request_found"]
    monkeypatch.setattr("ignicloud_airflow.approvals.ApprovalOperator.execute", lambda self, _: self.body)
    bodies = {
        right: RequestApproval(task_id="x", reference=REFERENCE, right=right).execute({"ti": Shown()})
        for right in ("erasure", "access")
    }
    for body in bodies.values():
        assert "*Reject*, like silence, refuses nothing" in body
        assert f"python -m jobs request refuse {REFERENCE} --ground" in body
    assert "Copies went to threat_partner. No step tells a recipient" in bodies["erasure"]
    assert "threat_partner" not in bodies["access"]


def test_a_word_is_for_the_search_that_was_shown(record, monkeypatch):
    """Another one, by hand or by the next run, may have found more by then: the step compares."""
    told = []
    record += ["request_found"]
    monkeypatch.setattr("ignicloud_airflow.approvals.ApprovalOperator.execute", lambda *_: None)
    monkeypatch.setattr("ignicloud_airflow.approvals.ApprovalOperator.execute_complete", lambda *_: None)
    monkeypatch.setattr(requests, "run_job", lambda *words, **named: told.append((words, named)))
    asked = {"ti": Shown()}
    RequestApproval(task_id="x", reference=REFERENCE, right="erasure").execute(asked)
    record += ["request_found"]
    answer = {"chosen_options": [RequestApproval.APPROVE], "responded_by_user": {"name": "officer"}}
    RequestApproval(task_id="x", reference=REFERENCE, right="erasure").execute_complete(asked, answer)
    assert told == [(("request", "approve", REFERENCE), {"by": "officer", "found": "0"})]


def test_a_word_counts_for_what_was_found_before_it_and_nothing_later(record):
    assert not is_approved(REFERENCE)
    record += ["request_found", "request_approved"]
    assert is_approved(REFERENCE)
    record += ["request_found"]
    assert not is_approved(REFERENCE)


def test_nothing_is_carried_out_that_nobody_approved(record):
    record += ["request_found"]
    with pytest.raises(AirflowSkipException, match="nobody approved"):
        step("carry-out", "find").execute({})


@pytest.mark.parametrize("next_step", ["carry_out", "lift"])
def test_nothing_is_looked_for_again_that_was_approved_or_lifted(record, next_step):
    with pytest.raises(AirflowSkipException, match="nothing is looked for again"):
        step("find", next_step).execute({})


def test_so_many_requests_that_airflow_would_refuse_them_all_go_on_in_turn(monkeypatch):
    work = [{"reference": f"{n:016x}", "right": "erasure", "step": "find"} for n in range(1025)]
    monkeypatch.setattr(requests, "run_job", lambda *_, **__: json.dumps(work))
    assert requests.requests_that_go_on() == work[:1000]


def test_a_step_is_told_the_reference_alone():
    assert step("carry-out", "lift").arguments({}) == ["request", "carry-out", REFERENCE]
