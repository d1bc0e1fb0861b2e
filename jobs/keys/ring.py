"""The keyring: one wrapped data key for each pseudonymisation domain and epoch, and nothing of any person.

Key bytes are touched in this folder, and nowhere else in Python.
"""

from __future__ import annotations

import fcntl
import hmac
import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Protocol

from jobs.keys.errors import (
    DestroyedEpochError,
    EditedKeyringError,
    FutureEpochError,
    KeyringFormatError,
    LostKeyError,
    NoKeyringError,
    OlderKeyringError,
    RetiredEpochError,
    TruncatedKeyringError,
    WrongKeyEncryptionKeyError,
)
from jobs.keys.field_keys import KEY_BYTES, DomainKeys, made_under
from jobs.keys.kek import first_key_encryption_key, key_encryption_key, require_private
from jobs.keys.wrapping import FORMAT, FORMATS, KeyEntry, NotUnwrappedError, now, opens, unwrap, wrap
from jobs.lake.faults import fault
from jobs.lake.files import make_folder, write_atomically
from jobs.treatments.normalise import SUITE, SUITES
from policy.contract import Contract
from policy.periods import epoch_of
from policy.shapes import PREFIXES

GATE = ("gate", "0001-01-01")
"""The key that seals verdicts: a domain of its own that no release can name."""


class Book(Protocol):
    """Where changes of keys are on record: the lake's ledger."""

    def key_changed(self, kind: str, domain: str, epoch: str, fingerprint: str) -> object:
        """A key was opened, rewrapped, retired or destroyed."""

    def key_changes(self) -> frozenset[tuple[str, str, str]]:
        """Every change of a key that is on record: its kind, domain and epoch."""


