"""Until when a request must be answered in metropolitan France, worked out without the suite's own calendar.

Truth of the demo, oracle of tests: Regulation (EEC, Euratom) No 1182/71, art. 3; Code du travail, art. L. 3133-1.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from policy.periods import add_months

PARIS = ZoneInfo("Europe/Paris")
FIXED = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
AFTER_EASTER = (1, 39, 50)
"""Easter Monday, Ascension, Whit Monday: days after Easter Sunday."""


def last_day(received: datetime, months: int) -> date:
    """The last day of an answer to what came in at ``received`` (UTC, without offset)."""
    day = add_months(received.replace(tzinfo=ZoneInfo("UTC")).astimezone(PARIS).date(), months)
    while day.isoweekday() > 5 or day in feasts(day.year):
        day += timedelta(days=1)
    return day


def feasts(year: int) -> set[date]:
    """The public holidays of metropolitan France."""
    moving = (easter(year) + timedelta(days=days) for days in AFTER_EASTER)
    return {*(date(year, month, day) for month, day in FIXED), *moving}


def easter(year: int) -> date:
    """Easter Sunday (Meeus, Astronomical Algorithms, 1991, chapter 8)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    h = (19 * a + b - d - (8 * b + 13) // 25 + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    month, day = divmod(h + m - 7 * ((a + 11 * h + 22 * m) // 451) + 114, 31)
    return date(year, month, day + 1)
