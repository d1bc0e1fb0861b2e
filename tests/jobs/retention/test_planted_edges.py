"""The demo's planted edges, each by name: every one falls on the side that its truth says."""

import json
import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from jobs.keys.ring import Keyring
from jobs.people.relationships import Relationships
from jobs.retention.platform import platform_of_today
from policy.periods import add_months, months_of
from tests.conftest import LAST_DAY

TODAY = LAST_DAY + timedelta(days=1)
CASES = {
    "gone since today", "kept for the last day", "kept for one more day", "month end",
    "an old contract ended, a newer one runs", "an old contract ended, a newer one ended later", "only a trial",
    "ends in the future", "never had a contract", "left this year",
}  # fmt: skip


@pytest.fixture(scope="module")
def truth(seeded_platform):
    """What the seed planted."""
    return json.loads(seeded_platform.with_name("truth.json").read_text())


@pytest.fixture
def relationships(promise, platform, lake):
    """What the seeded platform says today, read as retention reads it."""
    with platform_of_today(promise, Keyring.from_environment()) as today:
        read = today.relationships("threat_analysis")
        accounts = list(read.accounts())
    return Relationships(read.contracts, lambda: accounts, read.holds)


@pytest.fixture
def over(relationships, promise):
    """(class, value) → holds of everybody whose time is over today, and of everybody held."""
    months = months_of(promise.register.relationship_keep)
    names = relationships.names(months, TODAY - timedelta(days=1), frozenset({TODAY}))
    return {(n.identifier, n.value): n for n in names}


def identified(relationships):
    """Everybody who is due or held, without the numbers that one reading gives them."""
    names = relationships.names(18, TODAY, frozenset({TODAY}))
    return [(n.identifier, n.value, n.through, n.holds) for n in names]


def gone(name):
    return name is not None and not name.holds and name.through is not None and name.through < TODAY


def test_every_planted_end_of_a_relationship_is_on_its_side(truth, over):
    held = {hold["subject_id"] for hold in truth["holds"] if hold["stands"]}
    assert {edge["case"] for edge in truth["relationships"]} == CASES
    for edge in truth["relationships"]:
        found = over.get(("company", edge["company_id"]))
        assert gone(found) == (not edge["kept_today"] and edge["company_id"] not in held), edge["case"]
        if found is not None and edge["kept_through"]:
            assert str(found.through) == edge["kept_through"], edge["case"]


def test_the_people_of_an_ended_company_go_with_it(truth, over, relationships):
    ended = {e["company_id"]: e for e in truth["relationships"] if not e["kept_today"]}
    held = {hold["subject_id"] for hold in truth["holds"] if hold["stands"]}
    people = [account for account in relationships.accounts() if account.company_id in ended]
    assert len(people) >= len(ended)
    for person in people:
        expected = person.company_id not in held and person.user_id not in held
        assert gone(over.get(("person", person.user_id))) == expected, ended[person.company_id]["case"]


def test_every_planted_closure_of_an_account_is_on_its_side(truth, over):
    assert [gone(over.get(("person", edge["user_id"]))) for edge in truth["closures"]] == [True, False, False]
    assert [edge["kept_today"] for edge in truth["closures"]] == [False, True, True]


def test_the_planted_holds_keep_whom_they_must_and_a_lifted_one_nobody(truth, over, relationships):
    for hold in truth["holds"]:
        kind = {"user": "person", "company": "company"}[hold["subject_kind"]]
        found = over.get((kind, hold["subject_id"]))
        assert bool(found and found.holds) == hold["stands"]
    assert [hold["stands"] for hold in truth["holds"]] == [True, True, False]
    references = {reference for name in over.values() for reference in name.holds}
    assert len(references) == 3  # and one over somebody who asks to be erased


def test_every_planted_cookie_is_on_its_side(truth, promise):
    months = months_of(promise.register.cookie_keep)
    for edge in truth["cookies"]:
        through = add_months(date.fromisoformat(edge["first_visit_on"]), months)
        assert (str(through), through >= TODAY) == (edge["kept_through"], edge["kept_today"])
    assert {edge["kept_today"] for edge in truth["cookies"]} == {True, False}


def test_nobody_of_a_running_company_with_an_open_account_is_over(relationships, over):
    ends = relationships.company_ends()
    running = [a for a in relationships.accounts() if ends[a.company_id] is None and a.closed_on is None]
    assert len(running) > 100
    assert not [a for a in running if gone(over.get(("person", a.user_id)))]


def test_both_databases_say_the_same(promise, relationships, seeded_postgres, postgres_server, monkeypatch):
    monkeypatch.setenv("PGHOST", re.search(r"host=([^&]+)", postgres_server.get_uri())[1])
    monkeypatch.setenv("PGUSER", "postgres")
    monkeypatch.setenv("PGDATABASE", seeded_postgres)
    monkeypatch.setenv("IGNICLOUD_PLATFORM", "postgresql:")
    with platform_of_today(promise, Keyring.from_environment()) as today:
        there = set(identified(replace(today.relationships("threat_analysis"), withdrawn={})))
    assert there == set(identified(relationships))
    assert len(there) > 20
