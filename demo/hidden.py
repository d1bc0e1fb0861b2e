"""Identifiers where none belong, and values that a careless reader stumbles over."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from demo.identity import uuids
from demo.planting import Planting, Row

IBAN = "FR14 2004 1010 0505 0001 3M02 606"
"""The example of the IBAN registry (ISO 13616)."""
LONG = "x" * 10_240
ODD_LOGINS = (
    LONG, "", None, "   ", "Sommer2026!", "+33 6 12 34 56 78", "α.παπαδόπουλος@παράδειγμα.example",
    "дмитрий@пример.example", "مستخدم", "王小明", "🦊🔑", "' OR 1=1 --", "a\tb\nc",
    "Zoe\u0301@firma-2.example", "\u202egpj.exe",
)  # fmt: skip
ODD_AGENTS = ("", None, "x" * 4_000, "Mozilla/5.0 (compatible; Ångström/1.0; +https://robot.example/\U0001f916)")


def hidden(plant: Planting) -> list[dict[str, Any]]:
    """Plant one identifier in each place; what and where."""
    user, start, session = next(plant.busy), plant.start(0, 11), plant.session()
    users, thing = plant.crowd.users, plant.documents(user, 1)[0]
    email, name = users["email"][user], f"{users['first_name'][user]} {users['family_name'][user]}"
    phone, by_them = "+33 6 98 76 54 32", {"user_id": users["user_id"][user], "occurred_at": start}
    minute = timedelta(minutes=1)
    detail = json.dumps({"title": f"Offer for {email}"}, ensure_ascii=False)
    url = f"GET https://ignicloud.example/documents/{thing}?sid={session} HTTP/1.1"
    other = users["email"][next(plant.busy)]
    encoded = other.replace("@", "%40")
    planted = [
        ("e-mail", email, "activity", "detail",
         plant.action(start, user, "open_document", thing, session, detail=detail)),
        ("phone", phone, "security_events", "payload",
         plant.security(start + minute, user, "login_failed", payload=f"call me at {phone} please")),
        ("session", session, "security_events", "payload",
         plant.security(start + 2 * minute, user, "permission_denied", session_id=session, payload=url)),
        ("e-mail", other, "security_events", "payload",
         plant.security(start + 3 * minute, user, "login_failed", payload=f"POST /login email={encoded}")),
        ("name", name, "feedback", "text", plant.other("feedback", {
            "feedback_id": uuids(plant.rng, 1)[0], "kind": "remark", "rating": 2,
            "text": f"{name} from our team can't log in.", **by_them})),
        ("iban", IBAN, "contacts", "body", plant.other("contacts", {
            "contact_id": uuids(plant.rng, 1)[0], "channel": "email", "agent_email": "agent1@support.example",
            "subject": "Refund", "body": f"Please refund to {IBAN}.", **by_them})),
    ]  # fmt: skip
    return [_truth(*one) for one in planted]


def _truth(kind: str, value: str, table: str, column: str, row: Row) -> dict[str, Any]:
    key = next(iter(row[name] for name in ("event_id", "feedback_id", "contact_id") if name in row))
    return {
        "kind": kind,
        "value": value,
        "table": table,
        "column": column,
        "id": key,
        "day": str(row["occurred_at"].date()),
    }


def oddities(plant: Planting) -> list[dict[str, Any]]:
    """Plant values that are null, empty, very long or in other scripts; the rows that hold them."""
    start, rows = plant.start(0, 6), []
    for nth, typed in enumerate(ODD_LOGINS):
        at, ip = start + timedelta(seconds=3 * nth), f"198.18.77.{nth + 1}"
        rows.append(plant.security(at, None, "login_failed", ip, attempted_login=typed))
    for nth, agent in enumerate(ODD_AGENTS):
        at = start + timedelta(minutes=5, seconds=nth)
        rows.append(plant.security(at, next(plant.quiet), "login_ok", user_agent=agent, ip="" if nth == 0 else None))
    bare = {"session_id": None, "user_agent": None, "payload": None, "attempted_login": None, "outcome": None}
    rows.append(plant.security(start, None, "logout", **bare))
    return [{"table": "security_events", "id": row["event_id"], "day": str(row["occurred_at"].date())} for row in rows]
