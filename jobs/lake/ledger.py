"""The record of everything the suite did: append-only, hash-chained, without a single value.

One JSON object a line. Each line carries the SHA-256 of the line before it, so a line that is
changed, removed or put in later breaks the chain (Haber & Stornetta 1991). Only the fields that
a kind declares (`jobs.lake.kinds`) are accepted, and only counts, names, days and hashes fit into them.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from io import RawIOBase
from pathlib import Path
from typing import Any

from jobs.lake.faults import fault
from jobs.lake.files import flush, make_folder
from jobs.lake.kinds import KINDS, TAKEN
from jobs.lake.zones import SHARED
from policy.errors import PolicyError

FIRST = "0" * 64
_HEX = len(FIRST)
_AFTER_HASH = _HEX + len('",')
_NAME = re.compile(r"[\w .:,()\[\]/=+'-]{0,200}")

Entry = dict[str, Any]
Touched = tuple[int, int, int, int, int]

_seen: dict[Path, Touched] = {}
"""The ledgers of which this process has seen every line to be an entry, and as what files."""


class BrokenLedgerError(PolicyError):
    """The chain doesn't hold: somebody changed the record."""

    def __init__(self, line: int, problem: str = "") -> None:
        self.line, self.problem = line, problem or f"its chain breaks at line {line}"
        super().__init__(f"the ledger isn't whole: {self.problem}; restore it from a copy and tell the privacy officer")


class NoLedgerError(PolicyError):
    """There is nothing to verify."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            f"there is no entry in {path}: no night has run on this lake, IGNICLOUD_LAKE names another one, "
            "or the record was taken away; then restore it from a copy and tell the privacy officer"
        )


class UnrecordableError(PolicyError):
    """An entry has a field, or a sort of content, that the ledger doesn't take."""

    def __init__(self, kind: str, field: str) -> None:
        self.kind, self.field = kind, field
        super().__init__(f"the ledger takes no {field} in an entry {kind!r}; see KINDS in jobs/lake/ledger.py")


class Ledger:
    """The ledger in ``folder``; writers take turns by a file lock."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ledger.jsonl"

    def append(self, kind: str, **fields: Any) -> Entry:
        """Add one entry; it is on the disk when this returns.

        A line that a crash left torn was never acknowledged and is dropped.

        Raises:
            UnrecordableError: a field that ``kind`` doesn't declare, or content that isn't a
                name, number, day or hash.
        """
        if kind not in KINDS:
            raise UnrecordableError(kind, "kind")
        for field, content in fields.items():
            if field not in KINDS[kind] or not _recordable(content):
                raise UnrecordableError(kind, field)
        make_folder(self.path.parent.parent, SHARED)
        make_folder(self.path.parent, 0o755)
        with os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644), "r+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            seen = self._touched() == _seen.get(self.path)
            last = _settle(file)
            if last is None:
                flush(self.path.parent)  # the file's own name, before its first line
            entry: Entry = {
                "seq": last["seq"] + 1 if last else 1,
                "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "kind": kind,
                **{field: str(v) if hasattr(v, "isoformat") else v for field, v in fields.items()},
                "prev": last["hash"] if last else FIRST,
            }
            entry["hash"] = _hash(entry)
            fault("ledger.before_write")
            _add(file, _canonical(entry) + b"\n")
            if seen and (touched := self._touched()):
                _seen[self.path] = touched
        return entry

    def key_changed(self, kind: str, domain: str, epoch: str, fingerprint: str) -> None:
        """Record that a key was opened, rewrapped, retired or destroyed: what a `jobs.keys.ring.Keyring` tells."""
        self.append(kind, domain=domain, epoch=epoch, fingerprint=fingerprint)

    def key_changes(self) -> frozenset[tuple[str, str, str]]:
        """Every change of a key that is on record: its kind, domain and epoch."""
        changes = (entry for entry in self._having([b'"kind":"key_']) if entry["kind"].startswith("key_"))
        return frozenset((entry["kind"], entry["domain"], entry["epoch"]) for entry in changes)

    def head(self) -> Entry | None:
        """Number and hash of the last whole entry, taken at its word; None of an empty ledger.

        Raises:
            BrokenLedgerError: it is no entry.
        """
        try:
            with self.path.open("rb", buffering=0) as file:
                return _last(file)[0]
        except FileNotFoundError:
            return None

    def entries(self, kind: str | None = None, **match: Any) -> Iterator[Entry]:
        """Entries in order, of one kind and with these fields if given.

        A last line that a crash left torn was never acknowledged and is none.

        Raises:
            BrokenLedgerError: a line is no entry.
        """
        wanted = {field: str(v) if hasattr(v, "isoformat") else v for field, v in match.items()}
        if kind is not None:
            wanted["kind"] = kind
        marks = [_canonical({field: v})[1:-1] for field, v in wanted.items() if isinstance(v, str)]
        for entry in self._having(marks):
            if all(entry.get(field) == v for field, v in wanted.items()):
                yield entry

    def _having(self, marks: list[bytes]) -> Iterator[Entry]:
        """The entries whose lines have these marks, and maybe others.

        Most lines of a ledger of years are of something else, and a night reads it some hundred times. Such a line is
        passed over only if it is as it was written, by its own hash; and if this process has seen that of all lines,
        and nobody has touched the file since, it isn't asked again.
        """
        touched = self._touched()
        seen = touched is not None and _seen.get(self.path) == touched
        for number, line in enumerate(self._lines(), start=1):
            if line.endswith(b"\n") and (all(mark in line for mark in marks) or not (seen or _is_intact(line))):
                yield _parsed(line, number)
        if touched is not None:
            _seen[self.path] = touched

    def _touched(self) -> Touched | None:
        """Which file it is, its size, and when it was changed last; nobody can set back the last of them."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns

    def commits(self, release: str) -> list[Entry]:
        """Every publication of a release, and whatever else its table was committed for, in order."""
        entries = self.entries(release=release)
        return [e for e in entries if e["kind"] in ("published", *TAKEN) and e.get("version") is not None]

    def last(self, kind: str, **match: Any) -> Entry | None:
        """The newest such entry."""
        entry = None
        for entry in self.entries(kind, **match):  # noqa: B007 (the last one is wanted)
            pass
        return entry

    def verify(self) -> int:
        """Recompute the whole chain; the number of entries.

        It says nothing of entries that are missing at the end: `jobs.keys.heads` does.

        Raises:
            NoLedgerError: there is no entry.
            BrokenLedgerError: with the first line that doesn't fit.
        """
        entries = sum(1 for _ in self.chain())
        if not entries:
            raise NoLedgerError(self.path)
        return entries

    def chain(self) -> Iterator[tuple[int, str]]:
        """Number and hash of each entry, recomputed one after the other.

        Raises:
            BrokenLedgerError: with the first line that doesn't fit.
        """
        previous = FIRST
        for count, line in enumerate(self._lines(), start=1):
            if not line.endswith(b"\n"):
                raise BrokenLedgerError(count, f"line {count}, the last one, is cut off")
            entry = _parsed(line, count)
            claimed = entry.pop("hash", None)
            if entry.get("seq") != count or entry.get("prev") != previous or _hash(entry) != claimed:
                raise BrokenLedgerError(count)
            previous = claimed
            yield count, previous

    def _lines(self) -> Iterator[bytes]:
        try:
            with self.path.open("rb") as file:
                yield from file
        except FileNotFoundError:
            return


