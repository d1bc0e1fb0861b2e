"""What the tasks show of a night: counts from the ledger, which anybody may read."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from airflow.sdk.exceptions import AirflowFailException

from ignicloud_airflow.jobs import PROJECT

Entry = dict[str, Any]
BROKEN = "the ledger isn't whole: a line is no entry; restore it from a copy and tell the privacy officer"


def lake() -> Path:
    """The lake's folder; of its zones this tower reads the ledger's, and hands out the threat reports."""
    return Path(os.environ.get("IGNICLOUD_LAKE") or PROJECT / "lake")


def entries(*kinds: str, **match: str) -> list[Entry]:
    """The ledger's entries of these kinds with these fields, oldest first. All of it is read each time."""
    path = lake() / "ledger" / "ledger.jsonl"
    if not path.exists():
        return []
    whole, _, _torn = path.read_text("utf-8").rpartition("\n")  # a last line without its end was never acknowledged
    try:
        lines = [json.loads(line) for line in whole.splitlines()]
        return [e for e in lines if e["kind"] in kinds and all(e.get(name) == value for name, value in match.items())]
    except (ValueError, TypeError, KeyError, AttributeError):
        raise AirflowFailException(BROKEN) from None


def counts(release: str, day: str, run: str) -> dict[str, int]:
    """Rows in, out, suppressed and excluded, version and planted leaks of one publication.

    Of an aggregate nobody is told what was suppressed and excluded: it could be subtracted.
    """
    fields = {
        "protected": ("rows_in", "rows_out", "suppressed", "excluded"),
        "judged": ("expectations", "proof_planted", "proof_caught"),
        "published": ("version",),
    }
    newest = {entry["kind"]: entry for entry in entries(*fields, release=release, day=day, run=run)}
    return {name: newest[kind][name] for kind in newest for name in fields[kind] if newest[kind][name] is not None}


def unpublished(work: list[dict[str, str]], runs: dict[str, str]) -> list[str]:
    """The releases that this run should have published and didn't."""
    done = {(entry["release"], entry["day"], entry["run"]) for entry in entries("published")}
    return [
        f"{item['release']} of {item['day']}"
        for item in work
        if (item["release"], item["day"], runs[item["day"]]) not in done
    ]
