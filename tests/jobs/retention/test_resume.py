"""Killed between any two steps: readers never see half, the next run finishes the same plan, nothing else goes."""

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from random import Random
from threading import Event

import pytest

from jobs.lake.files import sha256_of
from jobs.retention import execute as executing

TODAY, PAST = date(2026, 3, 10), date(2025, 2, 9)
DAY, OTHER = date(2026, 2, 1), date(2026, 2, 2)
PEOPLE = ("ada", "dan")
BEFORE = [(PAST, "dan"), (DAY, "ada"), (DAY, "dan"), (DAY, "dan"), (OTHER, "dan")]
AFTER = [(DAY, "dan"), (DAY, "dan"), (OTHER, "dan")]

STEPS = [
    (executing, "survey"),
    (executing, "_rewrite"),
    (executing, "linked"),
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
    """One day that loses a row, one that goes whole, one that stays; an old version, and a red run that is over."""
    world.company("over", date(2024, 9, 9))
    world.company("runs", None)
    world.account("ada", "over")
    world.account("dan", "runs")
    for release in ("threat_events", "activity_trail"):
        world.publish(release, DAY, [{"person": "dan"}])
        world.publish(release, DAY, [{"person": "ada"}, {"person": "dan"}], [{"person": "dan"}])
        world.publish(release, PAST, [{"person": "dan"}])
        world.publish(release, OTHER, [{"person": "dan"}])
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
    full.publish("threat_events", OTHER + timedelta(days=1), [{"person": "dan"}])
    full.execute(plan)
    assert full.names("threat_events", PEOPLE) == [*AFTER, (OTHER + timedelta(days=1), "dan")]
    assert full.names("activity_trail", PEOPLE) == AFTER


def test_the_log_keeps_a_publication_that_has_not_reached_the_ledger(full, monkeypatch):
    from deltalake import DeltaTable

    from jobs.lake.tables import committed, replace_days

    root = full.lake.published("threat_events")
    replace_days(DeltaTable(root), [DAY + timedelta(days=9)], {}, {"run": "crashed", "verdict": "v1"})
    plan = full.expire(TODAY)
    assert committed(DeltaTable(root), "verdict", "v1") is not None
    full.ledger.append("published", release="threat_events", day=DAY, run="crashed", verdict_hash="v1")
    full.execute(plan)
    assert committed(DeltaTable(root), "verdict", "v1") is None


# -- killed for real: SIGKILL to a process of its own, at random places


@pytest.mark.long
def test_a_process_that_is_killed_anywhere_breaks_no_table_and_is_finished_by_the_next(full, tmp_path):
    plan = full.plan(TODAY)
    full.approve(plan)
    full.publish("feedback_topics", OTHER, [{}])
    for folder in ("landing/activity/day=2026-03-09", "staged/threat_events/run", "quarantine/threat_events/run"):
        (full.lake.private(full.lake.root / folder) / "part-00000.csv").write_text("not of the plan")
    shutil.copytree(full.lake.root, tmp_path / "before")
    untouched = outside(full)
    assert len(untouched) == 6
    whole = carried_out(full, plan, 10_000)
    assert whole.returncode == 0, whole.stderr
    changes = int(whole.stdout)
    for point in sorted(Random(6).sample(range(changes), 3)):
        shutil.rmtree(full.lake.root)
        shutil.copytree(tmp_path / "before", full.lake.root)
        full.keyring.path.with_name("ledger-head.json").unlink(missing_ok=True)  # of the lake that was thrown away
        assert carried_out(full, plan, point).returncode == -9, point
        assert {state(full, "threat_events"), state(full, "activity_trail")} <= {"before", "after"}
        full.execute(plan)
        full.prove(plan)
        assert {state(full, "threat_events"), state(full, "activity_trail")} == {"after"}
        assert outside(full) == untouched
        again = full.plan(TODAY).counts()
        assert (again["rows"], again["leftovers"]) == (0, 0)


def state(full, release):
    """What a reader sees who opens the table."""
    rows = full.names(release, PEOPLE)
    return "before" if rows == BEFORE else "after" if rows == AFTER else "half"


def outside(full):
    """Every file that the plan has nothing to do with, with its bytes' hash."""
    changed = ("ledger", "locks", "expiry", "quarantine/threat_events/old-run", "staged/.expiry")
    of_plan = re.compile(rf"({'|'.join(changed)})/|.*/(day={DAY}|day={PAST}|_delta_log)/")
    files = {str(path.relative_to(full.lake.root)): path for path in full.lake.root.rglob("*") if path.is_file()}
    return {name: sha256_of(path) for name, path in files.items() if not of_plan.match(name)}


def carried_out(full, plan, point):
    """Carry out the plan in a process that dies before its change number ``point``, under the eyes of a reader."""
    command = [sys.executable, "-m", "tests.jobs.retention.killed", plan.hash, str(point)]
    over = Event()
    with ThreadPoolExecutor() as pool:
        reader = pool.submit(seen_until, over, full)
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        over.set()
    assert reader.result() <= {"before", "after"}
    return done


def seen_until(over, full):
    """Everything that a reader sees who opens the tables again and again."""
    seen = set()
    while not over.wait(0.05):
        for release in ("threat_events", "activity_trail"):
            try:
                seen.add(state(full, release))
            except OSError:  # it opened the old version and came too late for its files: it opens the new one
                seen.add(state(full, release))
    return seen
