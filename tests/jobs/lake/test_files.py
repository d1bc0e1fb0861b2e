"""A file is there whole or it isn't; what fails half-way leaves nothing beside it."""

import errno
import os

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
