"""A recipient outside gets its own copy: its own tokens, its own columns, through the gate, or nothing."""

import fcntl
import json
from contextlib import nullcontext
from dataclasses import replace
from datetime import date

import pytest

from jobs.gate.left_in import LeftOutSinceError
from jobs.gate.verdict import VerdictRefusedError
from jobs.keys.ring import Keyring
from jobs.night import export
from jobs.night.export import NoExportError, export_release
from jobs.night.extract import extract_day
from policy.errors import TransferRefusedError

DAY = date(2026, 3, 12)
EXPORT = "partner_threat_events"


def with_mechanism(promise, **changes):
    """The promise with another transfer mechanism for the recipient."""
    recipients = promise.register.recipients
    changed = recipients["threat_partner"].model_copy(update=changes)
    register = promise.register.model_copy(update={"recipients": {**recipients, "threat_partner": changed}})
    return replace(promise, register=register)


def test_the_copy_has_the_contracted_columns_and_tokens_that_join_with_nothing_of_ours(
    spark, platform, lake, ledger, promise
):
    made = export_release(promise, EXPORT, DAY, spark, lake)
    rows = spark.read.parquet(*(str(path) for path in made.folder.glob("*.parquet"))).toPandas()
    assert list(rows.columns) == ["event_id", "occurred_at", "attempted_login", "ip", "browser", "kind", "outcome"]
    assert len(rows) == made.rows > 0
    ours = Keyring.from_environment().domain("threat", "2026-01-01")
    theirs = Keyring.from_environment().domain("partner", "2026-01-01")
    import sqlite3

    with sqlite3.connect(platform) as database:
        logins = [login.lower() for [login] in database.execute(
            f"SELECT attempted_login FROM security_events WHERE occurred_at LIKE '{DAY}%' AND user_id IS NOT NULL")]  # fmt: skip
    found = set(rows["attempted_login"].dropna())
    assert found & {theirs.token("email", login) for login in logins}
    assert not found & {ours.token("email", login) for login in logins}
    manifest = json.loads((made.folder / "manifest.json").read_text())
    assert sum(file["rows"] for file in manifest["files"]) == made.rows
    assert made.folder.stat().st_mode & 0o777 == 0o700
    assert ledger.last("exported")["mechanism"] == "adequacy"
    assert not lake.landed_days()
    assert not list(lake.root.glob("staged/*/*/*"))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"mechanism": "privacy_shield", "country": "US"}, "Privacy Shield is invalid"),
        ({"country": "BR"}, "no adequacy decision"),
        ({"mechanism": "eea"}, "isn't in the EEA"),
    ],
)
def test_without_a_valid_mechanism_nothing_is_even_extracted(lake, platform, promise, changes, why):
    with pytest.raises(TransferRefusedError, match=why):
        export_release(with_mechanism(promise, **changes), EXPORT, DAY, None, lake)
    assert not lake.root.exists()


def test_a_release_of_ours_is_not_exported(lake, promise):
    with pytest.raises(NoExportError, match="threat_events has no recipient"):
        export_release(promise, "threat_events", DAY, None, lake)


@pytest.mark.parametrize(("before", "refused"), [(False, LeftOutSinceError), (True, VerdictRefusedError)])
def test_a_copy_of_a_landing_from_before_a_restriction_was_approved_is_not_handed_out(
    lake, platform, ledger, promise, monkeypatch, before, refused
):
    """Where it was extracted afterwards, the copy gets as far as its verdict, which isn't made here."""
    said = {"reference": "a" * 16, "right": "restriction", "by": "officer"}
    if before:
        ledger.append("request_approved", **said)
    extract_day(promise, DAY, lake, ledger)
    if not before:
        ledger.append("request_approved", **said)
    monkeypatch.setattr(export, "protect_release", lambda *_: lake.private(lake.staged(EXPORT, f"{DAY}-export")))
    monkeypatch.setattr(export, "validate_release", lambda *_: None)
    with pytest.raises(refused):
        export_release(promise, EXPORT, DAY, None, lake)
    assert not (lake.root / "exports").exists()


def test_two_exports_of_a_release_take_turns(lake, promise, monkeypatch):
    """While one runs, the other waits; each would clear what the other staged."""
    asked = []

    def staging(*_):
        with (lake.root / "locks" / EXPORT).open() as lock, pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        asked.append(EXPORT)
        raise KeyboardInterrupt

    monkeypatch.setattr(export, "landed", lambda *_: nullcontext())
    monkeypatch.setattr(export, "protect_release", staging)
    with pytest.raises(KeyboardInterrupt):
        export_release(promise, EXPORT, DAY, None, lake)
    assert asked == [EXPORT]
