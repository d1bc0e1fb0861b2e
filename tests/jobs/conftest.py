"""A disk of its own whose power can be cut; a demo platform that a test may change, and somebody on it."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import struct
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

EXT4_IOC_SHUTDOWN = 0x8004587D
NO_LOG_FLUSH = 2
"""The kernel's own way to end a file system at once: nothing that wasn't flushed gets to the disk."""


@dataclass
class Disk:
    """An ext4 file system in a file, mounted at ``root``."""

    image: Path
    root: Path

    def mount(self) -> None:
        subprocess.run(["mount", "-o", "loop", self.image, self.root], check=True, capture_output=True)

    def unmount(self) -> None:
        subprocess.run(["umount", "--lazy", self.root], check=True, capture_output=True)  # Spark keeps files open

    def cut_power(self) -> None:
        """What survives is what a machine finds that comes up after a power cut."""
        folder = os.open(self.root, os.O_RDONLY)
        fcntl.ioctl(folder, EXT4_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        os.close(folder)
        self.unmount()
        self.image = Path(shutil.copy(self.image, self.image.with_suffix(".after")))
        self.mount()


@pytest.fixture
def disk(tmp_path):
    """A mounted disk; skipped, by name, where one can't be made."""
    made = Disk(tmp_path / "disk.img", tmp_path / "disk")
    made.root.mkdir()
    if os.geteuid() != 0 or not shutil.which("mkfs.ext4"):
        pytest.skip("a power cut needs root and mkfs.ext4")
    with made.image.open("wb") as file:
        file.truncate(128 << 20)
    subprocess.run(["mkfs.ext4", "-q", made.image], check=True, capture_output=True)
    try:
        made.mount()
    except subprocess.CalledProcessError:
        pytest.skip("a power cut needs a loop device")
    yield made
    made.unmount()


@pytest.fixture
def lake_on_disk(lake, disk, monkeypatch):
    """The lake of the test, on a disk whose power can be cut."""
    from jobs.lake.zones import Lake

    monkeypatch.setenv("IGNICLOUD_LAKE", str(disk.root / "lake"))
    return Lake.from_environment()


@pytest.fixture
def change(platform):
    """A statement on the platform's database; what it answers."""

    def run(statement, *values):
        with closing(sqlite3.connect(platform)) as connection, connection:
            return connection.execute(statement, values).fetchall()

    return run


@pytest.fixture
def busiest(change):
    """The account with most security events of the day of which nobody asks anything: id, address, telephone."""
    [person] = change(
        "SELECT u.user_id, u.email, u.phone FROM security_events e JOIN professional_users u USING (user_id) "
        "WHERE e.occurred_at LIKE '2026-03-12%' AND u.phone LIKE '+%' "
        "AND u.user_id NOT IN (SELECT user_id FROM subject_requests) "
        "GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
    )
    return person
