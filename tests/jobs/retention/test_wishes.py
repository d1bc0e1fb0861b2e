"""Which objections and withdrawals end retention, and on which day."""

from datetime import UTC, date, datetime

import pytest

from jobs.retention.platform import consents_ended, objections
from policy.register import Purpose

EARLY, LATE = datetime(2026, 1, 5, 23, 59, tzinfo=UTC), datetime(2026, 2, 6, tzinfo=UTC)
INTEREST, CONSENT = (
    Purpose(clause="4.1", words="w", lawful_basis=basis, article="6(1)", roles=("r",))
    for basis in ("legitimate_interest", "consent")
)
GRANTED = {
    "user_id": "u", "right": "objection", "identity_verified_at": EARLY, "detail": None, "closed_at": LATE,
    "outcome": "done", "lifted_at": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("terms", "change", "ends"),
    [
        (INTEREST, {}, True),
        (INTEREST, {"closed_at": None, "outcome": None}, False),
        (INTEREST, {"identity_verified_at": None}, False),
        (INTEREST, {"outcome": "Refused"}, False),
        (INTEREST, {"lifted_at": LATE}, False),
        (INTEREST, {"detail": '{"purpose": "threat"}'}, True),
        (INTEREST, {"detail": '{"purpose": "other"}'}, False),
        (INTEREST, {"detail": "no JSON"}, True),
        (INTEREST, {"right": "restriction"}, False),
        (INTEREST, {"right": "erasure"}, False),
        (INTEREST, {"right": "consent_withdrawal"}, False),
        (CONSENT, {"right": "consent_withdrawal"}, True),
        (CONSENT, {}, False),
    ],
)
def test_a_wish_ends_retention_once_it_is_granted(terms, change, ends):
    assert objections("threat", terms, [{**GRANTED, **change}]) == ({"u": date(2026, 2, 6)} if ends else {})


def test_the_first_of_two_granted_objections_counts():
    both = [GRANTED, {**GRANTED, "closed_at": EARLY}]
    assert objections("threat", INTEREST, both) == {"u": date(2026, 1, 5)}


@pytest.mark.parametrize(
    ("consents", "ended"),
    [
        ([("threat", EARLY, LATE)], date(2026, 2, 6)),
        ([("threat", EARLY, EARLY), ("threat", EARLY, LATE)], date(2026, 2, 6)),
        ([("threat", EARLY, LATE), ("threat", LATE, None)], None),
        ([("threat", LATE, None), ("threat", EARLY, LATE)], None),
        ([("threat", None, LATE)], None),
        ([("other", EARLY, LATE)], None),
    ],
)
def test_consent_ends_with_its_last_withdrawal(consents, ended):
    rows = [{"user_id": "u", "purpose": p, "given_at": g, "withdrawn_at": w} for p, g, w in consents]
    assert consents_ended("threat", rows) == ({"u": ended} if ended else {})
