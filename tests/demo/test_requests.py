"""The forty planted requests, each by name: the state in which the suite sees it, its last day, what comes next."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from demo.requests import REQUESTS
from jobs.keys.ring import Keyring
from jobs.rights.requests.book import read_book
from jobs.rights.requests.expected import expected
from jobs.rights.requests.request import reference_of
from tests.demo.conftest import UNTIL

NEXT = {
    "received": "verify", "identity_verified": "find", "extended": "find", "done": "nothing", "refused": "person",
    "lifted": "nothing", "joined": "join",
}  # fmt: skip


@pytest.fixture
def book(two_weeks, lake, ledger, promise, monkeypatch):
    """The book of the morning after the last day; the ledger knows nothing of any request."""
    monkeypatch.setenv("IGNICLOUD_PLATFORM", f"sqlite:///{two_weeks}")
    now = datetime.combine(UNTIL + timedelta(days=1), datetime.min.time(), UTC) + timedelta(hours=5)
    return read_book(promise, Keyring.from_environment(), ledger, now)


@pytest.mark.parametrize("number", range(REQUESTS))
def test_a_planted_request_is_seen_as_it_was_planted(book, truth, promise, number):
    entry, ring = truth["requests"][number], Keyring.from_environment()
    case = book.case(reference_of(entry["request_id"], ring))
    earlier = entry["joined_with"] and reference_of(entry["joined_with"], ring)
    seen = (case.request.right, case.state, case.due, case.late, case.joined_with, bool(case.holds))
    due = date.fromisoformat(entry["due_on"])
    assert seen == (entry["right"], entry["expected"], due, entry["late"], earlier, entry["held"])
    said = expected(case, promise.register.answering)
    assert said.step == NEXT[entry["expected"]]
    assert ("late: it was due on" in said.words) == (entry["late"] and case.is_open)
    assert (said.ends, said.ground, said.in_part) == (
        ("refused", "legal_holds", True) if entry["held"] else (ends(entry["expected"]), None, False)
    )
    assert ("no reason is on record" in said.words) == (entry["expected"] == "extended")


def ends(state):
    """Where a request ends that no ground stops: one that isn't verified stays where it is."""
    return "done" if state in ("identity_verified", "extended") else state


def test_all_forty_are_in_the_book_and_nothing_else(book):
    assert (len(book.cases), book.missing) == (40, {})


def test_every_sort_of_request_is_among_the_planted_ones(truth):
    states = Counter(entry["expected"] for entry in truth["requests"])
    assert set(states) == set(NEXT)
    assert states["joined"] == 3
    assert sum(entry["late"] and entry["expected"] == "identity_verified" for entry in truth["requests"]) >= 3
    assert sum(entry["held"] for entry in truth["requests"]) == 1


def test_no_request_shows_who_asked(book, truth, promise):
    said = repr(book) + "".join(expected(case, promise.register.answering).words for case in book.cases)
    for entry in truth["requests"]:
        assert entry["user_id"] not in said
        assert entry["request_id"] not in said
    assert "please delete" not in said
