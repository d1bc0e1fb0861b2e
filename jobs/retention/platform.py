"""What the platform says today about contracts, accounts, holds and wishes, read in one transaction.

Only the columns that retention needs are named in a statement. Rows are streamed; a schema that
drifted stops the run before anything is decided.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from jobs.keys.ring import Keyring
from jobs.people.relationships import Account, Hold, Relationships, ServiceContract
from jobs.platform.database import Platform, connect
from jobs.platform.drift import require_classified
from policy.promise import Promise
from policy.register import Purpose

ACCOUNTS = ("user_id", "company_id", "closed_at", "email")
CONTRACTS = ("company_id", "ended_on")
HOLDS = ("hold_id", "subject_kind", "subject_id", "placed_on", "lifted_on")
REQUESTS = ("user_id", "right", "received_at", "identity_verified_at", "detail", "closed_at", "outcome", "lifted_at")
CONSENTS = ("user_id", "purpose", "given_at", "withdrawn_at")

DECIDING = ("contracts", "professional_users", "legal_holds", "subject_requests", "consents")

Row = dict[str, Any]


@dataclass(frozen=True)
class PlatformOfToday:
    """One moment of the platform; every reading of it says the same."""

    promise: Promise
    platform: Platform
    keyring: Keyring

    def relationships(self, purpose: str) -> Relationships:
        """All that decides how long data may serve ``purpose``."""
        contracts = (ServiceContract(r["company_id"], r["ended_on"]) for r in self._rows("contracts", CONTRACTS))
        return Relationships(tuple(contracts), self._accounts, self.holds(), self._withdrawn(purpose))

    def holds(self) -> tuple[Hold, ...]:
        """Every hold that was ever recorded, under a keyed reference in place of its id."""
        return tuple(
            Hold(
                self.keyring.seal("hold", row["hold_id"].encode())[:12],
                row["subject_kind"],
                row["subject_id"],
                row["placed_on"],
                row["lifted_on"],
            )
            for row in self._rows("legal_holds", HOLDS)
        )

    def open_requests(self) -> tuple[date, ...]:
        """The days on which requests came in that nobody has closed; without a day, long ago."""
        rows = self._rows("subject_requests", REQUESTS)
        return tuple(_date(row["received_at"]) or date.min for row in rows if row["closed_at"] is None)

    def _accounts(self) -> Iterator[Account]:
        for row in self._rows("professional_users", ACCOUNTS):
            yield Account(row["user_id"], row["company_id"], _date(row["closed_at"]), row["email"])

    def _withdrawn(self, purpose: str) -> dict[str, date]:
        terms = self.promise.register.purposes[purpose]
        wishes = objections(purpose, terms, self._rows("subject_requests", REQUESTS))
        if terms.lawful_basis != "consent":
            return wishes
        ended = consents_ended(purpose, self._rows("consents", CONSENTS))
        return {user: min(d for d in (wishes.get(user), ended.get(user)) if d) for user in wishes | ended}

    def _rows(self, name: str, columns: tuple[str, ...]) -> Iterator[Row]:
        yield from self.platform.rows(name, self.promise.source(name), columns)


@contextmanager
def platform_of_today(promise: Promise, keyring: Keyring) -> Iterator[PlatformOfToday]:
    """The platform in one read-only transaction.

    Raises:
        PlatformError: it doesn't answer.
        SourceDriftError, SeveralDriftsError: a table that decides has drifted; reading one may raise them, too.
    """
    with connect() as platform:
        require_classified(platform, {name: promise.source(name) for name in DECIDING})
        yield PlatformOfToday(promise, platform, keyring)


def objections(purpose: str, terms: Purpose, requests: Iterable[Row]) -> dict[str, date]:
    """The people whose objection, or withdrawal of consent, to ``purpose`` was granted, with its day.

    From then on nothing may serve this purpose (GDPR art. 17(1)(b) and (c)). Open, unverified, refused
    and lifted requests end nothing: those people are left out of the nights, and what is there stays.
    A restriction (art. 18) asks for keeping and ends nothing either.
    """
    right = {"legitimate_interest": "objection", "consent": "consent_withdrawal"}.get(terms.lawful_basis)
    ended: dict[str, date] = {}
    for row in requests:
        granted = row["identity_verified_at"] and row["closed_at"] and (row["outcome"] or "").lower() != "refused"
        named = _named_purpose(row["detail"])
        if granted and row["lifted_at"] is None and row["right"] == right and named in (purpose, None):
            day = row["closed_at"].date()
            ended[row["user_id"]] = min(day, ended.get(row["user_id"], day))
    return ended


def consents_ended(purpose: str, consents: Iterable[Row]) -> dict[str, date]:
    """The people all of whose consents to ``purpose`` are withdrawn, with the day of the last withdrawal."""
    ended: dict[str, date | None] = {}
    for row in consents:
        if row["purpose"] == purpose and row["given_at"] is not None:
            known, day = ended.get(row["user_id"], date.min), _date(row["withdrawn_at"])
            ended[row["user_id"]] = None if known is None or day is None else max(known, day)
    return {user: day for user, day in ended.items() if day is not None}


def _named_purpose(detail: str | None) -> str | None:
    try:
        content = json.loads(detail or "{}")
    except ValueError:
        return None
    return content.get("purpose") if isinstance(content, dict) else None


def _date(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()
