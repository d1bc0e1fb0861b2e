"""Cells that the driver can't hold stay in Spark: the search over them finds the same."""

from typing import get_args

import pytest

from jobs.anonymity.classes import Roles
from jobs.anonymity.counts import Criteria
from jobs.anonymity.lattice import search
from jobs.anonymity.nodes import TooManyCellsError, base, base_of
from policy.contract import LossMetric
from policy.hierarchies import EVERYTHING, Hierarchy

PAIRS = Hierarchy(
    name="p", levels=("word", "pair", EVERYTHING), above={"a": ("ab",), "b": ("ab",), "c": ("cd",), "d": ("cd",)}
)


ROWS = [("a", "s")] * 3 + [("b", "t"), ("c", "s"), ("c", "s"), ("d", "s"), (None, "s"), (None, "t")]
"""``a`` and ``b`` have two sensitive values together only, ``c`` and ``d`` not even so."""


@pytest.mark.parametrize(("classes", "stays_in_spark"), [(8, False), (3, True)])
def test_with_more_cells_than_the_driver_holds_the_same_node_is_the_best(spark, monkeypatch, classes, stays_in_spark):
    rows = spark.createDataFrame(ROWS, "p string, s string")
    roles, criteria = Roles(("p",), ("s",)), Criteria(2, 2)
    held = base(rows, roles, criteria, {"p": PAIRS})
    monkeypatch.setattr("jobs.anonymity.nodes.MOST_CELLS", 4)
    monkeypatch.setattr("jobs.anonymity.nodes.MOST_CLASSES", classes)
    large = base(rows, roles, criteria, {"p": PAIRS})
    assert (held.of_sets, large.of_sets, large.cells is not None, large.rows) == (
        False,
        True,
        stays_in_spark,
        held.rows,
    )
    for metric in get_args(LossMetric):
        for limit in (0.0, 0.1, 0.2, 1.0):
            assert search(large, metric, limit) == search(held, metric, limit)
    large.close()


@pytest.mark.parametrize(("t", "values"), [(0.5, 63), (None, 1)])
def test_cells_stay_cells_where_t_needs_them_or_a_set_would_be_too_large(spark, monkeypatch, t, values):
    rows = spark.createDataFrame(ROWS, "p string, s string")
    roles, criteria = Roles(("p",), ("s",)), Criteria(2, 2, t)
    held = base(rows, roles, criteria, {"p": PAIRS})
    monkeypatch.setattr("jobs.anonymity.nodes.MOST_CELLS", 5)
    monkeypatch.setattr("jobs.anonymity.nodes.MOST_OF_A_SET", values)
    large = base(rows, roles, criteria, {"p": PAIRS})
    assert (large.of_sets, large.cells is None) == (False, False)
    assert large.judged((2,)) == held.judged((2,))
    if t is None:
        assert large.judged((0,)) == held.judged((0,))
    else:
        with pytest.raises(TooManyCellsError):
            large.judged((0,))
    large.close()


def test_an_empty_table_has_no_best_node():
    import pyarrow as pa

    cells = pa.table({"q0": pa.array([], "string"), "rows": pa.array([], "int64")})
    found = search(base_of(cells, Roles(("p",)), Criteria(2), {"p": PAIRS}), "precision", 0.0)
    assert (found.best, found.proved) == (None, True)