class Keyring:
    """The keyring file and the provider of its key-encryption key."""

    def __init__(self, path: Path, provider: str, book: Book | None = None) -> None:
        self.path, self._provider, self._book = path, provider, book
        self._told = frozenset[tuple[str, ...]]()

    @classmethod
    def from_environment(cls, book: Book | None = None) -> Keyring:
        """The keyring at ``IGNICLOUD_KEYRING`` under the key of ``IGNICLOUD_KEK``."""
        home = Path(__file__).resolve().parents[2] / ".secrets"
        path = Path(os.environ.get("IGNICLOUD_KEYRING") or home / "keyring.json")
        return cls(path, os.environ.get("IGNICLOUD_KEK") or f"file:{home / 'kek'}", book)

    # -- use -----------------------------------------------------------------------------------

    def domain(self, domain: str, epoch: str, today: date | None = None) -> DomainKeys:
        """The keys of one domain and epoch, opened on first use once the epoch has begun, under today's suite.

        Raises:
            FutureEpochError: the epoch begins after today.
            LostKeyError: the book says that it was opened before, and the keyring doesn't have it.
            OlderKeyringError: the book says that it was retired or destroyed, and in the keyring it isn't.
            DestroyedEpochError: its key is gone for good.
            KeyringError: of the class that fits, when file or key-encryption key aren't right.
        """
        today = today or datetime.now(UTC).date()
        if date.fromisoformat(epoch) > today:
            raise FutureEpochError(domain, epoch, today)
        kek = self._kek()
        with self._locked():
            entries = self._read()
            entry = _find(entries, domain, epoch)
            opened = self._is_told("key_opened", domain, epoch)
            if entry is None:
                if opened and self._book is not None:
                    raise LostKeyError(str(self.path), domain, epoch)
                entry = wrap(kek, domain, epoch, secrets.token_bytes(KEY_BYTES), SUITE)
                self._require_kek(kek, entries)
                self._write([*entries, entry])
            if not opened:  # of one that is there: whoever made it ended before this
                self._tell("key_opened", entry)
            self._require_newest([entry])
        return DomainKeys(domain, epoch, self._opened(kek, entry, entries), entry.suite)

    def of_day(self, contract: Contract, day: date) -> DomainKeys:
        """The keys under which the release of ``day`` has its tokens; see `domain` for what is raised.

        Raises:
            ValueError: the contract has none.
        """
        if contract.domain is None or contract.epoch is None:
            raise ValueError(f"{contract.release} has no tokens")
        return self.domain(contract.domain, epoch_of(day, contract.epoch))

    def suite(self, domain: str, epoch: str) -> int:
        """The suite of an epoch; today's if it hasn't been opened."""
        entry = _find(self._read(), domain, epoch)
        return entry.suite if entry else SUITE

    def seal(self, purpose: str, content: bytes) -> str:
        """HMAC-SHA-256 over ``content`` under a key that only this keyring has, in hex."""
        return hmac.digest(self._gate.field_key(purpose), content, "sha256").hex()

    def has_sealed(self, purpose: str, content: bytes, seal: str) -> bool:
        """Whether ``seal`` was made by `seal` over the same content."""
        return hmac.compare_digest(self.seal(purpose, content).encode(), seal.encode())

    @cached_property
    def _gate(self) -> DomainKeys:
        """What seals, unwrapped once: a command isn't asked for the key-encryption key at each hold or receipt."""
        return self.domain(*GATE)

    def entries(self) -> list[KeyEntry]:
        """What the keyring holds, oldest first; no key material."""
        return self._read()

    def require_there(self) -> None:
        """There is a keyring.

        Raises:
            NoKeyringError: there is none.
        """
        if not self.path.exists():
            raise NoKeyringError(str(self.path))

    def verify(self) -> int:
        """Unwrap every key that isn't destroyed; their number.

        Raises:
            NoKeyringError: there is none.
            LostKeyError, OlderKeyringError: the book knows more of it.
            KeyringError: of the class that fits the first key that can't be unwrapped.
        """
        self.require_there()
        kek, entries = key_encryption_key(self._provider), self._whole()
        live = [entry for entry in entries if not entry.destroyed]
        for entry in live:
            self._opened(kek, entry, entries)
        return len(live)

    # -- life ----------------------------------------------------------------------------------

    def settle(self) -> None:
        """Put on record what a run that ended early did to keys and had no time to say.

        Raises:
            LostKeyError, OlderKeyringError: the book knows more than the keyring.
        """
        with self._locked():
            self._settle(self._whole())

    def retire(self, domain: str, epoch: str) -> None:
        """Mark an epoch as over: late data still finds its key, rotation doesn't look back."""
        self._change(domain, epoch, "key_retired", lambda e: replace(e, retired=now()), {"active"})

    def destroy(self, domain: str, epoch: str) -> None:
        """Delete an epoch's key for good: nobody can ever link its tokens again. Needs retirement first."""
        gone = self._change(
            domain,
            epoch,
            "key_destroyed",
            lambda e: replace(e, destroyed=now(), nonce=None, wrapped=None),
            {"retired"},
        )
        assert gone.wrapped is None

    def rewrap(self, provider: str) -> int:
        """Wrap every data key under another key-encryption key; data keys and tokens stay the same."""
        self.require_there()
        old, new = key_encryption_key(self._provider), first_key_encryption_key(provider)
        with self._locked():
            entries = self._read()
            self._settle(entries)
            fresh = [e if e.destroyed else self._rewrapped(old, new, e, entries) for e in entries]
            self._write(fresh)
            live = [entry for entry in fresh if not entry.destroyed]
            for entry in live:
                self._tell("key_rewrapped", entry)
        self._provider = provider
        return len(live)

    def _change(
        self, domain: str, epoch: str, kind: str, change: Callable[[KeyEntry], KeyEntry], from_states: set[str]
    ) -> KeyEntry:
        with self._locked():
            entries = self._read()
            unsaid, entry = self._settle(entries), _find(entries, domain, epoch)
            if entry is not None and (kind, domain, epoch) in unsaid:
                return entry
            if entry is None or entry.state not in from_states:
                state = "has no key" if entry is None else f"is {entry.state}"
                raise RetiredEpochError(domain, epoch, f"{state}, this needs {' or '.join(sorted(from_states))}")
            changed = change(entry)
            self._write([changed if e is entry else e for e in entries])
            self._tell(kind, entry)
        return changed

    def _settle(self, entries: list[KeyEntry]) -> set[tuple[str, str, str]]:
        """What was unsaid, and is on record now."""
        unsaid = set[tuple[str, str, str]]()
        for entry in entries:
            changes = {"key_retired": entry.retired, "key_destroyed": entry.destroyed}
            for kind in (kind for kind, moment in changes.items() if moment is not None):
                change = (kind, entry.domain, entry.epoch)
                if not self._is_told(*change):
                    self._tell(kind, entry)
                    unsaid.add(change)
        return unsaid

    def _whole(self) -> list[KeyEntry]:
        """What the keyring holds: every key that the book knows, in the state in which it knows it.

        The book is read first, since a change is made before it is told.
        """
        if self._book is not None:
            self._told = self._book.key_changes()
        entries = self._read()
        for kind, domain, epoch in sorted(self._told):
            if kind == "key_opened" and _find(entries, domain, epoch) is None:
                raise LostKeyError(str(self.path), domain, epoch)
        self._require_newest(entries)
        return entries

    def _require_newest(self, entries: list[KeyEntry]) -> None:
        """None of these is retired, or destroyed, by the book and not in the keyring."""
        for entry in entries:
            for kind, state, moment in (
                ("key_destroyed", "destroyed", entry.destroyed), ("key_retired", "retired", entry.retired),
            ):  # fmt: skip
                if moment is None and (kind, entry.domain, entry.epoch) in self._told:
                    raise OlderKeyringError(str(self.path), entry.domain, entry.epoch, state)

    def _tell(self, kind: str, entry: KeyEntry) -> None:
        if self._book is not None:
            self._book.key_changed(kind, entry.domain, entry.epoch, entry.fingerprint)

    def _is_told(self, *change: str) -> bool:
        """Whether the book says a change; without one there is nothing to say. It is read again for what is new."""
        if self._book is None:
            return True
        if change not in self._told:
            self._told = self._book.key_changes()
        return change in self._told

    def _kek(self) -> bytes:
        """The key-encryption key; its file is made on first use, while no key is wrapped under it."""
        wrapped = any(not entry.destroyed for entry in self._read())
        return key_encryption_key(self._provider) if wrapped else first_key_encryption_key(self._provider)

    # -- file ----------------------------------------------------------------------------------

    @contextmanager
    def _locked(self) -> Iterator[None]:
        make_folder(self.path.parent, 0o700)
        with os.fdopen(os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _read(self) -> list[KeyEntry]:
        if not self.path.exists():
            return []
        require_private(self.path)
        try:
            content = json.loads(self.path.read_bytes())
            found = content["format"]
            entries = [KeyEntry(**entry) for entry in content["keys"]] if found in FORMATS else []
        except (ValueError, TypeError, KeyError):
            raise TruncatedKeyringError(str(self.path)) from None
        if found not in FORMATS or not {entry.suite for entry in entries} <= set(SUITES):
            raise KeyringFormatError(str(self.path), found, FORMAT)
        return entries

    def _write(self, entries: list[KeyEntry]) -> None:
        content = {"format": FORMAT, "keys": [asdict(entry) for entry in entries]}
        fault("keys.before_write")
        write_atomically(self.path, json.dumps(content, indent=1), 0o600)
        fault("keys.before_record")

    def _require_kek(self, kek: bytes, entries: list[KeyEntry]) -> None:
        """A new key is never wrapped under another key-encryption key than those before it."""
        for entry in entries:
            if not entry.destroyed:
                self._opened(kek, entry, entries)
                return

    def _rewrapped(self, old: bytes, new: bytes, entry: KeyEntry, entries: list[KeyEntry]) -> KeyEntry:
        if opens(new, entry):
            return entry  # by a run that ended before it said so
        data_key = self._opened(old, entry, entries)
        return entry.with_wrapping(wrap(new, entry.domain, entry.epoch, data_key, entry.suite))

    def _opened(self, kek: bytes, entry: KeyEntry, entries: list[KeyEntry]) -> bytes:
        if entry.destroyed:
            raise DestroyedEpochError(entry.domain, entry.epoch)
        try:
            return unwrap(kek, entry)
        except NotUnwrappedError:
            pass
        if any(opens(kek, other) for other in entries if other is not entry and not other.destroyed):
            raise EditedKeyringError(str(self.path), entry.domain, entry.epoch)
        raise WrongKeyEncryptionKeyError(str(self.path))


def _find(entries: list[KeyEntry], domain: str, epoch: str) -> KeyEntry | None:
    return next((entry for entry in entries if (entry.domain, entry.epoch) == (domain, epoch)), None)


def bounding_key(ring: Keyring, contract: Contract, day: date) -> bytes:
    """32 bytes that choose, the same each time, which of a unit's cells count on ``day`` (`jobs.anonymity.noise`)."""
    return bytes.fromhex(ring.seal("bounding", f"{contract.release} {day}".encode()))


def remembering_key(ring: Keyring, contract: Contract) -> bytes:
    """32 bytes under which a release of microdata remembers who was in its months (`jobs.lake.memory`).

    The same for all of its months, and of this release alone: what is remembered joins with no token anywhere.
    """
    return bytes.fromhex(ring.seal("memory", contract.release.encode()))


def remembered_as(ring: Keyring, contract: Contract, spellings: Iterable[str]) -> Iterator[str]:
    """Under which tokens a release of microdata remembers these persons; without Spark and the kernel."""
    return made_under(remembering_key(ring, contract), PREFIXES["person"], spellings)
