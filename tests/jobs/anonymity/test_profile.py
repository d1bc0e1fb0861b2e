"""A row a person and month: who it could be, and how much was done, in bands."""

from datetime import datetime

import pytest

from jobs.anonymity.profile import people_of
from jobs.lake.memory import PERSON

ANN, BEN = "0b7e0d2c-4a1f-4b7d-9c55-0a8f1f1d7a10", "1c7e0d2c-4a1f-4b7d-9c55-0a8f1f1d7a11"
TRADE, MINING = "aa7e0d2c-4a1f-4b7d-9c55-0a8f1f1d7a12", "bb7e0d2c-4a1f-4b7d-9c55-0a8f1f1d7a13"


@pytest.fixture(scope="module")
def told(spark, promise):
    """Who did what in a month, as a row a person."""
    joined = spark.createDataFrame(
        [(TRADE, "G Trade", "10-49", "FR"), (MINING, "B Mining", None, "XX")],
        "company_id string, sector string, headcount_band string, country string",
    )

    def made(*rows):
        frame = spark.createDataFrame(
            [(datetime(2026, 9, day, 8), user, company, module) for day, user, company, module in rows],
            "occurred_at timestamp, user_id string, company_id string, module string",
        )
        found = people_of(promise, promise.release("usage_profile"), frame, joined).collect()
        return {row[PERSON]: row.asDict() for row in found}

    return made


def test_a_person_is_one_row_with_days_in_bands_and_a_band_for_each_module(told):
    [row] = told((1, ANN, TRADE, "publish"), (1, ANN, TRADE, "publish"), (2, ANN.upper(), TRADE, "monitor")).values()
    assert row == {
        PERSON: ANN, "sector": "G Trade", "headcount_band": "10-49", "region": "Western Europe", "days_active": "2-4",
        "dashboard": "none", "promote": "none", "monitor": "1-4", "publish": "1-4", "main_module": "publish",
    }  # fmt: skip


def test_who_changed_companies_is_told_by_the_last_one_and_what_is_not_known_is_null(told):
    row = told((1, ANN, TRADE, "publish"), (3, ANN, MINING, "publish"), (2, ANN, TRADE, "publish"))[ANN]
    assert (row["sector"], row["headcount_band"], row["region"]) == ("B Mining", None, "other")


@pytest.mark.parametrize(("times", "band"), [(4, "1-4"), (5, "5-19"), (20, "20+")])
def test_a_band_begins_at_its_edge(told, times, band):
    assert told(*[(1, ANN, TRADE, "monitor")] * times)[ANN]["monitor"] == band


def test_of_modules_with_as_many_rows_the_first_of_the_contract_is_the_main_one(told):
    assert told((1, ANN, TRADE, "publish"), (1, ANN, TRADE, "promote"))[ANN]["main_module"] == "promote"


def test_rows_of_nobody_are_nobody_s_and_a_company_that_is_not_there_gives_nulls(told):
    found = told((1, None, TRADE, "publish"), (1, " ", TRADE, "publish"), (1, BEN, ANN, "publish"))
    assert set(found) == {BEN}
    assert found[BEN]["sector"] is None
