"""An index of the ledger that can be thrown away: where each entry begins, and the words by which it is looked up.

Three years of nights are 50,000 lines; a page that read them all would be slow. The index holds positions and no
entry: what a page shows is read from the ledger itself. It belongs to the bytes that it was made of: each time it is
opened their SHA-256 is compared, and an index that doesn't fit is made anew. So there is one truth, and what is
said of the chain was recomputed, line by line, on exactly these bytes (Haber & Stornetta 1991).
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import stat
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

FORMAT = 1
"""Of the index: one of another format is made anew."""

BLOCK = 1 << 20
FIRST = "0" * 64
"""What the first entry names as the hash before it."""

SCHEMA = """
CREATE TABLE state (offset INTEGER, sha256 TEXT, lines INTEGER, last TEXT, broken INTEGER);
CREATE TABLE entries (line INTEGER PRIMARY KEY, start INTEGER, size INTEGER, kind TEXT, month TEXT, day TEXT,
  about TEXT, reference TEXT, plan TEXT, word TEXT);
CREATE INDEX by_kind ON entries (kind);
CREATE INDEX by_kind_about ON entries (kind, about);
CREATE INDEX by_kind_about_day ON entries (kind, about, day);
CREATE INDEX by_about ON entries (about, day);
CREATE INDEX by_day ON entries (day);
CREATE INDEX by_month ON entries (month);
CREATE INDEX by_plan ON entries (plan);
CREATE INDEX by_reference ON entries (reference);
INSERT INTO state VALUES (0, '', 0, '', 0);
"""
ABOUT = ("release", "source", "domain", "right")
"""What an entry is about: the first of these that it has."""

WORDS = ("verdict", "outcome", "decision", "step")
"""The one word of an entry by which it is looked up: the first of these that it has."""

LATE = {True: "late"}
"""The word of an answer that wasn't in time."""


@dataclass(frozen=True)
class Chain:
    """What is known of the ledger: how many lines it has, and whether each names the hash of the one before.

    ``broken``: the first line that doesn't fit, 0 if all do. ``torn``: a last line without its end, which a crash cut
    off or a writer is at: it was never acknowledged and is no entry. ``last``: the newest entry's hash.
    """

    lines: int
    broken: int
    torn: bool
    last: str

    @property
    def holds(self) -> bool:
        """Whether every line is the entry that was written."""
        return self.broken == 0


class Index:
    """The index of the ledger at ``path``, in a closed folder of this user, or in memory where there is none."""

    def __init__(self, path: Path, folder: Path | None = None) -> None:
        self.path = path
        self._file = file_for(path, folder)
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = None

    @contextmanager
    def opened(self) -> Iterator[tuple[Chain, sqlite3.Connection, BinaryIO]]:
        """The chain, the index and the ledger as they are now, for one reader at a time."""
        with self._lock, ledger_at(self.path) as ledger:
            try:
                chain = self._level(ledger)
            except sqlite3.Error:  # damaged, full or not ours to write: it is only an index
                self._throw_away()
                chain = self._level(ledger)
            yield chain, self._connection(), ledger

    def _connection(self) -> sqlite3.Connection:
        if self._database is None:
            where = str(self._file) if self._file else ":memory:"
            self._database = sqlite3.connect(where, timeout=30, isolation_level=None, check_same_thread=False)
            self._database.execute("PRAGMA synchronous = OFF")
        return self._database

    def _throw_away(self) -> None:
        """From now on the index is in memory: whatever stands in the file isn't believed."""
        if self._database is not None:
            self._database.close()
        self._database, self._file = None, None

    def _level(self, ledger: BinaryIO) -> Chain:
        """Bring the index to the ledger's last whole line; one process at a time."""
        database = self._connection()
        database.execute("BEGIN IMMEDIATE")
        try:
            state = read_state(database)
            digest = hashlib.sha256()
            if state is None or not same_bytes(ledger, state, digest):
                begin(database)
                state, digest = (0, "", 0, "", 0), hashlib.sha256()
            ledger.seek(state[0])
            chain, offset = append(database, ledger, state, digest)
            if offset != state[0]:
                now = (offset, digest.hexdigest(), chain.lines, chain.last, chain.broken)
                database.execute("UPDATE state SET offset = ?, sha256 = ?, lines = ?, last = ?, broken = ?", now)
            database.execute("COMMIT")
        except BaseException:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise
        return chain


