"""Landing goes once every release of its day is published and verified, and never stays for long."""

import os
from datetime import UTC, date, datetime, time, timedelta

import pytest

from jobs.lake.manifest import Manifest
from jobs.night.cleanup import clean_up

DAY = date(2026, 3, 12)
TODAY, NOON = date(2026, 6, 10), time(12)


@pytest.fixture
def landed(lake, ledger):
    """One source of DAY in landing."""
    folder = lake.private(lake.landing("activity", DAY))
    lake.land(DAY, [Manifest("activity", str(DAY), "2026-03-13T01:00:00+00:00", ("event_id",), ())])
    ledger.append("extracted", source="activity", day=DAY, rows=0, columns=1)
    return folder


def due(promise, day):
    return [name for name, contract in promise.releases.items() if contract.is_due(day)]


def publish(ledger, release, day=DAY):
    ledger.append("published", release=release, day=day, run="r", version=1, rows=0, files=1, verdict_hash="")


def test_landing_stays_until_the_last_release_is_published(landed, lake, ledger, promise):
    *others, last = due(promise, DAY)
    for release in others:
        publish(ledger, release)
    assert clean_up(promise, DAY, lake, TODAY) == ([], [last])
    publish(ledger, last)
    assert clean_up(promise, DAY, lake, TODAY) == (["activity"], [])
    assert not landed.exists()
    assert ledger.last("cleaned", source="activity", day=DAY)


def test_a_published_month_is_not_waited_for_when_its_last_day_is_made_again(lake, ledger, promise):
    last = date(2026, 3, 31)
    for release in due(promise, last):
        publish(ledger, release, last)
    ledger.append("extracted", source="activity", day=last, rows=1, columns=1)
    waiting = clean_up(promise, last, lake, TODAY)[1]
    assert set(waiting) == set(promise.releases) - {"usage_profile"}


def test_a_publication_before_the_last_extraction_does_not_count(landed, lake, ledger, promise):
    for release in due(promise, DAY):
        publish(ledger, release)
    ledger.append("extracted", source="activity", day=DAY, rows=1, columns=1)
    assert clean_up(promise, DAY, lake, TODAY) == ([], due(promise, DAY))
    assert landed.exists()


@pytest.mark.parametrize(("copied", "gone"), [(7, False), (8, True)])
def test_a_copy_is_overdue_seven_days_after_it_was_made_however_old_its_day(landed, lake, promise, copied, gone):
    made = (datetime.combine(TODAY, NOON, UTC) - timedelta(days=copied)).timestamp()
    for path in (*landed.iterdir(), landed):
        os.utime(path, (made, made))
    clean_up(promise, DAY, lake, TODAY)
    assert landed.exists() != gone
