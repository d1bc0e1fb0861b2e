"""Aggregate releases: groups that are shown only when enough people or companies stand behind them.

Two aggregations do all of it: per group and contributor first, then per group. So the number of
distinct contributors, the sum and the largest single share come from one pass over the source.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.people.exclusion import Exclusion
from jobs.treatments import treated
from policy.contract import Contract, Statistic
from policy.outputs import OTHER
from policy.promise import Promise

Frames = Callable[[str], DataFrame]


@dataclass(frozen=True)
class Statistics:
    """All groups of a release; ``shown`` are those that its thresholds let through."""

    groups: DataFrame
    columns: tuple[str, ...]
    excluded: int

    @property
    def shown(self) -> DataFrame:
        """The publishable groups, in exactly the contract's columns."""
        return self.groups.where("safe").select(*self.columns).coalesce(1)

    def counts(self) -> dict[str, int]:
        """Source rows behind the shown groups, behind the suppressed ones, and left out."""
        rows = F.coalesce(F.sum(F.when(F.col("safe"), F.col("row_count"))), F.lit(0))
        total = F.coalesce(F.sum("row_count"), F.lit(0))
        represented, counted = self.groups.agg(rows, total).first() or (0, 0)
        return {
            "rows_in": counted + self.excluded,
            "represented": represented,
            "suppressed": counted - represented,
            "excluded": self.excluded,
        }


def statistics(promise: Promise, contract: Contract, exclusion: Exclusion, day: date) -> Statistics:
    """Every group of every statistic of ``contract`` on ``day``, judged by its thresholds.

    A source row counts once for each statistic that it belongs to. Guarantee: a group is ``safe``
    only with at least ``k`` distinct contributors and, where a sum is shown, without a contributor
    above the dominance share.
    """
    parts, excluded, frames = [], 0, exclusion.frames
    for statistic in contract.statistics:
        rows = running(frames(statistic.of), statistic, day)
        kept = exclusion.without(rows, statistic.of)
        excluded += 0 if kept is rows else rows.count() - kept.count()
        parts.append(_aligned(judged(_grouped(promise, contract, statistic, kept, frames), statistic), contract))
    columns = tuple(contract.output_schema)
    return Statistics(reduce(DataFrame.unionByName, parts).cache(), columns, excluded)


def running(rows: DataFrame, statistic: Statistic, day: date) -> DataFrame:
    """The rows whose period includes ``day``; all rows when the statistic has no period."""
    if statistic.running is None:
        return rows
    first, last = statistic.running
    return rows.where((F.col(first) <= F.lit(day)) & (F.col(last).isNull() | (F.col(last) >= F.lit(day))))


def _grouped(promise: Promise, contract: Contract, statistic: Statistic, rows: DataFrame, frames: Frames) -> DataFrame:
    """One row per source row: its groups under their published names, contributor and measure."""
    sides = [(statistic.of, rows)]
    if statistic.joined is not None:
        sides.append((statistic.joined, frames(statistic.joined)))
    prepared = []
    for source, frame in sides:
        rules = contract.inputs[source]
        groups = [
            F.coalesce(treated(name, rule, promise.taxonomies, None), F.lit(OTHER)).alias(rule.output or name)
            for name, rule in rules.items()
            if rule.published and (rule.output or name) in statistic.by
        ]
        others = [F.col(n) for n, rule in rules.items() if rule.treat in ("count", "join", "measure")]
        prepared.append(frame.select(*groups, *others))
    if len(prepared) == 1:
        return prepared[0]
    links = {name for name, rule in contract.inputs[statistic.joined or ""].items() if rule.treat == "join"}
    joined = prepared[0].join(prepared[1], sorted(links), "left")
    return joined.withColumns({group: F.coalesce(group, F.lit(OTHER)) for group in statistic.by})


def judged(rows: DataFrame, statistic: Statistic) -> DataFrame:
    """Groups with their sizes, their distinct contributors, their sum, and whether they may be shown."""
    amount = F.col(statistic.total) if statistic.total is not None else F.lit(None).cast("decimal(18,2)")
    per_contributor = rows.groupBy(*statistic.by, statistic.contributor).agg(
        F.count(F.lit(1)).alias("row_count"), F.sum(amount).alias("amount")
    )
    groups = per_contributor.groupBy(*statistic.by).agg(
        F.sum("row_count").alias("row_count"),
        F.count(statistic.contributor).alias("contributors"),
        F.sum("amount").alias("amount"),
        F.max("amount").alias("largest"),
    )
    enough = F.col("contributors") >= statistic.k
    if statistic.dominance is not None:
        enough &= F.col("largest") <= F.col("amount") * F.lit(statistic.dominance)
    return groups.withColumns({"safe": F.coalesce(enough, F.lit(False)), "statistic": F.lit(statistic.name)})


def _aligned(groups: DataFrame, contract: Contract) -> DataFrame:
    """The groups in the release's columns, null where this statistic has no such group or sum."""
    totals = {statistic.total for statistic in contract.statistics if statistic.total is not None}
    columns = []
    for name, spark_type in contract.output_schema.items():
        held = "amount" if name in totals else name
        value = F.col(held) if held in groups.columns else F.lit(None)
        columns.append(value.cast(spark_type).alias(name))
    return groups.select(*columns, "safe")
