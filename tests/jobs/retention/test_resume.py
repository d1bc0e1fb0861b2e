"""Killed between any two steps: readers never see half, the next run finishes the same plan, nothing else goes."""

import os
from datetime import date, timedelta

import pytest

from jobs.retention import execute as executing

TODAY, DAY, PAST = date(2026, 3, 10), date(2026, 2, 1), date(2025, 2, 9)
PEOPLE = ("ada", "dan")
BEFORE = [(PAST, "dan"), (DAY, "ada"), (DAY, "dan"), (DAY, "dan")]
AFTER = [(DAY, "dan"), (DAY, "dan")]

STEPS = [
    (executing, "survey"),
    (executing, "_rewrite"),
    (executing, "_linked"),
    (executing, "replace_days"),
    (executing, "_record"),
    (executing, "_clear"),
    (executing, "forget_history"),
    (executing, "_remove_leftovers"),
]
"""In the order in which a run meets them for its first table."""


class KilledError(BaseException):
    """Stands for the end of the process: no handler of ours catches it."""


@pytest.fixture
def full(world):
    """One day that loses a row, one that goes whole, an old version, and a quarantined run that is over."""
    world.company("over", date(2024, 9, 9))
    world.company("runs", None)
    world.account("ada", "over")
    world.account("dan", "runs")
    for release in ("threat_events", "activity_trail"):
        world.publish(release, DAY, [{"person": "dan"}])
        world.publish(release, DAY, [{"person": "ada"}, {"person": "dan"}], [{"person": "dan"}])
        world.publish(release, PAST, [{"person": "dan"}])
    run = world.lake.private(world.lake.quarantine("threat_events", "old-run"))
    (run / "part-00000.parquet").write_text("red")
    os.utime(run / "part-00000.parquet", (1_700_000_000, 1_700_000_000))
    os.utime(run, (1_700_000_000, 1_700_000_000))
    return world


def killed(full, monkeypatch, plan, module, step):
    """Carry out the plan until it meets ``step``."""

    def dies(*_, **__):
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(module, step, dies)
        with pytest.raises(KilledError):
            full.execute(plan)


def test_a_run_that_is_killed_before_each_step_in_turn_is_finished_by_the_next(full, monkeypatch):
    plan = full.plan(TODAY)
    full.approve(plan)
    seen = []
    for module, step in STEPS:
        killed(full, monkeypatch, plan, module, step)
        seen.append([full.names(release, PEOPLE) for release in ("activity_trail", "threat_events")])
    assert [rows[0] for rows in seen] == [BEFORE] * 4 + [AFTER] * 4
    assert [rows[1] for rows in seen] == [BEFORE] * 7 + [AFTER]
    full.execute(plan)
    full.prove(plan)
    for release in ("threat_events", "activity_trail"):
        assert full.names(release, PEOPLE) == AFTER
        assert len(list(full.ledger.entries("rows_expired", plan=plan.hash, release=release))) == 1
    assert not full.lake.quarantine("threat_events", "old-run").exists()
    again = full.plan(TODAY).counts()
    assert (again["rows"], again["leftovers"]) == (0, 0)


@pytest.mark.parametrize(
    ("module", "step"), [(executing, "_placed"), (executing.os, "link"), (executing.shutil, "rmtree")]
)
def test_a_run_that_is_killed_inside_a_step_is_finished_by_the_next(full, monkeypatch, module, step):
    plan = full.plan(TODAY)
    full.approve(plan)
    killed(full, monkeypatch, plan, module, step)
    full.execute(plan)
    full.prove(plan)
    assert full.names("threat_events", PEOPLE) == AFTER


def test_a_killed_run_whose_table_somebody_published_meanwhile_is_finished(full, monkeypatch):
    plan = full.plan(TODAY)
    full.approve(plan)
    with monkeypatch.context() as patched:
        patched.setattr(executing, "_record", lambda *_: (_ for _ in ()).throw(KilledError))
        with pytest.raises(KilledError):
            full.execute(plan)
    full.publish("threat_events", DAY + timedelta(days=1), [{"person": "dan"}])
    full.execute(plan)
    assert full.names("threat_events", PEOPLE) == [*AFTER, (DAY + timedelta(days=1), "dan")]
    assert full.names("activity_trail", PEOPLE) == AFTER


def test_the_log_keeps_a_publication_that_has_not_reached_the_ledger(full, monkeypatch):
    from deltalake import DeltaTable

    from jobs.tables import committed, replace_days

    root = full.lake.published("threat_events")
    replace_days(DeltaTable(root), [DAY + timedelta(days=9)], {}, {"run": "crashed"})
    plan = full.expire(TODAY)
    assert committed(DeltaTable(root), "crashed") is not None
    full.ledger.append("published", release="threat_events", day=DAY, run="crashed")
    full.execute(plan)
    assert committed(DeltaTable(root), "crashed") is None
