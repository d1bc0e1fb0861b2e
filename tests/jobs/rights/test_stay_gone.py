"""Erased, then everything that could bring somebody back: landing restored, late events, the day made again."""

import shutil
from datetime import date

import pytest

from jobs.gate.left_in import ErasedSinceError
from jobs.night.extract import extract_day
from jobs.night.protect import protect_release
from jobs.night.publish import publish_release
from jobs.night.validate import validate_release
from jobs.people.relationships import Name
from jobs.rights.erasure.erase import approve_erasure, erase, plan_erasure, prove_erasure, searched
from jobs.rights.erasure.erasing import erasing
from jobs.rights.erasure.traces import files_of

DAY, TODAY, RELEASE, REFERENCE = date(2026, 3, 12), date(2026, 3, 13), "threat_events", "a" * 16
COLUMNS = ("person", "email", "phone")


@pytest.fixture
def night(promise, spark, lake):
    """A function that makes, judges and publishes the day from what is in landing."""

    def run(name, publish=True):
        protect_release(promise, RELEASE, DAY, name, spark, lake)
        validate_release(promise, RELEASE, DAY, name, spark, lake)
        return publish_release(promise, RELEASE, DAY, name, lake) if publish else None

    return run


def traces_left(at):
    """Traces of the person anywhere in the lake, zone by zone, the published tables included."""
    left = {zone: found for zone, (_, found) in searched(at).items() if found}
    published = sum(at.traces.in_file(path) for path in files_of(at.lake.root / "published"))
    return left | ({"published": published} if published else {})


def test_nobody_comes_back_by_a_judged_run_a_restored_landing_a_late_event_or_a_rerun(
    promise, spark, lake, ledger, change, busiest, night, tmp_path, monkeypatch
):
    monkeypatch.setattr("jobs.lake.tables.MOMENT", 0)
    subjects = {REFERENCE: [Name(kind, value, 0, None) for kind, value in zip(COLUMNS, busiest, strict=True)]}
    extract_day(promise, DAY, lake, ledger)
    night("first")
    night("judged", publish=False)
    shutil.copytree(lake.root / "landing", tmp_path / "landing")
    shutil.copytree(lake.staged(RELEASE, "judged"), tmp_path / "judged")
    with erasing(promise, lake, spark, subjects, frozenset({TODAY})) as at:
        assert {"landing", "staged", "published"} <= traces_left(at).keys()
        plan = plan_erasure(subjects, at, ledger, "maker")
        approve_erasure(plan, ledger, "officer")
        done = erase(plan, subjects, at, ledger)
    assert done.rows > 0
    with erasing(promise, lake, None, subjects, frozenset({TODAY})) as at:
        prove_erasure(plan, at, ledger)
        assert traces_left(at) == {}

    shutil.copytree(tmp_path / "landing", lake.root / "landing", dirs_exist_ok=True)
    shutil.copytree(tmp_path / "judged", lake.staged(RELEASE, "judged"))
    with pytest.raises(ErasedSinceError, match="extract the day again"):
        publish_release(promise, RELEASE, DAY, "judged", lake)
    assert not lake.staged(RELEASE, "judged").exists()
    night("restored")
    change(
        "INSERT INTO security_events (event_id, occurred_at, user_id, attempted_login, kind) VALUES (?, ?, ?, ?, 'login_ok')",
        "00000000-0000-4000-8000-0000000000ee", "2026-03-12 23:59:00.000000", busiest[0], busiest[1].upper(),
    )  # fmt: skip
    extract_day(promise, DAY, lake, ledger)
    night("late")
    lake.leave(DAY, lake.landed(DAY).extraction)
    with erasing(promise, lake, None, subjects, frozenset({TODAY})) as at:
        assert traces_left(at) == {}
