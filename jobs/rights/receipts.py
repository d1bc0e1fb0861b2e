"""Receipts, sealed, with nobody in them: of an erasure, that what went is gone; of a request, how it was answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from jobs.keys.heads import head_of
from jobs.keys.ring import Keyring
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from jobs.retention.plan import Plan
from jobs.retention.receipt import TableProof, lay
from jobs.rights.erasure.erasing import ErasingLook
from jobs.rights.requests.cases import Case
from policy.answering import RECIPIENTS_ARE_TOLD
from policy.promise import Promise


def write_erasure_receipt(
    plan: Plan, proofs: Iterable[TableProof], places: Mapping[str, tuple[int, int]], at: ErasingLook
) -> str:
    """Lay the receipt beside its plan, sealed as those of retention are; the SHA-256 of its JSON."""
    content: dict[str, Any] = {
        "plan": plan.hash,
        "day": plan.day,
        "proved_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "controller": at.promise.register.controller,
        "ledger": asdict(head) if (head := head_of(Ledger(at.lake.ledger))) else None,
        "requests": plan.requests,
        "tables": [asdict(proof) for proof in proofs],
        "held": {table.release: dict(table.held) for table in plan.tables if table.held},
        "places": {zone: {"files": files, "found": found} for zone, (files, found) in sorted(places.items())},
        "leftovers": [asdict(leftover) for leftover in plan.leftovers],
        "traces": at.traces.number,
    }
    return lay(at.lake.expiry(plan.hash), content, lambda seal: _erasure_page(content, seal), at.keyring)


def _erasure_page(receipt: Mapping[str, Any], seal: str) -> str:
    rows = "\n".join(
        f"| {t['release']} | {t['rows_gone']} | {t['rows_left']} | {t['held']} | {t['rows']} | {t['tokens']} "
        f"| {t['files_searched']} | {t['found']} |"
        for t in receipt["tables"]
    )
    places = "\n".join(f"| {zone} | {p['files']} | {p['found']} |" for zone, p in receipt["places"].items())
    holds = [
        f"- `{release}`: {rows} rows, by hold {hold} (GDPR art. 17(3))"
        for release, by in receipt["held"].items()
        for hold, rows in by.items()
    ]
    beside = [f"- `{left['path']}`, {left['files']} files: {left['why']}" for left in receipt["leftovers"]]
    return OF_AN_ERASURE.format(
        **receipt, rows=rows, zones=places, number=len(receipt["requests"]), seal=seal,
        requests_listed=", ".join(f"`{each}`" for each in receipt["requests"]),
        kept="\n".join(holds) or "- nothing", beside="\n".join(beside) or "- nothing",
    )  # fmt: skip


OF_AN_ERASURE = """\
# Receipt of an erasure, {day}

{controller} erased what it held of the people behind {number} requests, and looked again afterwards, by a pass that
shares neither Spark nor the kernel with what erased. Searched for were {traces} identifiers and tokens, in every epoch
that has a key. Requests: {requests_listed}.

| release | rows erased | rows left | kept by legal holds | rows now | tokens searched for | files | found |
|---|---|---|---|---|---|---|---|
{rows}

| zone | files searched | found |
|---|---|---|
{zones}

## Kept by legal holds
{kept}

## Deleted whole beside the tables
{beside}

Anonymised releases stay as they are: no row of them is anybody's. Late events, a backfill or a rerun bring nobody back:
the suppression lists know them until the keys of their epochs are destroyed. Proved at {proved_at}.

plan `{plan}`
seal `{seal}`
"""


FOLDER = "request-"
"""How the folder of a request's receipt begins, in the zone ``expiry``."""


def write_request_receipt(
    case: Case, state: str, done: Mapping[str, Any], promise: Promise, lake: Lake, keyring: Keyring
) -> str:
    """Lay the receipt, sealed as all are; the SHA-256 of its JSON."""
    ledger = Ledger(lake.ledger)
    head, told = head_of(ledger), case.request.right in RECIPIENTS_ARE_TOLD
    content: dict[str, Any] = {
        "request": case.reference,
        "right": case.request.right,
        "received": str(case.received),
        "verified": str(case.verified_at.date()) if case.verified_at else None,
        "due": str(case.due),
        "in_time": not case.late,
        "state": state,
        **_decided(case),
        "holds": case.holds,
        "recipients": sorted({str(each["recipient"]) for each in ledger.entries("exported")}) if told else [],
        "done": dict(done),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "controller": promise.register.controller,
        "ledger": asdict(head) if head else None,
    }
    folder = lake.shared(lake.expiry(f"{FOLDER}{case.reference}-{state}"))
    return lay(folder, content, lambda seal: _request_page(content, seal), keyring)


def _decided(case: Case) -> dict[str, str | None]:
    """How the search ended that was approved, and who approved it; nothing where nothing had to be."""
    found, approved = (
        case.record.last(kind) if case.record else None for kind in ("request_found", "request_approved")
    )
    return {"found": found["outcome"] if found else None, "approved_by": approved["by"] if approved else None}


def _request_page(receipt: Mapping[str, Any], seal: str) -> str:
    counted = ((LABELS.get(name, name), count) for name, count in receipt["done"].items())
    done = "\n".join(f"| {name} | {count} |" for name, count in counted if count is not None)
    holds = ", ".join(f"`{each}`" for each in receipt["holds"]) or "none"
    told = " Copies went to {}; whoever approves tells them (GDPR art. 19)." if receipt["recipients"] else ""
    copies = told.format(", ".join(receipt["recipients"]))
    time = "in time" if receipt["in_time"] else "late"
    amber = ", amber: the platform shows activity where nothing was found, or what was found may be another's"
    decided = f"What was found{amber if receipt['found'] == 'amber' else ''} was approved by {receipt['approved_by']}."
    said = {"done": done, "holds": holds, "copies": copies, "time": time, "seal": seal}
    said["decided"] = decided if receipt["approved_by"] else ""
    return OF_A_REQUEST.format(**{**receipt, **said})


LABELS = {
    "made_again": "published days that were made again from the corrected source, through the gate",
    "by_token": "published days of which the platform has nothing, corrected by token",
    "apart": "rows kept apart that are right now",
    "unlinkable": "epochs whose key is destroyed: no longer linkable, and as they were",
}
"""What a correction's counts are called on its page. Anonymised releases are in none of them: they stay."""

OF_A_REQUEST = """\
# Receipt of a request

{controller} was asked for {right} on {received} (request `{request}`), to be answered by {due}: **{state}**, {time}.

| | |
|---|---|
{done}

{decided}

Legal holds over the person: {holds}.{copies} Who asked is in no record, plan or receipt. Written at {at}.

seal `{seal}`
"""
