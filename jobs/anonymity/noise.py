"""Counts with differential privacy: what each unit may add is bounded, then one draw of noise for every cell.

Bounding and counting are Spark's; the noise is the discrete Gaussian of OpenDP (Canonne, Kamath, Steinke 2020), which
draws exactly, from the operating system's random source, without floating point in the noise. Every cell of the
closed domain gets a number, zeros too, so that absence says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from typing import Any

import opendp.prelude as dp
from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from jobs.spark.local import frame_of
from jobs.treatments import treated
from jobs.treatments.normalise import normalised
from policy.contract import Contract
from policy.errors import PolicyError
from policy.privacy import NoisyCount, PrivacyBudget
from policy.promise import Promise
from policy.rules import Keep
from policy.sources import Source, SourceColumn

Row = dict[str, Any]
Cell = tuple[Any, ...]
"""A combination of words, in the order of a family's ``by``."""

UNCERTAIN = 0.05
"""Intervals hold the bounded count with a probability of 95 %."""


class MechanismError(PolicyError):
    """The mechanism would cost more than the contract says."""

    def __init__(self, release: str, count: str) -> None:
        self.release, self.count = release, count
        super().__init__(
            f"{release}: drawing {count} would cost more than its rho; nothing was drawn; report it as a defect"
        )


@dataclass(frozen=True)
class Bounded:
    """The bounded counts of one family, by cell; what the noise is added to and nobody ever sees."""

    count: NoisyCount
    cells: Mapping[Cell, int]


def bounded_counts(promise: Promise, contract: Contract, rows: DataFrame, key: Column, day: date) -> Iterator[Bounded]:
    """Each family's counts over its closed domain, after bounding what a unit adds.

    Guarantee: rows of one unit change the cells by at most the family's sensitivity. Which of a unit's cells
    count is chosen by an HMAC under ``key``, the same each time, unknown to anybody without it. ``rows`` are those
    of people who may be counted; cells with a word outside the domain count nowhere.
    """
    budget = _budget(contract)
    for count in budget.counts:
        domain = domain_of(promise, contract, count, day)
        per_cell = rows_by_unit(promise, contract, count, rows)
        order = F.call_function("ignicloud.token", F.lit("usr"), key, F.concat_ws("\x1f", "unit", *count.by))
        place = F.row_number().over(Window.partitionBy("unit").orderBy(order))
        kept = per_cell.withColumn("place", place).where(F.col("place") <= count.cells)
        added = F.least("n", F.lit(count.events)) if count.counted == "events" else F.lit(1)
        sums = kept.groupBy(*count.by).agg(F.sum(added).alias("n")).collect()
        found = {tuple(_word(row[group]) for group in count.by): int(row["n"]) for row in sums}
        yield Bounded(count, {cell: found.get(cell, 0) for cell in domain})


def drawn_rows(promise: Promise, contract: Contract, rows: DataFrame, key: Column, day: date) -> list[Row]:
    """One draw of every family: a row for each cell, with its number and interval; to be stored, never made twice.

    ``rows`` and ``key``: see `bounded_counts`. Times are ISO 8601 in UTC.
    """
    drawn: list[Row] = []
    for bounded in bounded_counts(promise, contract, rows, key, day):
        count, half = bounded.count, half_width(bounded.count)
        for cell, number in draw(contract, bounded).items():
            words = dict(zip(count.by, (w.isoformat() if isinstance(w, datetime) else w for w in cell), strict=True))
            interval = {"estimate": number, "low": number - half, "high": number + half}
            drawn.append(dict.fromkeys(contract.output_schema) | {"statistic": count.name, **words, **interval})
    return drawn


def drawn_frame(contract: Contract, rows: list[Row], spark: SparkSession) -> DataFrame:
    """Drawn rows as a frame, in exactly the contract's columns."""
    times = [name for name, kind in contract.output_schema.items() if kind == "timestamp"]
    cells = ({**row, **{name: datetime.fromisoformat(row[name]) for name in times if row[name]}} for row in rows)
    return frame_of(spark, contract.output_schema, cells)


