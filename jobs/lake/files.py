"""A file is there whole, or it isn't, through a power cut, too: written aside, flushed, named in one step.

POSIX promises a name after a power cut only once the folder that holds it was flushed (``fsync``), and a
removal likewise.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from errno import EXDEV
from pathlib import Path
from typing import BinaryIO

from jobs.lake.faults import fault

BLOCK = 1 << 20
CLOCKS_DIFFER = 86_400
"""Seconds by which another machine's clock may go before this one's."""

_HALF = re.compile(r"\.(.+)\.\d+", re.ASCII)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_of_the_future(path: Path) -> bool:
    """Whether ``path`` was last changed more than a day from now, so under a wrong clock: nobody knows since when.

    Both moments are of the machine's clock, whatever day a step is done for.
    """
    return path.stat().st_mtime - time.time() > CLOCKS_DIFFER


def globless(path: Path) -> str:
    """A path as Spark's readers take it: what their glob patterns would read otherwise is escaped."""
    return re.sub(r"[\\*?{}\[\]]", r"\\\g<0>", str(path))


def write_atomically(path: Path, text: str, mode: int = 0o640) -> None:
    """Replace ``path`` by ``text``: a reader, or a crash, meets the old file or the new one."""
    with _aside(path, mode) as file:
        file.write(text.encode())
        _put(file, path)


def write_once(path: Path, text: str, mode: int) -> None:
    """Make ``path`` hold ``text`` unless something is there: whole or not at all, wherever a run ends."""
    with _aside(path, mode) as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
        fault("file.before_name")
        with suppress(FileExistsError):
            os.link(_fresh(path), path)
        fault("file.after_name")
        flush(path.parent)


@contextmanager
def made_atomically(path: Path, mode: int) -> Iterator[BinaryIO]:
    """A file to write into that becomes ``path`` at the end, whole; closed to others before that.

    If the writer fails or is killed, whatever lay in ``path`` is as it was.
    """
    with _aside(path, mode) as file:
        yield file
        os.fchmod(file.fileno(), mode)
        _put(file, path)


def copy_atomically(path: Path, to: Path, sha256: str, mode: int) -> bool:
    """Replace ``to`` by a copy of ``path``, in one step, if these are the bytes that have this SHA-256.

    A copy and no link: whoever still holds ``path`` open can't change what is in ``to``. If its bytes
    are others, whatever lay in ``to`` is as it was.
    """
    digest = hashlib.sha256()
    with _aside(to, mode) as copy, path.open("rb") as source:
        while block := source.read(BLOCK):
            digest.update(block)
            copy.write(block)
        if digest.hexdigest() != sha256:
            return False
        os.fchmod(copy.fileno(), mode)
        _put(copy, to)
    return True


@contextmanager
def _aside(path: Path, mode: int) -> Iterator[BinaryIO]:
    """A file beside ``path``, closed to others from its first byte on, and gone at the end unless it was `_put`.

    Whoever writes it holds it locked: so what a killed writer of ``path`` left is told from it, and goes.
    """
    clear_left_over(half for half in path.parent.glob(".*") if becoming(half) == path)
    with _locked(_fresh(path), mode) as file:
        try:
            yield file
        finally:
            _fresh(path).unlink(missing_ok=True)


def _fresh(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}")


def _locked(fresh: Path, mode: int) -> BinaryIO:
    """A new file that this process alone has locked; made again if somebody took it for a left-over before that."""
    while True:
        file = os.fdopen(os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, mode), "w+b")
        fcntl.flock(file, fcntl.LOCK_EX)
        if fresh.exists():
            file.truncate()
            return file
        file.close()


def _put(file: BinaryIO, path: Path) -> None:
    """Give a finished file its name, for good."""
    file.flush()
    os.fsync(file.fileno())
    fault("file.before_name")
    _fresh(path).replace(path)
    fault("file.after_name")
    flush(path.parent)


def becoming(path: Path) -> Path | None:
    """What a file that is called like a half-written one was to become; None of any other."""
    named = _HALF.fullmatch(path.name)
    return path.with_name(named[1]) if named else None


def clear_left_over(halves: Iterable[Path]) -> None:
    """Remove those of these half-written files whose writer lives no more."""
    for path in halves:
        if path.is_file() and not path.is_symlink():
            with suppress(FileNotFoundError, BlockingIOError), path.open("r+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()


def flush(path: Path) -> None:
    """Return once a file's bytes, or a folder's names, would survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def move_folder(folder: Path, to: Path) -> None:
    """Make ``folder`` be ``to``, whose parent is there, in one step; across file systems the copy becomes it, whole.

    Whoever is cut off and starts again finds the folder, or both; of two the one in ``to`` is replaced.
    """
    shutil.rmtree(to, ignore_errors=True)
    try:
        os.replace(folder, to)  # noqa: PTH105 (a folder, and it must be one step)
    except OSError as error:
        if error.errno != EXDEV:
            raise
        half = to.with_name(f".{to.name}.moving")
        shutil.rmtree(half, ignore_errors=True)
        try:
            shutil.copytree(folder, half)
            for path in (half, *half.rglob("*")):
                flush(path)
            half.replace(to)
        finally:
            shutil.rmtree(half, ignore_errors=True)
        flush(to.parent)
        shutil.rmtree(folder)
    flush(to.parent)
    flush(folder.parent)


def flush_folders(root: Path) -> None:
    """Return once every removal and every name in ``root`` and the folders below it would survive a power cut."""
    for folder, _, _ in os.walk(root):
        flush(Path(folder))


def make_folder(folder: Path, mode: int) -> None:
    """Make ``folder`` and its missing parents, each named for good; one that is there stays as it is."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        path.chmod(mode)
        flush(path.parent)
