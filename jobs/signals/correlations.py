"""Sigma correlations as window expressions: every rule in one pass, one shuffle and linear running sums.

A window of a rule is any stretch of time of its timespan that ends with one of its events, both edges
included (the Sigma specification's sliding window). What a window holds is never gathered: a value is
*present* from its first event to a timespan after its last one, so the number of values present is a
running sum of beginnings and endings, and the last time that a part was seen is a running maximum.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import and_, or_

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.signals.parts import KEY, of_rule
from jobs.signals.rules import Rule

MICROS = 1_000_000


def fulfilments(parts: DataFrame, rules: Sequence[Rule]) -> DataFrame:
    """For every part of `jobs.signals.parts` whether a window that ends there fulfils its rule.

    Columns: those of ``parts`` that say what and when, ``fulfilled``, and ``since``, from when on the
    events of a fulfilling window are part of its finding.

    Equal times are one moment: within it, order can't be told and is taken as kept.
    """
    counted = _with_marks(_with_presence(_with_terms(parts, rules)))
    return _judged(counted, rules).where(~F.col("mark")).select(
        *KEY, "event_id", "value", "at", F.coalesce("fulfilled", F.lit(False)).alias("fulfilled"), "since"
    )  # fmt: skip


def _with_terms(parts: DataFrame, rules: Sequence[Rule]) -> DataFrame:
    """The rows beside what their rule asks for."""
    micros = F.lit(MICROS).cast("bigint")
    return parts.repartition(*(F.col(name) for name in KEY)).withColumns({
        "span": of_rule([rule.seconds for rule in rules]) * micros,
        "count_span": of_rule([rule.count.seconds if rule.count else 0 for rule in rules]) * micros,
        "least": of_rule([rule.count.least if rule.count else 0 for rule in rules]),
        "count_role": of_rule([rule.counting for rule in rules]),
        "ordered": of_rule([rule.ordered for rule in rules]),
        "size": of_rule([len(rule.roles) for rule in rules]),
    })  # fmt: skip


def _with_presence(rows: DataFrame) -> DataFrame:
    """Where a value's presence begins, and where no later event carries it on."""
    same = Window.partitionBy(*KEY, "value").orderBy("at")
    counts = F.col("value").isNotNull()
    before, after = F.lag("at").over(same), F.lead("at").over(same)
    begins = counts & (before.isNull() | (F.col("at") - before > F.col("count_span")))
    ends = counts & (after.isNull() | (after - F.col("at") > F.col("count_span")))
    return rows.withColumns({"begins": begins, "ends": ends})


def _with_marks(rows: DataFrame) -> DataFrame:
    """The rows, and after each presence a mark that takes it away again; a mark is no event."""
    event = F.struct(F.col("at"), F.lit(False).alias("mark"), F.col("begins").cast("int").alias("change"))
    mark = F.struct(
        (F.col("at") + F.col("count_span")).alias("at"), F.lit(True).alias("mark"), F.lit(-1).alias("change")
    )
    both = F.array_compact(F.array(event, F.when(F.col("ends"), mark)))
    kept = [name for name in rows.columns if name not in ("at", "begins", "ends")]
    return rows.select(*kept, F.explode(both).alias("step")).select(*kept, "step.*")


def _judged(steps: DataFrame, rules: Sequence[Rule]) -> DataFrame:
    """Running sums and maxima over each group's steps in time, equal times together.

    ``last`` is when a part was seen last; ``chain`` is the latest beginning of the parts so far in order, and
    ``tail`` the same from the counted part on, where that isn't the first one anyway.
    """
    so_far = Window.partitionBy(*KEY).orderBy("at", "mark")
    counted = steps.withColumn("present", F.sum("change").over(so_far))
    enough = F.col("value").isNotNull() & (F.col("present") >= F.col("least"))
    longest, tails = max(len(rule.roles) for rule in rules), any(map(counts_later, rules))
    for place in range(longest):
        plays = ~F.col("mark") & (F.col("plays").bitwiseAND(1 << place) != 0)
        counts = F.col("count_role") == place
        seen = F.when(plays & (~counts | enough), F.col("at"))
        begun = {"chain": F.col(f"chain{place - 1}") if place else F.col("at")}
        if tails:
            begun["tail"] = F.when(counts, F.col("at")).otherwise(F.col(f"tail{place - 1}") if place else F.lit(None))
        counted = counted.withColumns({
            f"seen{place}": seen,
            f"last{place}": F.max(seen).over(so_far),
            **{f"{of}{place}": F.max(F.when(seen.isNotNull(), since)).over(so_far) for of, since in begun.items()},
        })  # fmt: skip
    return _fulfilled(counted, longest, "tail" if tails else "chain")


def counts_later(rule: Rule) -> bool:
    """Whether its order has a count that isn't its first part."""
    return rule.ordered and any(role.count is not None for role in rule.roles[1:])


def _fulfilled(counted: DataFrame, longest: int, counting: str) -> DataFrame:
    """Whether the window that ends at a row holds every part; in order, as the latest possible beginning tells.

    A count inside holds more than the moment that fulfilled it: the events from a timespan of its own before.
    """
    size, span, at = F.col("size"), F.col("span"), F.col("at")
    every = [(place < size, F.col(f"last{place}")) for place in range(longest)]
    earliest = reduce(F.least, (F.when(needed, last).otherwise(at) for needed, last in every))
    complete = reduce(and_, (~needed | last.isNotNull() for needed, last in every))
    playing = reduce(or_, (F.col(f"seen{place}").isNotNull() for place in range(longest)))

    def of_final(name: str) -> Column:
        return F.coalesce(*(F.when(size == place + 1, F.col(f"{name}{place}")) for place in range(longest)))

    begins = F.when(F.col("ordered"), of_final("chain")).when(complete, earliest)
    ends = F.when(F.col("ordered"), of_final("seen").isNotNull()).otherwise(playing)
    last = F.coalesce(*(F.when(F.col("count_role") == place, F.col(f"last{place}")) for place in range(longest)))
    count = F.when(F.col("ordered"), of_final(counting)).otherwise(last) - F.col("count_span")
    nested = (size > 1) & (F.col("count_role") >= 0)
    since = F.when(nested, F.least(begins, count)).otherwise(at - span)
    return counted.withColumns({"fulfilled": ends & (begins >= at - span), "since": since})
