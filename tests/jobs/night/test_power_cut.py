"""After a power cut, what was acknowledged is there, or the step's next run brings it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from jobs.lake.commits import TornCommitError
from jobs.lake.files import sha256_of
from jobs.lake.ledger import Ledger
from jobs.lake.tables import find_table
from jobs.night import publish
from jobs.night.export import export_release
from jobs.night.publish import publish_release
from tests.jobs.night.conftest import DAY, RELEASE


@pytest.fixture
def lake(lake_on_disk):
    """Every step of these tests works on a disk whose power can be cut."""
    return lake_on_disk


def contributors(lake):
    return sorted(find_table(lake.published(RELEASE)).to_pyarrow_table()["contributors"].to_pylist())


def test_an_acknowledged_publication_is_there(judged, lake, ledger, promise, disk):
    for run, rows in (("one", (5,)), ("two", (6, 7))):
        judged(run, contributors=rows)
        publish_release(promise, RELEASE, DAY, run, lake)
    disk.cut_power()
    assert contributors(lake) == [6, 7]
    assert find_table(lake.published(RELEASE)).version() == ledger.last("published")["version"] == 2


def test_a_commit_that_nobody_flushed_and_the_ledger_knows_is_refused_not_read_over(
    judged, lake, promise, disk, monkeypatch
):
    judged("one", contributors=(5,))
    publish_release(promise, RELEASE, DAY, "one", lake)
    monkeypatch.setattr("jobs.lake.tables.make_durable", lambda _: None)
    judged("two", contributors=(6, 7))
    publish_release(promise, RELEASE, DAY, "two", lake)
    disk.cut_power()
    with pytest.raises(TornCommitError):
        find_table(lake.published(RELEASE))


def test_a_publication_that_was_cut_off_before_it_was_acknowledged_is_brought_by_the_next_run(
    judged, lake, ledger, promise, disk, monkeypatch
):
    judged("one", contributors=(5,))
    publish_release(promise, RELEASE, DAY, "one", lake)
    judged("two", contributors=(6, 7))
    subprocess.run(["sync", "-f", lake.root], check=True)
    with monkeypatch.context() as patch:
        patch.setattr("jobs.lake.tables.make_durable", lambda _: None)
        patch.setattr(publish, "_verify", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            publish_release(promise, RELEASE, DAY, "two", lake)
    ledger.append("cleaned", source="activity", day=DAY)  # another step flushes: names get to the disk, not yet bytes
    disk.cut_power()
    publish_release(promise, RELEASE, DAY, "two", lake)
    assert contributors(lake) == [6, 7]
    assert ledger.last("commit_discarded")["version"] == ledger.last("published")["version"] == 2


def test_an_entry_of_the_ledger_is_there(lake, disk):
    Ledger(lake.ledger).append("cleaned", source="activity", day=DAY)
    disk.cut_power()
    assert Ledger(lake.ledger).verify() == 1


def test_an_exported_copy_is_there_whole(spark, platform, lake, ledger, promise, disk):
    made = export_release(promise, "partner_threat_events", DAY, spark, lake)
    disk.cut_power()
    manifest = json.loads((made.folder / "manifest.json").read_text())
    assert {sha256_of(made.folder / file["name"]) for file in manifest["files"]} == {
        file["sha256"] for file in manifest["files"]
    }
    assert ledger.last("exported")["rows"] == made.rows


def test_a_copy_is_on_record_before_it_exists(spark, platform, lake, ledger, promise, monkeypatch):
    monkeypatch.setattr("jobs.night.export.copy_atomically", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        export_release(promise, "partner_threat_events", DAY, spark, lake)
    assert ledger.last("exported")["recipient"] == "threat_partner"
    assert not list(lake.root.glob("exports/**/*.parquet"))


@pytest.mark.skipif(shutil.which("strace") is None, reason="the order of system calls needs strace")
def test_data_then_log_then_ledger_get_to_the_disk(judged, lake, promise, tmp_path):
    judged("one")
    log = tmp_path / "calls"
    calls = "trace=link,linkat,rename,write,fsync,fdatasync"
    step = [sys.executable, "-m", "jobs", "publish", "--release", RELEASE, "--day", str(DAY), "--run", "one"]
    subprocess.run(["strace", "-f", "-y", "-s", "400", "-e", calls, "-o", log, *step], check=True, env=os.environ)
    lines = log.read_text().splitlines()

    def first(pattern: str) -> int:
        return next(number for number, line in enumerate(lines) if re.search(pattern, line))

    entry = f"_delta_log/{1:020d}.json"
    order = [
        first(r"fsync\(\d+<[^>]*/\.one-[a-z]{12}-part-00000\.parquet\.\d+>"),
        first(rf"link(at)?\(.*{entry}"),
        first(rf"fsync\(\d+<[^>]*/{entry}>"),
        next(
            n
            for n, line in enumerate(lines)
            if n > first(rf"fsync.*{entry}>") and re.search(r"fsync\(\d+<[^>]*/_delta_log>", line)
        ),
        first(r"write\(\d+<[^>]*/ledger\.jsonl>.*published"),
    ]
    assert order == sorted(order)
