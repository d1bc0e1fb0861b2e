"""Which groups could have a finding at all: counted first, so that the others are never shuffled or sorted.

Nearly every group falls short of its rule however its events lie in time: too few of them, too few
different values, or a role that none plays. Counting them is cheap; following them through windows isn't.

What is left of a group is what its hash says in a set of bits, so memory doesn't grow with groups. Groups of
one hash or one bit are taken for one: they have the events of both, and both are kept if either is. So a
collision keeps more than it must and never takes a finding away.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.signals.parts import KEY, of_rule
from jobs.signals.rules import EVERY_EVENT, Rule

WORDS, BITS = 1 << 16, 64
"""The set of bits: half a megabyte. With forty thousand groups left, one of a hundred others is kept, too."""


def possible(parts: DataFrame, rules: Sequence[Rule]) -> DataFrame:
    """``parts`` without groups whose rule can't be fulfilled by their events, whenever they happened.

    Guarantee: every group with a fulfilling window keeps all its rows. Rules that one event fulfils aren't counted.
    """
    if not any(map(_waits, rules)):
        return parts
    patient = of_rule([_waits(rule) for rule in rules])
    kept = _bits(_reaching(parts.where(patient), rules))
    word, bit = _place(F.xxhash64(*KEY))
    return parts.where(~patient | (F.getbit(F.element_at(kept.scalar(), word + 1), bit) == 1))


def _waits(rule: Rule) -> bool:
    """Whether one event alone can't be a finding."""
    return len(rule.roles) > 1 or (rule.count is not None and rule.count.least > 1)


def _reaching(parts: DataFrame, rules: Sequence[Rule]) -> DataFrame:
    """``group``: the hash of each group that has every role of its rule, and as many values as its count asks for.

    Different values are told apart by themselves, not by a hash: one of two that a hash takes for one would be missed.
    Events are counted as often as they are there, since that is never too few.
    """
    values = of_rule([rule.count is not None and (rule.count.value,) != EVERY_EVENT for rule in rules])
    several = parts.groupBy("rule", F.xxhash64(*KEY).alias("group"), F.when(values, F.col("value")).alias("value")).agg(
        F.count("value").alias("events"), F.bit_or("plays").alias("plays")
    )
    groups = several.groupBy("rule", "group").agg(
        F.when(values, F.count("value")).otherwise(F.sum("events")).alias("most"), F.bit_or("plays").alias("plays")
    )
    least = of_rule([rule.count.least if rule.count else 0 for rule in rules])
    every = of_rule([(1 << len(rule.roles)) - 1 for rule in rules])
    return groups.where((F.col("most") >= least) & (F.col("plays") == every)).select("group")


def _bits(groups: DataFrame) -> DataFrame:
    """One row, one cell: an array of words in which each group's bit is set."""
    word, bit = _place(F.col("group"))
    one, none = (F.lit(number).cast("bigint") for number in (1, 0))
    given = groups.select(word.alias("word"), F.call_function("shiftleft", one, bit).alias("set"))
    empty = groups.sparkSession.range(WORDS).select(F.col("id").cast("int").alias("word"), none.alias("set"))
    words = empty.unionAll(given).groupBy("word").agg(F.bit_or("set").alias("set"))
    in_order = F.array_sort(F.collect_list(F.struct("word", "set")))
    return words.agg(F.transform(in_order, lambda each: each["set"]))


def _place(group: Column) -> tuple[Column, Column]:
    """The word of a hash and the bit in it."""
    place = F.pmod(group, F.lit(WORDS * BITS)).cast("int")
    return F.call_function("shiftright", place, F.lit(6)), place.bitwiseAND(BITS - 1)
