"""What the campaign of bench.faults found: each fault stays as a test."""

import os
import stat
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.gate.verdict import staged_files
from jobs.keys.ring import Keyring
from jobs.lake import tables
from jobs.lake.commits import TornCommitError, discard_torn
from jobs.lake.copies import forget_copy
from jobs.lake.manifest import DayManifest, Manifest
from jobs.lake.tables import find_table, forget_history, open_table, replace_day
from jobs.night import extract
from jobs.night.cleanup import clean_up
from jobs.night.extract import extract_day
from jobs.retention.apart import Apart, read_rows
from policy.errors import PolicyError

DAY, EPOCH = date(2026, 3, 12), "2026-01-01"
RELEASE = "feedback_topics"


@pytest.fixture
def silent(lake):
    """A keyring whose changes are on no record, as those of a run that ended before it said them."""
    return Keyring.from_environment()


@pytest.fixture
def ring(ledger):
    return Keyring.from_environment(ledger)


def kinds(ledger):
    return [entry["kind"] for entry in ledger.entries()]


# -- keys


def test_a_key_that_was_opened_and_not_said_is_said_by_whoever_asks_for_it_next(silent, ring, ledger):
    silent.domain("threat", EPOCH)
    ring.domain("threat", EPOCH)
    ring.domain("threat", EPOCH)
    assert kinds(ledger) == ["key_opened"]


def test_a_change_of_a_key_that_was_not_said_is_said_by_the_same_step_again(silent, ring, ledger):
    ring.domain("threat", EPOCH)
    silent.retire("threat", EPOCH)
    ring.retire("threat", EPOCH)
    silent.destroy("threat", EPOCH)
    ring.destroy("threat", EPOCH)
    assert kinds(ledger) == ["key_opened", "key_retired", "key_destroyed"]


def test_a_rotation_says_what_an_earlier_one_had_no_time_to(silent, ring, ledger):
    ring.domain("threat", EPOCH)
    silent.retire("threat", EPOCH)
    ring.settle()
    ring.settle()
    assert kinds(ledger) == ["key_opened", "key_retired"]


def test_a_rewrap_that_was_cut_off_before_its_record_is_run_again(silent, ring, ledger, tmp_path):
    ring.domain("threat", EPOCH)
    other = f"file:{tmp_path / 'secrets' / 'other'}"
    silent.rewrap(other)
    assert ring.rewrap(other) == 1
    assert kinds(ledger) == ["key_opened", "key_rewrapped"]
    assert Keyring(ring.path, other).verify() == 1


