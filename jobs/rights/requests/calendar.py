"""Until when somebody must be answered: Regulation (EEC, Euratom) No 1182/71, GDPR art. 12(3), policy clause 11.2.

A period of months isn't counted in days. It ends with the day of the same number in its last month, or with that
month's last day (art. 3(2)(c)); where that is a Saturday, a Sunday or a public holiday of the place that acts, with
the next working day (art. 3(4), art. 2). Saturdays and Sundays are the Regulation's own, whatever a country's week
is; public holidays are those of PyPI's `holidays`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from holidays import HolidayBase, country_holidays

from policy.answering import Answering
from policy.errors import PolicyError
from policy.periods import add_months

ANSWERED_IN, EXTENDED_TO = 1, 3
"""Calendar months from receipt (GDPR art. 12(3)): one; "two further months" where that is necessary."""

SATURDAY = 5


class UnknownCalendarError(PolicyError):
    """Nobody knows the public holidays of the place that acts, or not those of that year."""

    def __init__(self, place: Place, problem: str) -> None:
        self.country, self.region, self.problem = place.country, place.region, problem
        where = place.country if place.region is None else f"{place.country}, region {place.region}"
        super().__init__(
            f"the public holidays of {where} {problem}, so no due date can be said; "
            "ask the privacy officer to correct answering in policy/register.yaml"
        )


@dataclass(frozen=True)
class Place:
    """Where requests are answered: an ISO 3166-1 country, a subdivision with holidays of its own, and its clock.

    Raises:
        UnknownCalendarError: there is no calendar of that country and region.
    """

    country: str
    region: str | None = None
    timezone: str = "UTC"

    def __post_init__(self) -> None:
        try:
            _holidays(self.country, self.region)
        except NotImplementedError:
            raise UnknownCalendarError(self, "aren't known") from None

    @classmethod
    def of(cls, answering: Answering) -> Place:
        """The place of ``policy/register.yaml``."""
        return cls(answering.country, answering.region, answering.timezone)

    def day_of(self, moment: datetime) -> date:
        """The day that it is here at ``moment``, which has an offset."""
        return moment.astimezone(ZoneInfo(self.timezone)).date()

    def is_working(self, day: date) -> bool:
        """Whether ``day`` is neither a Saturday, a Sunday nor a public holiday here.

        Raises:
            UnknownCalendarError: the calendar doesn't reach to that year.
        """
        known = _holidays(self.country, self.region)
        if not known.start_year <= day.year <= known.end_year:
            raise UnknownCalendarError(self, f"aren't known for {day.year}")
        return day.weekday() < SATURDAY and day not in known

    def working_day_from(self, day: date) -> date:
        """``day`` itself, or the first working day after it."""
        while not self.is_working(day):
            day += timedelta(days=1)
        return day


@cache
def _holidays(country: str, region: str | None) -> HolidayBase:
    return country_holidays(country, subdiv=region)


def due(received: date, place: Place, paused: timedelta = timedelta()) -> date:
    """The last day on which what came in on ``received`` can be answered in time.

    ``received``: a day, or a moment with its offset, of which the day at ``place`` counts. ``paused``: how long the
    clock stood still; only whole days of it count, so that the day is never too late.
    """
    return _last_day(received, ANSWERED_IN, place, paused)


def extended(received: date, place: Place, paused: timedelta = timedelta()) -> date:
    """The last day of an extended answer: three months from receipt, not two from the end of the first."""
    return _last_day(received, EXTENDED_TO, place, paused)


def alerts(last: date, days: Iterable[int]) -> tuple[date, ...]:
    """The days on which somebody is told that ``last`` is so many days away, in their order."""
    return tuple(sorted(last - timedelta(days=ahead) for ahead in days))


def alert(last: date, today: date, days: Iterable[int]) -> int | None:
    """The nearest alert that is reached on ``today``, in days before ``last``; null before the first one."""
    return min((ahead for ahead in days if today >= last - timedelta(days=ahead)), default=None)


def _last_day(received: date, months: int, place: Place, paused: timedelta) -> date:
    day = place.day_of(received) if isinstance(received, datetime) else received
    return place.working_day_from(add_months(day, months) + timedelta(days=max(paused.days, 0)))
