"""Raw copies go as soon as every release of their day is published and verified (clause 8.1)."""

from __future__ import annotations

from datetime import date, timedelta

from jobs.lake import Lake
from jobs.ledger import Ledger
from jobs.plan import buildable
from policy.promise import Promise

AT_MOST = timedelta(days=7)
"""Landing never keeps a copy longer than this, published or not; the platform still has its rows."""


def clean_up(promise: Promise, day: date, lake: Lake, today: date) -> tuple[list[str], list[str]]:
    """Delete landing of ``day`` if nothing needs it any more, and every copy that is overdue.

    Returns the sources that went and the releases that still wait. A release waits until the
    ledger has its publication after the last extraction of the day. ``today``: UTC.
    """
    ledger = Ledger(lake.ledger)
    waiting = [name for name in buildable(promise) if not _published_since_extraction(ledger, name, day)]
    gone = []
    for landed in lake.landed_days():
        if (landed == day and not waiting) or today - lake.landed_since(landed) > AT_MOST:
            for source in lake.leave(landed):
                ledger.append("cleaned", source=source, day=landed)
                gone.append(source)
    return gone, waiting


def _published_since_extraction(ledger: Ledger, release: str, day: date) -> bool:
    extracted = ledger.last("extracted", day=day)
    published = ledger.last("published", release=release, day=day)
    return extracted is not None and published is not None and published["seq"] > extracted["seq"]
