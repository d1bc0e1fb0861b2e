"""A file is there whole, or it isn't, through a power cut, too: written aside, flushed, named in one step.

POSIX promises a name after a power cut only once the folder that holds it was flushed (``fsync``), and a
removal likewise.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BLOCK = 1 << 20


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def globless(path: Path) -> str:
    """A path as Spark's readers take it: what their glob patterns would read otherwise is escaped."""
    return re.sub(r"[\\*?{}\[\]]", r"\\\g<0>", str(path))


def write_atomically(path: Path, text: str, mode: int = 0o640) -> None:
    """Replace ``path`` by ``text``: a reader, or a crash, meets the old file or the new one."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with _aside(fresh), open(_made(fresh, mode), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    _put(fresh, path)


def copy_atomically(path: Path, to: Path, sha256: str, mode: int) -> bool:
    """Replace ``to`` by a copy of ``path``, in one step, if these are the bytes that have this SHA-256.

    A copy and no link: whoever still holds ``path`` open can't change what is in ``to``. If its bytes
    are others, whatever lay in ``to`` is as it was.
    """
    fresh, digest = to.with_name(f".{to.name}"), hashlib.sha256()
    with _aside(fresh), path.open("rb") as source, open(_made(fresh, mode), "wb") as copy:
        while block := source.read(BLOCK):
            digest.update(block)
            copy.write(block)
        os.fsync(copy.fileno())
    if digest.hexdigest() != sha256:
        fresh.unlink()
        return False
    fresh.chmod(mode)
    _put(fresh, to)
    return True


def _made(fresh: Path, mode: int) -> int:
    """A new file, closed to others from its first byte on."""
    return os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)


@contextmanager
def _aside(fresh: Path) -> Iterator[None]:
    """While ``fresh`` is written: what fails, on a full disk for example, leaves no half of it."""
    try:
        yield
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def _put(fresh: Path, path: Path) -> None:
    """Give a finished file its name, for good."""
    fresh.replace(path)
    flush(path.parent)


def flush(path: Path) -> None:
    """Return once a file's bytes, or a folder's names, would survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
