"""Probabilities of being found, from sizes of classes: by hand, and against populations that are known."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.anonymity.counts import Counts
from jobs.anonymity.loss import average_class_size, covered_share, discernability, normalised_certainty_penalty
from jobs.anonymity.reidentification import Risk, in_itself, journalist, marketer, prosecutor
from jobs.anonymity.uniqueness import (
    PopulationTooSmallError,
    Uniques,
    pitman,
    population_uniques,
    slide_negative_binomial,
    zayatz,
)

COUNTS = Counts({1: 2, 2: 1, 6: 1})
SIZES = st.dictionaries(st.integers(1, 40), st.integers(1, 9), min_size=1, max_size=6)


def test_a_prosecutor_finds_whoever_is_alone_for_certain():
    assert prosecutor(COUNTS) == Risk(at_risk=4 / 10, highest=1, average=4 / 10)  # classes over rows
    assert prosecutor(COUNTS, threshold=0.5).at_risk == 2 / 10


def test_a_journalist_has_the_population_s_classes_before_them():
    pairs = {(1, 10): 1, (1, 2): 1, (2, 4): 1}
    risk = journalist(pairs)
    assert (risk.highest, risk.at_risk) == (1 / 2, 3 / 4)
    assert risk.average == marketer(pairs) == pytest.approx((1 / 10 + 1 / 2 + 2 / 4) / 4)  # above 3 / 16


def test_the_average_of_a_journalist_is_the_larger_of_two():
    pairs = {(3, 3): 1, (1, 100): 4}
    assert journalist(pairs).average == pytest.approx(max(5 / 403, (3 / 3 + 4 / 100) / 7))


def test_nobody_is_at_risk_in_an_empty_table():
    assert prosecutor(Counts({})) == Risk(0, 0, 0)
    assert marketer({}) == 0


@given(SIZES)
def test_a_table_that_is_everybody_has_one_risk(sizes):
    counts = Counts(sizes)
    assert journalist(in_itself(counts)) == prosecutor(counts)
    assert prosecutor(counts).average == pytest.approx(counts.classes / counts.rows)
    assert prosecutor(counts).average <= prosecutor(counts).highest


def test_zayatz_by_hand():
    """n 4, N 8: a class of one is met once with 1/2, a class of two with 2 · 20 / 70; 2/3 · 1/2 / (2/3 · 1/2 + 1/3 · 4/7)."""
    assert zayatz(Counts({1: 2, 2: 1}), 8) == pytest.approx(2 * 2 * 7 / 11)


@given(SIZES, st.integers(1, 10_000))
def test_no_estimate_is_below_zero_or_above_the_population(sizes, more):
    counts = Counts(sizes)
    found = population_uniques(counts, counts.rows + more)
    assert 0 <= found.share <= 1 + 1e-9
    assert (found.people == 0) == (counts.unique == 0)


def restaurant(people, theta, alpha, seed):
    """Class sizes of Pitman's formula: who comes sits down at a table of n with n - α, at a new one with θ + α·tables."""
    chance, sizes, seats = random.Random(seed), [], []
    for came in range(people):
        if chance.random() * (came + theta) < theta + alpha * len(sizes):
            sizes.append(0)
            seats.append(len(sizes) - 1)
        else:
            while chance.random() > 1 - alpha / sizes[at := seats[chance.randrange(came)]]:
                pass
            seats.append(at)
        sizes[seats[-1]] += 1
    return np.array(sizes)


def sampled(sizes, people, seed):
    taken = np.random.default_rng(seed).choice(np.repeat(np.arange(len(sizes)), sizes), people, replace=False)
    size, classes = np.unique(np.unique(taken, return_counts=True)[1], return_counts=True)
    return Counts(dict(zip(size.tolist(), classes.tolist(), strict=True)))


def test_pitman_s_estimate_is_near_the_truth_of_pitman_s_population():
    sizes = restaurant(40_000, theta=300, alpha=0.4, seed=1)
    found = population_uniques(sampled(sizes, 4_000, seed=2), 40_000)
    assert found.by == "pitman"
    assert found.people == pytest.approx((sizes == 1).sum(), rel=0.2)


def test_slide_negative_binomial_is_near_the_truth_of_its_own_population():
    sizes = 1 + np.random.default_rng(3).negative_binomial(0.8, 0.2, 9_000)
    counts = sampled(sizes, sizes.sum() * 3 // 10, seed=4)
    found = slide_negative_binomial(counts, int(sizes.sum()))
    assert found == pytest.approx((sizes == 1).sum(), rel=0.2)
    assert zayatz(counts, int(sizes.sum())) > 1.5 * (sizes == 1).sum()


def test_dankar_s_rule_takes_the_smaller_estimate_of_a_large_sample():
    counts = Counts({1: 40, 2: 20, 3: 9, 5: 4})
    people = counts.rows * 4
    smaller = min(zayatz(counts, people), slide_negative_binomial(counts, people))
    assert population_uniques(counts, people).people == smaller


def test_without_a_solution_zayatz_answers():
    everyone_alone = Counts({1: 50})
    assert pitman(everyone_alone, 5_000) is None
    found = population_uniques(everyone_alone, 5_000)
    assert (found.by, found.share) == ("zayatz", pytest.approx(1))


def test_a_table_that_is_everybody_is_counted_and_one_without_uniques_has_none():
    assert population_uniques(COUNTS, 10) == Uniques(2, 0.2, "counted")
    assert population_uniques(Counts({2: 4}), 1_000) == Uniques(0.0, 0.0, "none alone")
    with pytest.raises(PopulationTooSmallError):
        population_uniques(COUNTS, 9)


def test_what_anonymity_costs_by_hand():
    with_suppressed = Counts({3: 1, 4: 2}, suppressed=2)
    assert discernability(with_suppressed) == 9 + 2 * 16 + 2 * 13
    assert average_class_size(with_suppressed, k=3) == pytest.approx(11 / 3 / 3)
    assert (covered_share(1, 8), covered_share(2, 8), covered_share(8, 8), covered_share(1, 1)) == (0, 0.25, 1, 0)
    rows = [{"age": 0.25, "zip": 0.0}, {"age": 1.0, "zip": 0.5}]
    assert normalised_certainty_penalty(rows, [3, 1], suppressed=1) == pytest.approx((3 * 0.125 + 0.75 + 1) / 5)
    assert normalised_certainty_penalty([], []) == average_class_size(Counts({}), 5) == 0
