"""What a wish means: read narrowly only where every word is understood, otherwise as widely as it can be."""

from datetime import UTC, date, datetime

import pytest

from jobs.people.wishes import Named, Reading, consents_ended, named_purposes
from policy.register import Purpose

DAY, EARLY, LATE = date(2026, 2, 1), datetime(2026, 1, 5, 23, 59, tzinfo=UTC), datetime(2026, 2, 6, tzinfo=UTC)
AT, AFTER = datetime(2026, 3, 10, 2, tzinfo=UTC), datetime(2026, 3, 11, tzinfo=UTC)
INTEREST, CONSENT = (
    Purpose(clause="4.1", words="w", term="ServiceProvision", lawful_basis=basis, article="6(1)", roles=("r",))
    for basis in ("legitimate_interest", "consent")
)
PURPOSES = {"threat": INTEREST, "other": INTEREST, "news": CONSENT, "survey": CONSENT}
THREAT, NEWS = Reading.of("threat", PURPOSES), Reading.of("news", PURPOSES)
OPEN = {
    "user_id": "u", "right": "objection", "received_at": EARLY, "identity_verified_at": EARLY, "detail": None, "closed_at": None,
    "outcome": None, "lifted_at": None,
}  # fmt: skip
GRANTED = {**OPEN, "closed_at": LATE, "outcome": "done"}


def is_out(reading=THREAT, day=DAY, **change):
    return bool(reading.excluded([{**OPEN, **change}], day, AT))


@pytest.mark.parametrize(
    ("detail", "reaches"),
    [
        ('{"purpose": "threat"}', True),
        ('{"purpose": "other"}', False),
        ('{"purpose": ["other"]}', False),
        ('{"purpose": ["threat", "other"]}', True),
        ('{"purpose": ["other", "threat"]}', True),
        ('{"purpose": [" Other "]}', False),
        ('{"purpose": "THREAT"}', True),
        ('{"purpose": "threat analysis"}', True),
        ('{"purpose": ["other", "analysis of threats"]}', True),
        ('{"purpose": ["other", 7]}', True),
        ('{"purpose": ["other", null]}', True),
        ('{"purpose": []}', True),
        ('{"purpose": ""}', True),
        ('{"purpose": null}', True),
        ('{"purpose": {"name": "other"}}', True),
        ('{"purpose": "other, threat"}', True),
        ('{"purpose": "other", "purpose": "threat"}', True),
        ('{"purpose": "threat", "purpose": "other"}', True),
        ('{"purpose": "other", "weight": NaN}', True),
        ('{"Purpose": "other"}', True),
        ('{"purpose": "other", "Purpose": "threat"}', True),
        ('{"purpose": "other", "purposes": ["threat"]}', True),
        ('{"purpose": "other", "reason": "spam"}', False),
        ('{"purposes": ["other"]}', True),
        ('["other"]', True),
        ('"other"', True),
        ("other", True),
        ('{"purpose": "other"', True),
        ('{"purpose": "other"} and more', True),
        ("[" * 100_000, True),
        ('{"reason": "spam"}', True),
        ("", True),
        ("  ", True),
        (None, True),
    ],
)
def test_an_objection_reaches_what_it_names_and_everything_where_it_is_not_understood(detail, reaches):
    assert is_out(detail=detail) == reaches


@pytest.mark.parametrize(
    ("right", "detail", "threat", "news"),
    [
        ("objection", None, True, False),
        ("objection", '{"purpose": "news"}', False, True),
        ("objection", '{"purpose": "the news"}', True, True),
        ("consent_withdrawal", None, False, True),
        ("consent_withdrawal", '{"purpose": ["survey"]}', False, False),
        ("consent_withdrawal", '{"purpose": ["surveys"]}', True, True),
        ("restriction", '{"purpose": "other"}', True, True),
        ("Restriction ", None, True, True),
        (" OBJECTION", '{"purpose": "other"}', False, False),
        ("opposition", None, True, True),
        ("", None, True, True),
        ("erasure", None, False, False),
        ("access", "no JSON", False, False),
    ],
)
def test_a_right_reaches_its_grounds_and_one_that_nobody_knows_reaches_all(right, detail, threat, news):
    change = {"right": right, "detail": detail}
    assert (is_out(**change), is_out(NEWS, **change)) == (threat, news)


@pytest.mark.parametrize(
    ("outcome", "stands"),
    [("refused", False), (" Refused", False), ("REFUSED\n", False), ("refused in part", True), ("rejected", True),
     ("done", True), ("", True), (None, True), ("not refused", True)],
)  # fmt: skip
def test_only_a_refusal_that_is_understood_ends_a_wish(outcome, stands):
    assert is_out(outcome=outcome) == stands


