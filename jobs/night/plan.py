"""What a night has to do: which days, which releases, and which it skips and why. No Spark."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from jobs.lake.ledger import Ledger
from jobs.night.days import require_over
from jobs.platform.database import Platform, connect
from policy.contract import Shape
from policy.promise import Promise

BUILT: frozenset[Shape] = frozenset({"events", "statistics", "findings", "noisy_counts"})
"""The shapes of release that a builder exists for; the others are skipped by name."""

LATE = timedelta(days=3)
"""Events arrive up to 72 hours late: the last moment of a day by the end of the third day after it."""


def plan(promise: Promise, day: date, ledger: Ledger) -> dict[str, Any]:
    """The work of the night of ``day`` as names and dates: what Airflow maps its tasks over.

    ``derived`` releases are made of published ones, the ``bases``; ``others`` are nobody's base.

    Raises:
        DayNotHeldError: the day isn't over.
    """
    require_over(day, datetime.now(UTC))
    days = sorted({day, *late_days(promise, day, ledger)})
    derived = {name: found for name in buildable(promise) if (found := promise.release(name).findings) is not None}
    bases = {base for found in derived.values() for base in found.derived_from}
    others = [name for name in buildable(promise) if name not in bases | derived.keys()]
    return {
        "days": [each.isoformat() for each in days],
        "bases": _items(days, sorted(bases)),
        "others": _items(days, others),
        "derived": _items(days, list(derived)),
        "skipped": [
            {"release": name, "why": f"no builder makes {contract.shape} yet"}
            for name, contract in promise.releases.items()
            if contract.shape not in BUILT
        ],
    }


def _items(days: list[date], releases: list[str]) -> list[dict[str, str]]:
    return [{"day": day.isoformat(), "release": release} for day in days for release in releases]


def buildable(promise: Promise) -> list[str]:
    """The releases that the night makes."""
    return [name for name, contract in promise.releases.items() if contract.shape in BUILT]


def late_days(promise: Promise, day: date, ledger: Ledger) -> list[date]:
    """Earlier days whose source has more, or fewer, rows than when they were last extracted.

    Days that were never extracted are left to a backfill. Each found day is rebuilt whole, under
    the keys of its own epoch.
    """
    earlier = [day - timedelta(days=back) for back in range(1, LATE.days + 1)]
    known = [each for each in earlier if ledger.last("extracted", day=each) is not None]
    if not known:
        return []
    with connect() as platform:
        return [each for each in known if _changed(promise, platform, each, ledger)]


def _changed(promise: Promise, platform: Platform, day: date, ledger: Ledger) -> bool:
    for name, source in promise.readable.items():
        last = ledger.last("extracted", source=name, day=day)
        if last is not None and source.time is not None and platform.count(name, source, day) != last["rows"]:
            return True
    return False
