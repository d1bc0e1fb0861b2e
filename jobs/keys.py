"""The keyring: one wrapped data key for each pseudonymisation domain and epoch.

The only module that touches key bytes. A data key is 32 random bytes, wrapped with AES-256-GCM
(NIST SP 800-38D) under the key-encryption key; domain and epoch are associated data, so an entry
can't be moved to another place. A field key is HKDF-SHA-256 (RFC 5869) of the data key with the
suite's version, domain, epoch and identifier class as info. There is no table of identities.
"""

from __future__ import annotations

import binascii
import fcntl
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pyspark.sql import Column, SparkSession

from jobs.kek import key_encryption_key, require_private
from jobs.key_errors import (
    DestroyedEpochError,
    EditedKeyringError,
    FutureEpochError,
    KeyringFormatError,
    RetiredEpochError,
    TruncatedKeyringError,
    WrongKeyEncryptionKeyError,
)
from jobs.lake import write_atomically
from policy.shapes import LETTERS, PREFIXES
from policy.sources import Identifier

FORMAT = 1
SUITE = "ignicloud/1"
KEY_BYTES, NONCE_BYTES = 32, 12
MODHEX = str.maketrans("0123456789abcdef", LETTERS)
GATE = ("gate", "0001-01-01")
"""The key that seals verdicts: a domain of its own that no release can name."""

Recorder = Callable[[str, str, str, str], object]
"""Told of each opening, retirement and destruction: kind, domain, epoch, fingerprint."""


@dataclass(frozen=True)
class KeyEntry:
    """One data key as the file holds it; nothing in it is secret without the key-encryption key."""

    domain: str
    epoch: str
    created: str
    fingerprint: str
    nonce: str | None
    wrapped: str | None
    retired: str | None = None
    destroyed: str | None = None

    @property
    def state(self) -> str:
        """``active``, ``retired`` or ``destroyed``."""
        return "destroyed" if self.destroyed else "retired" if self.retired else "active"

    def with_wrapping(self, other: KeyEntry) -> KeyEntry:
        """This entry with the ciphertext of ``other``."""
        return replace(self, nonce=other.nonce, wrapped=other.wrapped)


@dataclass(frozen=True)
class DomainKeys:
    """The keys of one domain and epoch."""

    domain: str
    epoch: str
    _data_key: bytes = field(repr=False)

    def field_key(self, identifier: str) -> bytes:
        """32 bytes for tokens of one identifier class; 64 for ``address`` (IPv4, then IPv6)."""
        return field_key(self._data_key, self.domain, self.epoch, identifier)

    def token(self, identifier: Identifier, spelling: str) -> str:
        """The token of one normalised value, as the kernel makes it."""
        return next(self.tokens(identifier, [spelling]))

    def tokens(self, identifier: Identifier, spellings: Iterable[str]) -> Iterator[str]:
        """The tokens of normalised values of one class, made without Spark and without the kernel."""
        key, prefix = self.field_key(identifier), PREFIXES[identifier]
        for spelling in spellings:
            digest = hmac.digest(key, spelling.encode(), "sha256")[:16].hex()
            yield f"{prefix}_{digest.translate(MODHEX)}"

    def on(self, spark: SparkSession) -> SparkFieldKeys:
        """The same keys as columns that treatments can use."""
        return SparkFieldKeys(self, spark)


@dataclass(frozen=True)
class SparkFieldKeys:
    """Field keys as scalar subqueries over one-row relations.

    Guarantee: the key is in no plan, no UI, no event log, no exception and no closure; a literal,
    an SQL parameter or a broadcast variable would be in one of them (docs/keys.md).
    """

    keys: DomainKeys
    spark: SparkSession

    def column(self, identifier: str) -> Column:
        """The field key of one identifier class, as binary.

        Made from Arrow, which Spark reads by itself: rows of Python objects would take each key
        through a Python worker.
        """
        key = pa.array([self.keys.field_key(identifier)], pa.binary())
        return self.spark.createDataFrame(pa.table({"field_key": key})).scalar()


