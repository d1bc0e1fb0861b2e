"""A month from receipt, by the calendar of the place that acts: the dates of the law, and its laws."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import policy
from demo.deadlines import feasts
from jobs.rights.requests.calendar import Place, UnknownCalendarError, alert, alerts, due, extended
from policy.periods import add_months

FRANCE, MOSELLE = Place("FR", timezone="Europe/Paris"), Place("FR", "Moselle", "Europe/Paris")
MAYOTTE, MARTINIQUE = Place("FR", "YT", "Indian/Mayotte"), Place("FR", "MQ", "America/Martinique")
PLACES = st.sampled_from([FRANCE, MOSELLE, MAYOTTE, MARTINIQUE])
DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))
PERIODS = st.sampled_from([(due, 1), (extended, 3)])
PAUSES = st.timedeltas(timedelta(), timedelta(days=60))


@pytest.mark.parametrize(
    ("received", "last"),
    [
        ("2026-01-29", "2026-03-02"),
        ("2026-01-30", "2026-03-02"),
        ("2026-01-31", "2026-03-02"),
        ("2026-03-05", "2026-04-07"),
        ("2026-04-01", "2026-05-04"),
        ("2026-04-08", "2026-05-11"),
        ("2026-04-14", "2026-05-15"),
        ("2026-04-25", "2026-05-26"),
        ("2026-08-31", "2026-09-30"),
        ("2026-10-01", "2026-11-02"),
        ("2026-11-25", "2026-12-28"),
        ("2026-12-01", "2027-01-04"),
        ("2028-01-31", "2028-02-29"),
        ("2026-03-03", "2026-04-03"),
    ],
)
def test_an_answer_is_due_on_the_same_day_of_the_next_month_or_the_next_working_day(received, last):
    assert due(date.fromisoformat(received), FRANCE) == date.fromisoformat(last)


def test_good_friday_is_a_holiday_in_moselle_and_not_in_the_rest_of_france():
    assert due(date(2026, 3, 3), MOSELLE) == date(2026, 4, 7)


def test_an_extension_is_three_months_from_receipt_and_not_two_from_the_first_end():
    assert extended(date(2026, 1, 31), FRANCE) == date(2026, 4, 30)
    assert extended(date(2026, 2, 1), FRANCE) == date(2026, 5, 4)


@pytest.mark.parametrize(
    ("moment", "place", "last"),
    [
        (datetime(2026, 3, 1, 22, 59, tzinfo=UTC), FRANCE, date(2026, 4, 1)),
        (datetime(2026, 3, 1, 23, tzinfo=UTC), FRANCE, date(2026, 4, 2)),
        (datetime(2026, 3, 2, 3, 59, tzinfo=UTC), MARTINIQUE, date(2026, 4, 1)),
        (datetime(2026, 3, 2, 4, tzinfo=UTC), MARTINIQUE, date(2026, 4, 2)),
    ],
)
def test_a_request_came_in_on_the_day_of_the_clock_where_it_is_answered(moment, place, last):
    assert due(moment, place) == last


@pytest.mark.parametrize(
    ("paused", "last"),
    [(timedelta(hours=23), date(2026, 4, 2)), (timedelta(days=1), date(2026, 4, 3)), (timedelta(days=2), date(2026, 4, 7))],
)  # fmt: skip
def test_a_pause_moves_the_end_by_its_whole_days(paused, last):
    assert due(date(2026, 3, 2), FRANCE, paused) == last


def test_somebody_is_told_ten_days_before_three_days_before_and_on_the_last_day():
    last = date(2026, 3, 2)
    assert alerts(last, (10, 3, 0)) == (date(2026, 2, 20), date(2026, 2, 27), last)
    days = [date(2026, 2, 19), *alerts(last, (10, 3, 0)), date(2026, 3, 3)]
    assert [alert(last, day, (10, 3, 0)) for day in days] == [None, 10, 3, 0, 0]
    assert alert(last, date(2026, 2, 26), (10, 3, 0)) == 10


@pytest.mark.parametrize(("country", "region"), [("XX", None), ("FR", "Bayern")])
def test_a_place_without_a_calendar_is_refused_by_its_name(country, region):
    with pytest.raises(UnknownCalendarError, match=region or country):
        Place(country, region)


def test_a_year_that_the_calendar_does_not_reach_is_no_year_without_holidays():
    with pytest.raises(UnknownCalendarError, match="2101"):
        due(date(2100, 12, 31), FRANCE)


def test_the_registers_own_place_has_a_calendar():
    place = Place.of(policy.load().register.answering)
    assert due(date(2026, 10, 11), place) == date(2026, 11, 12)  # the eleventh of November is a French holiday


# -- laws


@given(DAYS, PERIODS)
def test_in_france_the_last_day_is_the_first_working_day_from_the_months_end(received, period):
    ends, months = period
    expected = add_months(received, months)
    while expected.weekday() > 4 or expected in feasts(expected.year):
        expected += timedelta(days=1)
    assert ends(received, FRANCE) == expected


@given(DAYS, PLACES, PERIODS, PAUSES)
def test_the_last_day_is_a_working_one_and_never_before_the_months_end(received, place, period, paused):
    ends, months = period
    last = ends(received, place, paused)
    assert last >= add_months(received, months) + timedelta(days=paused.days)
    assert place.is_working(last)
    assert last.weekday() < 5


@given(DAYS, st.integers(0, 40), PLACES, PERIODS, PAUSES)
def test_who_asks_later_is_never_due_earlier(received, later, place, period, paused):
    ends, _ = period
    assert ends(received, place, paused) <= ends(received + timedelta(days=later), place, paused)


@given(DAYS, PLACES, PAUSES)
def test_an_extension_ends_after_the_first_month(received, place, paused):
    assert due(received, place, paused) < extended(received, place, paused)
