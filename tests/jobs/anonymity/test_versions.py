"""Two versions, or two months, of a cell differ by nobody or by at least k people, whatever came in between."""

from datetime import date
from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.anonymity.tables import Face
from jobs.anonymity.versions import Change, changes, isolates, must_stay, standing
from policy.statistics import ROWS
from tests.jobs.anonymity.small_tables import DAY, people, statistic

TABLE = statistic(by=("row",), total=None, dominance=None, protection={ROWS: 5})
JANUARY, FEBRUARY, MARCH = date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)


def face(contributors, rows, word="a", as_of=DAY):
    return Face("sales", (word,), as_of, contributors, (Decimal(rows),))


HIDDEN = Face("sales", ("a",), DAY)


@pytest.mark.parametrize(
    ("before", "now", "stays"),
    [
        (face(5, 9), face(5, 9), False),
        (face(5, 9), face(5, 10), True),  # somebody who was there already
        (face(5, 9), face(7, 11), True),
        (face(5, 9), face(8, 12), False),
        (face(5, 9), face(8, 11), True),  # three came, and somebody who was there lost a row
        (face(8, 12), face(5, 9), True),  # gone again: the next one up could differ from the first by one
        (HIDDEN, face(8, 12), True),
        (face(8, 12), HIDDEN, True),
        (HIDDEN, HIDDEN, False),
    ],
)
def test_a_cell_changes_by_k_further_people_or_not_at_all(before, now, stays):
    assert isolates(before, now, TABLE) == stays
    assert must_stay([before], [now], [TABLE]) == stays


def test_one_cell_holds_all_tables_of_its_system_and_a_new_day_is_held_by_nothing():
    visible, fresh = [face(5, 9), face(5, 9, "b")], [face(9, 19), face(6, 10, "b")]
    assert must_stay(visible, fresh, [TABLE])
    assert not must_stay([], fresh, [TABLE])
    assert must_stay(visible[:1], fresh, [TABLE])


def test_a_sum_never_changes():
    before = Face("sales", ("a",), DAY, 5, (Decimal(9), Decimal(90)))
    now = Face("sales", ("a",), DAY, 50, (Decimal(99), Decimal(990)))
    assert isolates(before, now, statistic(by=("row",)))


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3)), min_size=2, max_size=6))
def test_any_two_versions_that_were_ever_visible_differ_by_nobody_or_by_k(counted):
    seen = []
    for contributors, more in counted:
        now = face(contributors, contributors + more)
        if not seen or not isolates(seen[-1], now, TABLE):
            seen.append(now)
    for one, other in combinations(seen, 2):
        same = one.said == other.said
        assert same or other.contributors - one.contributors >= TABLE.k


def said(shown, cell, since, day=MARCH):
    return standing(shown, cell, since, TABLE, day)


def test_a_standing_cell_keeps_its_value_and_date_until_k_have_moved():
    january, cell = face(5, 5, as_of=JANUARY), people(1, 1, 1, 1, 1, 1)
    assert said([january], cell, {JANUARY: Change(1, 5, 5)}) == january
    assert said([january], cell, {JANUARY: Change(2, 5, 5)}) == january
    assert said([january], cell, {JANUARY: Change(0, 5, 5)}) == january
    assert said([january], cell, {JANUARY: Change(3, 5, 5)}) is None


def test_a_standing_cell_is_compared_with_every_value_that_was_shown_not_with_the_last_alone():
    january, february = face(5, 5, as_of=JANUARY), face(9, 9, as_of=FEBRUARY)
    back = {JANUARY: Change(1, 5, 5), FEBRUARY: Change(5, 9, 9)}
    assert said([january, february], people(*[1] * 6), back) == Face("sales", ("a",), MARCH)
    still = {JANUARY: Change(1, 5, 5), FEBRUARY: Change(2, 9, 9)}
    assert said([january, february], people(*[1] * 7), still) == february
    same = {JANUARY: Change(0, 5, 5), FEBRUARY: Change(4, 9, 9)}
    assert said([january, february], people(*[1] * 5), same) is None


def test_a_past_that_was_corrected_proves_no_change_by_itself():
    january = face(5, 5, as_of=JANUARY)
    assert said([january], people(*[1] * 7), {JANUARY: Change(9, 6, 6)}) == january
    assert said([january], people(*[1] * 8), {JANUARY: Change(9, 6, 6)}) is None


def test_a_past_month_that_is_built_after_a_later_one_says_nothing_that_the_later_one_would_give_away():
    march = face(5, 5, as_of=MARCH)
    told = said([march], people(*[1] * 6), {MARCH: Change(1, 5, 5)}, day=JANUARY)
    assert (told.shown, told.as_of) == (False, JANUARY)


def test_changes_are_counted_by_people_and_their_rows(spark):
    table = statistic(by=("row",), total=None, dominance=None, protection={}, every="month", running=("first", "last"))
    rows = spark.createDataFrame(
        [
            ("a", "stays", date(2025, 1, 1), None),
            ("a", "left", date(2025, 1, 1), date(2026, 2, 10)),
            ("a", "joined", date(2026, 3, 1), None),
            ("a", "more", date(2025, 1, 1), None),
            ("a", "more", date(2026, 3, 1), None),
            ("b", "other", date(2026, 3, 31), None),
            ("c", "before", date(2024, 1, 1), date(2026, 1, 31)),
        ],
        "row string, company_id string, first date, last date",
    )
    found = changes(rows, table, [JANUARY, MARCH], MARCH)
    assert found[("a",), JANUARY] == Change(moved=3, row_count=3, contributors=3)
    assert found[("a",), MARCH] == Change(moved=0, row_count=4, contributors=3)
    assert found[("b",), JANUARY] == Change(moved=1, row_count=0, contributors=0)
    assert found[("c",), JANUARY] == Change(moved=1, row_count=1, contributors=1)
