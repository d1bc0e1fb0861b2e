"""What a person leaves in a lake, by plain Python: of the suite only its file formats are known here, none of its code.

Data keys are unwrapped with AES-GCM, tokens made with ``hmac`` and HKDF written out (RFC 5869), rows read by pyarrow,
files as bytes. A key that was seen once stays known: what a destroyed epoch's tokens were can still be looked for.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from deltalake import DeltaTable

MODHEX = str.maketrans("0123456789abcdef", "cbdefghijklnrtuv")
PREFIX = {"person": "usr", "email": "eml", "session": "ses", "company": "org", "event": "evt"}
UNSEARCHED = frozenset({"locks"})
WORKING = frozenset({".expiry", ".restricted"})
"""Closed folders of a step that runs; a killed one leaves them until the next (docs/limits.md)."""

Key = tuple[str, str]
"""Domain and epoch."""


@dataclass(frozen=True)
class Person:
    """Somebody, and everything of theirs that this platform ever writes down."""

    name: str
    user_id: str
    email: str
    phone: str
    typed_phone: str
    session: str

    @property
    def words(self) -> tuple[bytes, ...]:
        """What of them may stand in a file as it is, in small letters."""
        plain = (self.user_id, self.user_id.replace("-", ""), self.email, self.phone, self.typed_phone)
        return tuple(text.lower().encode() for text in plain)

    @property
    def spelled(self) -> dict[str, tuple[str, ...]]:
        """Class of tokens → texts of theirs under which one may be made."""
        return {
            "person": (self.user_id,),
            "email": (self.email, self.typed_phone, self.user_id),
            "session": (self.session,),
        }


@dataclass(frozen=True)
class SeenRow:
    """One row that a reader, or who looks into what is kept apart, sees: where, of which day, all its texts."""

    release: str
    day: date
    texts: frozenset[str]


@dataclass
class Oracle:
    """One lake and its keyring's files."""

    root: Path
    keyring: Path
    kek: Path
    keys: dict[Key, tuple[int, bytes]] = field(default_factory=dict)
    read: dict[tuple[object, ...], bytes] = field(default_factory=dict, repr=False)
    seen: dict[tuple[object, ...], list[SeenRow]] = field(default_factory=dict, repr=False)
    files: dict[frozenset[tuple[object, ...]], list[str]] = field(default_factory=dict, repr=False)

    # -- tokens

    def learn(self) -> None:
        """Unwrap every key that is there."""
        if not self.keyring.exists():
            return
        kek = AESGCM(bytes.fromhex(self.kek.read_text().strip()))
        for entry in json.loads(self.keyring.read_bytes())["keys"]:
            domain, epoch, suite = entry["domain"], entry["epoch"], entry["suite"]
            if entry["wrapped"] and (domain, epoch) not in self.keys:
                bound = b"".join(part.encode() + b"\0" for part in (f"keyring/{suite}", domain, epoch))
                data_key = kek.decrypt(bytes.fromhex(entry["nonce"]), bytes.fromhex(entry["wrapped"]), bound)
                self.keys[domain, epoch] = suite, data_key

    def token(self, key: Key, kind: str, text: str) -> str:
        """The token of a text under one key."""
        suite, data_key = self.keys[key]
        info = b"".join(part.encode() + b"\0" for part in (f"ignicloud/{suite}", *key, kind))
        field_key = hmac.digest(hmac.digest(bytes(32), data_key, "sha256"), info + b"\x01", "sha256")
        return f"{PREFIX[kind]}_{hmac.digest(field_key, text.encode(), 'sha256')[:16].hex().translate(MODHEX)}"

    def tokens(self, person: Person) -> frozenset[str]:
        """Every token of a person, in every domain and epoch that ever had a key."""
        return frozenset(
            self.token(key, kind, text)
            for key in self.keys
            if key[0] != "gate"
            for kind, texts in person.spelled.items()
            for text in texts
        )

    # -- rows

    def published(self) -> list[SeenRow]:
        """Every row of the current version of every table."""
        rows = []
        for folder in sorted((self.root / "published").glob("*")):
            log = frozenset(map(_version, (folder / "_delta_log").glob("*.json")))
            if log not in self.files:
                self.files[log] = DeltaTable(folder).file_uris() if log else []
            for uri in self.files[log]:
                rows += self._rows(folder.name, Path(uri.removeprefix("file://")))
        return rows

    def apart(self) -> list[SeenRow]:
        """Every row that is kept apart."""
        paths = sorted((self.root / "restricted").glob("*/*/*/day=*/*.parquet"))
        return [row for path in paths for row in self._rows(path.relative_to(self.root).parts[1], path)]

    def _rows(self, release: str, path: Path) -> list[SeenRow]:
        """The rows of a file, read once as long as it doesn't change."""
        key = _version(path)
        if key not in self.seen:
            day = date.fromisoformat(path.parent.name.removeprefix("day="))
            rows = pq.ParquetFile(path).read().to_pylist()
            self.seen[key] = [SeenRow(release, day, frozenset(_texts(row))) for row in rows]
        return self.seen[key]

    # -- bytes

    def traces(self, person: Person, allowed: Iterable[str] = ()) -> Iterator[tuple[str, str]]:
        """Each file with a trace of somebody, and what: a token, or an identifier of theirs as it is.

        ``allowed``: tokens of events whose rows may name them.
        """
        tokens, fine = {token.encode() for token in self.tokens(person)}, frozenset(allowed)
        for path in sorted(self.root.rglob("*")):
            parts = path.relative_to(self.root).parts
            if path.is_file() and not (UNSEARCHED & {parts[0]} or WORKING & {*parts}):
                content = self.content(path)
                if _named(tokens, content) or _named(person.words, content.lower()):
                    rest = _but(path, fine) if fine and path.suffix == ".parquet" else content
                    if _named(tokens, rest) or _named(person.words, rest.lower()):
                        yield "/".join(parts), "token" if _named(tokens, rest) else "identifier"

    def content(self, path: Path) -> bytes:
        """The bytes of a file, and of Parquet its cells; read once as long as it doesn't change."""
        key = _version(path)
        if key not in self.read:
            raw = path.read_bytes()
            is_rows = path.suffix == ".parquet" and raw.endswith(b"PAR1")
            self.read[key] = raw + (repr(pq.ParquetFile(path).read().to_pylist()).encode() if is_rows else b"")
        return self.read[key]


def _named(wanted: Iterable[bytes], content: bytes) -> bool:
    return any(each in content for each in wanted)


def _but(path: Path, fine: frozenset[str]) -> bytes:
    """The cells of a file but for the rows that may name somebody."""
    rows = pq.ParquetFile(path).read().to_pylist()
    return repr([row for row in rows if fine.isdisjoint(_texts(row))]).encode()


def _version(path: Path) -> tuple[object, ...]:
    """What changes when a file does."""
    stat = path.stat()
    return path, stat.st_ino, stat.st_size, stat.st_mtime_ns


def _texts(row: dict[str, object]) -> Iterator[str]:
    return (cell for cell in row.values() if isinstance(cell, str))
