"""Two epochs are matched by habit: whoever keeps theirs is found, and a guess is as good where nobody has any."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.anonymity.linkage import Linkage, linked

NIGHT, DAY, BOTH = [9, 0, 1], [0, 9, 1], [5, 5, 1]


def test_people_whose_habits_stay_are_found_under_their_new_tokens():
    before, after = np.array([NIGHT, DAY, BOTH]), np.array([BOTH, NIGHT, DAY])
    assert linked(before, after, np.array([1, 2, 0])).hits == 3
    assert linked(before, after, np.array([0, 1, 2])).hits == 0, "whoever changed theirs is somebody else's match"


def test_people_who_are_all_alike_are_found_as_often_as_by_a_guess():
    alike = np.array([NIGHT] * 4)
    found = linked(alike, alike, np.arange(4))
    assert (found.rate, found.chance, found.better_than_chance) == (0.25, 0.25, False)


def test_a_rare_word_says_more_than_a_frequent_one():
    """All do much of the first word, two share each of the others; weighed alike, the first would decide."""
    before, after = np.array([[20, 1, 0], [20, 0, 1]]), np.array([[3, 1, 0], [20, 0, 1], [20, 0, 1]])
    assert linked(before, after, np.array([0, 1])).hits == 1.5


def test_on_a_shuffled_truth_the_rate_is_that_of_chance():
    """Forty people with a habit each: 60 shuffled truths, 2,400 looked for, one in 40 expected."""
    rng = np.random.default_rng(7)
    habits = rng.dirichlet(np.full(50, 0.1), 40)
    before, after = (np.array([rng.multinomial(200, habit) for habit in habits]) for _ in range(2))
    true = linked(before, after, np.arange(40))
    assert true.rate > 0.9
    assert true.better_than_chance
    hits = sum(linked(before, after, rng.permutation(40)).hits for _ in range(60))
    shuffled = Linkage(2_400, 40, hits)
    assert shuffled.interval[0] <= shuffled.chance <= shuffled.interval[1]


@given(st.permutations(range(5)), st.lists(st.lists(st.integers(0, 9), min_size=5, max_size=5), min_size=5, max_size=5))
def test_the_order_of_people_and_of_words_changes_nothing(order, rows):
    before, after = np.array(rows), np.array(rows)[::-1]
    truth = np.arange(5)[::-1]
    places = np.argsort(order)
    moved = linked(before[:, order], after[order][:, order], places[truth])
    assert moved.hits == pytest.approx(linked(before, after, truth).hits)


def test_the_interval_is_wilsons():
    """Newcombe (1998), table I: 81 of 263 is 0.2553 to 0.3662, 0 of 20 is 0 to 0.1611."""
    assert Linkage(263, 263, 81).interval == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert Linkage(20, 20, 0).interval == pytest.approx((0, 0.1611), abs=5e-5)
    assert Linkage(0, 20, 0).interval == (0, 1)


def test_profiles_of_other_words_and_a_truth_of_nobody_are_refused():
    one = np.array([NIGHT])
    with pytest.raises(ValueError, match="the same words"):
        linked(one, np.array([[1, 2]]), np.array([0]))
    with pytest.raises(ValueError, match="names rows"):
        linked(one, one, np.array([1]))
