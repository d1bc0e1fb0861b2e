"""Whoever reads the platform reads it through one border: retention and re-identification as the night does."""

import sqlite3

import pytest

from jobs.keys.ring import Keyring
from jobs.retention.platform import platform_of_today
from policy.errors import ImpossibleTimeError, SeveralDriftsError, UnlistedColumnError, UnreadableValueError

PURPOSE = "threat_analysis"


@pytest.fixture
def ring(lake):
    """The lake's keyring."""
    return Keyring.from_environment()


@pytest.fixture
def change(platform):
    """Run statements in the platform's database."""

    def run(*statements):
        with sqlite3.connect(platform) as database:
            for statement in statements:
                database.execute(statement)

    return run


def known(promise, ring):
    """What retention knows: every company's end, every account, every hold."""
    with platform_of_today(promise, ring) as today:
        found = today.relationships(PURPOSE)
        accounts = sorted(found.accounts(), key=lambda account: account.user_id)
        return found.company_ends(), accounts, sorted(today.holds(), key=lambda hold: hold.reference)


def test_retention_knows_a_company_a_hold_and_an_account_in_any_spelling(change, promise, ring):
    before = known(promise, ring)
    change(
        "UPDATE contracts SET company_id = upper(company_id) WHERE rowid % 2",
        "UPDATE legal_holds SET subject_id = '{' || upper(subject_id) || '}', hold_id = 'URN:UUID:' || hold_id",
        "UPDATE professional_users SET company_id = ' ' || company_id, user_id = upper(user_id)",
    )
    assert known(promise, ring) == before


def test_an_end_that_never_comes_is_no_end_for_retention(change, promise, ring):
    before = known(promise, ring)
    change(
        "UPDATE contracts SET ended_on = 'infinity' WHERE ended_on IS NULL",
        "UPDATE professional_users SET closed_at = '9999-12-31 23:59:59.999999' WHERE closed_at IS NULL",
        "UPDATE legal_holds SET lifted_on = '2201-01-01' WHERE lifted_on IS NULL",
    )
    assert known(promise, ring) == before


@pytest.mark.parametrize(
    ("statement", "error", "column"),
    [
        ("UPDATE professional_users SET closed_at = '0001-01-01 00:00:00'", ImpossibleTimeError, "closed_at"),
        ("UPDATE contracts SET ended_on = '-infinity'", ImpossibleTimeError, "ended_on"),
        ("UPDATE legal_holds SET subject_id = 'c-42'", UnreadableValueError, "subject_id"),
        ("UPDATE professional_users SET email = CAST(x'6AFF' AS TEXT)", UnreadableValueError, "email"),
    ],
)
def test_nobody_is_due_by_a_cell_that_is_none(change, promise, ring, statement, error, column):
    change(statement)
    with pytest.raises(error, match=column) as caught:
        known(promise, ring)
    assert caught.value.owner in str(caught.value)


def test_tables_that_decide_say_all_their_drift_at_once(change, promise, ring):
    change("ALTER TABLE contracts ADD COLUMN paused_on DATE", "ALTER TABLE consents ADD COLUMN channel TEXT")
    with pytest.raises(SeveralDriftsError) as caught:
        known(promise, ring)
    assert {(type(drift), drift.source) for drift in caught.value.drifts} == {
        (UnlistedColumnError, "contracts"),
        (UnlistedColumnError, "consents"),
    }