State = tuple[int, str, int, str, int]


def read_state(database: sqlite3.Connection) -> State | None:
    """How far the index goes; nothing of another format, or of none."""
    if database.execute("PRAGMA user_version").fetchone()[0] != FORMAT:
        return None
    row: State | None = database.execute("SELECT offset, sha256, lines, last, broken FROM state").fetchone()
    return row


def same_bytes(ledger: BinaryIO, state: State, digest: Any) -> bool:
    """Whether the ledger still begins with the bytes that were indexed; ``digest`` has read them then."""
    left = state[0]
    ledger.seek(0)
    while left and (block := ledger.read(min(BLOCK, left))):
        digest.update(block)
        left -= len(block)
    return not left and (state[0] == 0 or digest.hexdigest() == state[1])


def begin(database: sqlite3.Connection) -> None:
    """An empty index in place of whatever there is."""
    kept = "SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' AND type IN ('table', 'view')"
    for kind, name in database.execute(kept).fetchall():
        database.execute(f'DROP {kind} "{name}"')
    for statement in SCHEMA.split(";"):
        database.execute(statement)
    database.execute(f"PRAGMA user_version = {FORMAT}")


def append(database: sqlite3.Connection, ledger: BinaryIO, state: State, digest: Any) -> tuple[Chain, int]:
    """Index the lines from here on; the chain, and the byte behind the last whole line."""
    offset, _, number, last, broken = state
    rows, torn = [], False
    for line in ledger:
        if not line.endswith(b"\n"):
            torn = True
            break
        number += 1
        digest.update(line)
        entry = parsed(line)
        claimed = fitting(entry, number, last or FIRST) if entry is not None and not broken else None
        broken = broken or (0 if claimed else number)
        last = claimed or last
        rows.append((number, offset, len(line), *words_of(entry or {})))
        offset += len(line)
    database.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    return Chain(number, broken, torn, last), offset


def parsed(line: bytes) -> dict[str, Any] | None:
    """The entry that a line is, if it is one."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None


def fitting(entry: dict[str, Any], number: int, previous: str) -> str | None:
    """The entry's hash, recomputed, if the entry is the ``number``th and follows on ``previous``."""
    claimed = entry.get("hash")
    unsealed = {field: content for field, content in entry.items() if field != "hash"}
    text = json.dumps(unsealed, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    fits = entry.get("seq") == number and entry.get("prev") == previous
    return claimed if fits and hashlib.sha256(text.encode()).hexdigest() == claimed else None


def words_of(entry: dict[str, Any]) -> tuple[str | None, ...]:
    """What an entry is looked up by: kind, month of its writing, day, what it is about, reference, plan, word."""
    month = word(entry.get("at"))
    return (
        word(entry.get("kind")), month and month[:7], word(entry.get("day")),
        next((found for name in ABOUT if (found := word(entry.get(name)))), None),
        word(entry.get("reference")) or word(entry.get("request")), word(entry.get("plan")),
        next((found for name in WORDS if (found := word(entry.get(name)))), LATE.get(entry.get("in_time") is False)),
    )  # fmt: skip


def word(content: Any) -> str | None:
    """A short text, or nothing: an entry could hold anything."""
    return content[:100].encode(errors="replace").decode() if isinstance(content, str) and content else None


@contextmanager
def ledger_at(path: Path) -> Iterator[BinaryIO]:
    """The ledger, open for reading; an empty one where none was begun."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        file = Path(os.devnull).open("rb")  # noqa: SIM115 (closed below)
    with closing(file):
        yield file


def file_for(path: Path, folder: Path | None = None) -> Path | None:
    """Where the index of a ledger lies; nowhere if the folder can't be made, or somebody else could write into it."""
    folder = folder or Path(tempfile.gettempdir()) / f"ignicloud-console-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return None
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
    return folder / f"{hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:16]}.sqlite" if ours else None
