"""The releases' pages: may I use it, for what, until when, whom do I ask; columns, joins, risk and limits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from console.promises import RiskOf, risk_of
from console.record import Record
from policy.contract import Contract
from policy.periods import add_months, months_of
from policy.promise import Promise
from policy.register import Purpose

SHOWN = 92


@dataclass(frozen=True)
class Card:
    """One release in the list. ``roles``: who may use it; ``newest``: its newest published day."""

    contract: Contract
    purpose: Purpose
    newest: str
    days: int
    rows: int | None


@dataclass(frozen=True)
class Releases:
    """The catalogue."""

    cards: tuple[Card, ...]


@dataclass(frozen=True)
class Release:
    """One release's page. ``days``: rows of each published day that the ledger knows and the period lets stay."""

    card: Card
    days: tuple[tuple[str, int], ...]
    stays_until: date | None
    risk: RiskOf | None


def page(promise: Promise, record: Record) -> Releases:
    """Every release and copy that is promised."""
    return Releases(tuple(_card(promise, record, contract) for contract in promise.releases.values()))


def one(promise: Promise, record: Record, name: str, now: datetime) -> Release | None:
    """One release; nothing if no contract has this name."""
    contract = promise.releases.get(name)
    if contract is None:
        return None
    since = add_months(now.date(), -months_of(contract.retention.keep))
    days = published(record, name, max(since, now.date() - timedelta(days=SHOWN)))
    until = add_months(date.fromisoformat(days[-1][0]), months_of(contract.retention.keep)) if days else None
    return Release(_card(promise, record, contract), days, until, risk_of(record, name))


def published(record: Record, release: str, since: date) -> tuple[tuple[str, int], ...]:
    """Rows of each published day from ``since`` on, as its newest publication counted them."""
    found = reversed(record.newest_by_day("published", release, str(since), "9999"))
    return tuple((entry.text("day"), entry.number("rows") or 0) for entry in found)


def _card(promise: Promise, record: Record, contract: Contract) -> Card:
    newest = record.last("published", about=contract.release)
    return Card(
        contract, promise.register.purposes[contract.purpose], newest.text("day") if newest else "",
        record.days(contract.release), newest.number("rows") if newest else None,
    )  # fmt: skip