def field_key(data_key: bytes, domain: str, epoch: str, identifier: str) -> bytes:
    """HKDF-SHA-256 without salt; info is suite, domain, epoch and class, each ended by a zero byte."""
    info = b"".join(part.encode() + b"\0" for part in (SUITE, domain, epoch, identifier))
    length = 2 * KEY_BYTES if identifier == "address" else KEY_BYTES
    return HKDF(SHA256(), length, salt=None, info=info).derive(data_key)


class Keyring:
    """The keyring file and the provider of its key-encryption key."""

    def __init__(self, path: Path, provider: str, record: Recorder | None = None) -> None:
        self.path, self._provider, self._record = path, provider, record or _unrecorded

    @classmethod
    def from_environment(cls, record: Recorder | None = None) -> Keyring:
        """The keyring at ``IGNICLOUD_KEYRING`` under the key of ``IGNICLOUD_KEK``."""
        home = Path(__file__).resolve().parents[1] / ".secrets"
        path = Path(os.environ.get("IGNICLOUD_KEYRING") or home / "keyring.json")
        return cls(path, os.environ.get("IGNICLOUD_KEK") or f"file:{home / 'kek'}", record)

    # -- use -----------------------------------------------------------------------------------

    def domain(self, domain: str, epoch: str, today: date | None = None) -> DomainKeys:
        """The keys of one domain and epoch, opened on first use once the epoch has begun.

        Raises:
            FutureEpochError: the epoch begins after today.
            DestroyedEpochError: its key is gone for good.
            KeyringError: of the class that fits, when file or key-encryption key aren't right.
        """
        today = today or datetime.now(UTC).date()
        if date.fromisoformat(epoch) > today:
            raise FutureEpochError(domain, epoch, today)
        kek = key_encryption_key(self._provider)
        with self._locked():
            entries = self._read()
            entry = _find(entries, domain, epoch)
            if entry is None:
                entry = _wrap(kek, domain, epoch, secrets.token_bytes(KEY_BYTES))
                self._require_kek(kek, entries)
                self._write([*entries, entry])
                self._record("key_opened", domain, epoch, entry.fingerprint)
        return DomainKeys(domain, epoch, self._unwrap(kek, entry, entries))

    def seal(self, purpose: str, content: bytes) -> str:
        """HMAC-SHA-256 over ``content`` under a key that only this keyring has, in hex."""
        key = self.domain(*GATE).field_key(purpose)
        return hmac.digest(key, content, "sha256").hex()

    def has_sealed(self, purpose: str, content: bytes, seal: str) -> bool:
        """Whether ``seal`` was made by `seal` over the same content."""
        return hmac.compare_digest(self.seal(purpose, content), seal)

    def entries(self) -> list[KeyEntry]:
        """What the keyring holds, oldest first; no key material."""
        return self._read()

    def verify(self) -> int:
        """Unwrap every key that isn't destroyed; their number.

        Raises:
            KeyringError: of the class that fits the first one that can't be unwrapped.
        """
        kek, entries = key_encryption_key(self._provider), self._read()
        live = [entry for entry in entries if not entry.destroyed]
        for entry in live:
            self._unwrap(kek, entry, entries)
        return len(live)

    # -- life ----------------------------------------------------------------------------------

    def retire(self, domain: str, epoch: str) -> None:
        """Mark an epoch as over: late data still finds its key, rotation doesn't look back."""
        self._change(domain, epoch, "key_retired", lambda e: replace(e, retired=_now()), {"active"})

    def destroy(self, domain: str, epoch: str) -> None:
        """Delete an epoch's key for good: nobody can ever link its tokens again. Needs retirement first."""
        gone = self._change(
            domain,
            epoch,
            "key_destroyed",
            lambda e: replace(e, destroyed=_now(), nonce=None, wrapped=None),
            {"retired"},
        )
        assert gone.wrapped is None

    def rewrap(self, provider: str) -> int:
        """Wrap every data key under another key-encryption key; data keys and tokens stay the same."""
        old, new = key_encryption_key(self._provider), key_encryption_key(provider)
        with self._locked():
            entries = self._read()
            fresh = [
                e if e.destroyed else e.with_wrapping(_wrap(new, e.domain, e.epoch, self._unwrap(old, e, entries)))
                for e in entries
            ]
            self._write(fresh)
        self._provider = provider
        return sum(not entry.destroyed for entry in fresh)

    def _change(
        self, domain: str, epoch: str, kind: str, change: Callable[[KeyEntry], KeyEntry], from_states: set[str]
    ) -> KeyEntry:
        with self._locked():
            entries = self._read()
            entry = _find(entries, domain, epoch)
            if entry is None or entry.state not in from_states:
                state = "has no key" if entry is None else f"is {entry.state}"
                raise RetiredEpochError(domain, epoch, f"{state}, this needs {' or '.join(sorted(from_states))}")
            changed = change(entry)
            self._write([changed if e is entry else e for e in entries])
            self._record(kind, domain, epoch, entry.fingerprint)
        return changed

    # -- file ----------------------------------------------------------------------------------

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _read(self) -> list[KeyEntry]:
        if not self.path.exists():
            return []
        require_private(self.path)
        try:
            content = json.loads(self.path.read_bytes())
            found = content["format"]
            if found == FORMAT:
                return [KeyEntry(**entry) for entry in content["keys"]]
        except (ValueError, TypeError, KeyError):
            raise TruncatedKeyringError(str(self.path)) from None
        raise KeyringFormatError(str(self.path), found, FORMAT)

    def _write(self, entries: list[KeyEntry]) -> None:
        content = {"format": FORMAT, "keys": [asdict(entry) for entry in entries]}
        write_atomically(self.path, json.dumps(content, indent=1), 0o600)

    def _require_kek(self, kek: bytes, entries: list[KeyEntry]) -> None:
        """A new key is never wrapped under another key-encryption key than those before it."""
        for entry in entries:
            if not entry.destroyed:
                self._unwrap(kek, entry, entries)
                return

    def _unwrap(self, kek: bytes, entry: KeyEntry, entries: list[KeyEntry]) -> bytes:
        if entry.destroyed:
            raise DestroyedEpochError(entry.domain, entry.epoch)
        try:
            return _unwrapped(kek, entry)
        except (InvalidTag, ValueError, TypeError, binascii.Error):
            pass
        if any(_opens(kek, other) for other in entries if other is not entry and not other.destroyed):
            raise EditedKeyringError(str(self.path), entry.domain, entry.epoch)
        raise WrongKeyEncryptionKeyError(str(self.path))


