"""Classes of microdata are counted as they lie in the staged rows: k of Sweeney, l of Machanavajjhala et al."""

import pytest

from jobs.gate.recount import small_classes

SCHEMA = "sector string, headcount_band string, region string, main_module string"
MODULES = ("dashboard", "promote", "monitor")


@pytest.fixture(scope="module")
def contract(promise):
    """k is 10 over sector, size and region, l is 3 over the main module."""
    return promise.release("usage_profile")


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


def test_without_one_of_its_columns_nobody_can_tell(spark, contract):
    rows = spark.createDataFrame(people(10), SCHEMA).drop("region")
    assert small_classes(contract, rows) == 1


def test_a_release_that_promises_no_classes_has_none_to_count(promise):
    assert small_classes(promise.release("threat_events"), None) == 0
