"""Cells that the driver can't hold stay in Spark: the search over them finds the same."""

import pytest

from jobs.anonymity.classes import Roles
from jobs.anonymity.counts import Criteria
from jobs.anonymity.lattice import search
from jobs.anonymity.nodes import Base, TooManyCellsError, base, base_of
from policy.hierarchies import EVERYTHING, Hierarchy

PAIRS = Hierarchy(
    name="p", levels=("word", "pair", EVERYTHING), above={"a": ("ab",), "b": ("ab",), "c": ("cd",), "d": ("cd",)}
)


def test_what_the_driver_can_t_hold_is_raised_in_spark_and_the_same_node_is_the_best(spark, monkeypatch):
    rows = spark.createDataFrame(
        [(p, s) for p, n in (("a", 3), ("b", 2), ("c", 1), (None, 4)) for s in "stu"[:n]], "p string, s string"
    )
    roles, criteria = Roles(("p",), ("s",)), Criteria(2, 2)
    held = base(rows, roles, criteria, {"p": PAIRS})
    monkeypatch.setattr("jobs.anonymity.nodes.MOST_CELLS", 4)
    stays = base(rows, roles, criteria, {"p": PAIRS})
    assert (held.cells, stays.kept, stays.rows) == (None, {}, held.rows)
    assert search(stays, "certainty_penalty", 0.2) == search(held, "certainty_penalty", 0.2)
    with pytest.raises(TooManyCellsError):
        Base(stays.attributes, roles, Criteria(2, 2, 0.5), stays.sensitive, stays.cells).judged((0,))
    stays.close()


def test_an_empty_table_has_no_best_node():
    import pyarrow as pa

    cells = pa.table({"q0": pa.array([], "string"), "rows": pa.array([], "int64")})
    found = search(base_of(cells, Roles(("p",)), Criteria(2), {"p": PAIRS}), "precision", 0.0)
    assert (found.best, found.proved) == (None, True)