def test_a_key_encryption_key_that_can_not_be_kept_is_not_there_and_the_next_run_makes_one(silent, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            silent.domain("threat", EPOCH)
    assert not list(silent.path.parent.glob("*kek*"))
    assert silent.domain("threat", EPOCH)


# -- the record


def test_a_line_that_can_not_be_kept_is_not_on_record(ledger, monkeypatch):
    ledger.append("cleaned", source="activity", day=DAY)
    with monkeypatch.context() as patched:
        patched.setattr("jobs.lake.ledger.os.fsync", lambda _: (_ for _ in ()).throw(OSError(5, "Input/output error")))
        with pytest.raises(OSError, match="Input/output"):
            ledger.append("cleaned", source="companies", day=DAY)
    assert [entry["source"] for entry in ledger.entries()] == ["activity"]
    assert ledger.verify() == 1


def test_landing_that_went_unsaid_is_said_to_be_gone_once(lake, ledger, promise):
    ledger.append("extracted", source="activity", day=DAY, rows=0, columns=1)
    for _ in range(2):
        clean_up(promise, DAY, lake, DAY)
    assert kinds(ledger) == ["extracted", "cleaned"]


@pytest.mark.parametrize(
    ("path", "end"),
    [
        ("packages/0123456789abcdef/access.zip", "package_forgotten"),
        ("exports/threat_partner/partner_threat_events/day=2026-03-12", "export_deleted"),
    ],
)
def test_the_end_of_a_copy_is_on_record_once_wherever_a_run_ends(lake, ledger, monkeypatch, path, end):
    copy = lake.root / path
    lake.private(copy.parent)
    copy.touch()
    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.unlink", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            forget_copy(copy, lake, ledger)
    forget_copy(copy, lake, ledger)
    assert kinds(ledger) == [end]
    assert not copy.exists()


# -- landing


def test_a_raw_copy_is_closed_to_others_from_its_first_byte_on(platform, lake, ledger, promise, monkeypatch):
    modes, write = set(), extract._writer

    def seen(path, *about):
        writer = write(path, *about)
        modes.add(stat.S_IMODE(path.stat().st_mode))
        return writer

    monkeypatch.setattr(extract, "_writer", seen)
    extract_day(promise, DAY, lake, ledger)
    assert modes == {0o600}


# -- damaged


@pytest.fixture(params=[b"", b"PAR1 not a table PAR1", "torn", "flipped"], ids=["empty", "foreign", "torn", "flipped"])
def damaged(request):
    """A function that writes a damaged Parquet file."""

    def write(path):
        pq.write_table(pa.table({"text": [f"row {n}" for n in range(50)]}), path, compression="zstd")
        content = bytearray(path.read_bytes())
        if request.param == "torn":
            content = content[: len(content) // 2]
        elif request.param == "flipped":
            content[-8] ^= 255  # the footer's length
        path.write_bytes(content if isinstance(request.param, str) else request.param)
        return path

    return write


def test_a_damaged_staged_file_is_refused_by_name_with_the_way_back(damaged, lake):
    folder = lake.private(lake.staged(RELEASE, "one"))
    damaged(folder / "part-00000.parquet")
    with pytest.raises(
        PolicyError, match=r"a staged file, one/part-00000.parquet, is damaged.*run protect and validate"
    ):
        staged_files(folder)


def test_damaged_rows_that_are_kept_apart_are_refused_by_name(damaged, lake):
    path = lake.private(lake.restricted / RELEASE / "a" / "lot" / f"day={DAY}") / "part.parquet"
    damaged(path)
    for reading in (Apart(lake, RELEASE, "a").rows, lambda: read_rows(path)):
        with pytest.raises(PolicyError, match=r"rows kept apart, day=2026-03-12/part.parquet, is damaged"):
            reading()


@pytest.mark.parametrize("content", ["", '{"extraction": "a", "sour', '{"some": "other file"}', "[]"])
def test_a_damaged_manifest_of_landing_is_refused_with_the_way_back(lake, content):
    lake.private(lake.landing("activity", DAY))
    lake.land(DAY, [Manifest("activity", str(DAY), datetime.now(UTC).isoformat(), ("event_id",), ())])
    path = lake.landing("_days", DAY) / "manifest.json"
    path.write_text(content)
    with pytest.raises(PolicyError, match=r"landing's manifest of 2026-03-12 is damaged.*extract it again"):
        lake.landed(DAY)
    lake.land(DAY, [])
    assert DayManifest.read(path).extraction


def test_another_file_s_line_in_a_table_s_log_is_refused_and_never_taken_away(lake, ledger, promise):
    folder = lake.shared(lake.published(RELEASE))
    open_table(folder, promise.release(RELEASE))
    entry = folder / "_delta_log" / f"{1:020d}.json"
    entry.write_text('{"some": "other file"}\n')
    discard_torn(folder, ledger)
    with pytest.raises(TornCommitError, match="entry 1"):
        find_table(folder)
    assert entry.exists()


@pytest.mark.parametrize("content", [b"", b"PAR1 not a table PAR1"])
def test_a_damaged_checkpoint_is_refused_with_the_way_back(lake, promise, monkeypatch, content):
    monkeypatch.setattr(tables, "MOMENT", 0)
    folder = lake.shared(lake.published(RELEASE))
    table = open_table(folder, promise.release(RELEASE))
    replace_day(table, DAY, {}, {"run": "one"})
    forget_history(table)
    [checkpoint] = (folder / "_delta_log").glob("*.parquet")
    checkpoint.write_bytes(content)
    with pytest.raises(PolicyError, match=f"{RELEASE}: the table's log can't be read"):
        find_table(folder)
