"""The receipt of a retention run: what went, by which rule, and that it is gone; a page that a person can file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from jobs.keys.heads import Head, head_of
from jobs.keys.ring import Keyring
from jobs.lake.faults import fault
from jobs.lake.files import write_atomically
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from jobs.retention.errors import BrokenReceiptError
from jobs.retention.plan import Plan
from jobs.retention.planner import Look


@dataclass(frozen=True)
class TableProof:
    """What the independent pass saw of one table. Proved: ``rows_left``, ``found``, ``unrecognised`` are zero.

    ``held``: rows past their date that a standing hold keeps. ``tokens``: how many were searched for.
    ``unrecognised``: tokens of accounts in the table, of a class of which it could make none again.
    """

    release: str
    version: int
    rows: int
    rows_gone: int
    rows_left: int
    held: int
    tokens: int
    files_searched: int
    bytes_searched: int
    found: int
    unrecognised: int = 0

    @property
    def left(self) -> int:
        """Rows and tokens that must be gone and are there, and tokens that this pass should know and doesn't."""
        return self.rows_left + self.found + self.unrecognised

    @property
    def proved(self) -> bool:
        """Nothing that must be gone is left."""
        return self.left == 0


@dataclass(frozen=True)
class KeptProof:
    """What the independent pass saw of the ledger, of Data Docs, of plans and receipts. Proved: nothing found."""

    release: ClassVar[str] = "what is kept always"
    files_searched: int
    bytes_searched: int
    found: int

    @property
    def left(self) -> int:
        """Tokens that must be gone and are there."""
        return self.found

    @property
    def proved(self) -> bool:
        """Nobody is named."""
        return self.left == 0


def write_receipt(plan: Plan, proofs: Iterable[TableProof], kept: KeptProof, at: Look) -> str:
    """Lay the receipt beside its plan, as JSON and as a page; the SHA-256 of the JSON.

    The page ends with the keyring's seal over the JSON, so that a copy can be checked later.
    """
    content: dict[str, Any] = {
        "plan": plan.hash,
        "day": plan.day,
        "proved_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "controller": at.promise.register.controller,
        "ledger": asdict(head) if (head := head_of(Ledger(at.lake.ledger))) else None,
        "holds": len(plan.holds),
        "tables": [asdict(proof) for proof in proofs],
        "kept_always": asdict(kept),
        "leftovers": [asdict(leftover) for leftover in plan.leftovers],
    }
    return lay(at.lake.expiry(plan.hash), content, lambda seal: _page(content, plan, seal), at.keyring)


def lay(folder: Path, content: dict[str, Any], page: Callable[[str], str], keyring: Keyring) -> str:
    """Write a receipt as JSON, and as a page that ends with the keyring's seal over it; the SHA-256 of the JSON."""
    text = json.dumps(content, indent=1)
    write_atomically(folder / "receipt.json", text)
    fault("receipt.half")
    write_atomically(folder / "receipt.md", page(keyring.seal("receipt", text.encode())))
    return hashlib.sha256(text.encode()).hexdigest()


def _page(receipt: dict[str, Any], plan: Plan, seal: str) -> str:
    rows = "\n".join(
        f"| {t['release']} | {t['rows_gone']} | {t['rows_left']} | {t['held']} | {t['rows']} | {t['tokens']} "
        f"| {t['files_searched']} | {t['bytes_searched']} | {t['found']} |"
        for t in receipt["tables"]
    )
    rules = "\n".join(f"- `{table.release}`: {table.clauses}" for table in plan.tables)
    beside = "\n".join(f"- `{left.path}`, {left.files} files: {left.why}" for left in plan.leftovers) or "- nothing"
    return RECEIPT.format(**receipt, rows=rows, rules=rules, beside=beside, seal=seal)


RECEIPT = """\
# Retention receipt, {day}

{controller} deleted what it may keep no longer, and counted again afterwards: zero rows are left. Every
file of each table's folder was searched, byte for byte, for every token of every person and company
whose data must be gone, in every epoch that has a key: none was found.

| release | rows deleted | rows left that must be gone | kept by legal holds | rows now | tokens searched for | files | bytes | found |
|---|---|---|---|---|---|---|---|---|
{rows}

## By which rule
{rules}

## Deleted beside the tables
{beside}

## Kept always
The ledger, its pages, plans and receipts: {kept_always[files_searched]} files, searched for the same tokens: none was found.

Of the newest rows' tokens of accounts some were made again by this pass in each class and table: it searches for
what is written.

Standing legal holds: {holds}. Proved at {proved_at} by a pass that uses neither Spark nor
the kernel that found the rows to delete.

plan `{plan}`
seal `{seal}`
"""  # noqa: E501 (a table's heading)


def ledger_heads(lake: Lake, keyring: Keyring) -> Iterator[Head]:
    """The ledger's head of the time of each receipt, for `jobs.keys.heads.verify`.

    Raises:
        BrokenReceiptError: a receipt isn't the one that was sealed.
    """
    for path in sorted(lake.root.glob("expiry/*/receipt.json")):
        if keyring.path.exists():
            require_sealed(lake, path.parent.name, keyring)
        head = json.loads(path.read_bytes()).get("ledger")
        if head:
            yield Head(head["seq"], head["hash"])


def require_sealed(lake: Lake, plan: str, keyring: Keyring) -> None:
    """The receipt of a plan is the one that was sealed.

    Raises:
        BrokenReceiptError: it isn't, or there is none.
    """
    folder = lake.expiry(plan)
    if not (folder / "receipt.md").exists() or not (folder / "receipt.json").exists():
        raise BrokenReceiptError(plan)
    seal = (folder / "receipt.md").read_text("utf-8").rpartition("seal `")[2].strip("`\n")
    if not keyring.has_sealed("receipt", (folder / "receipt.json").read_bytes(), seal):
        raise BrokenReceiptError(plan)
