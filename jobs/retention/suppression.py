"""The suppression lists: whoever was erased doesn't come back, and no list says who that is.

A list a domain and epoch, closed (0600): HMACs of the person's identifiers under a key that is derived from that
epoch's own (`jobs.keys.field_keys`), so an entry is no token of any release and joins with no other list. Late
events, a backfill, a rerun and a landing that somebody restored meet it (`jobs.retention.suppressed`). It is destroyed
with its key, when none of these can come any more; the ledger says so by count. GDPR art. 17(1), 5(2) and 32.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from jobs.keys.field_keys import DomainKeys
from jobs.keys.ring import Keyring
from jobs.lake.faults import fault
from jobs.lake.files import flush, write_atomically
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from jobs.people.exclusion import SPELLING
from jobs.people.phones import dialled
from jobs.people.relationships import Name
from jobs.retention.errors import BrokenListError, ForgottenErasureError
from jobs.treatments.normalise import spellings
from policy.periods import add_months, epoch_of, months_of, next_epoch
from policy.promise import Promise
from policy.sources import OF_A_PERSON, Identifier

Entries = Mapping[Identifier, frozenset[str]]
"""For each class the entries of a list."""


@dataclass(frozen=True)
class Lists:
    """Every suppression list of a lake."""

    promise: Promise
    lake: Lake
    keyring: Keyring
    ledger: Ledger

    def add(self, batch: str, names: Iterable[Name], through: date) -> int:
        """Put these people on every list of a day through which they could come back; how many lists.

        ``batch``: the hash of the plan that erases them; ``through``: the day of their erasure. Running again adds
        nothing. An epoch whose key is destroyed needs no list: nothing of it can be published.
        """
        listed, reached = list(names), list(self._reached(through))
        with self.lake.alone("suppression"):
            for keys in reached:
                batches = self._read(keys.domain, keys.epoch) or {}
                made = entries_of(keys, listed)
                if batches.get(batch) != made:
                    batches[batch] = made
                    self._write(keys.domain, keys.epoch, batches)
                fault("suppress.before_record")
                said = {"plan": batch, "domain": keys.domain, "epoch": keys.epoch}
                if self.ledger.last("suppressed", **said) is None:
                    count = sum(map(len, made.values()))
                    self.ledger.append("suppressed", **said, entries=count, through=through)
        return len(reached)

    def of_day(self, day: date, purpose: str) -> list[tuple[DomainKeys, Entries]]:
        """Lists on which everybody stands who was erased and could be in rows of ``day``; none if nobody was.

        Each erasure is on the lists of all domains: those of the purpose's own are asked first, and another one
        only for erasures that they don't have.

        Raises:
            ForgottenErasureError: people were erased after ``day``, and no list of its epoch knows them.
            BrokenListError: a list isn't the one that was sealed.
        """
        due = {e["plan"] for e in self.ledger.entries("suppressed") if date.fromisoformat(e["through"]) >= day}
        if not due and not self.lake.suppression.exists():
            return []
        found, covered = [], set[str]()
        for domain, period in sorted(self._domains().items(), key=lambda each: self._serves(each[0], purpose)):
            epoch = epoch_of(day, period)
            batches = self._read(domain, epoch) if not self._is_destroyed(domain, epoch) else None
            new = {batch: entries for batch, entries in (batches or {}).items() if batch not in covered}
            if new:
                found.append((self.keyring.domain(domain, epoch), _together(new.values())))
                covered |= new.keys()
        if due - covered:
            raise ForgottenErasureError(day, len(due - covered))
        return found

    def _serves(self, domain: str, purpose: str) -> tuple[bool, str]:
        served = any(c.domain == domain and c.purpose == purpose for c in self.promise.releases.values())
        return not served, domain

    def _domains(self) -> dict[str, str]:
        """Every domain of the contracts with its period of keys."""
        return {c.domain: c.epoch for c in self.promise.contracts.values() if c.domain and c.epoch}

    def _reached(self, through: date) -> Iterator[DomainKeys]:
        """The keys of all epochs of which days may be published, or published again, on ``through``."""
        for domain, period in sorted(self._domains().items()):
            keep = max(months_of(c.retention.keep) for c in self.promise.contracts.values() if c.domain == domain)
            epoch = epoch_of(add_months(through, -keep - months_of(period)), period)
            while date.fromisoformat(epoch) <= through:
                after = next_epoch(epoch, period)
                if through <= add_months(date.fromisoformat(after), keep) and not self._is_destroyed(domain, epoch):
                    yield self.keyring.domain(domain, epoch)
                epoch = after

    def _is_destroyed(self, domain: str, epoch: str) -> bool:
        return any((e.domain, e.epoch) == (domain, epoch) and e.destroyed for e in self.keyring.entries())

    def _read(self, domain: str, epoch: str) -> dict[str, Entries] | None:
        path = _path(self.lake, domain, epoch)
        if not path.exists():
            return None
        try:
            content = json.loads(path.read_bytes())
            seal = content.pop("seal")
            batches: dict[str, Entries] = {
                batch: {kind: frozenset(each) for kind, each in by.items()} for batch, by in content["batches"].items()
            }
        except (ValueError, TypeError, KeyError, AttributeError):
            raise BrokenListError(domain, epoch) from None
        if content != _content(domain, epoch, batches) or not self.keyring.has_sealed(
            "suppression", _text(content), seal
        ):
            raise BrokenListError(domain, epoch)
        return batches

    def _write(self, domain: str, epoch: str, batches: Mapping[str, Entries]) -> None:
        path, content = _path(self.lake, domain, epoch), _content(domain, epoch, batches)
        self.lake.private(path.parent)
        seal = self.keyring.seal("suppression", _text(content))
        write_atomically(path, json.dumps(content | {"seal": seal}), 0o600)


def entries_of(keys: DomainKeys, names: Iterable[Name]) -> Entries:
    """What the list of an epoch holds of these people: each class that is one person's alone, in its own spelling."""
    made: dict[Identifier, set[str]] = {}
    for name in names:
        if name.identifier in OF_A_PERSON:
            texts = spelled_texts(name.identifier, name.value, keys.suite)
            made.setdefault(name.identifier, set()).update(keys.suppressed(name.identifier, texts))
    return {kind: frozenset(each) for kind, each in made.items() if each}