def _wrap(kek: bytes, domain: str, epoch: str, data_key: bytes) -> KeyEntry:
    nonce = secrets.token_bytes(NONCE_BYTES)
    wrapped = AESGCM(kek).encrypt(nonce, data_key, _bound_to(domain, epoch))
    return KeyEntry(domain, epoch, _now(), _fingerprint(data_key), nonce.hex(), wrapped.hex())


def _unwrapped(kek: bytes, entry: KeyEntry) -> bytes:
    nonce, wrapped = bytes.fromhex(entry.nonce or ""), bytes.fromhex(entry.wrapped or "")
    data_key = AESGCM(kek).decrypt(nonce, wrapped, _bound_to(entry.domain, entry.epoch))
    if not hmac.compare_digest(_fingerprint(data_key), entry.fingerprint):
        raise ValueError
    return data_key


def _opens(kek: bytes, entry: KeyEntry) -> bool:
    try:
        return bool(_unwrapped(kek, entry))
    except (InvalidTag, ValueError, TypeError, binascii.Error):
        return False


def _bound_to(domain: str, epoch: str) -> bytes:
    return b"".join(part.encode() + b"\0" for part in (f"keyring/{FORMAT}", domain, epoch))


def _fingerprint(data_key: bytes) -> str:
    return hashlib.sha256(b"fingerprint\0" + data_key).hexdigest()[:16]


def _find(entries: list[KeyEntry], domain: str, epoch: str) -> KeyEntry | None:
    return next((entry for entry in entries if (entry.domain, entry.epoch) == (domain, epoch)), None)


def _unrecorded(*_: str) -> None:
    """What a keyring without a ledger tells nobody."""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