@pytest.mark.parametrize(
    ("change", "day", "stands"),
    [
        ({"identity_verified_at": None}, DAY, False),
        ({"lifted_at": LATE}, DAY, False),
        ({"lifted_at": AT}, DAY, False),
        ({"lifted_at": AFTER}, DAY, True),
        ({"lifted_at": datetime(2199, 1, 1, tzinfo=UTC)}, DAY, True),
        ({"lifted_at": EARLY, "received_at": LATE}, DAY, True),
        ({"lifted_at": LATE, "received_at": None}, DAY, False),
        ({**GRANTED, "lifted_at": LATE}, DAY, True),
        ({**GRANTED, "lifted_at": LATE}, date(2026, 2, 6), True),
        ({**GRANTED, "lifted_at": LATE}, date(2026, 2, 7), False),
        ({**GRANTED, "lifted_at": LATE, "right": "restriction"}, DAY, False),
        ({**GRANTED, "lifted_at": LATE, "outcome": "refused"}, DAY, False),
    ],
)
def test_lifting_ends_a_wish_and_brings_nothing_back(change, day, stands):
    assert is_out(day=day, **change) == stands


def test_wishes_that_are_not_understood_are_counted_while_they_stand():
    rows = [
        {**OPEN, **change}
        for change in (
            {}, {"detail": '{"purpose": "other"}'}, {"right": "access", "outcome": "sent"}, {"outcome": "refused"},
            {"detail": "{"}, {"detail": '{"purpose": []}'}, {"right": "opposition"}, {"outcome": "rejected"},
            {"detail": "{", "lifted_at": LATE}, {"detail": "{", "identity_verified_at": None},
        )
    ]  # fmt: skip
    assert THREAT.unread(rows, AT) == 4


def test_one_name_of_several_that_is_not_understood_takes_nothing_from_the_others():
    assert named_purposes('{"purpose": ["news", "x"]}', PURPOSES.keys()) == Named(frozenset({"news"}), understood=False)


# -- what ends retention


@pytest.mark.parametrize(
    ("reading", "change", "ends"),
    [
        (THREAT, {}, True),
        (THREAT, {"closed_at": None, "outcome": None}, False),
        (THREAT, {"identity_verified_at": None}, False),
        (THREAT, {"outcome": "Refused "}, False),
        (THREAT, {"lifted_at": LATE}, False),
        (THREAT, {"lifted_at": AFTER}, True),
        (THREAT, {"lifted_at": EARLY, "received_at": LATE}, False),
        (THREAT, {"detail": '{"purpose": "threat"}'}, True),
        (THREAT, {"detail": '{"purpose": ["other", "threat"]}'}, True),
        (THREAT, {"detail": '{"purpose": "other"}'}, False),
        (THREAT, {"detail": '{"purpose": "news"}'}, False),
        (THREAT, {"detail": "no JSON"}, True),
        (THREAT, {"detail": '{"purpose": []}'}, True),
        (THREAT, {"right": "Objection"}, True),
        (THREAT, {"right": "restriction"}, False),
        (THREAT, {"right": "opposition"}, False),
        (THREAT, {"right": "erasure"}, False),
        (THREAT, {"right": "consent_withdrawal"}, False),
        (NEWS, {"right": "consent_withdrawal"}, True),
        (NEWS, {}, False),
    ],
)
def test_a_wish_ends_retention_once_it_is_granted(reading, change, ends):
    assert reading.ended([{**GRANTED, **change}], AT) == ({"u": date(2026, 2, 6)} if ends else {})


def test_the_first_of_two_granted_objections_counts():
    both = [GRANTED, {**GRANTED, "closed_at": EARLY}]
    assert THREAT.ended(both, AT) == {"u": date(2026, 1, 5)}


@pytest.mark.parametrize(
    ("consents", "ended"),
    [
        ([("threat", EARLY, LATE)], date(2026, 2, 6)),
        ([("threat", EARLY, EARLY), ("Threat ", EARLY, LATE)], date(2026, 2, 6)),
        ([("threat", EARLY, LATE), ("threat", LATE, None)], None),
        ([("threat", LATE, None), ("threat", EARLY, LATE)], None),
        ([("threat", EARLY, None), ("threat", EARLY, LATE)], date(2026, 2, 6)),
        ([("threat", EARLY, LATE), ("threat", EARLY, None), ("threat", AT, None)], None),
        ([("threat", None, LATE)], None),
        ([("other", EARLY, LATE)], None),
    ],
)
def test_consent_ends_with_its_last_withdrawal(consents, ended):
    rows = [{"user_id": "u", "purpose": p, "given_at": g, "withdrawn_at": w} for p, g, w in consents]
    assert consents_ended("threat", rows) == ({"u": ended} if ended else {})
