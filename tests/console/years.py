"""Three years of nights as a ledger: some 50,000 entries of every kind that pages read, chained as the ledger chains them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

RELEASES = (
    "activity_trail", "attack_statistics", "feedback_topics", "service_statistics", "threat_events", "threat_signals",
    "usage_profile",
)  # fmt: skip
SOURCES = (
    "activity",
    "companies",
    "contracts",
    "feedback",
    "professional_users",
    "purchases",
    "security_events",
    "consents",
    "legal_holds",
    "subject_requests",
)
AGGREGATES = {"feedback_topics", "service_statistics"}
LAST = date(2026, 3, 12)
HASH = "0" * 64
FINDING = {"expectation": "expect_no_known_identifiers", "column": "route", "count": 3, "detail": "an e-mail address"}


def chained(entries: Iterator[dict[str, Any]] | list[dict[str, Any]]) -> bytes:
    """Whole lines, each with the hash of the one before."""
    lines, previous = [], HASH
    for number, fields in enumerate(entries, start=1):
        entry = {"seq": number, "at": "2026-03-13T02:00:00.000+00:00", **fields, "prev": previous}
        previous = hashlib.sha256(text_of(entry)).hexdigest()
        lines.append(text_of({**entry, "hash": previous}))
    return b"".join(line + b"\n" for line in lines)


def text_of(entry: dict[str, Any]) -> bytes:
    return json.dumps(entry, sort_keys=True, separators=(",", ":")).encode()


def written(folder: Path, entries: Iterator[dict[str, Any]] | list[dict[str, Any]]) -> Path:
    """A ledger in ``folder`` with these entries."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "ledger.jsonl"
    path.write_bytes(chained(entries))
    return path


def night(day: date, red: frozenset[str] = frozenset()) -> Iterator[dict[str, Any]]:
    """What one night records: of the releases in ``red`` a red verdict."""
    at = f"{day + timedelta(days=1)}T02:10:00.000+00:00"
    yield from (
        {"kind": "extracted", "at": at, "source": source, "day": str(day), "rows": 2_000, "columns": 9}
        for source in SOURCES
    )
    due = [release for release in RELEASES if release != "usage_profile" or (day + timedelta(days=1)).day == 1]
    for release in due:
        run = {"release": release, "day": str(day), "run": f"{day}-0123456789", "at": at}
        rows, verdict = 1_000 + day.toordinal() % 97, "red" if release in red else "green"
        yield run | {
            "kind": "protected",
            "rows_in": rows + 9,
            "rows_out": rows,
            "suppressed": None if release in AGGREGATES else 4,
            "excluded": None if release in AGGREGATES else 5,
            "epoch": "2026-01-01",
        }
        yield run | {"kind": "judged", "verdict": verdict, "findings": [FINDING] if verdict == "red" else [], "rows": rows,
                     "expectations": 20, "proof_planted": 111, "proof_caught": 111, "verdict_hash": HASH, "suite": HASH}  # fmt: skip
        if verdict == "green":
            yield run | {"kind": "published", "version": 1, "rows": rows, "files": 1, "verdict_hash": HASH}
    yield {"kind": "budget_reserved", "at": at, "release": "attack_statistics", "day": str(day), "rho": 0.005}
    yield from ({"kind": "cleaned", "at": at, "source": source, "day": str(day)} for source in SOURCES)
    plan = {"plan": f"{day.toordinal():064x}", "day": str(day), "at": f"{day + timedelta(days=1)}T05:00:00.000+00:00"}
    yield plan | {"kind": "expiry_planned", "rows": 40, "files": 3, "people": 1, "held": 2, "holds": 1, "forecast": 900,
                  "over_share": [], "unforeseen": 0, "due_since": None, "people_soon": {str(day + timedelta(days=20)): 3}}  # fmt: skip
    yield plan | {
        "kind": "rows_expired",
        "release": "threat_events",
        "version": 2,
        "rows": 40,
        "files": 3,
        "bytes_written": 9,
    }
    yield plan | {"kind": "expiry_done", "leftovers": 0, "apart": 0}
    yield plan | {"kind": "expiry_proved", "rows": 40, "tokens": 3, "files": 30, "receipt": HASH}


def years(days: int = 1_096) -> Iterator[dict[str, Any]]:
    """Every night of three years, a request every second day, measured weekly, a key a quarter."""
    for number in range(days):
        day = LAST - timedelta(days=days - 1 - number)
        at = f"{day}T08:00:00.000+00:00"
        if day.day == 1 and day.month in (1, 4, 7, 10):
            yield {
                "kind": "key_opened",
                "at": at,
                "domain": "threat",
                "epoch": str(day),
                "fingerprint": "0123456789abcdef",
            }
        if number % 2:
            yield from request(number, day, at)
        if number % 7 == 0:
            for release in RELEASES:
                share = {
                    "epoch": "2026-01-01",
                    "points_of": "moments",
                    "cut": 0,
                    "points": 2,
                    "tokens": 900,
                    "share": 0.5,
                    "undecided": 0.0,
                    "fewer": 0.0,
                    "error": 0.01,
                }
                yield {
                    "kind": "risk_measured",
                    "at": at,
                    "release": release,
                    "day": str(day),
                    "rows": 9,
                    "over": 0,
                    "unicity": [share],
                }
        yield from night(day)


def request(number: int, day: date, at: str, steps: int = 5) -> Iterator[dict[str, Any]]:
    """One request as far as ``steps`` states go; the newest ones are open."""
    steps = steps if day < LAST - timedelta(days=20) else number % 5
    named = {"reference": f"{number:016x}", "right": ("access", "erasure", "objection")[number % 3], "at": at}
    yield named | {"kind": "request_received", "received": str(day), "due": str(day + timedelta(days=30))}
    more = (
        {"kind": "request_verified", "began": at[:16], "verified": at[:16]},
        {
            "kind": "request_found",
            "plan": None,
            "places": 2,
            "rows": 7,
            "files": 1,
            "unlinkable": 0,
            "outcome": "green",
        },
        {"kind": "request_approved", "plan": None, "by": "officer"},
        {"kind": "request_done", "places": 2, "rows": 7, "files": 1, "receipt": HASH, "in_time": True},
    )
    yield from (named | each for each in more[: max(0, steps - 1)])
