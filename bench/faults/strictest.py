"""The strictest disk that POSIX allows, without root: of a killed run, what a power cut may leave.

From the recorded calls it is known which bytes, and which names of which folder, were flushed before the end. Two disks
are made of that: one that lost every name that wasn't flushed, with its bytes (``names``); and one on which names are
there and bytes aren't, as file systems do that order nothing (``bytes``). The idea is that of ALICE (Pillai et al.,
OSDI 2014) and CrashMonkey (Mohan et al., OSDI 2018).
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from bench.faults.home import Home

Loss = Literal["names", "bytes"]
LOSSES: tuple[Loss, ...] = ("names", "bytes")

WHOLE = re.compile(r"^(\d+) +(\w+)\((.*)\) += (-?\d+)")
BEGUN = re.compile(r"^(\d+) +(\w+)\((.*?),? <unfinished \.\.\.>$")
RESUMED = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>(.*)\) += (-?\d+)")
DESCRIPTOR = re.compile(r"^(?:\d+|AT_FDCWD)<([^>]*)>")
PATH = re.compile(r'(?:(?:\d+|AT_FDCWD)<([^>]*)>, )?"([^"]*)"')


@dataclass
class Inode:
    """A file or a folder: what of it is on the disk. ``was``: where it lay before the run."""

    was: Path | None
    names: dict[str, Inode] | None = None
    kept_names: dict[str, Inode] | None = None
    size: int = 0
    kept: int | None = None
    dirty: bool = False

    @property
    def is_folder(self) -> bool:
        """Whether it has names."""
        return self.names is not None


@dataclass
class Disk:
    """What is on the disk of a home, call by call."""

    home: Path
    before: Path
    root: Inode = field(init=False)

    def __post_init__(self) -> None:
        self.root = self._read(self.before)

    def _read(self, path: Path) -> Inode:
        if path.is_dir():
            names = {each.name: self._read(each) for each in path.iterdir()}
            return Inode(path, names, dict(names))
        size = path.stat().st_size
        return Inode(path, size=size, kept=size)

    # -- calls

    def follow(self, log: Path) -> None:
        """Take every call of a recorded run into account."""
        for call, arguments, result in _calls(log):
            if result >= 0:
                self._take(call, arguments, result)

    def _take(self, call: str, arguments: str, result: int) -> None:
        if call in ("write", "pwrite64", "writev"):
            if (file := self._of_descriptor(arguments)) is not None:
                file.size += result
                file.dirty = True
        elif call == "ftruncate":
            if (file := self._of_descriptor(arguments)) is not None:
                file.size, file.dirty = int(arguments.rpartition(", ")[2]), True
        elif call in ("fsync", "fdatasync"):
            if (node := self._of_descriptor(arguments)) is not None:
                if node.is_folder:
                    node.kept_names = dict(node.names or {})
                else:
                    node.kept, node.dirty = node.size, False
        else:
            self._name(call, arguments)

    def _name(self, call: str, arguments: str) -> None:
        paths = [Path(folder or "/") / name for folder, name in PATH.findall(arguments)]
        if call == "openat" and "O_CREAT" in arguments and self._at(paths[0]) is None:
            self._put(paths[0], Inode(None))
        elif call == "openat" and "O_TRUNC" in arguments and (file := self._at(paths[0])) is not None:
            file.size, file.dirty = 0, True
        elif call in ("mkdir", "mkdirat") and self._at(paths[0]) is None:
            self._put(paths[0], Inode(None, {}, {}))
        elif call in ("unlink", "unlinkat", "rmdir"):
            self._take_away(paths[0])
        elif call.startswith(("rename", "link")) and len(paths) == 2:
            node = self._at(paths[0])
            if node is not None:
                if call.startswith("rename"):
                    self._take_away(paths[0])
                self._put(paths[1], node)

    def _of_descriptor(self, arguments: str) -> Inode | None:
        match = DESCRIPTOR.match(arguments)
        return self._at(Path(match[1])) if match else None

    def _at(self, path: Path) -> Inode | None:
        if not path.is_relative_to(self.home):
            return None
        node: Inode | None = self.root
        for part in path.relative_to(self.home).parts:
            node = (node.names or {}).get(part) if node is not None and node.is_folder else None
        return node

    def _put(self, path: Path, node: Inode) -> None:
        parent = self._at(path.parent)
        if parent is not None and parent.names is not None:
            parent.names[path.name] = node

    def _take_away(self, path: Path) -> None:
        parent = self._at(path.parent)
        if parent is not None and parent.names is not None:
            parent.names.pop(path.name, None)

    # -- what is left

    def leave(self, loss: Loss) -> None:
        """Make the home what a power cut may have left of it."""
        aside = self.home.with_name(f"{self.home.name}.cut")
        shutil.rmtree(aside, ignore_errors=True)
        places = {id(node): path for path, node in _walk(self.root, self.home)}
        self._lay(self.root, aside, places, loss)
        for entry in self.home.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        for entry in aside.iterdir():
            entry.rename(self.home / entry.name)
        aside.rmdir()

    def _lay(self, node: Inode, to: Path, places: dict[int, Path], loss: Loss) -> None:
        now = places.get(id(node))
        source = now if now is not None and now.exists() else node.was
        if node.is_folder:
            to.mkdir()
            for name, each in ((node.kept_names if loss == "names" else node.names) or {}).items():
                gone = each.was is None and id(each) not in places  # replaced since: its bytes aren't known any more
                if left := (node.names or {}).get(name) if gone else each:
                    self._lay(left, to / name, places, loss)
            if source is not None:
                shutil.copystat(source, to)
            return
        if source is None:
            return  # made and removed by this run
        shutil.copy2(source, to)
        if node.dirty and node.was is not None and node.kept == node.was.stat().st_size:
            content = node.was.read_bytes()
            if not to.read_bytes().startswith(content):
                to.write_bytes(content)
                return
        if node.dirty or node.kept is None:
            with to.open("r+b") as file:
                file.truncate(min(node.kept or 0, to.stat().st_size))


def _walk(node: Inode, path: Path) -> Iterator[tuple[Path, Inode]]:
    yield path, node
    for name, each in (node.names or {}).items():
        yield from _walk(each, path / name)


def _calls(log: Path) -> Iterator[tuple[str, str, int]]:
    """Each call that came to its end, in the order of their ends: name, arguments, result."""
    begun: dict[tuple[str, str], str] = {}
    for line in log.read_text(errors="replace").splitlines():
        if whole := WHOLE.match(line):
            yield whole[2], whole[3], int(whole[4])
        elif started := BEGUN.match(line):
            begun[started[1], started[2]] = started[3]
        elif ended := RESUMED.match(line):
            yield ended[2], begun.pop((ended[1], ended[2]), "") + ended[3], int(ended[4])


def left_by(home: Home, before: Path, log: Path, loss: Loss) -> None:
    """Replace a home, in which a run was killed whose calls are in ``log``, by what a power cut may have left."""
    disk = Disk(home.root, before)
    disk.follow(log)
    disk.leave(loss)
