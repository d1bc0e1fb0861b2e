"""Epochs open and retire on their day with nobody present, and tell the ledger."""

from datetime import UTC, date, datetime

from jobs.cli.keys import rotate
from jobs.keys.ring import Keyring
from policy.periods import epoch_of


def test_the_dag_opens_todays_epoch_and_retires_the_one_before(dagbag, lake, ledger):
    old = Keyring.from_environment(ledger)
    old.domain("threat", "2026-01-01", date(2026, 2, 1))
    assert dagbag.dags["keys"].test().state == "success"
    today = epoch_of(datetime.now(UTC).date(), "P3M")
    states = {entry.epoch: entry.state for entry in old.entries() if entry.domain == "threat"}
    assert states == {"2026-01-01": "retired", today: "active"}
    assert ledger.last("key_retired", domain="threat")["epoch"] == "2026-01-01"
    assert ledger.last("key_opened", domain="threat")["epoch"] == today


def test_rotating_twice_changes_nothing(lake):
    ring = Keyring.from_environment()
    rotate(ring)
    before = ring.entries()
    rotate(ring)
    assert ring.entries() == before


def test_late_data_of_an_old_day_uses_the_old_key(lake):
    ring = Keyring.from_environment()
    before = ring.domain("threat", "2026-01-01", date(2026, 3, 31)).token("person", "ada")
    rotate(ring)
    assert ring.domain("threat", epoch_of(date(2026, 3, 31), "P3M")).token("person", "ada") == before
