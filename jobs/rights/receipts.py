"""The receipt of an erasure: what went where, what stays and by which hold, and that it is gone; nobody is in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from jobs.keys.heads import head_of
from jobs.lake.ledger import Ledger
from jobs.retention.plan import Plan
from jobs.retention.receipt import TableProof, lay
from jobs.rights.erasing import ErasingLook


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
    return lay(at.lake.expiry(plan.hash), content, lambda seal: _page(content, seal), at.keyring)


def _page(receipt: Mapping[str, Any], seal: str) -> str:
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
    return RECEIPT.format(
        **receipt, rows=rows, zones=places, number=len(receipt["requests"]), seal=seal,
        requests_listed=", ".join(f"`{each}`" for each in receipt["requests"]),
        kept="\n".join(holds) or "- nothing", beside="\n".join(beside) or "- nothing",
    )  # fmt: skip


RECEIPT = """\
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
