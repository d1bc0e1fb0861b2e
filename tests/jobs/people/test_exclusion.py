"""Whoever is left out is left out under every identifier that is theirs, and nobody else is."""

from datetime import date, datetime

import pytest

from jobs.people.exclusion import Exclusion, compared
from jobs.people.relationships import Name
from jobs.people.subjects import LeftOut, left_out, registered_columns
from policy.sources import OF_A_PERSON

ADA, BOB, CYD = (f"{letter * 8}-0000-4000-8000-000000000000" for letter in "abc")
REGISTERED = (("person", ADA), ("email", "Ada@Example.org"), ("phone", "+33 6 98 76 54 32"))
EVENTS = "n int, user_id string, attempted_login string, session_id string, ip string"
ACTIVITY = "n int, user_id string, company_id string, session_id string"


@pytest.fixture(scope="module")
def tables(spark):
    """Two of the day's tables: a session of Ada's, one that she shares with Bob, one of his."""
    activity = [(1, ADA, "x", "hers"), (2, ADA.upper(), "x", "shared"), (3, BOB, "x", "shared"), (4, BOB, "x", "his")]
    events = [
        (1, ADA, "ada@example.org", None, None),
        (2, None, "ada@example.org", None, None),
        (3, None, " ADA@example.ORG", None, None),
        (4, None, "06 98 76 54 32", None, None),
        (5, None, "+33698765432", None, None),
        (6, None, ADA.upper(), None, None),
        (7, None, "bob@example.org", "hers", None),
        (8, None, None, " hers ", None),
        (9, None, "bob@example.org", "shared", None),
        (10, BOB, "bob@example.org", "his", None),
        (11, None, "ada@example.com", None, None),
        (12, None, None, None, None),
        (13, BOB, "ada@example.org", None, None),
    ]
    return {
        "activity": spark.createDataFrame(activity, ACTIVITY),
        "security_events": spark.createDataFrame(events, EVENTS),
    }


def kept(promise, spark, tables, left, source="security_events"):
    sources = {name: promise.source(name) for name in (*tables, "professional_users")}
    frames = {**tables, "professional_users": spark.createDataFrame([], "user_id string")}
    rows = Exclusion(left, spark, sources, frames.__getitem__).without(tables[source], source)
    assert rows.columns == tables[source].columns
    return sorted(row["n"] for row in rows.collect())


def test_a_wish_reaches_account_address_telephone_and_the_sessions_that_are_theirs_alone(promise, spark, tables):
    left = LeftOut(frozenset({ADA}), REGISTERED)
    assert kept(promise, spark, tables, left) == [9, 10, 11, 12]
    assert kept(promise, spark, tables, left, "activity") == [3, 4]


def test_a_session_that_is_said_to_be_theirs_leaves_beside_those_in_which_nobody_else_acted(promise, spark, tables):
    assert kept(promise, spark, tables, LeftOut(frozenset({ADA}), (*REGISTERED, ("session", "shared")))) == [10, 11, 12]
    assert 10 not in kept(promise, spark, tables, LeftOut(frozenset(), (("session", "his"),)))


def test_a_session_that_all_who_acted_in_it_leave_goes_whole(promise, spark, tables):
    left = LeftOut(frozenset({ADA, BOB}), REGISTERED)
    assert kept(promise, spark, tables, left) == [11, 12]


def test_nothing_is_asked_of_the_rows_when_nobody_is_left_out(promise, spark, tables):
    held = (Name("person", BOB, 1, None, ("h",)),)
    left = LeftOut(frozenset(), held=held)
    exclusion = Exclusion(left, spark, promise.sources, tables.__getitem__)
    assert exclusion.without(tables["activity"], "activity") is tables["activity"]


def test_who_was_let_go_leaves_the_rows_that_no_hold_keeps(promise, spark, tables):
    gone = (Name("person", ADA, 1, date(2026, 1, 1)), Name("email", "ada@example.org", 1, date(2026, 1, 1)))
    held = (Name("person", BOB, 2, None, ("h",)),)
    assert kept(promise, spark, tables, LeftOut(frozenset(), gone=gone, held=held)) == [4, 5, 9, 10, 11, 12, 13]
    assert kept(promise, spark, tables, LeftOut(frozenset(), gone=gone)) == [4, 5, 9, 10, 11, 12]


