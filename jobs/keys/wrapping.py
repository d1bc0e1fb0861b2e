"""One data key as the keyring's file holds it: 32 random bytes, wrapped.

AES-256-GCM (NIST SP 800-38D) under the key-encryption key; domain, epoch and suite are associated data, so
an entry can't be moved to another place or read as another suite's.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FORMAT = 2
FORMATS = (1, FORMAT)
"""Those that can be read: in the first, entries named no suite, for there was one only."""

NONCE_BYTES = 12


class NotUnwrappedError(Exception):
    """This key-encryption key doesn't open this entry: another key, or other bytes."""


@dataclass(frozen=True)
class KeyEntry:
    """One data key as the file holds it; nothing in it is secret without the key-encryption key.

    ``suite``: the version of derivation and spelling under which the epoch was opened and stays.
    """

    domain: str
    epoch: str
    created: str
    fingerprint: str
    nonce: str | None
    wrapped: str | None
    retired: str | None = None
    destroyed: str | None = None
    suite: int = 1

    @property
    def state(self) -> str:
        """``active``, ``retired`` or ``destroyed``."""
        return "destroyed" if self.destroyed else "retired" if self.retired else "active"

    def with_wrapping(self, other: KeyEntry) -> KeyEntry:
        """This entry with the ciphertext of ``other``."""
        return replace(self, nonce=other.nonce, wrapped=other.wrapped)


def wrap(kek: bytes, domain: str, epoch: str, data_key: bytes, suite: int) -> KeyEntry:
    """A new entry for ``data_key`` of an epoch of ``suite``."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    wrapped = AESGCM(kek).encrypt(nonce, data_key, _bound_to(domain, epoch, suite))
    return KeyEntry(domain, epoch, now(), _fingerprint(data_key), nonce.hex(), wrapped.hex(), suite=suite)


def unwrap(kek: bytes, entry: KeyEntry) -> bytes:
    """The data key of an entry.

    Raises:
        NotUnwrappedError: ciphertext, place or fingerprint aren't those that were wrapped under ``kek``.
    """
    try:
        nonce, wrapped = bytes.fromhex(entry.nonce or ""), bytes.fromhex(entry.wrapped or "")
        data_key = AESGCM(kek).decrypt(nonce, wrapped, _bound_to(entry.domain, entry.epoch, entry.suite))
    except (InvalidTag, ValueError, TypeError, binascii.Error):
        raise NotUnwrappedError from None
    if not hmac.compare_digest(_fingerprint(data_key), entry.fingerprint):
        raise NotUnwrappedError
    return data_key


def opens(kek: bytes, entry: KeyEntry) -> bool:
    """Whether the key-encryption key is this entry's."""
    try:
        return bool(unwrap(kek, entry))
    except NotUnwrappedError:
        return False


def now() -> str:
    """The time of a change, to the second (UTC)."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _bound_to(domain: str, epoch: str, suite: int) -> bytes:
    return b"".join(part.encode() + b"\0" for part in (f"keyring/{suite}", domain, epoch))


def _fingerprint(data_key: bytes) -> str:
    return hashlib.sha256(b"fingerprint\0" + data_key).hexdigest()[:16]
