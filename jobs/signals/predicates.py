"""What a rule says of one event, as data: words that a field may have, and how such statements are joined.

A statement is true or false, never null: an event without the field isn't one with the word. So a rule
can be compiled, and shown, without Spark; ``column`` is the last step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_

from pyspark.sql import Column
from pyspark.sql import functions as F


@dataclass(frozen=True)
class Words:
    """The field has one of these words."""

    field: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Present:
    """The field has a value."""

    field: str


@dataclass(frozen=True)
class Not:
    """What it holds is false."""

    part: Predicate


@dataclass(frozen=True)
class Every:
    """All parts are true."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True)
class Some:
    """One part or more is true."""

    parts: tuple[Predicate, ...]


Predicate = Words | Present | Not | Every | Some


def column(predicate: Predicate) -> Column:
    """The predicate over the columns of its release; never null."""
    match predicate:
        case Words(field, words):
            return F.coalesce(F.col(field).isin(*words), F.lit(False))
        case Present(field):
            return F.col(field).isNotNull()
        case Not(part):
            return ~column(part)
        case Every(parts):
            return _joined(and_, parts)
        case Some(parts):
            return _joined(or_, parts)


def _joined(how: Callable[[Column, Column], Column], parts: tuple[Predicate, ...]) -> Column:
    return reduce(how, map(column, parts))
