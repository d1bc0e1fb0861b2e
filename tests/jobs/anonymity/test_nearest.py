"""Microdata attacked by the nearest record: a bad release is found out, a good one isn't, and a weak attacker is told."""

import numpy as np
import pytest

from jobs.anonymity.nearest import Attack, inferred, judged, linkable, singled_out

PEOPLE = 400


@pytest.fixture(scope="module")
def world():
    """Members and people left out: age in years, one of forty places, and a secret that hangs on neither."""
    rng = np.random.default_rng(11)
    quasi = np.column_stack([rng.integers(20, 70, 2 * PEOPLE), rng.integers(0, 40, 2 * PEOPLE)])
    secret = rng.integers(0, 4, 2 * PEOPLE)
    return (quasi[:PEOPLE], secret[:PEOPLE]), (quasi[PEOPLE:], secret[PEOPLE:])


def coarse(quasi):
    """Ages by half, no places: each class has some two hundred people."""
    return np.column_stack([quasi[:, 0] // 45, np.zeros_like(quasi[:, 1])])


def generalised(pair):
    return coarse(pair[0]), pair[1]


def test_of_a_good_release_there_is_nothing_to_learn_and_the_attacker_was_able(world):
    members, left_out = world
    raw = inferred(members, left_out, members)
    released = inferred(generalised(members), generalised(left_out), generalised(members))
    assert raw.rate > 0.85 > 0.5 > raw.baseline
    assert judged(released, raw) == "nothing to learn"


def test_a_bad_release_is_found_out_by_every_attack(world):
    """The planted one: places are hidden and ages aren't, and every fourth row kept both."""
    members, left_out = world
    bad = members[0].copy()
    bad[np.arange(PEOPLE) % 4 > 0, 1] = -1
    released = inferred(members, left_out, (bad, members[1]))
    assert judged(released, inferred(members, left_out, members)) == "something is learnt"
    links = linkable(members[0], bad, np.arange(PEOPLE))
    assert links.learns
    assert links.rate > 0.2 > 50 * links.baseline
    assert singled_out(bad, np.concatenate([members[0], left_out[0]])).rate > 0.1


def test_an_attacker_who_learns_nothing_of_the_raw_rows_either_is_called_weak(world):
    """Who knows only what everybody shares."""
    members, left_out = ((np.zeros((PEOPLE, 1), np.int64), pair[1]) for pair in world)
    blind = inferred(members, left_out, members)
    assert judged(blind, blind) == "weak attacker"


def test_what_holds_of_everybody_is_no_disclosure(world):
    """The secret is the age band: right for nearly all, in the table or not."""
    members, left_out = ((coarse(quasi), quasi[:, 0] // 45) for quasi, _ in world)
    found = inferred(members, left_out, members)
    assert found.rate > 0.99
    assert not found.learns


def test_a_row_singles_out_where_it_is_alone_here_and_among_all():
    rows = np.array([[1, 1], [1, 2], [2, 2], [2, 2]])
    population = np.array([[1, 1], [1, 2], [1, 2], [2, 2], [2, 2], [9, 9]])
    assert singled_out(rows, population) == Attack(4, 1.0, 0.0)


def test_of_a_tie_the_share_that_is_ones_own_counts():
    people, rows = np.array([[1, 1], [2, 2]]), np.array([[1, 1], [1, 1], [2, 1]])
    assert linkable(people, rows, np.array([0, 2])) == Attack(2, 1.5, 1 / 3)


def test_of_values_that_are_as_frequent_each_is_a_part_of_a_guess():
    people, rows = (np.array([[1]]), np.array([7])), (np.array([[1], [1], [1]]), np.array([7, 8, 9]))
    assert inferred(people, people, rows).rate == pytest.approx(1 / 3)


def test_rows_of_other_quasi_identifiers_are_refused():
    with pytest.raises(ValueError, match="same quasi-identifiers"):
        linkable(np.array([[1]]), np.array([[1, 2]]), np.array([0]))


def test_the_difference_of_two_rates_is_newcombes():
    """Newcombe (1998b), table II: 56/70 against 48/80 differ by 0.20, at least by 0.0524 (method 10)."""
    assert Attack(70, 56, 0.6, 80).learns
    assert not Attack(70, 45, 0.6, 80).learns
