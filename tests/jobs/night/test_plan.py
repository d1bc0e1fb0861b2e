"""What a night has to do: its own day, days with late events, and by name what it can't make."""

from datetime import date, timedelta

import pytest

from demo.late import late
from jobs.night.extract import extract_day
from jobs.night.plan import buildable, plan

DAY = date(2026, 3, 12)


def days(promise, day, ledger):
    return plan(promise, day, ledger)["days"]


def test_every_release_is_planned_or_skipped_with_its_reason(platform, ledger, promise):
    planned = plan(promise, DAY, ledger)
    made = [item["release"] for name in ("bases", "others", "derived") for item in planned[name]]
    assert sorted(made) == sorted(buildable(promise))
    assert {*made, *(item["release"] for item in planned["skipped"])} == set(promise.releases)
    assert all("no builder" in item["why"] for item in planned["skipped"])


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
