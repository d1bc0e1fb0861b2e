"""A request moves through its states as the table says, each move on record, and nowhere who asked."""

from datetime import date
from itertools import pairwise, product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.keys.ring import Keyring
from jobs.lake.kinds import KINDS
from jobs.lake.ledger import UnrecordableError
from jobs.rights.requests.errors import (
    IllegalMoveError,
    NightsCorrectError,
    OtherRightError,
    UnexplainedMoveError,
)
from jobs.rights.requests.request import KIND_OF, MOVES, NEEDS, OVER, PLATFORM, Request, on_record, record, reference_of

ONE, OTHER = "0123456789abcdef", "fedcba9876543210"
SAID = {
    "identity_verified": {"began": "2026-03-01T10:00+00:00", "verified": "2026-03-02T10:00+00:00"},
    "approved": {"by": "officer"},
    "refused": {"by": "officer", "ground": "legal_holds"},
    "extended": {"by": "officer", "reason": "complexity"},
    "joined": {"earlier": OTHER},
}
WAYS = {
    "received": [], "identity_verified": ["received"], "extended": ["received", "identity_verified"],
    "found": ["received", "identity_verified"], "approved": ["received", "identity_verified", "found"],
    "done": ["received", "identity_verified", "found", "approved"], "refused": ["received"], "joined": ["received"],
    "lifted": ["received", "identity_verified", "found", "approved", "done"],
}  # fmt: skip
"""How a request comes into each state."""
LEGAL = {
    ("received", "identity_verified"), ("received", "joined"), ("received", "refused"), ("identity_verified", "found"),
    ("identity_verified", "extended"), ("identity_verified", "joined"), ("identity_verified", "refused"),
    ("extended", "found"), ("extended", "joined"), ("extended", "refused"), ("found", "found"), ("found", "approved"),
    ("found", "extended"), ("found", "joined"), ("found", "refused"), ("approved", "found"), ("approved", "done"),
    ("approved", "refused"), ("done", "lifted"), ("joined", "identity_verified"),
}  # fmt: skip


def go(ledger, state, reference=ONE):
    for each in [*WAYS[state], state]:
        record(ledger, reference, "erasure", each, **SAID.get(each, {}))


@pytest.mark.parametrize(("before", "after"), product(WAYS, WAYS))
def test_a_state_follows_on_another_only_as_the_table_says(ledger, before, after):
    go(ledger, before)
    if (before, after) in LEGAL:
        record(ledger, ONE, "erasure", after, **SAID.get(after, {}))
        assert on_record(ledger)[ONE].state == after
    else:
        with pytest.raises(IllegalMoveError, match=f"is {before}, so it can't become {after}"):
            record(ledger, ONE, "erasure", after, **SAID.get(after, {}))
        assert on_record(ledger)[ONE].state == before


@pytest.mark.parametrize("state", sorted(set(WAYS) - {"received"}))
def test_nothing_is_recorded_of_a_request_that_nobody_received(ledger, state):
    with pytest.raises(IllegalMoveError, match=r"isn't on record, .*: next can be received"):
        record(ledger, ONE, "erasure", state, **SAID.get(state, {}))
    assert not ledger.path.exists()


@pytest.mark.parametrize(("state", "name"), [(state, name) for state, said in SAID.items() for name in said])
def test_a_state_is_recorded_with_what_must_be_said_with_it_or_not_at_all(ledger, state, name):
    for each in WAYS[state]:
        record(ledger, ONE, "erasure", each, **SAID.get(each, {}))
    with pytest.raises(UnexplainedMoveError, match=f"can't become {state} without {name}"):
        record(ledger, ONE, "erasure", state, **{**SAID[state], name: None})


@pytest.mark.parametrize("before", ["identity_verified", "extended", "found", "approved"])
def test_the_platform_can_close_what_is_verified_and_nobody_else_without_approval(ledger, before):
    go(ledger, before)
    record(ledger, ONE, "erasure", "done", by=PLATFORM)
    assert on_record(ledger)[ONE].by == PLATFORM


def test_the_platform_closes_nothing_that_is_not_verified(ledger):
    go(ledger, "received")
    with pytest.raises(IllegalMoveError):
        record(ledger, ONE, "erasure", "done", by=PLATFORM)


