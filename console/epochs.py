"""Keys' epochs as a timeline: when each was opened, retired and destroyed, from the ledger alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from console.record import Record
from policy.periods import next_epoch
from policy.promise import Promise

KINDS = {"key_opened": "open", "key_rewrapped": "open", "key_retired": "retired", "key_destroyed": "destroyed"}


@dataclass(frozen=True)
class Epoch:
    """One key: its data days from ``begins`` to before ``ends``, and the line that says its state."""

    domain: str
    name: str
    begins: date
    ends: date
    state: str
    since: str
    entry: int


@dataclass(frozen=True)
class Timeline:
    """All epochs, a row a domain, and the years and quarters that they span."""

    domains: tuple[tuple[str, tuple[Epoch, ...]], ...]
    begins: date
    ends: date
    today: date

    def share(self, day: date) -> float:
        """Where a day lies between the two ends, 0 to 1."""
        span = max((self.ends - self.begins).days, 1)
        return min(max((day - self.begins).days / span, 0.0), 1.0)


def timeline(promise: Promise, record: Record, today: date) -> Timeline | None:
    """Every epoch of which a key was ever opened; nothing before the first night."""
    periods = {c.domain: c.epoch for c in promise.contracts.values() if c.domain and c.epoch}
    found: dict[tuple[str, str], Epoch] = {}
    for entry in reversed(record.entries(*KINDS, limit=5_000)):
        domain, begins = entry.text("domain"), entry.day("epoch")
        if not domain or begins is None:
            continue
        try:
            ends = date.fromisoformat(next_epoch(str(begins), periods.get(domain) or "P3M"))
        except ValueError:
            continue
        state, since = KINDS[entry.kind], entry.text("at")[:10]
        found[domain, str(begins)] = Epoch(domain, str(begins), begins, ends, state, since, entry.line)
    if not found:
        return None
    names = sorted({domain for domain, _ in found})
    rows = tuple(
        (name, tuple(sorted((e for e in found.values() if e.domain == name), key=lambda e: e.begins))) for name in names
    )
    begins = min(epoch.begins for epoch in found.values())
    return Timeline(rows, begins, max(today, *(epoch.ends for epoch in found.values())), today)
