"""Two epochs of a release are joined by habit where people have one; the truth is made by the keys and kept nowhere."""

from datetime import date, datetime, timedelta

import pytest

from jobs.assurance.relinking import joined_epochs, known_tokens, relinked
from jobs.keys.field_keys import DomainKeys
from jobs.keys.ring import Keyring
from jobs.lake.landing import Landing
from jobs.night.extract import extract_day
from policy.periods import epoch_of

DAY = date(2026, 3, 12)
ROWS = "actor string, occurred_at timestamp, kind string, outcome string, browser string, route string"
MORNING, NIGHT = 8, 23
HABITS = {
    "ana": (MORNING, "login_ok", "Firefox"),
    "ben": (NIGHT, "login_ok", "Chrome"),
    "clo": (MORNING, "logout", "curl"),
}


@pytest.fixture
def contract(promise):
    return promise.release("threat_events")


def epoch(spark, first, tokens):
    """Five days of each person's habit, under tokens of that epoch."""
    rows = [
        (
            tokens[name],
            datetime(first.year, first.month, first.day, hour) + timedelta(days=n),
            kind,
            None,
            browser,
            None,
        )
        for name, (hour, kind, browser) in HABITS.items()
        for n in range(5)
        if name in tokens
    ]
    return spark.createDataFrame(rows, ROWS)


def test_whoever_keeps_a_habit_is_found_under_another_token(spark, contract):
    tokens = {name: (f"old {name}", f"new {name}") for name in HABITS}
    known = spark.createDataFrame([*tokens.values(), ("old gone", "new gone")], "before string, after string")
    before, after = (
        epoch(spark, first, {name: each[place] for name, each in tokens.items()})
        for place, first in enumerate((date(2026, 3, 2), date(2026, 4, 6)))
    )
    found = relinked(contract, before, after, known)
    assert (found.people, found.among, found.hits) == (3, 3, 3)
    wrong = spark.createDataFrame(
        [("old ana", "new ben"), ("old ben", "new clo"), ("old clo", "new ana")], known.schema
    )
    assert relinked(contract, before, after, wrong).hits == 0


def test_nobody_who_is_in_one_epoch_only_is_looked_for(spark, contract):
    known = spark.createDataFrame([(f"old {name}", f"new {name}") for name in HABITS], "before string, after string")
    before = epoch(spark, date(2026, 3, 2), {"ana": "old ana", "ben": "old ben"})
    after = epoch(spark, date(2026, 4, 6), {"ana": "new ana"})
    assert relinked(contract, before, after, known).people == 1


def test_both_tokens_of_every_account_are_those_that_the_keys_give(spark, lake, ledger, platform, promise, contract):
    extract_day(promise, DAY, lake, ledger)
    landing = Landing(spark, lake, DAY)
    keys = DomainKeys("threat", "one", bytes(range(32))), DomainKeys("threat", "two", bytes(range(1, 33)))
    made = {tuple(row) for row in known_tokens(promise, contract, landing, keys).select("before", "after").collect()}
    people = [row["user_id"] for row in landing.rows("professional_users", ("user_id",))]
    assert made == {tuple(key.token("person", who) for key in keys) for who in people}


def test_one_epoch_joins_nothing_nor_does_one_whose_key_is_gone(spark, lake, ledger, promise, contract):
    rows = spark.createDataFrame([], f"{ROWS}, day date")
    ring = Keyring.from_environment(ledger)
    days = [DAY, date(2025, 12, 31)]
    assert joined_epochs(promise, contract, Landing(spark, lake, DAY), rows, days) is None, "no key was opened"
    ring.domain(contract.domain, epoch_of(DAY, contract.epoch))
    assert joined_epochs(promise, contract, Landing(spark, lake, DAY), rows, days) is None, "one was"