def test_requests_are_read_back_each_by_itself_and_with_the_reason_that_was_given(ledger):
    go(ledger, "extended")
    go(ledger, "refused", OTHER)
    record(ledger, ONE, "erasure", "found", rows=3, places=2)
    known = on_record(ledger)
    assert (known[ONE].state, known[ONE].extended, known[ONE].ground) == ("found", True, None)
    assert (known[OTHER].state, known[OTHER].extended, known[OTHER].ground) == ("refused", False, "legal_holds")
    kinds = [entry["kind"] for entry in known[ONE].entries]
    assert kinds == ["request_received", "request_verified", "request_extended", "request_found"]
    assert on_record(ledger, OTHER) == {OTHER: known[OTHER]}


def test_a_request_is_on_record_for_one_right(ledger):
    go(ledger, "identity_verified")
    with pytest.raises(OtherRightError, match="on record for erasure, not for access"):
        record(ledger, ONE, "access", "found")


def test_a_right_that_nobody_knew_is_on_record_as_it_is_understood_later(ledger):
    record(ledger, ONE, "unknown", "received")
    record(ledger, ONE, "access", "identity_verified", **SAID["identity_verified"])
    assert on_record(ledger)[ONE].right == "access"


def test_a_count_that_the_ledger_does_not_take_is_refused(ledger):
    go(ledger, "found")
    with pytest.raises(UnrecordableError, match="email"):
        record(ledger, ONE, "erasure", "approved", by="officer", email="x")


def test_every_state_has_a_kind_of_entry_that_takes_what_must_be_said():
    assert set(KIND_OF) == set(WAYS) == set(MOVES) - {None}
    for state, kind in KIND_OF.items():
        assert {"reference", "right", *NEEDS.get(state, ())} <= KINDS[kind]


@given(st.lists(st.sampled_from(sorted(WAYS)), max_size=12))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_whatever_is_tried_what_is_on_record_is_a_path_of_the_table(lake, tries):
    from jobs.lake.ledger import Ledger

    ledger = Ledger(lake.ledger)
    ledger.path.unlink(missing_ok=True)
    for state in tries:
        try:
            record(ledger, ONE, "erasure", state, **SAID.get(state, {}))
        except IllegalMoveError:
            continue
    states = [None, *(entry["kind"] for entry in ledger.entries())]
    kinds = {None: None} | {kind: state for state, kind in KIND_OF.items()}
    path = [kinds[each] for each in states]
    assert all(after in MOVES[before] for before, after in pairwise(path))
    assert not any(state in OVER - {"done", "joined"} for state in path[:-1])


def test_a_correction_that_waits_lists_every_day_and_those_in_a_row_as_one_range():
    days = {date(2026, 2, n) for n in (1, 2, 3, 5, 27, 28)} | {date(2026, 3, 1)}
    said = str(NightsCorrectError(ONE, {"threat_events": [date(2026, 2, 9)], "activity_trail": days}))
    listed = "activity_trail 2026-02-01 to 2026-02-03, 2026-02-05, 2026-02-27 to 2026-03-01; threat_events 2026-02-09 ("
    assert listed in said
    assert "correct the platform" not in said


# -- the name


ROW = {
    "request_id": "5f0c1f9e-0000-4000-8000-0000000000aa", "user_id": "5f0c1f9e-0000-4000-8000-0000000000bb",
    "right": " Erasure", "received_at": None, "identity_verified_at": None, "detail": '{"message": "Jane Roe"}',
    "extended_until": None, "closed_at": None, "outcome": "Told Jane", "lifted_at": None,
}  # fmt: skip


def test_a_request_shows_neither_who_asked_nor_in_which_words(lake):
    request = Request.of(ROW, Keyring.from_environment())
    said = repr(request)
    assert (request.right, request.user_id) == ("erasure", ROW["user_id"])
    assert not [word for word in ("Jane", "jane", ROW["user_id"], ROW["request_id"]) if word in said]


def test_a_right_in_a_word_that_nobody_knows_is_not_repeated(lake):
    assert "jane" not in repr(Request.of({**ROW, "right": "forget Jane"}, Keyring.from_environment())).lower()


def test_a_reference_is_sixteen_digits_of_a_seal_of_this_keyring(lake, tmp_path, monkeypatch):
    ring = Keyring.from_environment()
    reference = reference_of(ROW["request_id"], ring)
    assert reference == ring.seal("request", ROW["request_id"].encode())[:16]
    monkeypatch.setenv("IGNICLOUD_KEYRING", str(tmp_path / "other" / "keyring.json"))
    assert reference_of(ROW["request_id"], Keyring.from_environment()) != reference
