"""Which days a night can be made of: over, and within what the platform holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from jobs.platform.database import Platform
from policy.errors import PolicyError
from policy.sources import Source
from policy.values import FIRST_MOMENT


class DayNotHeldError(PolicyError):
    """A night was asked for of a day that the platform can't know, or doesn't know wholly yet."""

    def __init__(self, day: date, problem: str, first: date | None, last: date) -> None:
        self.day, self.first, self.last = day, first, last
        held = f"from {first} to {last}" if first else f"up to {last}"
        super().__init__(f"{day}: {problem}; name a day {held} (UTC)")


def require_over(day: date, now: datetime) -> None:
    """Refuse a day whose events may still happen, or that no platform knows.

    Raises:
        DayNotHeldError: it is today or later in UTC, or before 1970.
    """
    yesterday = now.astimezone(UTC).date() - timedelta(days=1)
    if day > yesterday:
        raise DayNotHeldError(day, "isn't over", None, yesterday)
    if day < FIRST_MOMENT:
        raise DayNotHeldError(day, "lies before every event", FIRST_MOMENT, yesterday)


def require_held(platform: Platform, sources: Mapping[str, Source], day: date) -> None:
    """Refuse a day of which the platform has nothing to tell.

    Raises:
        DayNotHeldError: it isn't over, or lies before the first event of every table.
    """
    require_over(day, platform.moment)
    firsts = (platform.first_day(name, source) for name, source in sources.items() if source.time is not None)
    first = min((each for each in firsts if each is not None), default=None)
    if first is None or day < first:
        problem = "lies before the platform's first event" if first else "the platform holds no event"
        raise DayNotHeldError(day, problem, first, platform.moment.astimezone(UTC).date() - timedelta(days=1))
