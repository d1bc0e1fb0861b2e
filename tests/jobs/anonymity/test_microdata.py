"""A month beside the published ones: refused with the count if too many must be left out, and who is remembered after it."""

from datetime import date, datetime
from types import SimpleNamespace
from uuid import UUID

import pytest

from jobs.anonymity.microdata import Month, microdata
from jobs.anonymity.successive import JoinedMonthsError
from jobs.keys.field_keys import key_column
from jobs.lake.memory import MONTH, PERSON
from jobs.people.relationships import Name
from jobs.people.subjects import LeftOut

AUGUST, SEPTEMBER = date(2026, 8, 31), date(2026, 9, 30)
PEOPLE = [str(UUID(int=number)) for number in range(8)]
TRADE = str(UUID(int=99))
WORDS = {"same": ("Trade and transport", "*", "Western Europe"), "other": ("Business services", "*", "Western Europe")}


@pytest.fixture(scope="module")
def contract(promise):
    """Classes of three people and two main modules; a function of the share that may be left out."""
    contract = promise.release("usage_profile")

    def made(suppression):
        given = contract.anonymity.generalisation.model_copy(update={"suppression": suppression})
        change = {"k": 3, "l": 2, "sensitive": ("main_module",), "generalisation": given}
        return contract.model_copy(update={"anonymity": contract.anonymity.model_copy(update=change)})

    return made


@pytest.fixture(scope="module")
def september(spark):
    """Eight people of one company; in August two of them were shown in another sector, three in the same."""
    modules = ("publish", "promote")
    rows = [(datetime(2026, 9, 1), user, TRADE, modules[place % 2]) for place, user in enumerate(PEOPLE)]
    frames = {
        "activity.month": spark.createDataFrame(
            rows, "occurred_at timestamp, user_id string, company_id string, module string"
        ),
        "companies": spark.createDataFrame(
            [(TRADE, "G Trade", "10-49", "FR")],
            "company_id string, sector string, headcount_band string, country string",
        ),
        "professional_users": spark.createDataFrame([(PEOPLE[place],) for place in (0, 2, 3)], "user_id string"),
    }
    left = LeftOut(frozenset(), gone=(Name("person", PEOPLE[3], 0, None),))
    exclusion = SimpleNamespace(without=lambda rows, source: rows, frames=frames.__getitem__, left=left)
    alone = Month(exclusion, SEPTEMBER, key_column(b"k" * 32, spark), None)
    shown = [(AUGUST, PEOPLE[place], *WORDS["other" if place < 2 else "same"]) for place in range(5)]
    memory = spark.createDataFrame(
        shown, f"{MONTH} date, user_id string, sector string, headcount_band string, region string"
    )
    tokens = memory.withColumn(PERSON, alone.person(memory["user_id"])).drop("user_id")
    return Month(exclusion, SEPTEMBER, alone.key, tokens)


def test_a_month_that_would_leave_out_too_many_beside_another_one_is_refused_with_the_count(
    promise, contract, september
):
    says = r"2 of 8 rows could be joined with one of 1 published months .*2 must be left out in all, 25\.0%"
    with pytest.raises(JoinedMonthsError, match=says):
        microdata(promise, contract(0.1), september)


def test_whom_the_platform_no_longer_has_or_retention_has_let_go_is_forgotten_in_other_months(
    promise, contract, september, spark
):
    made = microdata(promise, contract(0.3), september)
    assert (made.people.number, made.people.joined, made.cost.compared) == (6, 2, (str(AUGUST),))
    known = spark.createDataFrame([(user,) for user in PEOPLE], "user_id string")
    names = {
        row["token"]: row["user_id"] for row in known.withColumn("token", september.person(known["user_id"])).collect()
    }
    found = {(row[MONTH], names[row[PERSON]]) for row in made.remembered().collect()}
    assert {user for month, user in found if month == SEPTEMBER} == set(PEOPLE[2:])
    assert {user for month, user in found if month == AUGUST} == {PEOPLE[0], PEOPLE[2]}
