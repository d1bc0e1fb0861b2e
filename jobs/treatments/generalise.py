"""Treatments that make values coarser: times, dates, numbers, countries.

Each takes a column and gives a column of as many rows; nulls stay null; native expressions only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F

from policy.outputs import OTHER
from policy.rules import DateUnit, TimeUnit


def truncated_time(time: Column, unit: TimeUnit) -> Column:
    """The timestamp at which the minute, hour or day (UTC) of ``time`` began."""
    return F.date_trunc(unit, time)


def truncated_date(day: Column, unit: DateUnit) -> Column:
    """The first date of the month, quarter or year of ``day``."""
    return F.trunc(day, unit)


def banded(number: Column, edges: Sequence[int], labels: Sequence[str]) -> Column:
    """The label of the half-open band ``[low, high)`` that holds ``number``.

    ``labels`` has one word more than ``edges``: below the first, between each two, from the last on.
    """
    bands = zip(edges, labels, strict=False)
    below = reduce(lambda chosen, band: chosen.when(number < band[0], band[1]), bands, F.when(number.isNull(), None))
    return below.otherwise(labels[-1])


def region(country: Column, regions: Mapping[str, Sequence[str]]) -> Column:
    """The United Nations M49 region of an ISO 3166-1 alpha-2 code; an unknown code is ``other``."""
    code = F.upper(F.trim(country))
    start = F.when(country.isNull(), None)
    known = reduce(lambda chosen, item: chosen.when(code.isin(*item[1]), item[0]), regions.items(), start)
    return known.otherwise(OTHER)