def spelled_texts(kind: Identifier, value: str, suite: int) -> Iterable[str]:
    """Under which texts a value is known: of a telephone number its digits, with its country and as at home."""
    return sorted(dialled(value)) if kind == "phone" else spellings(value, SPELLING.get(kind, "exact"), suite)


def forget_destroyed(lake: Lake, keyring: Keyring, ledger: Ledger) -> list[tuple[str, str]]:
    """Remove the list of each epoch whose key is destroyed: nobody's rows of it can come any more; which ones went."""
    destroyed = sorted({(entry.domain, entry.epoch) for entry in keyring.entries() if entry.destroyed})
    gone = [(domain, epoch) for domain, epoch in destroyed if _path(lake, domain, epoch).exists()]
    for domain, epoch in gone:
        path = _path(lake, domain, epoch)
        if ledger.last("suppression_destroyed", domain=domain, epoch=epoch) is None:
            known = ledger.entries("suppressed", domain=domain, epoch=epoch)
            ledger.append("suppression_destroyed", domain=domain, epoch=epoch, entries=sum(e["entries"] for e in known))
        fault("suppress.before_end")
        path.unlink()
        flush(path.parent)
    return gone


def _together(batches: Iterable[Entries]) -> Entries:
    every = list(batches)
    kinds = {kind for batch in every for kind in batch}
    return {kind: frozenset[str]().union(*(batch.get(kind, frozenset()) for batch in every)) for kind in kinds}


def _path(lake: Lake, domain: str, epoch: str) -> Path:
    return lake.suppression / domain / f"{epoch}.json"


def _content(domain: str, epoch: str, batches: Mapping[str, Entries]) -> dict[str, object]:
    listed = {batch: {kind: sorted(each) for kind, each in by.items()} for batch, by in batches.items()}
    return {"format": 1, "domain": domain, "epoch": epoch, "batches": listed}


def _text(content: Mapping[str, object]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
