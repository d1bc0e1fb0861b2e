"""The ledger's head, sealed by the keyring and kept beside it: whoever can shorten the ledger can't shorten both.

A hash chain proves that nothing in it was changed; that nothing is missing at its end it can't prove. So
each verdict, publication and proof of retention leaves number and hash of the ledger's last entry in
``ledger-head.json`` beside the keyring, which lies outside the lake, and each receipt of retention carries
the head of its time under its own seal. The chain must contain every one of them.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from jobs.keys.ring import Keyring
from jobs.lake.faults import fault
from jobs.lake.files import make_folder, write_atomically
from jobs.lake.ledger import BrokenLedgerError, Ledger, NoLedgerError

PURPOSE = "ledger"


@dataclass(frozen=True)
class Head:
    """The last entry of the ledger at some moment."""

    seq: int
    hash: str

    def content(self) -> bytes:
        """The bytes that a seal covers."""
        return f"{self.seq} {self.hash}".encode()


@dataclass(frozen=True)
class Verified:
    """A ledger whose chain holds: its entries, and the newest of the sealed heads that it contains."""

    entries: int
    sealed: int | None


def head_of(ledger: Ledger) -> Head | None:
    """The last entry, taken at its word; None of an empty ledger."""
    last = ledger.head()
    return Head(last["seq"], last["hash"]) if last else None


def remember(ledger: Ledger, keyring: Keyring) -> None:
    """Seal the ledger's head of now in the place of an earlier one.

    Raises:
        BrokenLedgerError: the ledger doesn't contain the head that was sealed before: it was shortened,
            or is another one. The older head stays.
    """
    path = _path(keyring)
    make_folder(path.parent, 0o700)
    with os.fdopen(os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before, now = sealed_head(keyring), head_of(ledger)
        known = before or now
        if known and not any(entry["seq"] == known.seq for entry in ledger.entries(hash=known.hash)):
            require_contained([known], ((entry["seq"], entry["hash"]) for entry in ledger.entries()))
        if now is not None:
            fault("head.before_seal")
            sealed = {**asdict(now), "seal": keyring.seal(PURPOSE, now.content())}
            write_atomically(path, json.dumps(sealed) + "\n", 0o600)


def sealed_head(keyring: Keyring) -> Head | None:
    """The head that was sealed last; None before the first.

    Raises:
        BrokenLedgerError: what lies there isn't sealed by this keyring.
    """
    path = _path(keyring)
    if not path.exists():
        return None
    try:
        content = json.loads(path.read_bytes())
        head = Head(int(content["seq"]), str(content["hash"]))
        if keyring.has_sealed(PURPOSE, head.content(), str(content["seal"])):
            return head
    except (ValueError, TypeError, KeyError):
        pass
    raise BrokenLedgerError(0, f"{path} isn't as this keyring sealed it")


def verify(ledger: Ledger, keyring: Keyring, receipts: Iterable[Head] = ()) -> Verified:
    """Recompute the chain, and find in it the sealed head and those that receipts carry.

    Without a keyring only the chain is recomputed: `Verified.sealed` is None.

    Raises:
        NoLedgerError: there is no entry, and nothing says that there ever was.
        BrokenLedgerError: the chain doesn't hold, or a head isn't in it.
    """
    sealed = sealed_head(keyring) if keyring.path.exists() else None
    heads = [*receipts, *([sealed] if sealed else [])]
    count = require_contained(heads, ledger.chain())
    if not count:
        raise NoLedgerError(ledger.path)
    return Verified(count, sealed.seq if sealed else None)


def require_contained(heads: Iterable[Head], chain: Iterable[tuple[int, str]]) -> int:
    """Every one of ``heads`` is an entry of ``chain``; its length.

    Raises:
        BrokenLedgerError: with the first that isn't.
    """
    wanted, count = {(head.seq, head.hash) for head in heads}, 0
    for count, digest in chain:
        wanted.discard((count, digest))
    for seq, _ in sorted(wanted):
        what = f"it ends with entry {count}" if seq > count else f"entry {seq} is another one"
        raise BrokenLedgerError(
            min(seq, count),
            f"entry {seq} was sealed, and {what} (a lake of another ledger needs a keyring of its own)",
        )
    return count


def _path(keyring: Keyring) -> Path:
    return keyring.path.with_name("ledger-head.json")
