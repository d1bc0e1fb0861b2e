"""A full disk: a refusal whatever library says it; and a folder that moves to another file system, whole."""

import errno
import os
import shutil
import subprocess

import pytest

from bench.faults import fuzz
from bench.faults.full import can_mount, small
from jobs.cli import of_the_machine
from jobs.lake import files
from jobs.lake.files import move_folder


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device", "a"),
        OSError("Generic LocalFileSystem error: Unable to open file: Out of room (os error 28)"),
        RuntimeError("java.io.IOException: No space left on device at cell jane"),
    ],
)
def test_no_room_is_refused_whoever_says_it_and_nothing_else_of_what_it_says(error):
    refusal = of_the_machine(error)
    assert "No space left on device" in str(refusal)
    assert "make room" in str(refusal)
    assert "jane" not in str(refusal)


def test_what_nobody_mends_at_the_machine_is_none():
    for error in (OSError(errno.EIO, "I/O"), OSError("(os error 5)"), ValueError("28"), KeyError("x")):
        assert of_the_machine(error) is None


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "staged" / "one"
    made.mkdir(parents=True)
    (made / "part").write_text("new")
    (tmp_path / "quarantine" / "one").mkdir(parents=True)
    (tmp_path / "quarantine" / "one" / "old").write_text("old")
    return made


@pytest.mark.parametrize("across", [False, True])
def test_a_folder_moves_whole_to_another_file_system_too(folder, tmp_path, monkeypatch, across):
    replace = os.replace

    def crossed(source, target):
        if source == folder:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        replace(source, target)

    if across:
        monkeypatch.setattr(files.os, "replace", crossed)
    move_folder(folder, tmp_path / "quarantine" / "one")
    assert [path.name for path in (tmp_path / "quarantine").rglob("*")] == ["one", "part"]
    assert not folder.exists()


@pytest.mark.skipif(not can_mount(), reason="a small disk needs root, and a kernel that lets it mount")
def test_a_red_run_leaves_for_quarantine_on_a_disk_of_its_own_and_without_room_stays(folder, tmp_path):
    (folder / "part").write_bytes(bytes(100_000))
    target = tmp_path / "quarantine"
    shutil.rmtree(target / "one")
    with small(target, 2):
        with pytest.raises(OSError, match="No space left"):
            move_folder(folder, target / "one")
        assert (folder / "part").stat().st_size == 100_000
        assert not (target / "one").exists()
        subprocess.run(["mount", "-o", "remount,size=1m", target], check=True)
        move_folder(folder, target / "one")
        assert (target / "one" / "part").stat().st_size == 100_000


@pytest.mark.parametrize("kind", fuzz.KINDS)
def test_what_people_write_and_type_is_right_or_refused_in_bounded_time(kind, monkeypatch):
    tally = fuzz.tried(kind, 200, 7)
    assert tally.problems == {}
    assert tally.cases == sum(tally.ends.values()) >= 200
    assert tally.ends["right"] > 0 or kind == "YAML"  # one of seventy files of pieces is right
    assert not os.environ.get("IGNICLOUD_LAKE")
