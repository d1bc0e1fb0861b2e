"""What execution is careful about: rows it wrote, files it doesn't own, who else writes, who may read."""

import errno
import fcntl
import os
import stat
from datetime import UTC, date, datetime, timedelta

import pyarrow.parquet as pq
import pytest
from pyspark.sql import functions as F

from jobs.retention import execute as executing
from jobs.retention.errors import ApprovalNeededError, RewriteError

TODAY, DAY, OTHER = date(2026, 3, 10), date(2026, 2, 1), date(2026, 2, 2)
PAST = date(2025, 1, 5)
PEOPLE = ("ada", "cyd", "dan")


@pytest.fixture
def small(world):
    """Ada of a company that is over, Cyd of one on its last day, Dan of a running one."""
    for name, company, end in (("ada", "over", "2024-09-09"), ("cyd", "last", "2024-09-10"), ("dan", "runs", None)):
        world.company(company, end)
        world.account(name, company)
    return world


def who(*names):
    return [{"person": name} for name in names]


def planned(small, *files):
    small.publish("threat_events", DAY, *files)
    plan = small.plan(TODAY)
    small.approve(plan)
    return plan


def test_a_rewritten_file_that_lost_other_rows_is_never_committed(small, monkeypatch):
    plan = planned(small, who("ada", "dan", "dan"))
    read = executing.scan.read_rows
    calls = iter([lambda rows: rows, lambda rows: rows.where(F.col("_row") != 2)])  # the survey's, then the rewrite's
    monkeypatch.setattr(executing.scan, "read_rows", lambda *args: next(calls)(read(*args)))
    with pytest.raises(RewriteError, match="1 rows after rewriting where the plan leaves 2"):
        small.execute(plan)
    assert small.names("threat_events", PEOPLE) == [(DAY, "ada"), (DAY, "dan"), (DAY, "dan")]


def test_a_file_that_the_plan_does_not_know_stays(small):
    plan = planned(small, who("ada", "dan"))
    stray = small.lake.published("threat_events") / f"day={OTHER}" / "begun-by-somebody.parquet"
    stray.parent.mkdir()
    stray.write_bytes(b"half")
    small.execute(plan)
    assert stray.exists()
    assert [path.rpartition("/")[2] for path in small.plan(TODAY).tables[0].unreferenced] == [stray.name]


def test_a_leftover_that_was_touched_since_the_plan_is_left_to_the_next(small):
    run = small.lake.private(small.lake.quarantine("threat_events", "red"))
    for path in (run / "a", run / "b", run):
        path.touch()
        os.utime(path, (0, 0))
    plan = small.plan(TODAY)
    assert [left.files for left in plan.leftovers] == [2]
    moment = datetime(2026, 3, 9, tzinfo=UTC).timestamp()
    os.utime(run / "a", (moment, moment))
    small.execute(plan)
    assert run.exists()
    assert small.plan(TODAY).leftovers == ()


def test_without_hard_links_files_are_copied(small, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EXDEV, "another file system")

    plan = planned(small, who("ada", "dan"), who("dan", "cyd"))
    monkeypatch.setattr(executing.os, "link", refuse)
    small.execute(plan)
    small.prove(plan)
    assert small.names("threat_events", PEOPLE) == [(DAY, "cyd"), (DAY, "dan"), (DAY, "dan")]


def test_new_files_are_read_by_the_lakes_group_and_hold_no_statistics_over_tokens(small):
    small.execute(planned(small, who("ada", "dan"), who("dan")))
    for path in small.files("threat_events"):
        file = small.lake.published("threat_events") / path
        assert stat.S_IMODE(file.stat().st_mode) == 0o640
        group = pq.read_metadata(file).row_group(0)
        assert not any(group.column(n).is_stats_set for n in range(group.num_columns)), path


def test_nobody_publishes_while_retention_changes_a_table(small, monkeypatch):
    plan, replace = planned(small, who("ada", "dan")), executing.replace_days

    def with_a_look(*args):
        for what in ("threat_events", "expire"):
            with (small.lake.root / "locks" / what).open() as lock, pytest.raises(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return replace(*args)

    monkeypatch.setattr(executing, "replace_days", with_a_look)
    small.execute(plan)
    assert small.names("threat_events", PEOPLE) == [(DAY, "dan")]


def test_yesterdays_plan_is_carried_out_with_yesterdays_eyes(small):
    plan = planned(small, who("ada", "cyd", "dan"))
    small.execute(plan, today=TODAY + timedelta(days=1))
    assert small.names("threat_events", PEOPLE) == [(DAY, "cyd"), (DAY, "dan")]


def test_rows_published_since_the_plan_do_not_spare_it_its_approval(small):
    small.publish("threat_events", DAY, who("ada", *["dan"] * 9))
    plan = small.plan(TODAY)
    small.publish("threat_events", OTHER, who(*["dan"] * 90))
    with pytest.raises(ApprovalNeededError, match="threat_events"):
        small.execute(plan)


def test_a_plan_that_is_done_is_said_to_be_done_once(small):
    plan = planned(small, who("ada", "dan"))
    small.execute(plan)
    small.execute(plan)
    assert [entry["kind"] for entry in small.ledger.entries()].count("expiry_done") == 1
    assert [entry["kind"] for entry in small.ledger.entries()].count("rows_expired") == 1


def test_what_a_killed_run_left_in_the_closed_zone_is_gone_before_the_next_looks(small):
    left = small.lake.private(small.lake.root / "staged" / ".expiry" / "killed") / "threat_analysis.parquet"
    left.write_bytes(b"names")
    with small.look(TODAY):
        assert not left.exists()


def test_a_table_that_no_contract_promises_is_named(small):
    small.lake.shared(small.lake.published("somebodys_own"))
    assert small.plan(TODAY).unpromised == ("somebodys_own",)


def test_a_lifted_hold_is_no_longer_listed_and_keeps_only_what_is_due(small):
    small.hold("user", "ada", "2025-01-01", TODAY - timedelta(days=1))
    small.hold("user", "dan", "2025-01-01")
    plan = planned(small, who("ada", "dan"))
    assert (len(plan.holds), plan.holds_on_record, plan.tables[0].held) == (1, 2, {})


def test_what_a_hold_keeps_is_not_foretold(small):
    small.hold("user", "cyd", "2025-01-01")
    assert planned(small, who("cyd", "dan")).tables[0].forecast == {}


def test_a_hold_keeps_old_rows_of_somebody_whose_relationship_runs(small):
    small.hold("user", "dan", "2025-01-01")
    small.publish("threat_events", PAST, who("dan", "cyd"))
    small.expire(TODAY)
    assert small.names("threat_events", PEOPLE) == [(PAST, "dan")]


def test_plans_that_differ_only_in_whose_rows_a_hold_keeps_are_two_plans(small):
    small.account("eve", "runs")
    small.publish("threat_events", PAST, who("dan", "eve", "nobody"))
    small.hold("user", "dan", "2025-01-01")
    one = small.plan(TODAY)
    small.lift("dan", TODAY - timedelta(days=1))
    small.hold("user", "eve", "2025-01-01")
    other = small.plan(TODAY)
    assert [(f.gone, f.held) for plan in (one, other) for f in plan.tables[0].files] == [(2, 1), (2, 1)]
    assert one.hash != other.hash


def test_what_is_due_is_due_since_the_earliest_of_all_last_days(small):
    small.publish("threat_events", PAST, who("dan"))
    assert planned(small, who("ada", "dan")).counts()["due_since"] == "2026-02-05"
