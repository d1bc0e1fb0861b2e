"""Local recoding: every class keeps the criteria, no class can be cut in two that do, and ranges hold their rows."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.anonymity.classes import Roles
from jobs.anonymity.counts import Criteria
from jobs.anonymity.mondrian import mondrian

ROLES = Roles(("p", "q"), ("s",))
CELL = st.tuples(
    st.one_of(st.none(), st.integers(0, 6)), st.sampled_from("wxyz"), st.sampled_from("stu"), st.integers(1, 3)
)


def cells(rows):
    return pa.table(
        {name: list(cells) for name, cells in zip(("q0", "q1", "s0", "rows"), zip(*rows, strict=True), strict=True)}
    )


@settings(max_examples=80, deadline=None)
@given(st.lists(CELL, min_size=1, max_size=25), st.integers(1, 5), st.integers(1, 3), st.sampled_from([None, 0.4]))
def test_every_class_keeps_the_criteria_and_shows_where_its_rows_are(rows, k, l, t):  # noqa: E741
    found = mondrian(cells(rows), ROLES, Criteria(k, l, t))
    everybody = sum(row[3] for row in rows)
    if not len(found.sizes):
        assert everybody < k or len({row[2] for row in rows}) < l
        return
    assert found.sizes.sum() == everybody
    for number, size in enumerate(found.sizes):
        own = [row for row, of in zip(rows, found.classes, strict=True) if of == number]
        assert sum(row[3] for row in own) == size >= k
        assert len({row[2] for row in own}) >= l
        for place in range(2):
            values = found.values[place].to_pylist()
            at = [values.index(row[place]) for row in own]
            assert (min(at), max(at)) == (found.low[number][place], found.high[number][place])
    assert 0 <= found.loss <= 1


@settings(max_examples=40, deadline=None)
@given(st.lists(CELL, min_size=1, max_size=25, unique_by=lambda row: row[:3]), st.randoms(use_true_random=False))
def test_the_order_of_cells_says_nothing(rows, random):
    one, other = (mondrian(cells(each), ROLES, Criteria(2, 1)) for each in (rows, random.sample(rows, len(rows))))
    assert sorted(zip(one.words(), one.sizes, strict=True)) == sorted(zip(other.words(), other.sizes, strict=True))


def test_two_far_groups_are_cut_apart_at_the_median():
    """LeFevre et al. (2006), section 4: the widest attribute first, at its median, until a half would be under k."""
    rows = [(0, "w", "s", 2), (1, "w", "t", 1), (5, "w", "s", 1), (6, "w", "t", 2)]
    found = mondrian(cells(rows), ROLES, Criteria(3, 2))
    assert found.words() == [("0 to 1", "w"), ("5 to 6", "w")]
    assert found.loss == pytest.approx((2 / 4 + 0) / 2)
    assert mondrian(cells(rows), ROLES, Criteria(4, 2)).words() == [("0 to 6", "w")]


def test_what_keeps_no_criterion_as_a_whole_has_no_classes():
    found = mondrian(cells([(0, "w", "s", 2)]), ROLES, Criteria(3))
    assert (len(found.sizes), found.loss, found.classes.tolist()) == (0, 1.0, [-1])


def test_a_null_is_a_value_after_all_others():
    found = mondrian(cells([(None, "w", "s", 3), (4, "w", "s", 3)]), ROLES, Criteria(3))
    assert found.words() == [("4", "w"), ("none", "w")]
    assert np.array_equal(found.classes, [1, 0])
