"""Nobody stands out in a month, nor in a month and an earlier one together."""

from datetime import date

import pytest

from jobs.anonymity.successive import joined_classes, kept
from jobs.lake.memory import MONTH, PERSON

AUGUST, SEPTEMBER = date(2026, 8, 31), date(2026, 9, 30)
WEST, SOUTH = "Western Europe", "Southern Europe"


@pytest.fixture(scope="module")
def contract(promise):
    """Classes of region with at least 3 people and 2 main modules."""
    contract = promise.release("usage_profile")
    change = {"k": 3, "l": 2, "quasi_identifiers": ("region",), "sensitive": ("main_module",)}
    return contract.model_copy(update={"anonymity": contract.anonymity.model_copy(update=change)})


@pytest.fixture(scope="module")
def month(spark):
    """People in a region, every other one with another main module."""

    def made(**regions):
        rows = [
            (person, region, ("promote", "publish")[place % 2])
            for region, people in regions.items()
            for place, person in enumerate(people)
        ]
        named = [
            (person, {"west": WEST, "south": SOUTH, "unknown": None}[region], main) for person, region, main in rows
        ]
        return spark.createDataFrame(named, f"{PERSON} string, region string, main_module string")

    return made


@pytest.fixture(scope="module")
def memory(spark):
    def made(*rows):
        return spark.createDataFrame(list(rows), f"{MONTH} date, {PERSON} string, region string")

    return made


def left(found):
    return "".join(sorted(row[PERSON] for row in found.rows.select(PERSON).collect()))


def test_a_month_alone_keeps_its_large_and_diverse_classes(contract, month):
    found = kept(contract, month(west="abc", south="de", unknown="fgh"), None)
    assert (left(found), found.number, found.suppressed, found.joined) == ("abcfgh", 6, 2, 0)


def test_a_class_of_one_main_module_is_left_out_however_large(contract, spark):
    rows = [(person, WEST, "promote") for person in "abcdef"]
    frame = spark.createDataFrame(rows, f"{PERSON} string, region string, main_module string")
    found = kept(contract, frame, None)
    assert (found.number, found.suppressed) == (0, 6)


def test_who_would_be_few_in_two_months_together_is_left_out_and_counted(contract, month, memory):
    now = month(west="abcdefgh")
    before = memory(*((AUGUST, person, SOUTH) for person in "gh"), *((AUGUST, person, WEST) for person in "abc"))
    assert joined_classes(contract, now, before) == 1
    found = kept(contract, now, before)
    assert (left(found), found.joined) == ("abcdef", 2)
    assert joined_classes(contract, found.rows, before) == 0


def test_three_who_are_in_both_months_alike_stay(contract, month, memory):
    found = kept(contract, month(west="abcdef"), memory(*((AUGUST, person, SOUTH) for person in "abc")))
    assert (left(found), found.suppressed) == ("abcdef", 0)


def test_a_class_that_is_too_small_once_others_are_left_out_goes_too(contract, month, memory):
    found = kept(contract, month(west="abc", south="defg"), memory((AUGUST, "a", WEST)))
    assert (left(found), found.suppressed, found.joined) == ("defg", 3, 1)


def test_every_earlier_month_is_looked_at(contract, month, memory):
    before = memory(*((AUGUST, person, WEST) for person in "abc"), (SEPTEMBER, "a", SOUTH))
    found = kept(contract, month(west="abcdefgh"), before)
    assert left(found) == "defgh", "without a, August has two of abc together with this month"


def test_an_unknown_word_is_a_word(contract, month, memory):
    now, before = month(unknown="abcd"), memory((AUGUST, "a", None))
    assert joined_classes(contract, now, before) == 1
    assert left(kept(contract, now, before)) == "bcd"
