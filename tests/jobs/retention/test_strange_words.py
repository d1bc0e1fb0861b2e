"""Words that nobody understands, in holds and wishes, on a real table: nothing is deleted because of them."""

import pytest

from jobs.retention.plan import described
from tests.jobs.retention.world import DAY, PEOPLE, TODAY, who


@pytest.mark.parametrize(
    ("kind", "name", "kept"),
    [
        ("user", "ada", ["ada", "dan"]),
        (" USER", "ada", ["ada", "dan"]),
        ("person", "ada", ["ada", "dan"]),
        ("Company", "over", ["ada", "bob", "dan"]),
        ("organisation", "over", ["ada", "bob", "dan"]),
        ("", "over", ["ada", "bob", "dan"]),
    ],
)
def test_a_hold_protects_whatever_its_kind_is_called(small, kind, name, kept):
    small.hold(kind, name, "2025-01-01")
    small.publish("threat_events", DAY, who("ada", "bob", "dan"))
    small.expire(TODAY)
    assert [found for _, found in small.names("threat_events", PEOPLE)] == kept


def test_a_hold_of_an_unknown_kind_is_said_by_count_and_its_word_is_not(small):
    small.hold("organisation", "over", "2025-01-01")
    small.publish("threat_events", DAY, who("ada", "dan"))
    plan = small.plan(TODAY)
    text = (small.lake.expiry(plan.hash) / "plan.json").read_text() + described(plan)
    assert "1 holds are of a kind that nobody knows" in text
    assert "organisation" not in text + small.ledger.path.read_text()


@pytest.mark.parametrize(
    ("detail", "outcome", "stays"),
    [
        ('{"purpose": ["threat_analysis", "administration"]}', "done", False),
        ('{"purpose": ["administration"]}', "done", True),
        ('{"purpose": ["administration", "threats"]}', "done", False),
        ('{"purpose": "', "done", False),
        (None, "REFUSED ", True),
        (None, None, False),
    ],
)
def test_a_granted_objection_deletes_for_the_purposes_that_it_may_mean(small, detail, outcome, stays):
    small.objection("dan", "2026-03-08", detail, outcome)
    small.publish("threat_events", DAY, who("cyd", "dan"))
    small.expire(TODAY)
    assert ((DAY, "dan") in small.names("threat_events", PEOPLE)) == stays
