"""From fulfilled windows to findings: windows that overlap are one attack, and an attack is one row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.signals.correlations import MICROS, fulfilments
from jobs.signals.parts import KEY, parts
from jobs.signals.possible import possible
from jobs.signals.rules import Rule

EVIDENCE = 10
"""How many of a finding's first events, and of its last ones, are named as evidence."""


@dataclass(frozen=True)
class Period:
    """From when (included) to when (excluded) windows must end to be reported; UTC."""

    start: datetime
    end: datetime


def findings(events: DataFrame, rules: Sequence[Rule], period: Period) -> DataFrame:
    """One row per attack that a rule sees in ``period``: rule, what is shared, first and last event, counts, evidence.

    A finding is the union of overlapping windows that fulfil the rule and end in the period, so it
    belongs to the day of its last event. ``events`` has to reach two reaches of the rules back: one for
    windows that straddle the beginning, one to tell whether the attack was a finding before.
    Guarantee: the order, partitions and repetitions of rows don't matter.
    """
    judged = fulfilments(possible(parts(events, rules), rules), rules)
    begins, ends = (F.lit(int(moment.timestamp()) * MICROS).cast("bigint") for moment in (period.start, period.end))
    in_period = F.col("fulfilled") & (F.col("at") >= begins) & (F.col("at") < ends)
    backwards = Window.partitionBy(*KEY).orderBy(F.col("at").desc())
    reached = judged.withColumn("since", F.min(F.when(in_period, F.col("since"))).over(backwards))
    covered = reached.where(F.col("since") <= F.col("at"))
    forwards = Window.partitionBy(*KEY).orderBy("at")
    before = F.lag("at").over(forwards)
    apart = (before.isNull() | (F.col("since") > before)).cast("int")
    numbered = covered.withColumn("apart", apart).withColumn(
        "number", F.sum("apart").over(forwards.rowsBetween(Window.unboundedPreceding, Window.currentRow))
    )
    return _rows(numbered, rules, begins)


def _rows(numbered: DataFrame, rules: Sequence[Rule], begins: Column) -> DataFrame:
    """The columns of the contract, without level and technique."""
    finding = (*KEY, "number")
    before = F.col("fulfilled") & (F.col("at") < begins)
    once = numbered.groupBy(*finding, "event_id").agg(
        F.min("at").alias("at"), F.min("value").alias("value"), F.bool_or(before).alias("before")
    )
    first, last = (Window.partitionBy(*finding).orderBy(*order) for order in (
        (F.asc("at"), F.asc("event_id")), (F.desc("at"), F.desc("event_id"))
    ))  # fmt: skip
    shown = (F.row_number().over(first) <= EVIDENCE) | (F.row_number().over(last) <= EVIDENCE)
    evidence = F.array_sort(F.collect_list(F.when(F.col("shown"), F.struct("at", "event_id"))))
    names = F.element_at(F.array(*(F.lit(rule.name) for rule in rules)), F.col("rule") + 1)
    fields = F.element_at(F.array(*(F.array(*map(F.lit, rule.group_by)) for rule in rules)), F.col("rule") + 1)
    counts = F.element_at(F.array(*map(_counts_values, rules)), F.col("rule") + 1)
    made = once.withColumn("shown", shown).groupBy(*finding).agg(
        F.timestamp_micros(F.min("at")).alias("first_seen"),
        F.timestamp_micros(F.max("at")).alias("last_seen"),
        F.bool_or("before").alias("continues"),
        F.count(F.lit(1)).alias("events"),
        F.count_distinct("value").alias("distinct_values"),
        evidence.alias("shown"),
    )  # fmt: skip
    return made.select(
        names.alias("rule"),
        F.map_from_arrays(fields, F.col("grouped")).alias("shared"),
        "first_seen",
        "last_seen",
        "continues",
        "events",
        F.when(counts, F.col("distinct_values")).alias("distinct_values"),
        F.transform("shown", lambda each: each["event_id"]).alias("evidence"),
    )


def _counts_values(rule: Rule) -> Column:
    """Whether a finding of the rule says how many values there were; events are counted anyway."""
    return F.lit(rule.count is not None and rule.count.value != "event_id")
