"""The promises' page: what is promised, where it is kept, and what the record says of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from console import current
from console.budget import Budget, budgets
from console.epochs import Timeline, timeline
from console.evidence import Kept, obligations
from console.keeping import Calendar, calendar
from console.record import Entry, Record
from policy.coverage import Coverage
from policy.promise import Promise
from policy.register import Recipient
from policy.transfers import lapsed, refusal


@dataclass(frozen=True)
class Transfer:
    """A recipient of the register: why no copy may leave for it, if so, and its newest copy."""

    name: str
    recipient: Recipient
    refused: str | None
    newest: Entry | None
    copies: int


@dataclass(frozen=True)
class RiskOf:
    """One release's measurements, the oldest first: the share of tokens that the most points single out.

    ``over``: how many of the contract's limits the newest doesn't keep. ``trend``: day and share of each.
    """

    release: str
    newest: Entry
    over: int
    asked: str
    trend: tuple[tuple[str, float], ...]

    @property
    def share(self) -> float | None:
        """The newest share."""
        return self.trend[-1][1] if self.trend else None


@dataclass(frozen=True)
class Promises:
    """The page's parts, from clause to key."""

    kept: tuple[Kept, ...]
    coverage: tuple[Coverage, ...]
    timeline: Timeline | None
    calendar: Calendar
    transfers: tuple[Transfer, ...]
    risks: tuple[RiskOf, ...]
    budgets: tuple[Budget, ...]
    controller: str
    policy: str
    today: date


def page(promise: Promise, record: Record, now: datetime) -> Promises:
    """Everything that the register promises, beside the record."""
    today, register = now.astimezone(UTC).date(), promise.register
    return Promises(
        kept=obligations(register.obligations, record),
        coverage=current.covered(promise),
        timeline=timeline(promise, record, today),
        calendar=calendar(promise, record, today),
        transfers=tuple(_transfer(name, each, promise, record, today) for name, each in register.recipients.items()),
        risks=tuple(risk for name in promise.contracts if (risk := risk_of(record, name)) is not None),
        budgets=budgets(promise, record, today),
        controller=register.controller,
        policy=register.policy,
        today=today,
    )


def risk_of(record: Record, release: str) -> RiskOf | None:
    """What was measured of one release; nothing if nobody has looked."""
    measured = record.entries("risk_measured", about=release, limit=26)
    if not measured:
        return None
    worst = [(entry.text("day"), *_worst(entry)) for entry in reversed(measured)]
    trend = tuple((day, share) for day, share, _ in worst if share is not None)
    return RiskOf(release, measured[0], measured[0].number("over") or 0, worst[-1][2], trend)


def _worst(entry: Entry) -> tuple[float | None, str]:
    """The largest share of tokens that is singled out as published, and by what; of microdata its largest risk."""
    found: list[tuple[float, str]] = []
    for each in (Entry(entry.line, item) for item in entry.items("unicity")):
        share, points = each.real("share"), each.number("points")
        if share is not None and points is not None and not each.fields.get("cut"):
            found.append((share, f"{points} {each.text('points_of')} known of a person"))
    classes = entry.fields.get("classes")
    if isinstance(classes, dict) and (most := Entry(entry.line, classes).real("prosecutor_highest")) is not None:
        found.append((most, "the likeliest person of the smallest class"))
    return max(found, default=(None, ""), key=lambda each: each[0] or 0.0)


def _transfer(name: str, recipient: Recipient, promise: Promise, record: Record, today: date) -> Transfer:
    copies = [contract.release for contract in promise.exports.values() if contract.recipient == name]
    entries = [entry for release in copies if (entry := record.last("exported", about=release)) is not None]
    newest = max(entries, key=lambda entry: entry.line, default=None)
    return Transfer(
        name,
        recipient,
        refusal(recipient) or lapsed(recipient, today),
        newest,
        sum(record.count("exported", about=r) for r in copies),
    )
