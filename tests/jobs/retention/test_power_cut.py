"""After a power cut, what retention said is gone is gone, or its next run lets it go."""

from __future__ import annotations

import pytest

from jobs.lake.tables import find_table
from jobs.retention import execute as executing
from tests.jobs.retention.world import DAY, PEOPLE, TODAY, who


@pytest.fixture
def lake(lake_on_disk):
    """Every step of these tests works on a disk whose power can be cut."""
    return lake_on_disk


@pytest.fixture
def planned(small):
    """A day of four people, two of whom must go, and the approved plan for it."""
    small.publish("threat_events", DAY, who(*PEOPLE))
    plan = small.plan(TODAY)
    small.approve(plan)
    return small, plan


def test_rows_that_a_sealed_receipt_says_are_gone_are_gone_with_their_bytes(planned, disk):
    world, plan = planned
    old = set(world.lake.published("threat_events").glob("day=*/*.parquet"))
    world.execute(plan)
    world.prove(plan)
    disk.cut_power()
    assert world.names("threat_events", PEOPLE) == [(DAY, "cyd"), (DAY, "dan")]
    assert not any(path.exists() for path in old)
    assert world.ledger.last("expiry_proved")["plan"] == plan.hash


def test_a_deletion_that_was_cut_off_before_it_was_acknowledged_is_done_by_the_next_run(planned, disk, monkeypatch):
    world, plan = planned
    with monkeypatch.context() as patch:
        patch.setattr("jobs.lake.tables.make_durable", lambda _: None)
        patch.setattr(executing, "_record", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            world.execute(plan)
    world.ledger.append(
        "cleaned", source="activity", day=DAY
    )  # another step flushes: names get to the disk, not yet bytes
    disk.cut_power()
    world.execute(plan)
    world.prove(plan)
    assert world.names("threat_events", PEOPLE) == [(DAY, "cyd"), (DAY, "dan")]
    assert world.ledger.last("commit_discarded")["release"] == "threat_events"


def test_a_deletion_that_the_ledger_knows_and_the_table_lost_is_done_again(planned):
    world, plan = planned
    world.ledger.append("rows_expired", plan=plan.hash, day=plan.day, release="threat_events", version=2, rows=2)
    world.execute(plan)
    assert world.names("threat_events", PEOPLE) == [(DAY, "cyd"), (DAY, "dan")]
    assert find_table(world.lake.published("threat_events")).version() == 2
