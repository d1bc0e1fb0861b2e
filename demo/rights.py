"""Both sides of every date: ended contracts, holds, old cookies, and forty requests of all seven rights."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from demo import vocabulary as words
from demo.people import People, Row, uuids
from policy.periods import add_months

LATE_AFTER_DAYS = 45


def plant_rights(rng: np.random.Generator, crowd: People, tables: dict[str, list[Row]], until: date) -> dict[str, Any]:
    """Add rows to ``tables``; the truth about them. Today is the day after ``until``."""
    today = until + timedelta(days=1)
    return {
        "contracts": _ended_contracts(rng, crowd, tables, today),
        "holds": _holds(rng, crowd, tables, today),
        "cookies": _cookies(rng, crowd, tables, today),
        "requests": _requests(rng, crowd, tables, until),
    }


def _ended_contracts(rng: np.random.Generator, crowd: People, tables: dict[str, list[Row]], today: date) -> list[Row]:
    """Companies whose relationship ended around 18 months ago, to the day, month ends included."""
    candidates = (today - timedelta(days=back) for back in range(480, 620))
    by_side: dict[int, list[date]] = {-1: [], 0: [], 1: []}
    for ended in candidates:
        side = (add_months(ended, 18) - today).days
        if side in by_side:
            by_side[side].append(ended)
    firms = [company["company_id"] for company in crowd.companies[-8:]]
    tables["contracts"] = [row for row in tables["contracts"] if row["company_id"] not in firms]
    truth = []
    plan = [(ended, side) for side, days in by_side.items() for ended in days] + [(today - timedelta(days=20), 500)]
    for company_id, (ended, side) in zip(firms, plan, strict=False):
        tables["contracts"].append({
            "contract_id": uuids(rng, 1)[0], "company_id": company_id, "service": "publish", "plan": "paid",
            "started_on": ended - timedelta(days=400), "ended_on": ended,
        })  # fmt: skip
        truth.append({"company_id": company_id, "ended_on": str(ended), "kept_today": side >= 0})
    return truth


def _holds(rng: np.random.Generator, crowd: People, tables: dict[str, list[Row]], today: date) -> list[Row]:
    holds = [
        ("company", crowd.companies[-8]["company_id"], today - timedelta(days=200), None),
        ("user", crowd.users[5]["user_id"], today - timedelta(days=30), None),
        ("user", crowd.users[6]["user_id"], today - timedelta(days=300), today - timedelta(days=1)),
    ]
    tables["legal_holds"] = [
        {"hold_id": uuids(rng, 1)[0], "subject_kind": kind, "subject_id": subject, "reason": "dispute", "placed_on": placed, "lifted_on": lifted}
        for kind, subject, placed, lifted in holds
    ]  # fmt: skip
    return [{"subject_id": subject, "stands": lifted is None} for _, subject, _, lifted in holds]


def _cookies(rng: np.random.Generator, crowd: People, tables: dict[str, list[Row]], today: date) -> list[Row]:
    truth = []
    for side in (-1, 0, 1):
        first = next(day for back in range(385, 405) if (add_months(day := today - timedelta(days=back), 13) - today).days == side)
        cookie_id = f"edge-{rng.bytes(6).hex()}"
        seen = datetime.combine(first, datetime.min.time())
        tables["cookies"].append({
            "cookie_id": cookie_id, "user_id": crowd.users[9]["user_id"], "kind": "audience", "first_visit_at": seen,
            "last_seen_at": seen + timedelta(days=100), "consent": True,
        })  # fmt: skip
        truth.append({"cookie_id": cookie_id, "first_visit": str(first), "kept_today": side >= 0})
    return truth


def _requests(rng: np.random.Generator, crowd: People, tables: dict[str, list[Row]], until: date) -> list[Row]:
    start = datetime.combine(until, datetime.min.time())
    eager = np.argsort(-crowd.weight)
    rows, truth = [], []
    for index, request_id in enumerate(uuids(rng, 40)):
        right, user = words.RIGHTS[index % 7], crowd.users[int(eager[index])]
        late = index % 10 == 3
        received = start - timedelta(days=LATE_AFTER_DAYS if late else int(rng.integers(2, 25)), hours=3)
        verified = None if index % 8 == 5 else received + timedelta(days=1)
        detail: dict[str, str] = {}
        if right == "objection" and index % 2:
            detail = {"purpose": "threat_analysis"}
        if right == "consent_withdrawal":
            detail = {"purpose": "needs_and_interests"}
        if right == "rectification":
            detail = {"column": "city", "value": "Antibes"}
        lifted = start - timedelta(days=1) if right == "restriction" and index % 3 == 1 else None
        rows.append({
            "request_id": request_id, "user_id": user["user_id"], "right": right, "received_at": received,
            "identity_verified_at": verified, "detail": json.dumps(detail) if detail else None, "extended_until": None,
            "closed_at": None, "outcome": None, "lifted_at": lifted,
        })  # fmt: skip
        truth.append({"request_id": request_id, "user_id": user["user_id"], "right": right, "verified": verified is not None, "late": late, "lifted": lifted is not None, "purpose": detail.get("purpose")})
    tables["subject_requests"] = rows
    return truth
