"""No way around the gate: what `publish` refuses, and that refusing leaves nothing behind."""

import json
import os
import shutil
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from expectations.case import Finding
from jobs.gate.verdict import JUDGES, ROOT, StrangeFileError, Verdict, VerdictRefusedError, staged_files, suite_version
from jobs.keys.ring import Keyring
from jobs.lake.visible import visible_version
from jobs.night import publish
from jobs.night.publish import NotAsJudgedError, publish_release

DAY, RUN, RELEASE = date(2026, 3, 12), "r1", "feedback_topics"
ARROW = {"string": pa.string(), "bigint": pa.int64(), "boolean": pa.bool_()}


@pytest.fixture
def staged(lake, promise):
    """A staged run of one file that nobody has judged."""
    contract = promise.release(RELEASE)
    folder = lake.private(lake.staged(RELEASE, RUN))
    schema = pa.schema([(name, ARROW[kind]) for name, kind in contract.output_schema.items()])
    rows = [{"statistic": "topics", "topic": "other", "shown": True, "contributors": 7, "row_count": 9}]
    pq.write_table(pa.Table.from_pylist(rows, schema), folder / "part-00000.parquet")
    (folder / "_protected.json").write_text("{}")
    return folder


@pytest.fixture
def green(staged, promise):
    """A sealed green verdict on the staged run, lying beside it."""
    return sealed(honest(staged, promise), staged)


def honest(staged, promise):
    return Verdict(
        release=RELEASE, day=str(DAY), run=RUN, verdict="green", findings=(), expectations=14, proof_planted=90,
        proof_caught=90, files=staged_files(staged), rows=1, contract=promise.release(RELEASE).fingerprint,
        suite=suite_version(), judged_at=datetime.now(UTC).isoformat(timespec="seconds"),
        visible=visible_version(staged / "no table yet", promise.release(RELEASE), DAY),
    )  # fmt: skip


def sealed(verdict, folder):
    made = verdict.sealed(Keyring.from_environment())
    made.write(folder)
    return made


def published(promise, lake):
    return publish_release(promise, RELEASE, DAY, RUN, lake)


def visible(lake):
    return sorted(path.name for path in lake.published(RELEASE).rglob("*.parquet"))


def test_a_green_verdict_is_published_byte_for_byte(green, staged, promise, lake):
    content = (staged / "part-00000.parquet").read_bytes()
    assert published(promise, lake).rows == 1
    (file,) = lake.published(RELEASE).rglob("*.parquet")
    assert file.read_bytes() == content
    assert not staged.exists()


CHANGES = {
    "red": (lambda v: replace(v, verdict="red"), "red"),
    "green with findings": (lambda v: replace(v, findings=(Finding("x", "", "y", 1),)), "red"),
    "without a proof": (lambda v: replace(v, proof_planted=0, proof_caught=0), "prove itself"),
    "with a missed leak": (lambda v: replace(v, proof_caught=89), "prove itself"),
    "of another run": (lambda v: replace(v, run="r2"), "another release, day or run"),
    "of another day": (lambda v: replace(v, day="2026-03-11"), "another release, day or run"),
    "of another release": (lambda v: replace(v, release="threat_events"), "another release, day or run"),
    "a day old": (lambda v: replace(v, judged_at=aged(timedelta(hours=24, seconds=2))), "too old"),
    "from the future": (lambda v: replace(v, judged_at=aged(-timedelta(minutes=1))), "from the future"),
    "under another contract": (lambda v: replace(v, contract="0" * 64), "contract has changed"),
    "of another suite": (lambda v: replace(v, suite="0" * 64), "gate has changed"),
    "on other files": (lambda v: replace(v, files=()), "aren't those that were judged"),
}


def aged(by):
    return (datetime.now(UTC) - by).isoformat(timespec="seconds")


@pytest.mark.parametrize("change", CHANGES)
def test_a_verdict_that_does_not_fit_is_refused(staged, promise, lake, change):
    make, reason = CHANGES[change]
    sealed(make(honest(staged, promise)), staged)
    with pytest.raises(VerdictRefusedError, match=reason):
        published(promise, lake)
    assert visible(lake) == []


@pytest.mark.parametrize("place", ["jobs/kernel", "jobs/treatments"])
def test_everything_that_searches_and_spells_has_a_part_in_a_verdict(place):
    sources = {path for path in (ROOT / place).iterdir() if path.suffix in (".java", ".py", ".tsv")}
    assert sources <= {path for pattern in JUDGES for path in ROOT.glob(pattern)}


