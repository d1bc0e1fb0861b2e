"""What an event is to each rule: one narrow row for every event and rule that it is a part of.

Everything here is said once an event, so it is written for the compilers below it: the JVM runs a method of
more than 8,000 bytes word by word, ten times slower (HotSpot's ``HugeMethodLimit``), and Spark makes one
method of a whole scan. Hence a number is exploded instead of a cell for each rule, rules that need the same
cell share its branch, and of many rules a few are compiled at a time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from functools import reduce
from operator import and_, or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.signals.predicates import column
from jobs.signals.rules import Role, Rule, Selection

KEY = ("rule", "grouped")
"""A rule and the values of its group fields: what happens in one group is nothing to another."""

AT_ONCE = 16
"""How many rules are compiled into one scan; more rules read the events again."""

Placed = Sequence[tuple[int, Rule]]


def parts(events: DataFrame, rules: Sequence[Rule]) -> DataFrame:
    """One row for every event and rule that it is a part of.

    Columns: ``event_id``, ``at`` (microseconds), ``rule`` (its place in ``rules``), ``grouped`` (values of its
    group fields), ``plays`` (its roles, a bit each), ``value`` (what it counts, else null).

    ``events``: rows of all releases under their published names, with ``release`` and ``occurred_at``.
    An event whose group fields are null joins nothing.
    """
    placed = list(enumerate(rules))
    some = (placed[first : first + AT_ONCE] for first in range(0, len(placed), AT_ONCE))
    return reduce(DataFrame.unionAll, (_parts(events, each) for each in some))


def of_rule(terms: Sequence[int | bool]) -> Column:
    """What the row's rule has in a list with one entry a rule."""
    return F.element_at(F.array(*map(F.lit, terms)), F.col("rule") + 1)


def _parts(events: DataFrame, rules: Placed) -> DataFrame:
    touched = F.explode(F.array(*(F.when(_touches(rule), F.lit(place)) for place, rule in rules)))
    return events.select("*", touched.alias("rule")).where(F.col("rule").isNotNull()).select(
        "event_id",
        F.unix_micros("occurred_at").alias("at"),
        "rule",
        _cell(rules, lambda rule: rule if _has_aliases(rule) else rule.group_by, _grouped).alias("grouped"),
        _cell(rules, lambda rule: rule if rule.roles[1:] else None, _plays).alias("plays"),
        _cell(rules, lambda rule: rule if rule.roles[1:] else rule.count and rule.count.value, _value).alias("value"),
    )  # fmt: skip


def _cell(rules: Placed, same: Callable[[Rule], Hashable], cell: Callable[[Rule], Column]) -> Column:
    """The cell of the row's rule; rules of which the ``same`` is said have one between them."""
    shared = defaultdict[Hashable, list[tuple[int, Rule]]](list)
    for place, rule in rules:
        shared[same(rule)].append((place, rule))
    ((_, last), *_), *others = shared.values()
    return reduce(
        lambda rest, some: F.when(F.col("rule").isin([place for place, _ in some]), cell(some[0][1])).otherwise(rest),
        others,
        cell(last),
    )


def _touches(rule: Rule) -> Column:
    return reduce(or_, map(_any, rule.roles)) & reduce(and_, (each.isNotNull() for each in _fields(rule)))


def _grouped(rule: Rule) -> Column:
    return F.array(*_fields(rule))


def _fields(rule: Rule) -> list[Column]:
    """The values of its group fields, each under the name that the event's release has for it."""
    if not _has_aliases(rule):
        return [F.col(field) for field in rule.group_by]
    selections = [selection for role in rule.roles for selection in role.selections]
    return [
        F.coalesce(*(F.when(_selected(s), F.col(s.fields[n])) for s in selections)) for n in range(len(rule.group_by))
    ]


def _has_aliases(rule: Rule) -> bool:
    """Whether a group field has different names in the rule's releases."""
    return any(s.fields != rule.group_by for role in rule.roles for s in role.selections)


def _plays(rule: Rule) -> Column:
    """A bit for each role that the event plays; a single one it plays anyway."""
    if not rule.roles[1:]:
        return F.lit(1).cast("bigint")
    bits = (F.when(_any(role), F.lit(1 << place)).otherwise(F.lit(0)) for place, role in enumerate(rule.roles))
    return reduce(Column.bitwiseOR, bits).cast("bigint")


def _value(rule: Rule) -> Column:
    count = rule.count
    if count is None:
        return F.lit(None).cast("string")
    counted = F.col(count.value).cast("string")
    return F.when(_any(rule.roles[rule.counting]), counted) if rule.roles[1:] else counted


def _any(role: Role) -> Column:
    return reduce(or_, map(_selected, role.selections))


def _selected(selection: Selection) -> Column:
    return (F.col("release") == selection.release) & column(selection.condition)
