"""What a night has to do: which days, which releases, and which it skips and why. No Spark."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from jobs.lake.ledger import Ledger
from jobs.night.days import require_over
from jobs.platform.database import Platform, connect
from policy.contract import Contract
from policy.periods import month_end
from policy.promise import Promise

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
    derived = {name: found for name, each in promise.releases.items() if (found := each.findings) is not None}
    bases = {base for found in derived.values() for base in found.derived_from}
    others = [name for name in promise.releases if name not in bases | derived.keys()]

    def items(releases: list[str]) -> list[dict[str, str]]:
        """These releases of all days, but those that aren't made."""
        pairs = ((each, name) for each in days for name in releases)
        return [
            {"day": each.isoformat(), "release": name}
            for each, name in pairs
            if unmade(promise.release(name), each, ledger) is None
        ]

    return {
        "days": [each.isoformat() for each in days],
        "bases": items(sorted(bases)),
        "others": items(others),
        "derived": items(list(derived)),
        "skipped": [
            {"release": name, "why": why}
            for name, contract in promise.releases.items()
            if (why := unmade(contract, day, ledger)) is not None
        ],
    }


def unmade(contract: Contract, day: date, ledger: Ledger) -> str | None:
    """Why the night of ``day`` doesn't make a release; None if it does.

    Microdata are of a closed month and published once: whatever comes later, the first version stays.
    """
    if not contract.is_due(day):
        return f"of closed months; due on {month_end(day)}"
    if contract.profile is not None and ledger.last("published", release=contract.release, day=day) is not None:
        return f"the month of {day} is published, once; its first version stays"
    return None


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