def test_no_verdict_is_no_permission(staged, promise, lake):
    with pytest.raises(VerdictRefusedError, match="no readable verdict"):
        published(promise, lake)


@pytest.mark.parametrize("seal", ["", "0" * 64, "é"])
def test_a_verdict_made_by_hand_is_refused(staged, promise, lake, seal):
    replace(honest(staged, promise), seal=seal).write(staged)
    with pytest.raises(VerdictRefusedError, match="isn't sealed"):
        published(promise, lake)


def test_an_edited_verdict_is_refused(green, staged, promise, lake):
    (staged / "_verdict.json").write_text(json.dumps({**asdict(green), "rows": 2}))
    with pytest.raises(VerdictRefusedError, match="isn't sealed"):
        published(promise, lake)


def test_a_seal_of_another_keyring_is_refused(staged, promise, lake, tmp_path, monkeypatch):
    ours = os.environ["IGNICLOUD_KEYRING"]
    monkeypatch.setenv("IGNICLOUD_KEYRING", str(tmp_path / "theirs.json"))
    sealed(honest(staged, promise), staged)
    monkeypatch.setenv("IGNICLOUD_KEYRING", ours)
    with pytest.raises(VerdictRefusedError, match="isn't sealed"):
        published(promise, lake)


def test_a_file_changed_by_one_byte_is_refused(green, staged, promise, lake):
    file = staged / "part-00000.parquet"
    content = bytearray(file.read_bytes())
    content[8] ^= 1
    file.write_bytes(content)
    with pytest.raises(VerdictRefusedError, match="aren't those that were judged"):
        published(promise, lake)


def test_another_numbered_file_is_refused(green, staged, promise, lake):
    shutil.copy(staged / "part-00000.parquet", staged / "part-00001.parquet")
    with pytest.raises(VerdictRefusedError, match="aren't those that were judged"):
        published(promise, lake)


STRANGERS = {
    "hidden file": lambda folder: (folder / ".part-00001.parquet").write_bytes(b"x"),
    "file with an underscore": lambda folder: (folder / "_extra.parquet").write_bytes(b"x"),
    "file of another name": lambda folder: (folder / "jane.roe@mail.example.parquet").write_bytes(b"x"),
    "folder": lambda folder: (folder / "part-00001.parquet").mkdir(),
    "link to a file": lambda folder: (folder / "part-00001.parquet").symlink_to(folder / "part-00000.parquet"),
    "link instead of the file": lambda folder: linked(folder / "part-00000.parquet"),
    "link as a note": lambda folder: linked(folder / "_protected.json"),
}


def linked(file):
    elsewhere = file.parent.parent / "elsewhere"
    file.rename(elsewhere)
    file.symlink_to(elsewhere)


@pytest.mark.parametrize("stranger", STRANGERS)
def test_what_protect_never_writes_is_refused_without_its_name(green, staged, promise, lake, stranger):
    STRANGERS[stranger](staged)
    with pytest.raises(StrangeFileError) as caught:
        published(promise, lake)
    assert caught.value.entries == 1
    assert "@" not in str(caught.value)
    assert visible(lake) == []


def test_a_staged_folder_that_is_a_link_is_refused(green, staged, promise, lake, tmp_path):
    staged.rename(tmp_path / "moved")
    staged.symlink_to(tmp_path / "moved")
    with pytest.raises(StrangeFileError):
        published(promise, lake)


def test_a_file_swapped_after_the_check_is_refused(green, staged, promise, lake, monkeypatch):
    honest = publish.copy_atomically

    def swap(file, to, sha256, mode):
        file.write_bytes(file.read_bytes() + b"x")
        return honest(file, to, sha256, mode)

    monkeypatch.setattr(publish, "copy_atomically", swap)
    with pytest.raises(NotAsJudgedError):
        published(promise, lake)
    assert visible(lake) == []


def test_a_staged_file_that_somebody_holds_open_changes_nothing_published(green, staged, promise, lake):
    content = (staged / "part-00000.parquet").read_bytes()
    with (staged / "part-00000.parquet").open("r+b") as held:
        published(promise, lake)
        held.write(b"leaked")
        held.flush()
        (file,) = lake.published(RELEASE).rglob("*.parquet")
        assert file.read_bytes() == content
