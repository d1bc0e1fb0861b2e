"""What a request asks is read where every word is understood; where one isn't, it waits for a person."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from jobs.rights.requests.asked import Asked, Correction, Words
from jobs.rights.requests.request import Request

AT = datetime(2026, 3, 1, 10, tzinfo=UTC)
WORDS = Words(frozenset({"threat", "news"}), frozenset({"city", "family_name"}))


def asked(right, detail=None, **change):
    return WORDS.asked(replace(Request("0" * 16, right, AT, AT, detail=detail), **change))


@pytest.mark.parametrize(
    ("right", "detail", "meant"),
    [
        ("access", None, Asked()),
        ("access", '{"format": "JSON "}', Asked(format="json")),
        ("portability", '{"format": "csv"}', Asked(format="csv")),
        ("rectification", '{"column": "City", "value": "Antibes"}', Asked(correction=Correction("city", "Antibes"))),
        ("erasure", "", Asked()),
        ("erasure", '{"message": "all of it"}', Asked(remarks=True)),
        ("restriction", '{"reason": "a dispute"}', Asked(remarks=True)),
        ("objection", None, Asked()),
        ("objection", '{"purpose": "threat"}', Asked(purposes=frozenset({"threat"}))),
        ("objection", '{"purpose": ["threat", "news"], "comment": "!"}', Asked(purposes=frozenset({"threat", "news"}), remarks=True)),
        ("consent_withdrawal", '{"purpose": "News"}', Asked(purposes=frozenset({"news"}))),
    ],
)  # fmt: skip
def test_what_is_understood_says_what_is_to_be_done(right, detail, meant):
    assert asked(right, detail) == meant


@pytest.mark.parametrize(
    ("right", "detail"),
    [
        ("access", '{"format": "pdf"}'),
        ("access", '{"format": ["json"]}'),
        ("access", '{"only": "2024"}'),
        ("portability", '{"format": "csv", "to": "a competitor"}'),
        ("rectification", None),
        ("rectification", '{"column": "city"}'),
        ("rectification", '{"column": "city", "value": 7}'),
        ("rectification", '{"column": ["city"], "value": "x"}'),
        ("rectification", '{"column": "user_id", "value": "x"}'),
        ("rectification", '{"column": "city", "value": "x", "since": "2024"}'),
        ("erasure", '{"only": "cookies"}'),
        ("erasure", '{"purpose": "threat"}'),
        ("erasure", "please"),
        ("erasure", "[]"),
        ("restriction", '{"until": "2026-05-01"}'),
        ("restriction", '{"reason": "a", "reason": "b"}'),
        ("objection", '{"purpose": "threats"}'),
        ("objection", '{"purposes": "threat"}'),
        ("objection", '{"purpose": "threat", "weight": 1}'),
        ("consent_withdrawal", '{"purpose": []}'),
    ],
)
def test_a_detail_that_is_not_understood_is_left_to_a_person(right, detail):
    assert asked(right, detail) == Asked(unread=("detail",))


@pytest.mark.parametrize(
    ("change", "unread"),
    [
        ({"outcome": "rejected"}, ("outcome",)),
        ({"outcome": "rejected", "closed_at": AT}, ("outcome",)),
        ({"outcome": "done"}, ("outcome",)),
        ({"outcome": "done", "closed_at": AT}, ()),
        ({"closed_at": AT}, ()),
        ({"outcome": "refused"}, ()),
        ({"received_at": None}, ("received_at",)),
    ],
)
def test_an_outcome_without_a_closing_or_in_another_word_is_not_understood(change, unread):
    assert asked("access", **change).unread == unread


def test_what_is_closed_for_somebody_who_was_never_verified_is_not_understood():
    assert WORDS.asked(Request("0" * 16, "access", AT, None, closed_at=AT, outcome="done")).unread == ("outcome",)


def test_a_right_that_nobody_knows_is_not_understood():
    assert "right" in asked("unknown").unread


def test_a_correction_does_not_show_its_value():
    assert "Antibes" not in repr(asked("rectification", '{"column": "city", "value": "Antibes"}'))


def test_of_an_account_words_and_its_company_can_be_corrected_and_not_its_own_id_or_times(promise):
    columns = Words.of(promise).columns
    assert {"first_name", "family_name", "email", "phone", "city", "company_id"} <= columns
    assert not columns & {"user_id", "created_at", "closed_at"}
