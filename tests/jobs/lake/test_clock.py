"""A clock that goes before or behind, leap days, the host's time zone: nothing is kept longer for it, and nothing is lost."""

import ast
import os
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from jobs.keys.errors import FutureEpochError
from jobs.keys.ring import Keyring
from jobs.lake.ledger import Ledger
from jobs.night.cleanup import clean_up
from jobs.night.days import DayNotHeldError, require_over
from jobs.night.extract import extract_day
from jobs.night.protect import require_within
from jobs.retention.deadline import Deadline
from jobs.retention.errors import PastPeriodError
from jobs.retention.zones import leftovers
from jobs.rights import reidentify
from jobs.rights.disclosure import disclose
from policy.periods import add_months

ROOT = Path(__file__).resolve().parents[3]
DAY = date(2026, 3, 12)
YEAR = 366 * 86_400


def made_under_a_clock_that_went_a_year_before(lake, path):
    """A file, and its folder, as a machine leaves them whose clock was wrong."""
    lake.private((lake.root / path).parent)
    (lake.root / path).touch(0o600)
    for each in (lake.root / path, (lake.root / path).parent):
        os.utime(each, (time.time() + YEAR, time.time() + YEAR))
    return lake.root / path


def test_an_answer_that_seems_to_be_of_next_year_is_forgotten(lake, ledger):
    path = made_under_a_clock_that_went_a_year_before(lake, "answers/ana/r1.json")
    assert reidentify.forget(lake, datetime.now(UTC)) == 1
    assert not path.exists()


def test_a_package_that_seems_to_be_of_next_year_is_forgotten(lake, ledger):
    path = made_under_a_clock_that_went_a_year_before(lake, "packages/0123456789abcdef/access.zip")
    assert disclose.forget(lake, datetime.now(UTC)) == 1
    assert not path.exists()


def test_raw_copies_and_exports_that_seem_to_be_of_next_year_go(lake, ledger, promise):
    landed = made_under_a_clock_that_went_a_year_before(lake, f"landing/activity/day={DAY}/x.parquet")
    copy = made_under_a_clock_that_went_a_year_before(lake, f"exports/partner/some_release/day={DAY}/part.parquet")
    clean_up(promise, DAY, lake, datetime.now(UTC).date())
    assert not landed.exists()
    assert not copy.exists()


@pytest.mark.parametrize("path", ["staged/some_release/run/part", "quarantine/some_release/run/part"])
def test_what_seems_to_be_of_next_year_is_a_leftover(lake, path):
    made_under_a_clock_that_went_a_year_before(lake, path)
    [left] = leftovers(lake, datetime.now(UTC).date(), {}, ())
    assert left.path == str(Path(path).parent)


def test_a_copy_of_another_machine_whose_clock_goes_an_hour_before_stays(lake, ledger):
    path = made_under_a_clock_that_went_a_year_before(lake, "answers/ana/r1.json")
    os.utime(path, (time.time() + 3600, time.time() + 3600))
    assert reidentify.forget(lake, datetime.now(UTC)) == 0
    assert path.exists()


def test_no_key_is_opened_before_its_epoch_by_a_clock_that_went_back(lake):
    with pytest.raises(FutureEpochError, match="check this machine's clock"):
        Keyring.from_environment().domain("threat", "2026-01-01", today=date(2025, 12, 31))


def test_no_night_is_made_of_a_day_that_is_not_over_by_a_clock_that_went_back():
    with pytest.raises(DayNotHeldError, match="isn't over"):
        require_over(DAY, datetime(2026, 3, 12, 23, 59, 59, tzinfo=UTC))
    require_over(DAY, datetime(2026, 3, 13, tzinfo=UTC))


@pytest.mark.parametrize(
    ("day", "months", "last"),
    [
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2023, 2, 28), 12, date(2024, 2, 28)),
        (date(2023, 8, 31), 6, date(2024, 2, 29)),
    ],
)
def test_a_period_that_begins_or_ends_on_a_leap_day(day, months, last):
    assert add_months(day, months) == last
    assert not Deadline(last, months).is_past(day)
    assert Deadline(last + timedelta(days=1), months).is_past(day)


def test_rows_are_past_their_period_by_the_day_of_now_wherever_midnight_falls_in_a_step(promise, monkeypatch):
    contract = promise.release("threat_events")
    last = Deadline.of(contract, DAY).last(DAY)
    monkeypatch.setattr(
        "policy.periods.clock", lambda: datetime(last.year, last.month, last.day, 23, 59, 59, tzinfo=UTC)
    )
    require_within(contract, DAY)
    monkeypatch.setattr(
        "policy.periods.clock", lambda: datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(1)
    )
    with pytest.raises(PastPeriodError):
        require_within(contract, DAY)


def test_a_clock_that_goes_back_while_the_ledger_is_written_breaks_no_chain(ledger, monkeypatch):
    class Back(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime(1999, 12, 31, tzinfo=tz)

    ledger.append("cleaned", source="activity", day=DAY)
    monkeypatch.setattr("jobs.lake.ledger.datetime", Back)
    ledger.append("cleaned", source="companies", day=DAY)
    assert Ledger(ledger.path.parent).verify() == 2


@pytest.mark.parametrize("zone", ["Europe/Paris", "Pacific/Kiritimati", "America/Los_Angeles"])
def test_a_day_is_extracted_the_same_in_every_time_zone_of_the_host(platform, lake, ledger, promise, monkeypatch, zone):
    rows = {}
    for name in ("UTC", zone):
        monkeypatch.setenv("TZ", name)
        time.tzset()
        rows[name] = {each.source: each.rows for each in extract_day(promise, DAY, lake, ledger)}
    monkeypatch.delenv("TZ")
    time.tzset()
    assert rows["UTC"] == rows[zone]


@pytest.mark.parametrize("day", ["2025-03-30", "2025-10-26"])
@pytest.mark.parametrize("zone", ["Europe/Paris", "Pacific/Kiritimati"])
def test_days_and_epochs_are_utc_on_the_nights_when_the_host_changes_its_clock(day, zone):
    asked = (
        "from datetime import *; from policy.periods import *; from jobs.night.days import require_over\n"
        f"d = date.fromisoformat('{day}'); require_over(d, datetime.combine(d + timedelta(1), time.min, UTC))\n"
        "print(epoch_of(d, 'P3M'), add_months(d, 12), now().utcoffset())"
    )
    command = [sys.executable, "-c", asked]
    said = {
        name: subprocess.run(
            command, cwd=ROOT, env={**os.environ, "TZ": name}, capture_output=True, text=True, check=True
        ).stdout
        for name in ("UTC", zone)
    }
    assert said["UTC"] == said[zone]
    assert said["UTC"].endswith("0:00:00\n")


def test_no_step_asks_for_the_host_s_local_time():
    local = {"today", "localtime", "mktime", "ctime", "utcnow", "utcfromtimestamp"}
    found = []
    for folder in ("jobs", "policy", "dags", "plugins", "console"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    without = node.func.attr in ("now", "fromtimestamp") and ast.unparse(node.func.value) == "datetime"
                    bare = without and not (node.keywords or len(node.args) == 1 + (node.func.attr == "fromtimestamp"))
                    if node.func.attr in local or bare:
                        found.append(f"{path.relative_to(ROOT)}: {ast.unparse(node)}")
    assert not found
