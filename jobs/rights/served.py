"""The receipt of a request: what was asked, until when, what was done where, in counts; nobody is in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from jobs.keys.heads import head_of
from jobs.keys.ring import Keyring
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from jobs.retention.receipt import lay
from jobs.rights.cases import Case
from policy.promise import Promise

FOLDER = "request-"
"""How the folder of a request's receipt begins, in the zone ``expiry``."""


def write_request_receipt(
    case: Case, state: str, done: Mapping[str, Any], promise: Promise, lake: Lake, keyring: Keyring
) -> str:
    """Lay the receipt, sealed as all are; the SHA-256 of its JSON."""
    head = head_of(Ledger(lake.ledger))
    content: dict[str, Any] = {
        "request": case.reference,
        "right": case.request.right,
        "received": str(case.received),
        "verified": str(case.verified_at.date()) if case.verified_at else None,
        "due": str(case.due),
        "in_time": not case.late,
        "state": state,
        "holds": case.holds,
        "done": dict(done),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "controller": promise.register.controller,
        "ledger": asdict(head) if head else None,
    }
    folder = lake.shared(lake.expiry(f"{FOLDER}{case.reference}-{state}"))
    return lay(folder, content, lambda seal: _page(content, seal), keyring)


def _page(receipt: Mapping[str, Any], seal: str) -> str:
    done = "\n".join(f"| {name} | {count} |" for name, count in receipt["done"].items() if count is not None)
    holds = ", ".join(f"`{each}`" for each in receipt["holds"]) or "none"
    time = "in time" if receipt["in_time"] else "late"
    return RECEIPT.format(**{**receipt, "done": done, "holds": holds, "time": time, "seal": seal})


RECEIPT = """\
# Receipt of a request

{controller} was asked for {right} on {received} (request `{request}`), to be answered by {due}: **{state}**, {time}.

| | |
|---|---|
{done}

Legal holds over the person: {holds}. Who asked is in no record, plan or receipt. Written at {at}.

seal `{seal}`
"""
