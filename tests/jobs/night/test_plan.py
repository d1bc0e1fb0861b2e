"""What a night has to do: its own day, days with late events, and by name what it can't make."""

from datetime import date, timedelta

import pytest

from demo.late import late
from jobs.night.extract import extract_day
from jobs.night.plan import plan

DAY = date(2026, 3, 12)


def days(promise, day, ledger):
    return plan(promise, day, ledger)["days"]


def test_every_release_is_planned_or_skipped_with_its_reason(platform, ledger, promise):
    planned = plan(promise, DAY, ledger)
    made = [item["release"] for name in ("bases", "others", "derived") for item in planned[name]]
    assert sorted(made) == sorted(set(promise.releases) - {"usage_profile"})
    assert planned["skipped"] == [{"release": "usage_profile", "why": "of closed months; due on 2026-03-31"}]


def test_a_closed_month_is_made_on_its_last_day_once_and_then_left_as_it_is(platform, ledger, promise):
    last = date(2026, 3, 31)
    profile = {"day": str(last), "release": "usage_profile"}
    assert profile in plan(promise, last, ledger)["others"]
    ledger.append("published", release="usage_profile", day=last, run="r", version=1, rows=0, files=1, verdict_hash="")
    planned = plan(promise, last, ledger)
    assert profile not in planned["others"]
    [skipped] = planned["skipped"]
    assert skipped["why"] == "the month of 2026-03-31 is published, once; its first version stays"


def test_a_month_that_was_not_published_is_made_when_its_last_day_is_made_again(platform, lake, ledger, promise):
    last = date(2026, 3, 31)
    extract_day(promise, last, lake, ledger)
    late(f"sqlite:///{platform}", last, 3)
    planned = plan(promise, last + timedelta(days=1), ledger)
    assert [item for item in planned["others"] if item["release"] == "usage_profile"] == [
        {"day": str(last), "release": "usage_profile"}
    ]
    assert planned["skipped"][0]["why"] == "of closed months; due on 2026-04-30"


def test_a_release_derived_from_published_ones_is_made_after_them(platform, ledger, promise):
    planned = plan(promise, DAY, ledger)
    assert planned["derived"] == [{"day": str(DAY), "release": "threat_signals"}]
    assert [item["release"] for item in planned["bases"]] == ["activity_trail", "threat_events"]


@pytest.mark.parametrize(("back", "again"), [(1, True), (3, True), (4, False)])
def test_a_day_with_late_events_is_made_again_up_to_three_days_later(platform, lake, ledger, promise, back, again):
    early = date(2026, 3, 8)
    extract_day(promise, early, lake, ledger)
    night = early + timedelta(days=back)
    assert days(promise, night, ledger) == [str(night)]
    late(f"sqlite:///{platform}", early, 3)
    assert days(promise, night, ledger) == [*([str(early)] if again else []), str(night)]


def test_a_day_that_was_never_extracted_is_left_to_a_backfill(platform, ledger, promise):
    assert days(promise, DAY, ledger) == [str(DAY)]
