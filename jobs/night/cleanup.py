"""Raw copies go as soon as every release of their day is published and verified (clause 8.1)."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

from jobs.lake.copies import forget_copy
from jobs.lake.faults import fault
from jobs.lake.files import is_of_the_future
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from jobs.night.plan import unmade
from policy.periods import RAW_KEPT
from policy.promise import Promise


def clean_up(promise: Promise, day: date, lake: Lake, today: date) -> tuple[list[str], list[str]]:
    """Delete landing of ``day`` if nothing needs it any more, and every copy that is overdue.

    Returns the sources that went and the releases that still wait. A release waits until the
    ledger has its publication after the last extraction of the day. ``today``: UTC.
    """
    ledger, copies = Ledger(lake.ledger), {each: lake.landed(each).extraction for each in lake.landed_days()}
    waiting = [
        name
        for name, contract in promise.releases.items()
        if unmade(contract, day, ledger) is None and not _published_since_extraction(ledger, name, day)
    ]
    gone: list[tuple[str, date]] = []
    for landed, extraction in copies.items():
        if (landed == day and not waiting) or today - lake.landed_since(landed) > RAW_KEPT:
            left = lake.leave(landed, extraction)
            fault("cleanup.before_record")
            gone += ((source, landed) for source in left)
    record_gone(lake, ledger, gone)
    _forget_exports(lake, ledger, today)
    return [source for source, _ in gone], waiting


def record_gone(lake: Lake, ledger: Ledger, gone: Iterable[tuple[str, date]]) -> None:
    """Say, once, that these sources of days left landing, and what an earlier run took away and had no time to say."""
    with lake.alone("cleanup"):
        last = {(source, str(day)): "" for source, day in gone}
        for entry in ledger.entries():
            if entry["kind"] in ("extracted", "cleaned"):
                last[entry["source"], entry["day"]] = entry["kind"]
        for (source, day), kind in last.items():
            if kind != "cleaned" and not lake.landing(source, date.fromisoformat(day)).exists():
                ledger.append("cleaned", source=source, day=day)


def _forget_exports(lake: Lake, ledger: Ledger, today: date) -> None:
    """A copy for a recipient is handed over, and gone from here, within a week."""
    for folder in sorted(lake.root.glob("exports/*/*/day=*")):
        if _is_overdue(folder, today):
            with lake.alone(folder.parent.name):
                forget_copy(folder, lake, ledger)


def _is_overdue(folder: Path, today: date) -> bool:
    """Whether a copy is there for too long; another cleanup may take it away at any moment."""
    with suppress(FileNotFoundError):
        made = datetime.fromtimestamp(folder.stat().st_mtime, UTC).date()
        return today - made > RAW_KEPT or is_of_the_future(folder)
    return False


def _published_since_extraction(ledger: Ledger, release: str, day: date) -> bool:
    extracted = ledger.last("extracted", day=day)
    published = ledger.last("published", release=release, day=day)
    return extracted is not None and published is not None and published["seq"] > extracted["seq"]
