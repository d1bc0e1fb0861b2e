"""What data subjects have said, understood once for nights and retention (clauses 4.2, 9.1, 11.2).

A wish is read narrowly only where every word of it is understood. Anything else protects the person as
if it weren't there, until somebody decides; how many wishes that are is said each night.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, get_args

from policy.answering import Right
from policy.register import Purpose

Row = Mapping[str, Any]
REQUESTS = ("user_id", "right", "received_at", "identity_verified_at", "detail", "closed_at", "outcome", "lifted_at")
CONSENTS = ("user_id", "purpose", "given_at", "withdrawn_at")

RIGHTS: frozenset[str] = frozenset(get_args(Right))
BY_GROUND = {"legitimate_interest": "objection", "consent": "consent_withdrawal"}
"""Which right ends processing on which ground (GDPR art. 21(1), 7(3))."""

LEAVING_OUT = frozenset({"restriction", *BY_GROUND.values()})

REFUSED = "refused"
OUTCOMES = frozenset({"", "done", "granted", REFUSED})
"""Outcomes that are understood; only a refusal ends a wish."""


@dataclass(frozen=True)
class Named:
    """The purposes that a wish names. ``understood``: each of them is one of the register's."""

    purposes: frozenset[str] = frozenset()
    understood: bool = True

    @property
    def general(self) -> bool:
        """Whether it counts as if no purpose were named: none is, or not all of them are understood."""
        return not (self.purposes and self.understood)


def word(text: str | None) -> str:
    """A word in the one spelling under which words are compared; empty for null."""
    return (text or "").strip().casefold()


def named_purposes(detail: str | None, known: Collection[str]) -> Named:
    """What ``detail`` names: ``{"purpose": one}`` or ``{"purpose": [several]}``, JSON without a key twice."""
    content = parsed(detail)
    if content is None:
        return Named(understood=False)
    if any(word(name).startswith("purpose") for name in content.keys() - {"purpose"}):
        return Named(understood=False)
    said = content.get("purpose")
    listed = said if isinstance(said, list) else [said]
    words = [word(each) for each in listed if isinstance(each, str)]
    understood = [each for each in words if each in known]
    return Named(frozenset(understood), said is None or (bool(listed) and len(understood) == len(listed)))


def parsed(detail: str | None) -> dict[str, Any] | None:
    """What a detail says, empty where there is none; null where it isn't one JSON object without a key twice."""
    if not word(detail):
        return {}
    try:
        content = json.loads(detail or "", object_pairs_hook=_once, parse_constant=_none)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def _none(constant: str) -> Any:
    raise ValueError(constant)


@dataclass(frozen=True)
class Reading:
    """How wishes are read for one purpose. ``known`` are all purposes of the register."""

    purpose: str
    terms: Purpose
    known: frozenset[str]

    @classmethod
    def of(cls, purpose: str, purposes: Mapping[str, Purpose]) -> Reading:
        """For a purpose of the register."""
        return cls(purpose, purposes[purpose], frozenset(purposes))

    def excluded(self, requests: Iterable[Row], day: date, at: datetime) -> frozenset[str]:
        """People whose rows of ``day`` may not serve the purpose, as ``requests`` stood at ``at``.

        A request counts once the person's identity is verified (clause 11.2), until it is lifted, and
        unless it was refused. A restriction means every purpose (art. 18), and so does a right that nobody
        knows. An objection means the purposes that it names, without any every one that rests on
        legitimate interest (art. 21(1)); a withdrawal of consent likewise every one that rests on consent
        (art. 7(3)). Lifting brings nothing back: what a granted one ended stays out of its days.
        """
        standing = (row for row in requests if _verified(row) and not _is_lifted(row, day, at))
        return frozenset(row["user_id"] for row in standing if self.reaches(row))

    def ended(self, requests: Iterable[Row], at: datetime) -> dict[str, date]:
        """The people whose objection, or withdrawal of consent, was granted, with its day, as it stood at ``at``.

        From then on nothing may serve this purpose (GDPR art. 17(1)(b) and (c)). Open, unverified, refused
        and lifted requests end nothing: those people are left out of the nights, and what is there stays.
        A restriction (art. 18) asks for keeping and ends nothing either, nor does a right that nobody knows.
        What can't be undone isn't done for a lifting that is older than its request.
        """
        ended: dict[str, date] = {}
        for row in requests:
            if _granted(row) and not _has_lifted(row, at) and self._ends(row):
                day = row["closed_at"].date()
                ended[row["user_id"]] = min(day, ended.get(row["user_id"], day))
        return ended

    def unread(self, requests: Iterable[Row], at: datetime) -> int:
        """How many standing wishes hold a word that isn't understood, and so protect as widely as they can."""
        standing = (row for row in requests if _verified(row) and not _over(row, at))
        return sum(not self._is_understood(row) for row in standing)

    def reaches(self, row: Row) -> bool:
        """Whether a request, as long as it stands, keeps the person's rows from serving the purpose."""
        right, named = word(row["right"]), named_purposes(row["detail"], self.known)
        if right in RIGHTS - LEAVING_OUT:
            return False
        if right not in BY_GROUND.values():
            return True
        general = named.general and (right == BY_GROUND.get(self.terms.lawful_basis) or not named.understood)
        return self.purpose in named.purposes or general

    def _ends(self, row: Row) -> bool:
        named = named_purposes(row["detail"], self.known)
        of_ground = word(row["right"]) == BY_GROUND.get(self.terms.lawful_basis, "")
        return of_ground and (named.general or self.purpose in named.purposes)

    def _is_understood(self, row: Row) -> bool:
        right = word(row["right"])
        if right in RIGHTS - LEAVING_OUT:
            return True
        named = right == "restriction" or named_purposes(row["detail"], self.known).understood
        return right in LEAVING_OUT and word(row["outcome"]) in OUTCOMES and named


def consents_ended(purpose: str, consents: Iterable[Row]) -> dict[str, date]:
    """The people who have withdrawn their consent to ``purpose`` and given none since, with the withdrawal's day.

    A withdrawal ends all that were given before it, on whichever row it stands: who consents twice withdraws once.
    """
    given: dict[str, datetime] = {}
    withdrawn: dict[str, datetime] = {}
    for row in consents:
        if word(row["purpose"]) == purpose and row["given_at"] is not None:
            latest, moment = (
                (given, row["given_at"]) if row["withdrawn_at"] is None else (withdrawn, row["withdrawn_at"])
            )
            latest[row["user_id"]] = max(moment, latest.get(row["user_id"], moment))
    return {user: last.date() for user, last in withdrawn.items() if user not in given or given[user] < last}


def _verified(row: Row) -> bool:
    """A verified request that wasn't refused."""
    return row["identity_verified_at"] is not None and word(row["outcome"]) != REFUSED


def _granted(row: Row) -> bool:
    return _verified(row) and row["closed_at"] is not None


def _is_lifted(row: Row, day: date, at: datetime) -> bool:
    """Whether it no longer keeps rows of ``day`` out: a granted one keeps those of its time out for good."""
    ended_rows = _granted(row) and word(row["right"]) in BY_GROUND.values()
    return _over(row, at) and not (ended_rows and day <= row["lifted_at"].date())


def _over(row: Row, at: datetime) -> bool:
    """Whether it is lifted; one that came in after its lifting isn't: it was asked for again."""
    received = row["received_at"]
    return _has_lifted(row, at) and (received is None or received <= row["lifted_at"])


def _has_lifted(row: Row, at: datetime) -> bool:
    return row["lifted_at"] is not None and row["lifted_at"].replace(tzinfo=UTC) <= at
