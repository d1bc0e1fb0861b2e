"""One telephone number, typed in many ways."""

import phonenumbers
import pytest
from pyspark.sql import functions as F

from jobs.people.phones import dialled, typed_digits, typed_forms, typed_number


@pytest.mark.parametrize(
    ("registered", "digits"),
    [
        ("+33 6 98 76 54 32", {"33698765432", "698765432"}),
        ("0033 6 98 76 54 32", {"33698765432", "698765432"}),
        ("+33 (0)6 98 76 54 32", {"33698765432", "698765432"}),
        ("06 98 76 54 32", {"698765432"}),
        ("+1 510-748-8230", {"15107488230", "5107488230"}),
        ("+45 12 34 56 78", {"4512345678", "12345678"}),
        ("+377 93 15 00 00", {"37793150000", "93150000"}),
        ("\uff0b33 6 98 76 54 32", {"33698765432", "698765432"}),
        ("112", set()),
        ("", set()),
        ("none", set()),
    ],
)
def test_a_registered_number_is_dialled_from_abroad_and_at_home(registered, digits):
    assert dialled(registered) == digits


def test_country_codes_end_where_the_numbering_plans_say():
    for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
        assert dialled(f"+{code} 98765432") == {f"{code}98765432", "98765432"}, code


def test_a_number_is_recognised_however_it_is_typed_and_nothing_else_is(spark):
    typed = {
        "+33 6 98 76 54 32": "33698765432", "0698765432": "698765432", "06.98.76.54.32": "698765432",
        "0033698765432": "33698765432", "+33(0)698765432": "33698765432", "33698765432": "33698765432",
        " 06-98-76-54-32 ": "698765432", "06/98765432": "698765432",
        "tel:+33-6-98-76-54-32": "33698765432", "(+33) 6 98 76 54 32": "33698765432", "+33 ( 0 ) 698765432": "33698765432",
        "\uff0b\uff13\uff13 6 98 76 54 32": "33698765432", "06\u201398\u201376\u201354\u201332": "698765432",
        "06\u200b98765432": "698765432", "\u0660\u0666\u0669\u0668\u0667\u0666\u0665\u0664\u0663\u0662": "698765432",
        "ada@example.org": None, "112": None, "hunter2hunter2": None, "": None, None: None,
    }  # fmt: skip
    rows = spark.createDataFrame(list(typed.items()), "typed string, digits string")
    found = rows.select("typed", typed_number(F.col("typed")).alias("found")).collect()
    assert {row["typed"]: row["found"] for row in found} == typed
    assert {text: typed_digits(text) for text in typed if text is not None} == {
        t: d for t, d in typed.items() if t is not None
    }


def test_a_number_is_typed_with_nothing_between_its_digits_and_begins_in_each_way():
    assert typed_forms("+33 (0)6 98 76 54 32") >= {
        "+33698765432", "0033698765432", "33698765432", "0698765432", "698765432"
    }  # fmt: skip
    assert typed_forms("06 98 76 54 32") >= {"0698765432", "698765432"}
    assert typed_forms("112") == set()
