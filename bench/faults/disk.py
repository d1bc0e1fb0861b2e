"""A disk whose power can be cut: ext4 in a file, ended by the kernel's own ioctl, mounted again as a machine would."""

from __future__ import annotations

import fcntl
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SHUTDOWN, NO_LOG_FLUSH = 0x8004587D, 2
"""EXT4_IOC_SHUTDOWN: what wasn't flushed doesn't get to the disk."""


@dataclass
class Disk:
    """An ext4 file system in the file ``image``, mounted at ``root``."""

    image: Path
    root: Path

    def mount(self) -> None:
        """Without the help that ext4 gives to whoever renames before flushing."""
        subprocess.run(["mount", "-o", "loop,noauto_da_alloc", self.image, self.root], check=True, capture_output=True)

    def cut(self) -> None:
        """Cut the power, and come up again."""
        folder = os.open(self.root, os.O_RDONLY)
        fcntl.ioctl(folder, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        os.close(folder)
        subprocess.run(["umount", self.root], check=True)
        self.mount()


@contextmanager
def disk(folder: Path) -> Iterator[Disk | str]:
    """A mounted disk; where one can't be made, why."""
    made = Disk(folder / "disk.img", folder / "disk")
    if os.geteuid() != 0 or not shutil.which("mkfs.ext4"):
        yield "needs root and mkfs.ext4"
        return
    made.root.mkdir(parents=True, exist_ok=True)
    with made.image.open("wb") as file:
        file.truncate(96 << 20)
    subprocess.run(["mkfs.ext4", "-q", made.image], check=True, capture_output=True)
    try:
        made.mount()
    except subprocess.CalledProcessError:
        yield "needs a loop device"
        return
    try:
        yield made
    finally:
        subprocess.run(["umount", "--lazy", made.root], check=False)
