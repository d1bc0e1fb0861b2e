"""Calendar months and key epochs.

Periods follow Regulation (EEC, Euratom) No 1182/71, article 3: the day of the event isn't
counted, and a period of months ends with the day of the same number, or with the month's
last day where that number doesn't exist (31 August + 18 months = 28 or 29 February).
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, timedelta
from functools import partial

RAW_KEPT = timedelta(days=7)
"""Landing and copies for recipients never stay longer here, published or not; the platform still has its rows."""

clock: Callable[[], datetime] = partial(datetime.now, UTC)
"""What `now` asks; tests of a fixed day give another."""

_PERIOD = re.compile(r"P(\d{1,3})M")


def months_of(period: str) -> int:
    """The number of calendar months in an ISO 8601 period such as ``P3M``.

    Raises:
        ValueError: the period is not a positive whole number of months.
    """
    match = _PERIOD.fullmatch(period)
    if match is None or int(match[1]) == 0:
        raise ValueError(f"{period!r} is not a period of whole months such as P3M")
    return int(match[1])


def now() -> datetime:
    """This moment (UTC), by which periods are over."""
    return clock()


def add_months(start: date, months: int) -> date:
    """The last day of a period of ``months`` that began with an event on ``start``.

    A period that leaves the years of the calendar ends with its last day, 9999-12-31, or, backwards, its first.
    """
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if not MINYEAR <= year <= MAXYEAR:
        return date.max if months > 0 else date.min
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(start.day, last))


def month_end(day: date) -> date:
    """The last day of the calendar month in which ``day`` lies."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def epoch_of(day: date, period: str) -> str:
    """The key epoch of a data day: the ISO date of the epoch's first day.

    Epochs tile the calendar from January of year 1 in steps of ``period``, so the
    same day gives the same epoch on every machine: ``epoch_of(2026-11-23, "P3M")``
    is ``2026-10-01``.
    """
    months = months_of(period)
    index = (day.year - 1) * 12 + day.month - 1
    year, month = divmod(index - index % months, 12)
    return date(year + 1, month + 1, 1).isoformat()


def next_epoch(epoch: str, period: str) -> str:
    """The epoch that follows ``epoch``."""
    return add_months(date.fromisoformat(epoch), months_of(period)).isoformat()
