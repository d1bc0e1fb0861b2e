"""Classes of microdata are counted as they lie in the staged rows: k of Sweeney, l of Machanavajjhala et al."""

import pytest
from pyspark.sql import functions as F

from jobs.anonymity.classes import NestedColumnError, NoSuchColumnError, Roles
from jobs.anonymity.counts import Counts, Criteria, Diversity, count, count_table
from jobs.anonymity.diversity import Ordered
from jobs.anonymity.reidentification import NotOfThePopulationError, matched
from jobs.gate.recount import small_classes

SCHEMA = "sector string, headcount_band string, region string, main_module string"
MODULES = ("dashboard", "promote", "monitor")


@pytest.fixture(scope="module")
def contract(promise):
    """k is 10 over sector, size and region, l is 3 over the main module."""
    contract = promise.release("usage_profile")
    anonymity = contract.anonymity.model_copy(update={"sensitive": ("main_module",)})
    return contract.model_copy(update={"anonymity": anonymity})


def people(count, modules=MODULES, sector="retail"):
    return [(sector, "10-49", None, modules[i % len(modules)]) for i in range(count)]


@pytest.mark.parametrize(
    ("rows", "small"),
    [
        (people(10), 0),
        (people(9), 1),
        (people(10, MODULES[:2]), 1),
        (people(10, (*MODULES[:2], None)), 0),
        (people(10) + people(1, sector="banking"), 1),
        (people(3, sector="banking") + people(3, sector="health"), 2),
        ([], 0),
    ],
    ids=["as promised", "under k", "under l", "a null is a value", "one alone", "two classes", "no rows"],
)
def test_every_class_under_k_or_l_counts(spark, contract, rows, small):
    assert small_classes(contract, spark.createDataFrame(rows, SCHEMA)) == small


def test_a_class_that_lies_too_far_from_the_table_counts_where_the_contract_has_a_t(spark, contract):
    rows = spark.createDataFrame(people(10) + people(10, (*MODULES, "publish"), sector="banking"), SCHEMA)
    far, near = (contract.anonymity.model_copy(update={"t": t}) for t in (0.05, 0.5))
    assert small_classes(contract.model_copy(update={"anonymity": far}), rows) == 2
    assert small_classes(contract.model_copy(update={"anonymity": near}), rows) == 0


def test_without_one_of_its_columns_nobody_can_tell(spark, contract):
    rows = spark.createDataFrame(people(10), SCHEMA).drop("region")
    assert small_classes(contract, rows) == 1


def test_a_release_that_promises_no_classes_has_none_to_count(promise):
    assert small_classes(promise.release("threat_events"), None) == 0


def table(spark, *rows, schema="q string, r double, s string"):
    return spark.createDataFrame(list(rows), schema)


ROLES = Roles(("q", "r"), ("s",))
MIXED = [("a", 1.0, "x"), ("a", 1.0, None), (None, 1.0, "x"), (None, 1.0, "y"), ("b", float("nan"), "z"),
         ("b", float("nan"), "z"), ("*", None, "w")]  # fmt: skip


def test_spark_and_memory_count_the_same(spark):
    rows = table(spark, *MIXED)
    counts = count(rows, ROLES, Criteria(2, 2))
    assert counts == count_table(rows.toArrow(), ROLES, Criteria(2, 2))
    assert (counts.sizes, counts.below) == ({1: 1, 2: 3}, 2)


def test_what_the_driver_can_t_hold_comes_in_parts_of_whole_classes(spark, monkeypatch):
    rows, roles = table(spark, *MIXED), Roles(("q", "r"), ("s",), {"s": Ordered()})
    whole = count(rows, roles, Criteria(2, 2))
    monkeypatch.setattr("jobs.anonymity.counts.MOST_CELLS", 2)
    assert count(rows, roles, Criteria(2, 2)) == whole


def test_suppressed_rows_are_in_no_class(spark):
    counts = count(table(spark, *MIXED), ROLES, Criteria(2), suppressed=F.col("q") == "*")
    assert (counts.suppressed, counts.rows, counts.unique) == (1, 6, 0)
    everything = count(table(spark, *MIXED), ROLES, Criteria(2), suppressed=F.lit(True))
    assert (everything.suppressed, everything.classes, everything.diversity["s"].distinct) == (7, 0, 0)


def test_an_empty_table_has_no_classes(spark):
    assert count(table(spark), ROLES, Criteria(5, 2)) == Counts({}, 0, {"s": Diversity()})


@pytest.mark.parametrize("kind", ["boolean", "date", "timestamp", "decimal(9,2)", "binary", "tinyint", "void"])
def test_plain_values_of_any_type_make_classes(spark, kind):
    rows = spark.sql("SELECT * FROM VALUES (1), (1), (NULL) AS rows (n)").selectExpr(
        f"CAST(if(n IS NULL, NULL, {VALUE.get(kind, 'n')}) AS {kind}) AS `a.b`"
    )
    counts = count(rows, Roles(("a.b",), ("a.b",), {"a.b": Ordered()}), Criteria())
    assert counts.sizes == ({3: 1} if kind == "void" else {1: 1, 2: 1})


VALUE = {"boolean": "true", "date": "'2026-01-31'", "timestamp": "'2026-01-31'", "binary": "'x'", "void": "NULL"}


@pytest.mark.parametrize(
    ("roles", "error"), [(Roles(("q", "nobody")), NoSuchColumnError), (Roles(("q",), ("list",)), NestedColumnError)]
)
def test_columns_that_make_no_classes_are_refused_by_name(spark, roles, error):
    rows = spark.createDataFrame([("a", ["secret"])], "q string, list array<string>")
    with pytest.raises(error, match=r"nobody|list") as caught:
        count(rows, roles, Criteria())
    assert "secret" not in str(caught.value)


def test_a_table_s_classes_are_found_in_the_population(spark):
    here = table(spark, ("a", 1.0, "x"), (None, 2.0, "x"))
    everybody = table(spark, ("a", 1.0, "x"), ("a", 1.0, "y"), (None, 2.0, "x"), ("c", 3.0, "x"))
    assert matched(here, everybody, ROLES) == {(1, 2): 1, (1, 1): 1}
    with pytest.raises(NotOfThePopulationError, match=r"^1 classes"):
        matched(everybody, here.union(everybody.where("q = 'c' OR q IS NULL")), ROLES)