def _is_intact(line: bytes) -> bool:
    """Whether a line has its own hash, told from its bytes: the canonical form without ``hash`` is the rest of them."""
    before, _, after = line.partition(b'"hash":"')
    return hashlib.sha256(before + after[_AFTER_HASH:-1]).hexdigest().encode() == after[:_HEX]


def _parsed(line: bytes, number: int) -> Entry:
    """The entry that a whole line is."""
    try:
        entry = json.loads(line)
    except ValueError:
        entry = None
    if not isinstance(entry, dict) or not {"seq", "kind", "hash"} <= entry.keys():
        raise BrokenLedgerError(number, f"line {number} is no entry")
    return entry


def _recordable(content: Any) -> bool:
    if content is None or isinstance(content, bool | int | float) or hasattr(content, "isoformat"):
        return True
    if isinstance(content, str):
        return _NAME.fullmatch(content) is not None and "@" not in content
    if isinstance(content, dict):
        return all(_recordable(key) and _recordable(value) for key, value in content.items())
    return isinstance(content, list | tuple) and all(_recordable(item) for item in content)


def _canonical(entry: Entry) -> bytes:
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _hash(entry: Entry) -> str:
    return hashlib.sha256(_canonical(entry)).hexdigest()


def _add(file: RawIOBase, line: bytes) -> None:
    """Put a line at the file's end, for good; one that can't be kept doesn't stay, for it would be said again."""
    end = file.seek(0, os.SEEK_END)
    try:
        left = memoryview(line)
        while left:
            left = left[file.write(left) :]
        fault("ledger.before_flush")
        os.fsync(file.fileno())
    except OSError:
        with suppress(OSError):
            file.truncate(end)
        raise


def _settle(file: RawIOBase) -> Entry | None:
    """Cut off a torn last line; the last whole entry."""
    last, torn = _last(file)
    if torn:
        file.truncate(file.seek(0, os.SEEK_END) - torn)
    return last


def _last(file: RawIOBase) -> tuple[Entry | None, int]:
    """Number and hash of the last whole entry, read from the file's end, and how many bytes of a torn one follow it."""
    size = file.seek(0, os.SEEK_END)
    tail, start = b"", size
    while start > 0 and tail.count(b"\n") < 2:
        start = max(0, start - 65_536)
        file.seek(start)
        tail = file.read(size - start) or b""
    whole, newline, torn = tail.rpartition(b"\n")
    if not newline:
        return None, len(torn)
    try:
        last: Entry = json.loads(whole.rpartition(b"\n")[2])
        return {"seq": last["seq"], "hash": last["hash"]}, len(torn)
    except (ValueError, TypeError, KeyError):
        raise BrokenLedgerError(0, "its last line is no entry") from None
