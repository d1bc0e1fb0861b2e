"""Who is left out: objections, restrictions, missing consents; only verified, standing, unrefused ones."""

from datetime import datetime

import pytest

from jobs.people.subjects import Wishes, excluded, without_excluded
from policy.register import Purpose

NOW = datetime(2026, 11, 20)
INTEREST = Purpose(clause="4.1", words="w", lawful_basis="legitimate_interest", article="6(1)(f)", roles=("r",))
CONSENT = Purpose(clause="4.1", words="w", lawful_basis="consent", article="6(1)(a)", roles=("r",))
REQUEST = (
    "user_id string, right string, identity_verified_at timestamp, detail string, outcome string, lifted_at timestamp"
)


def requests(spark, *rows):
    return spark.createDataFrame(list(rows), REQUEST)


@pytest.mark.parametrize(
    ("terms", "right", "verified", "detail", "outcome", "lifted", "is_out"),
    [
        (INTEREST, "objection", NOW, None, None, None, True),
        (INTEREST, "objection", NOW, '{"purpose": "threat"}', None, None, True),
        (INTEREST, "objection", NOW, '{"purpose": "other"}', None, None, False),
        (INTEREST, "objection", None, None, None, None, False),
        (INTEREST, "objection", NOW, None, None, NOW, False),
        (INTEREST, "objection", NOW, None, "refused", None, False),
        (INTEREST, "restriction", NOW, None, None, None, True),
        (INTEREST, "restriction", NOW, None, "granted", None, True),
        (INTEREST, "erasure", NOW, None, None, None, False),
        (INTEREST, "consent_withdrawal", NOW, None, None, None, False),
        (CONSENT, "consent_withdrawal", NOW, None, None, None, True),
        (CONSENT, "objection", NOW, None, None, None, False),
        (CONSENT, "restriction", NOW, None, None, None, True),
    ],
)
def test_what_excludes_a_person(spark, terms, right, verified, detail, outcome, lifted, is_out):
    asked = requests(spark, ("u1", right, verified, detail, outcome, lifted))
    assert (excluded("threat", terms, asked).count() == 1) == is_out


def test_two_requests_of_one_person_exclude_once(spark):
    asked = requests(spark, ("u1", "objection", NOW, None, None, None), ("u1", "restriction", NOW, None, None, None))
    assert excluded("threat", INTEREST, asked).count() == 1


def test_rows_of_nobody_known_stay_unless_the_purpose_needs_a_consent(spark):
    rows = spark.createDataFrame([("u1", 1), ("u2", 2), (None, 3)], "user_id string, n int")
    consents = spark.createDataFrame(
        [("u1", "threat", NOW, None), ("u2", "threat", NOW, NOW)],
        "user_id string, purpose string, given_at timestamp, withdrawn_at timestamp",
    )
    wishes = Wishes(requests(spark, ("u2", "restriction", NOW, None, None, None)), consents)
    by_interest = without_excluded(rows, "user_id", "threat", INTEREST, wishes)
    by_consent = without_excluded(rows, "user_id", "threat", CONSENT, wishes)
    assert sorted(row["n"] for row in by_interest.collect()) == [1, 3]
    assert [row["n"] for row in by_consent.collect()] == [1]
    assert by_consent.columns == rows.columns
