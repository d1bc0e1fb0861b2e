"""Whose rows of a month may be shown, so that nobody stands out in it, nor in it and another month together.

Somebody who knows that a person is in two months, and with which shown quasi-identifiers in each, joins the two: who
are in both with the same words are a class, too, and must be k. Fung, Wang, Chen, Yu, "Privacy-preserving data
publishing: a survey of recent developments" (2010), section 6.2, on sequential releases. Pairs of months are looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.anonymity.classes import Roles
from jobs.anonymity.counts import Criteria
from jobs.anonymity.nodes import Base, base
from jobs.lake.memory import MONTH, PERSON
from policy.contract import Contract
from policy.errors import PolicyError
from policy.hierarchies import EVERYTHING, Hierarchy


class JoinedMonthsError(PolicyError):
    """With what the published months show already, a month would leave out more people than it may."""

    def __init__(self, contract: Contract, suppressed: int, joined: int, rows: int, months: int) -> None:
        _, given, _ = contract.microdata
        self.release, self.owner = contract.release, contract.owner
        self.suppressed, self.joined, self.rows = suppressed, joined, rows
        super().__init__(
            f"{contract.release}: {joined} of {rows} rows could be joined with one of {months} published months into "
            f"classes under k, and {suppressed} must be left out in all, {suppressed / max(rows, 1):.1%}; the contract "
            f"allows {given.suppression:.1%}; nothing was staged; ask {contract.owner} to look at it and, if it may "
            f"be, to pin higher levels in policy/releases/{contract.release}.yaml"
        )


@dataclass(frozen=True)
class Kept:
    """The rows that may be shown, how many there are, and how many were left out: in all, and for another month."""

    rows: DataFrame
    number: int
    suppressed: int
    joined: int


def criteria_of(contract: Contract) -> tuple[Roles, Criteria]:
    """What the classes of a contract of microdata are made of, and what they must keep."""
    anonymity, _, _ = contract.microdata
    roles = Roles(anonymity.quasi_identifiers, anonymity.sensitive)
    return roles, Criteria(anonymity.k, anonymity.l, anonymity.t)


def kept(contract: Contract, people: DataFrame, memory: DataFrame | None) -> Kept:
    """Leave rows out until every class keeps k, l and t, and no class of two months is under k.

    Guarantee: the same people and memory, in any order, leave the same rows out. ``people``: `PERSON` and the shown
    columns. ``memory``: `MONTH`, `PERSON` and the shown quasi-identifiers of each published month.
    """
    rows = people.persist()
    number = before = rows.count()
    joined = 0
    while before:
        strong = _strong(contract, rows).persist()
        after = strong.count()
        if memory is not None:
            apart = _apart(contract, strong, memory).persist()
            together = apart.count()
            joined += after - together
            strong.unpersist()
            strong, after = apart, together
        rows.unpersist()
        rows = strong
        if after == before:
            break
        before = after
    return Kept(rows, before, number - before, joined)


def _strong(contract: Contract, rows: DataFrame) -> DataFrame:
    """The rows of classes that keep every criterion."""
    weak = weak_classes(contract, rows)
    if not weak.num_rows:
        return rows
    listed = F.broadcast(rows.sparkSession.createDataFrame(weak))
    return rows.join(listed, _alike(rows, listed, weak.column_names), "left_anti")


def weak_classes(contract: Contract, rows: DataFrame) -> pa.Table:
    """The classes that miss a criterion, by their shown words; their number is bounded by that of all shown words."""
    roles, criteria = criteria_of(contract)
    counted = base(rows, roles, criteria, as_shown(contract))
    try:
        found = [_weak(counted, table.quasi, ~counted.stays(table)) for table in counted.tables(_bottom(counted))]
    finally:
        counted.close()
    listed = sorted({words for part in found for words in part}, key=repr)
    columns = zip(*listed, strict=True) if listed else ([] for _ in counted.attributes)
    arrays = [pa.array(list(column), pa.string()) for column in columns]
    return pa.table(dict(zip(roles.quasi_identifiers, arrays, strict=True)))


def _bottom(counted: Base) -> tuple[int, ...]:
    return (0,) * len(counted.attributes)


def _weak(counted: Base, quasi: Sequence[object], weak: object) -> set[tuple[str | None, ...]]:
    words = [dict(zip(each.places[0].tolist(), each.words[0], strict=True)) for each in counted.attributes]
    chosen = zip(*(codes[weak].tolist() for codes in quasi), strict=True)  # type: ignore[index]
    return {tuple(known[code] for known, code in zip(words, codes, strict=True)) for codes in chosen}


def as_shown(contract: Contract) -> dict[str, Hierarchy]:
    """For each quasi-identifier the hierarchy of its shown words: themselves, and nothing above but everything."""
    anonymity, _, _ = contract.microdata
    values = {output.name: output.values or () for output in contract.outputs}
    return {
        name: Hierarchy(name=name, levels=(name, EVERYTHING), above=dict.fromkeys(values[name], ()))
        for name in anonymity.quasi_identifiers
    }


def _apart(contract: Contract, rows: DataFrame, memory: DataFrame) -> DataFrame:
    """The rows whose people are in no class of two months that has fewer than k."""
    anonymity, _, _ = contract.microdata
    quasi = anonymity.quasi_identifiers
    then = memory.select(PERSON, MONTH, *(F.col(name).alias(f"_then_{name}") for name in quasi))
    both = rows.select(PERSON, *quasi).join(then, PERSON, "inner")
    together = Window.partitionBy(MONTH, *quasi, *(f"_then_{name}" for name in quasi))
    few = both.withColumn("_class", F.count(F.lit(1)).over(together)).where(F.col("_class") < anonymity.k)
    return rows.join(few.select(PERSON).distinct(), PERSON, "left_anti")


def joined_classes(contract: Contract, now: DataFrame, memory: DataFrame) -> int:
    """How many classes of two months have fewer than k people: ``now`` and each month of ``memory``.

    Counted by grouping, where `kept` looks through a window: what the gate holds against a month.
    """
    anonymity, _, _ = contract.microdata
    quasi = anonymity.quasi_identifiers
    then = memory.select(PERSON, MONTH, F.struct(*quasi).alias("_then"))
    both = now.select(PERSON, F.struct(*quasi).alias("_now")).join(then, PERSON, "inner")
    return both.groupBy(MONTH, "_then", "_now").count().where(F.col("count") < anonymity.k).count()


def _alike(rows: DataFrame, listed: DataFrame, names: Sequence[str]) -> Column:
    condition: Column = F.lit(True)
    for name in names:
        condition &= rows[name].eqNullSafe(listed[name])
    return condition