def test_a_company_that_was_let_go_leaves_with_all_its_rows(promise, spark, tables):
    gone = (Name("company", "X", 1, date(2026, 1, 1)),)
    assert kept(promise, spark, tables, LeftOut(frozenset(), gone=gone), "activity") == []


def test_a_hold_outweighs_no_wish(promise, spark, tables):
    left = LeftOut(frozenset({ADA}), REGISTERED, held=(Name("person", ADA, 1, None, ("h",)),))
    assert kept(promise, spark, tables, left) == [9, 10, 11, 12]


def test_for_a_purpose_by_consent_only_people_with_a_live_one_stay(promise, spark, tables):
    """Nobody known, who has withdrawn it since, or is yet to give it: Cyd's events are rows 14 and 15."""
    now, early, ahead = datetime(2026, 1, 1), datetime(2025, 1, 1), datetime(2999, 1, 1)
    twice = [(ADA, "news", early, None), (ADA.upper(), "news", early, now)]  # and withdrawn once
    again = [(BOB, "news", early, now), (BOB, "news", now, None)]
    consents = spark.createDataFrame(
        [*twice, *again, (CYD, "News", now, None), (CYD, "news", ahead, None)],
        "user_id string, purpose string, given_at timestamp, withdrawn_at timestamp",
    )
    left = LeftOut(frozenset(), consent_to="news")
    own = spark.createDataFrame([(14, CYD, None, None, None), (15, CYD, None, None, None)], EVENTS)
    events = tables["security_events"].union(own)
    assert kept(promise, spark, {**tables, "security_events": events, "consents": consents}, left) == [10, 13]


def test_every_column_that_may_name_somebody_is_compared_with_every_class_that_people_type(promise, spark):
    registered = frozenset(registered_columns(promise.source("professional_users")).values())
    assert registered == {"person", "email", "phone"}
    found = {}
    for table, source in promise.readable.items():
        for kind, _ in compared(source, source.columns, registered):
            found.setdefault(table, []).append(kind)
    assert sorted(found["security_events"]) == sorted(
        ["event", "person", "email", "person", "phone", "session", "address"]
    )
    for table, source in promise.readable.items():
        direct = {c.identifier for c in source.columns.values() if c.identifier in OF_A_PERSON}
        assert direct <= set(found.get(table, ())), table


class Said:
    """What the platform says, in a few words."""

    def __init__(self, **tables):
        self.tables = tables

    def __call__(self, name, columns):
        return ({column: row.get(column) for column in columns} for row in self.tables.get(name, ()))


def test_who_is_left_out_comes_from_wishes_contracts_and_holds(promise):
    from datetime import UTC

    from jobs.people.reading import People

    at = datetime(2026, 3, 10, tzinfo=UTC)
    said = Said(
        contracts=[{"company_id": "over", "ended_on": date(2024, 9, 9)}, {"company_id": "runs", "ended_on": None}],
        professional_users=[
            {"user_id": ADA, "company_id": "runs", "email": "ada@example.org", "phone": "+33 6 98 76 54 32"},
            {"user_id": BOB, "company_id": "over", "email": "bob@example.org"},
            {"user_id": CYD, "company_id": "over"},
        ],
        legal_holds=[{"hold_id": "h", "subject_kind": "person", "subject_id": CYD, "placed_on": date(2025, 1, 1)}],
        subject_requests=[
            {"user_id": ADA, "right": "objection", "identity_verified_at": at, "detail": '{"purpose": ["x"]}'}
        ],
    )  # fmt: skip
    people = People(said, promise.register.purposes, str, at)
    left = left_out(promise, "threat_analysis", people, date(2026, 3, 9))
    assert left.people == {ADA}
    assert set(left.registered) == {("person", ADA), ("email", "ada@example.org"), ("phone", "+33 6 98 76 54 32")}
    assert {(n.identifier, n.value) for n in left.gone} == {
        ("person", BOB), ("email", "bob@example.org"), ("company", "over"),
    }  # fmt: skip
    assert {(n.identifier, n.value) for n in left.held} == {("person", CYD)}
    assert left.unread == 1