def rows_by_unit(promise: Promise, contract: Contract, count: NoisyCount, rows: DataFrame) -> DataFrame:
    """``unit``, the groups of ``count.by``, and ``n`` rows: what one unit did in one cell of the domain."""
    budget, source = _budget(contract), promise.source(contract.main_source)
    groups = {
        rule.output or name: (
            treated(name, rule, promise.taxonomies, None),
            words_of(contract, source, rule.output or name),
        )
        for name, rule in contract.columns.items()
        if rule.published
    }
    wanted = {group: groups[group] for group in (*count.by, *count.only)}
    inside = [cell.isin(*words) for cell, words in wanted.values() if words]
    inside += [wanted[group][0].isin(*words) for group, words in count.only.items()]
    unit = F.coalesce(*(_unit(source.columns[name], name) for name in budget.unit), F.lit(""))
    for condition in inside:
        rows = rows.where(condition)
    cells = rows.select(unit.alias("unit"), *(wanted[group][0] for group in count.by)).where(
        F.forall(F.array(*(F.col(group).isNotNull() for group in count.by)), lambda known: known)
    )
    return cells.groupBy("unit", *count.by).agg(F.count(F.lit(1)).alias("n"))


def domain_of(promise: Promise, contract: Contract, count: NoisyCount, day: date) -> list[Cell]:
    """Every cell of a family on ``day``, in the order of the contract's words; hours in UTC."""
    source = promise.source(contract.main_source)
    hours = [datetime.combine(day, time(), UTC) + timedelta(hours=hour) for hour in range(24)]
    return list(product(*(words_of(contract, source, group) or hours for group in count.by)))


def words_of(contract: Contract, source: Source, group: str) -> tuple[str, ...]:
    """The closed vocabulary of a group; none for the hour of the day."""
    name, rule = next((n, r) for n, r in contract.columns.items() if (r.output or n) == group)
    return (rule.values or source.columns[name].values or ()) if isinstance(rule, Keep) else ()


def draw(contract: Contract, bounded: Bounded) -> dict[Cell, int]:
    """One draw of discrete Gaussian noise for every cell of a family.

    Raises:
        MechanismError: OpenDP's own accounting says that this mechanism costs more than the contract's rho.
    """
    dp.enable_features("contrib")
    mechanism = dp.m.make_gaussian(
        dp.vector_domain(dp.atom_domain(T="i64")), dp.l2_distance(T=float), scale=_scale(bounded.count)
    )
    if mechanism.map(bounded.count.sensitivity) > bounded.count.rho:  # type: ignore[no-untyped-call]
        raise MechanismError(contract.release, bounded.count.name)
    cells = list(bounded.cells)
    return dict(zip(cells, mechanism([bounded.cells[cell] for cell in cells]), strict=True))


def half_width(count: NoisyCount) -> int:
    """How far a number is from its bounded count at most, with a probability of 95 %."""
    return int(dp.discrete_gaussian_scale_to_accuracy(_scale(count), UNCERTAIN))


def _scale(count: NoisyCount) -> float:
    """The contract's scale, a trifle larger: rounding must never make the mechanism cost more than its rho."""
    return count.scale * (1 + 1e-9)


def _unit(column: SourceColumn, name: str) -> Column:
    """Whose row it is, under the class of its identifier, so that no id of one class is one of another."""
    kind = {"address": "address", "person": "uuid"}.get(column.identifier or "", "exact")
    return F.concat(F.lit(f"{column.identifier}:"), normalised(F.col(name), kind))  # type: ignore[arg-type]


def _word(word: Any) -> Any:
    return word.astimezone(UTC) if isinstance(word, datetime) else word


def _budget(contract: Contract) -> PrivacyBudget:
    if contract.privacy is None:
        raise AssertionError(f"{contract.release} has no privacy budget")
    return contract.privacy
