"""A file is there whole or it isn't; what fails half-way leaves nothing beside it."""

import errno
import fcntl
import os
import subprocess
import sys

import pytest

from jobs.lake.files import copy_atomically, sha256_of, write_atomically


@pytest.fixture
def full(monkeypatch):
    """A disk on which nothing is flushed any more."""

    def refuse(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", refuse)


def test_on_a_full_disk_the_old_text_stays_and_nothing_lies_beside_it(tmp_path, full):
    (tmp_path / "page").write_text("old")
    with pytest.raises(OSError, match="No space"):
        write_atomically(tmp_path / "page", "new")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"page": "old"}


def test_on_a_full_disk_a_copy_leaves_nothing_behind(tmp_path, full):
    (tmp_path / "file").write_text("judged")
    with pytest.raises(OSError, match="No space"):
        copy_atomically(tmp_path / "file", tmp_path / "copy", sha256_of(tmp_path / "file"), 0o600)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


KILLED = """
import os, signal, sys
from pathlib import Path
from jobs.lake import files
os.replace = os.rename = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
here = Path(sys.argv[1])
if sys.argv[2] == "write":
    files.write_atomically(here / "page", "half")
files.copy_atomically(here / "file", here / "page", files.sha256_of(here / "file"), 0o600)
"""


@pytest.mark.parametrize("how", ["write", "copy"])
def test_what_a_killed_writer_left_goes_with_the_next_write_and_a_living_writers_file_stays(tmp_path, how):
    (tmp_path / "file").write_text("judged")
    assert subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), how], check=False).returncode == -9
    [left] = tmp_path.glob(".*")
    living = tmp_path / ".page.1"
    with living.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        write_atomically(tmp_path / "page", "whole")
        assert not left.exists()
        assert living.exists()
    write_atomically(tmp_path / "page", "whole")
    assert {path.name for path in tmp_path.iterdir()} == {"file", "page"}


@pytest.mark.parametrize("name", [".page", ".page.part", ".page.1a", "page.1", ".pages.1"])
def test_a_file_that_is_no_writers_own_stays(tmp_path, name):
    (tmp_path / name).write_text("somebody's")
    write_atomically(tmp_path / "page", "whole")
    assert (tmp_path / name).exists()
