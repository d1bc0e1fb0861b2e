"""The rules of answering are closed lists and a place; what contradicts them stops the load."""

from typing import get_args

import pytest
from pydantic import ValidationError

from policy.answering import Answering, Right
from policy.promise import Promise

GROUND = {"article": "17(3)(e)", "words": "claims", "rights": ["erasure"]}
RULES = {
    "country": "FR", "timezone": "Europe/Paris", "verifying_pauses": False, "alert_days": [10, 3, 0],
    "extensions": {"complexity": "complex"}, "grounds": {"legal_holds": GROUND},
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"timezone": "Europe/Pariss"}, "no time zone"),
        ({"timezone": "Europe"}, "no time zone"),
        ({"timezone": "../Paris"}, "no time zone"),
        ({"alert_days": [0, 3, 10]}, "the farthest first"),
        ({"alert_days": [3, 3]}, "the farthest first"),
        ({"alert_days": [3, -1]}, "the farthest first"),
        ({"alert_days": []}, "at least 1"),
        ({"grounds": {}}, "legal_holds"),
        ({"grounds": {"legal_holds": {**GROUND, "rights": ["oblivion"]}}}, "erasure"),
        ({"extensions": {}}, "at least 1"),
        ({"country": "France"}, "pattern"),
    ],
)
def test_rules_that_could_not_be_followed_are_refused(change, says):
    Answering.model_validate(RULES)
    with pytest.raises(ValidationError, match=says):
        Answering.model_validate(RULES | change)


def test_the_rights_of_the_policy_are_those_of_the_platform(promise: Promise):
    assert set(get_args(Right)) == set(promise.source("subject_requests").columns["right"].values)


def test_every_right_can_be_refused_on_some_ground(promise: Promise):
    grounds = promise.register.answering.grounds.values()
    assert {right for ground in grounds for right in ground.rights} == set(get_args(Right))
