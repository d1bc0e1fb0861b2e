"""Calendar months, with the month-end rule of Regulation 1182/71, and epochs that tile the calendar."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.periods import add_months, epoch_of, months_of, next_epoch

DAYS = st.dates(date(1900, 1, 1), date(2200, 12, 31))
PERIODS = st.sampled_from(["P1M", "P3M", "P4M", "P6M", "P12M"])


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2024, 8, 31), 18, date(2026, 2, 28)),
        (date(2022, 8, 31), 18, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 11, 23), 13, date(2027, 12, 23)),
        (date(2025, 12, 31), 2, date(2026, 2, 28)),
    ],
)
def test_a_period_ends_on_the_same_number_or_the_last_day_of_the_month(start, months, end):
    assert add_months(start, months) == end


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(9999, 12, 31), 1, date.max),
        (date(9998, 7, 1), 18, date.max),
        (date(9999, 11, 30), 1, date(9999, 12, 30)),
        (date(1, 1, 1), -1, date.min),
    ],
)
def test_a_period_never_leaves_the_calendar(start, months, end):
    assert add_months(start, months) == end


@pytest.mark.parametrize("period", ["P0M", "3M", "P3D", "P1Y", "", "P-1M"])
def test_only_whole_months_are_periods(period):
    with pytest.raises(ValueError, match="whole months"):
        months_of(period)


def test_a_quarter_is_named_by_its_first_day():
    assert epoch_of(date(2026, 11, 23), "P3M") == "2026-10-01"
    assert next_epoch("2026-10-01", "P3M") == "2027-01-01"


@given(DAYS, PERIODS)
def test_every_day_lies_in_exactly_one_epoch(day, period):
    epoch = epoch_of(day, period)
    assert date.fromisoformat(epoch) <= day < date.fromisoformat(next_epoch(epoch, period))


@given(DAYS, PERIODS)
def test_epochs_change_only_at_their_first_day(day, period):
    changes = epoch_of(day, period) != epoch_of(day - timedelta(days=1), period)
    assert changes == (epoch_of(day, period) == day.isoformat())
