"""Forty requests of all seven rights: open and answered, verified and not, in time and late (clauses 9.1, 11.2)."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from demo import vocabulary as words
from demo.belongings import table
from demo.deadlines import last_day
from demo.identity import uuids
from demo.people import People, Table
from policy.periods import add_months

REQUESTS = 40
DETAILS: dict[str, tuple[dict[str, str] | None, ...]] = {
    "access": (None, {"format": "json"}),
    "portability": ({"format": "csv"}, None),
    "rectification": ({"column": "city", "value": "Antibes"}, {"column": "family_name", "value": "Müller-Özdemir"}),
    "erasure": (None, {"message": "please delete everything"}),
    "restriction": (None, {"message": "until the dispute is over"}),
    "objection": ({"purpose": "threat_analysis"}, None, {"purpose": "administration"}),
    "consent_withdrawal": ({"purpose": "needs_and_interests"}, {"purpose": "audience_measurement"}),
}
"""What a request says beside its right; an objection without a purpose means every legitimate interest."""

STATES = ("open", "open", "unverified", "late", "extended", "done", "open", "refused", "lifted", "open")
"""One state after the other, so that every right meets most of them."""

EXPECTED = {
    "open": "identity_verified", "unverified": "received", "late": "identity_verified", "extended": "extended",
    "done": "done", "refused": "refused", "lifted": "lifted",
}  # fmt: skip
"""The state in which the suite must see such a request before it has done anything."""


def subjects(crowd: People) -> list[int]:
    """Who asks: the most eager users, so that leaving them out is seen; the last four ask twice."""
    eager: list[int] = np.argsort(-crowd.eagerness, kind="stable")[: REQUESTS - 4].tolist()
    return eager + eager[-4:]


def plant_requests(
    rng: np.random.Generator, crowd: People, tables: dict[str, Table], until: date
) -> list[dict[str, Any]]:
    """Fill ``subject_requests``; the truth about each."""
    rows: list[tuple[Any, ...]] = []
    truth = []
    for index, (request_id, user) in enumerate(zip(uuids(rng, REQUESTS), subjects(crowd), strict=True)):
        again = index >= REQUESTS - 4
        place = index - 4 if again else index
        right, state = words.RIGHTS[place % 7], "open" if again else STATES[place % 10]
        if state == "lifted" and right not in ("restriction", "objection"):
            state = "done"
        said = DETAILS[right][place // 7 % len(DETAILS[right])]
        times = _times(rng, state, until)
        user_id = crowd.users["user_id"][user]
        outcome = {"done": "done", "lifted": "done", "refused": "refused"}.get(state)
        rows.append((
            request_id, user_id, right, times["received_at"], times["identity_verified_at"],
            json.dumps(said, ensure_ascii=False) if said else None, times["extended_until"], times["closed_at"],
            outcome, times["lifted_at"],
        ))  # fmt: skip
        last = last_day(times["received_at"], 3 if state == "extended" else 1)
        truth.append({
            "request_id": request_id, "user_id": user_id, "right": right, "state": state, "again": again,
            "purpose": (said or {}).get("purpose"), "verified": times["identity_verified_at"] is not None,
            "received_at": str(times["received_at"]), "due_on": str(last),
            "late": last <= until and times["closed_at"] is None, "expected": EXPECTED[state], "joined_with": None,
            "held": False,
        })  # fmt: skip
    tables["subject_requests"] = table("subject_requests", rows)
    _join(truth)
    return truth


def _join(truth: list[dict[str, Any]]) -> None:
    """Say of whoever asked twice, and has no answer yet, that the later request is the earlier one.

    Identity is the person's: who is verified for one of them is verified for both.
    """
    waiting: dict[tuple[str, str], dict[str, Any]] = {}
    for entry in sorted(truth, key=lambda entry: entry["received_at"]):
        if entry["expected"] in ("done", "refused", "lifted"):
            continue
        first = waiting.setdefault((entry["user_id"], entry["right"]), entry)
        if first is not entry:
            if first["expected"] == "received" and entry["verified"]:
                first["expected"] = "identity_verified"
            entry |= {"expected": "joined", "joined_with": first["request_id"]}
            entry |= {"due_on": first["due_on"], "late": first["late"]}


def plant_hold(rng: np.random.Generator, tables: dict[str, Table], requests: list[dict[str, Any]], until: date) -> None:
    """A legal hold over one person who asks to be erased: what it keeps is refused."""
    asked = next(entry for entry in requests if entry["right"] == "erasure" and entry["state"] == "open")
    held = (uuids(rng, 1)[0], "user", asked["user_id"], "commercial court, file 7", until - timedelta(days=60), None)
    for name, cells in table("legal_holds", [held]).items():
        tables["legal_holds"][name] += cells
    asked["held"] = True


def _times(rng: np.random.Generator, state: str, until: date) -> dict[str, Any]:
    """When a request of a state was received, verified, extended, closed and lifted."""
    old = state in ("late", "extended")
    days = (
        int(rng.integers(45, 70))
        if old
        else int(rng.integers(40, 90))
        if state == "lifted"
        else int(rng.integers(4, 26))
    )
    received = datetime.combine(until, datetime.min.time()) - timedelta(days=days, seconds=int(rng.integers(86_400)))
    closed = received + timedelta(days=2, hours=5) if state in ("done", "refused", "lifted") else None
    return {
        "received_at": received,
        "identity_verified_at": None if state == "unverified" else received + timedelta(days=1, hours=2),
        "extended_until": add_months(received.date(), 3) if state == "extended" else None,
        "closed_at": closed,
        "lifted_at": closed + timedelta(days=14) if closed and state == "lifted" else None,
    }
