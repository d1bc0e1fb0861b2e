"""Diversity and closeness, beside a twin that knows nothing of arrays: counters, fractions and a transport problem."""

import math
from collections import Counter
from fractions import Fraction
from itertools import product

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from jobs.anonymity.classes import Roles
from jobs.anonymity.counts import Criteria, count_table
from jobs.anonymity.diversity import Equal, Hierarchical, Ordered

WORDS = ("a", "b", "c", "d", None)
TREE = {"a": ("ab", "x"), "b": ("ab", "x"), "c": ("cd", "x"), "d": ("cd", "x"), None: ("none", "y")}
ROWS = st.lists(
    st.tuples(st.sampled_from((1, 2, None)), st.sampled_from(("u", "v")), st.sampled_from(WORDS)),
    min_size=1,
    max_size=25,
)


def measured(rows, distance=None, criteria=Criteria(1, 2)):  # noqa: B008
    columns = dict(zip(("q", "r", "s"), zip(*rows, strict=True), strict=True))
    table = pa.table({name: list(cells) for name, cells in columns.items()})
    return count_table(table, Roles(("q", "r"), ("s",), {"s": distance or Equal()}), criteria)


def classes(rows):
    found = {}
    for q, r, s in rows:
        found.setdefault((q, r), Counter())[s] += 1
    return found


def transported(here, everywhere, far):
    """The earth mover's distance as what it is: the cheapest way to carry one distribution to the other."""
    values = sorted(everywhere, key=lambda value: (value is None, value))
    p = [here[v] / here.total() for v in values]
    q = [everywhere[v] / everywhere.total() for v in values]
    cost = [far(values, one, other) for one, other in product(range(len(values)), repeat=2)]
    out = np.kron(np.eye(len(values)), np.ones(len(values)))
    into = np.kron(np.ones(len(values)), np.eye(len(values)))
    return linprog(cost, A_eq=np.vstack([out, into]), b_eq=[*p, *q]).fun


def shared(values, one, other):
    paths = [(values[at], *TREE[values[at]], "root") for at in (one, other)]
    return next(height for height in range(4) if paths[0][height] == paths[1][height]) / 3


GROUND = {
    "equal": (Equal(), lambda values, one, other: float(one != other)),
    "ordered": (Ordered(), lambda values, one, other: abs(one - other) / max(len(values) - 1, 1)),
    "hierarchical": (Hierarchical(TREE), shared),
}


@pytest.mark.parametrize("name", GROUND)
@settings(max_examples=40, deadline=None)
@given(rows=ROWS)
def test_a_distance_is_what_the_cheapest_transport_costs(name, rows):
    distance, far = GROUND[name]
    everywhere = Counter(s for _, _, s in rows)
    worst = max(transported(here, everywhere, far) for here in classes(rows).values())
    assert measured(rows, distance).diversity["s"].closeness == pytest.approx(worst, abs=1e-7)


@settings(max_examples=150, deadline=None)
@given(ROWS, st.integers(1, 4), st.integers(1, 3))
def test_classes_are_those_that_a_counter_finds(rows, k, l):  # noqa: E741
    found, counts = classes(rows), measured(rows, criteria=Criteria(k, l))
    assert counts.sizes == Counter(each.total() for each in found.values())
    assert counts.below == sum(each.total() < k or len(each) < l for each in found.values())
    worst = counts.diversity["s"]
    assert worst.distinct == min(map(len, found.values()))
    shares = [[Fraction(n, each.total()) for n in each.values()] for each in found.values()]
    assert worst.entropy == pytest.approx(min(math.prod(float(p) ** -float(p) for p in each) for each in shares))
    ranked = [sorted(each.values(), reverse=True) for each in found.values()]
    assert worst.recursive == max(each[0] / sum(each[l - 1 :]) if each[l - 1 :] else math.inf for each in ranked)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_says_nothing(rows, random):
    shuffled = random.sample(rows, len(rows))
    for distance, _ in GROUND.values():
        assert measured(rows, distance) == measured(shuffled, distance)


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_laws_of_diversity_and_closeness(rows):
    worst = {name: measured(rows, distance).diversity["s"] for name, (distance, _) in GROUND.items()}
    assert 1 - 1e-9 <= worst["equal"].entropy <= worst["equal"].distinct + 1e-9
    assert all(-1e-9 <= each.closeness <= 1 + 1e-9 for each in worst.values())
    assert worst["hierarchical"].closeness <= worst["equal"].closeness + 1e-9  # no two are further apart
    alone = [(0, "u", s) for _, _, s in rows]
    assert measured(alone).diversity["s"].closeness == pytest.approx(0)


def test_a_declared_order_is_taken_and_what_no_row_has_takes_no_place():
    rows = [(1, "u", "high"), (2, "u", "low"), (2, "u", "middle")]
    found = measured(rows, Ordered(("low", "middle", "rare", "high"))).diversity["s"].closeness
    assert found == pytest.approx((1 / 3 + 2 / 3) / 2)  # class 1 is at the top: |0 - ⅓| and |0 - ⅔|, over two steps


def test_a_table_of_one_value_is_close_to_itself():
    assert measured([(1, "u", "a"), (2, "u", "a")], Ordered()).diversity["s"].closeness == 0


def test_numbers_that_are_none_are_one_value():
    counts = measured([(float("nan"), "u", "a"), (float("nan"), "u", "b"), (None, "u", "a")])
    assert counts.sizes == {1: 1, 2: 1}
