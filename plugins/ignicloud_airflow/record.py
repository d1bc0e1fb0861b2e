"""What a step has written into the ledger, as counts that Airflow may show to any viewer.

The ledger is JSON lines that everyone may read (DESIGN §2); it holds names, counts, days and
hashes, never a value or a token.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
Entry = dict[str, Any]
Counts = dict[str, str | int | None]


def _entries(kind: str, **match: str) -> Iterator[Entry]:
    lake = Path(os.environ.get("IGNICLOUD_LAKE") or "lake")
    with (ROOT / lake / "ledger" / "ledger.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            if entry["kind"] == kind and all(entry.get(field) == value for field, value in match.items()):
                yield entry


def _last(kind: str, *fields: str, **match: str) -> Counts:
    *_, entry = _entries(kind, **match)
    return {field: entry[field] for field in fields}


def extracted(day: str) -> Counts:
    """Sources and rows of the day's last extraction."""
    latest = {entry["source"]: entry["rows"] for entry in _entries("extracted", day=day)}
    return {"sources": len(latest), "rows": sum(latest.values())}


def protected(**work: str) -> Counts:
    """Rows in and out, and why they differ."""
    return _last("protected", "rows_in", "rows_out", "suppressed", "excluded", **work)


def judged(**work: str) -> Counts:
    """The verdict, how much was expected, and how many of the planted leaks were caught."""
    return _last("judged", "verdict", "expectations", "proof_planted", "proof_caught", **work)


def published(**work: str) -> Counts:
    """The table's version that made the run visible, its rows and files."""
    return _last("published", "version", "rows", "files", **work)


def _cleaned(day: str) -> Counts:
    extraction = max((entry["seq"] for entry in _entries("extracted", day=day)), default=0)
    gone = [entry for entry in _entries("cleaned", day=day) if entry["seq"] > extraction]
    return {"landing": "gone" if gone else "kept", "sources": len(gone)}


OF_STEP: dict[str, Callable[..., Counts]] = {
    "extract": extracted,
    "protect": protected,
    "validate": judged,
    "publish": published,
    "cleanup": _cleaned,
}
"""What each step leaves behind; a step that isn't here leaves nothing to count."""
