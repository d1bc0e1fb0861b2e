"""Primary rules, recomputed by hand: threshold, dominance, p %, and all of them over sums of hidden cells."""

import pytest

from jobs.anonymity.cells import NOBODY, union
from jobs.anonymity.primary import is_safe
from tests.jobs.anonymity.small_tables import EUR, people, statistic


def test_a_cell_needs_k_distinct_contributors_not_k_rows_and_nobody_is_shown():
    table = statistic(k=3)
    assert not is_safe(people(9, 9), table)
    assert is_safe(people(3, 3, 3), table)
    assert is_safe(NOBODY, table)


@pytest.mark.parametrize(("largest", "shown"), [(60, True), (61, False)])
def test_the_largest_contributor_may_have_its_share_and_no_more(largest, shown):
    table = statistic(dominance={"largest": 1, "share": 0.6})
    assert is_safe(people(1, 1, 1, 1, euros=(largest, 20, 10, 70 - largest)), table) == shown


@pytest.mark.parametrize(("rest", "shown"), [(9, False), (10, True)])
def test_two_largest_together_may_have_their_share_and_no_more(rest, shown):
    table = statistic(dominance={"largest": 2, "share": 0.9})
    assert is_safe(people(1, 1, 1, euros=(50, 40, rest)), table) == shown


@pytest.mark.parametrize(("rest", "shown"), [(4, False), (5, True)])
def test_the_second_largest_may_not_estimate_the_largest_within_p_percent(rest, shown):
    # whoever has 40 knows 50 + rest; 50 is known within 10 % as long as the rest is below 5
    table = statistic(dominance=None, p=10)
    assert is_safe(people(1, 1, 1, euros=(50, 40, rest)), table) == shown


@pytest.mark.parametrize("euros", [(20, 61, 10, 9), (9, 10, 61, 20)])
def test_the_largest_is_looked_for_wherever_it_stands_for_contributions_are_listed_by_rows_too(euros):
    assert not is_safe(people(4, 3, 2, 1, euros=euros), statistic(dominance={"largest": 1, "share": 0.6}))
    assert not is_safe(people(4, 3, 2, 1, euros=euros), statistic(dominance={"largest": 2, "share": 0.8}))
    assert is_safe(people(4, 3, 2, 1, euros=euros), statistic(dominance={"largest": 2, "share": 0.81}))


def test_rows_are_a_sum_too():
    table = statistic(dominance=None, p=10)
    assert not is_safe(people(500, 2, 2, euros=(10, 10, 10)), table)


def test_a_contributor_with_less_than_nothing_hides_its_cell():
    assert is_safe(people(1, 1, 1, 1, euros=(10, 10, 10, 10)), statistic())
    assert not is_safe(people(1, 1, 1, 1, euros=(10, 10, 10, -1)), statistic())


def test_hidden_cells_are_dominated_in_their_sum_though_none_is_alone():
    # one company has 50 of 100 twice, which is no dominance; with its own 58 it has 158 of 258
    table = statistic(dominance={"share": 0.6})
    first, second = people(1, 1, 1, euros=(50, 25, 25)), people(1, 1, 1, euros=(50, 25, 25))
    third = people(1, euros=(58,))
    assert is_safe(first, table)
    assert is_safe(second, table)
    joint = union([first, second, third], EUR)
    assert (joint.total, joint.contributors, max(each.total for each in joint.top)) == (258, 3, 158)
    assert not is_safe(joint, table)


def test_different_people_of_several_cells_are_told_apart():
    table = statistic(k=3)
    one, other = people(1, 1), people(1, 1, first=7)
    assert is_safe(union([one, other], EUR), table)
    assert not is_safe(union([one, one], EUR), table)


def test_who_is_not_among_the_largest_counts_with_the_smallest_of_them():
    whole = people(9, 8, 7, 6)
    cut = type(whole)(whole.row_count, whole.contributors, whole.total, negative=False, top=whole.top[:2])
    joint = union([cut, people(5, first=99)], "row_count")
    assert {each.who: each.row_count for each in joint.top} == {0: 9, 1: 8, 99: 13}
