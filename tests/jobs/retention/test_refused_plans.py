"""A plan that is too large, too old, changed or made without all holds and keys is not carried out."""

import json
from datetime import timedelta

import pytest

from jobs.retention.errors import (
    ApprovalNeededError,
    HoldsVanishedError,
    LostEpochError,
    StalePlanError,
    UnknownPlanError,
)
from jobs.retention.plan import load_plan
from tests.jobs.retention.world import DAY, TODAY, who


def test_more_than_the_daily_share_needs_an_approval(small):
    small.publish("threat_events", DAY, who("ada", *["dan"] * 9))
    plan = small.plan(TODAY)
    with pytest.raises(ApprovalNeededError, match="threat_events"):
        small.execute(plan)
    assert len(small.rows("threat_events")) == 10
    small.approve(plan)
    small.execute(plan)
    assert len(small.rows("threat_events")) == 9


def test_a_plan_whose_file_claims_a_larger_share_is_refused_all_the_same(small):
    small.publish("threat_events", DAY, who("ada", *["dan"] * 9))
    plan = small.plan(TODAY)
    path = small.lake.expiry(plan.hash) / "plan.json"
    path.write_text(path.read_text().replace('"daily_share": 0.05', '"daily_share": 0.5'))
    with pytest.raises(ApprovalNeededError, match="threat_events"):
        small.execute(load_plan(small.lake, plan.hash))
    assert len(small.rows("threat_events")) == 10


def test_the_daily_share_itself_needs_none(small):
    small.publish("threat_events", DAY, who("ada", *["dan"] * 19))
    plan = small.plan(TODAY)
    assert plan.over_share == ()
    small.execute(plan)
    assert len(small.rows("threat_events")) == 19


@pytest.mark.parametrize("today", [TODAY - timedelta(days=1), TODAY + timedelta(days=2)])
def test_a_plan_of_another_day_is_refused(small, today):
    plan = small.plan(TODAY)
    with pytest.raises(StalePlanError, match="2026-03-10"):
        small.execute(plan, today=today)


def test_a_hold_placed_between_plan_and_execution_protects(small):
    small.publish("threat_events", DAY, who("ada", *["dan"] * 19))
    plan = small.plan(TODAY)
    small.hold("user", "ada", TODAY + timedelta(days=1))
    with pytest.raises(StalePlanError, match="threat_events"):
        small.execute(plan, today=TODAY + timedelta(days=1))
    assert len(small.rows("threat_events")) == 20


def test_two_people_with_equally_many_rows_are_not_the_same_plan(small):
    small.publish("threat_events", DAY, who("ada", "bob", *["dan"] * 18))
    small.hold("user", "ada", "2025-01-01")
    one = small.plan(TODAY)
    small.lift("ada", TODAY - timedelta(days=1))
    small.hold("user", "bob", "2025-01-01")
    other = small.plan(TODAY)
    assert [f.gone for f in one.tables[0].files] == [f.gone for f in other.tables[0].files]
    assert one.hash != other.hash
    with pytest.raises(StalePlanError):
        small.execute(one)


def test_a_plan_that_somebody_changed_is_refused(small):
    small.publish("threat_events", DAY, who("ada", "dan"))
    plan = small.plan(TODAY)
    path = small.lake.expiry(plan.hash) / "plan.json"
    content = json.loads(path.read_text())
    content["tables"][0]["files"][0]["gone"] = 2
    path.write_text(json.dumps(content))
    with pytest.raises(UnknownPlanError):
        load_plan(small.lake, plan.hash)


def test_a_hold_that_vanished_from_the_platform_stops_everything(small):
    small.hold("user", "ada", "2025-01-01")
    small.plan(TODAY)
    small.change("DELETE FROM legal_holds")
    with pytest.raises(HoldsVanishedError, match="0 rows where an earlier plan saw 1"):
        small.plan(TODAY)


def test_an_epoch_that_the_keyring_never_heard_of_stops_the_plan(small):
    small.publish("threat_events", DAY, who("ada"))
    small.keyring.path.unlink()
    with pytest.raises(LostEpochError, match="2026-01-01"):
        small.plan(TODAY)
