"""A closed month as microdata: who may be shown, under which words, and what the generalisation costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.anonymity.lattice import Look, most
from jobs.anonymity.mondrian import mondrian
from jobs.anonymity.nodes import Base, base
from jobs.anonymity.pinned import Pinned, pinned, said
from jobs.anonymity.profile import people_of, raised
from jobs.anonymity.successive import JoinedMonthsError, Kept, criteria_of, kept
from jobs.lake.memory import MONTH, PERSON
from jobs.people.exclusion import Exclusion
from jobs.people.reading import ACCOUNTS
from jobs.treatments.normalise import normalised
from policy.contract import Contract
from policy.hierarchies import EVERYTHING, Hierarchy
from policy.promise import Promise
from policy.shapes import PREFIXES

MOST_CUT = 200_000
"""Cells that Mondrian cuts beside the search: some seconds. Of a larger table its loss isn't told."""


@dataclass(frozen=True)
class Month:
    """What a month is made of: landing of its last day, the key of its memory, and what is remembered of others."""

    exclusion: Exclusion
    day: date
    key: Column
    memory: DataFrame | None

    def person(self, user: Column) -> Column:
        """The token under which the memory knows a person."""
        return F.call_function("ignicloud.token", F.lit(PREFIXES["person"]), self.key, normalised(user, "uuid"))


@dataclass(frozen=True)
class Cost:
    """What the pinned node costs, beside what else there would have been: what everybody may read.

    Losses are those of the contract's metric, to the hundredth: a finer one would tell how many rows were left out.

    ``runners_up``: of the search, best first, those that aren't the node itself. ``local``: of Mondrian's classes,
    which suppress nothing; None where it isn't comparable. ``compared``: the days of the months it was held against.
    """

    node: str
    metric: str
    loss: float
    runners_up: tuple[tuple[str, float], ...]
    nodes: int
    looked_at: int
    pruned: int
    proved: bool
    local: float | None
    compared: tuple[str, ...] = ()


@dataclass(frozen=True)
class Microdata:
    """A month's rows, and what they leave behind. ``people``: `PERSON` and the shown columns."""

    contract: Contract
    month: Month
    people: Kept
    cost: Cost

    @property
    def rows(self) -> DataFrame:
        """The rows in the contract's columns, in the order of their words: it tells nothing else."""
        names = list(self.contract.output_schema)
        return self.people.rows.select(*names).orderBy(*names)

    def remembered(self) -> DataFrame:
        """`MONTH`, `PERSON` and the shown quasi-identifiers: of this month, and of the others what may stay.

        Whoever the platform no longer has, or retention has let go, is forgotten.
        """
        anonymity, _, _ = self.contract.microdata
        columns = [MONTH, PERSON, *anonymity.quasi_identifiers]
        own = self.people.rows.withColumn(MONTH, F.lit(self.month.day)).select(*columns)
        if self.month.memory is None:
            return own
        return own.unionByName(self.month.memory.select(*columns).join(self._held(), PERSON, "left_semi"))

    def _held(self) -> DataFrame:
        """The tokens of all whom the platform has, without those let go and held by nobody."""
        left, accounts = self.month.exclusion.left, self.month.exclusion.frames(ACCOUNTS)
        gone = {n.value for n in left.gone if n.identifier == "person"} - {n.value for n in left.held}
        known = accounts.select(self.month.person(F.col("user_id")).alias(PERSON)).dropna()
        if not gone:
            return known
        listed = accounts.sparkSession.createDataFrame(pa.table({"user_id": pa.array(sorted(gone), pa.string())}))
        return known.join(listed.select(self.month.person(F.col("user_id")).alias(PERSON)), PERSON, "left_anti")


def microdata(promise: Promise, contract: Contract, month: Month) -> Microdata:
    """The rows of a closed month that may be shown.

    Guarantee: the same landing and memory give the same rows. Every class keeps k, l and t, and every class of the
    month together with another one has k people or none; no more is suppressed than the contract allows.

    Raises:
        PinnedNodeError: the contract's node suppresses too much in this month by itself.
        JoinedMonthsError: it does together with the published months.
        UnplacedWordsError: values have no place in their hierarchy.
    """
    anonymity, given, profile = contract.microdata
    rows = month.exclusion.without(month.exclusion.frames(profile.month), profile.of)
    people = people_of(promise, contract, rows, month.exclusion.frames(profile.joined)).persist()
    known = promise.taxonomies.hierarchies
    roles, criteria = criteria_of(contract)
    counted = base(people, roles, criteria, {n: known[given.hierarchies[n]] for n in anonymity.quasi_identifiers})
    try:
        held = pinned(contract, counted, dict(known))
        cost = _cost(contract, counted, held, known)
    finally:
        counted.close()
    node = dict(zip(anonymity.quasi_identifiers, held.node, strict=True))
    shown = raised(people, counted, node).withColumn(PERSON, month.person(F.col(PERSON)))
    found = kept(contract, shown, month.memory)
    people.unpersist()
    compared = months_in(month.memory)
    if found.suppressed > most(counted, given.suppression):
        raise JoinedMonthsError(contract, found.suppressed, found.joined, counted.rows, len(compared))
    return Microdata(contract, month, found, replace(cost, compared=tuple(map(str, compared))))


def months_in(memory: DataFrame | None) -> list[date]:
    """The days of the months that are remembered, oldest first."""
    return [] if memory is None else sorted(row[MONTH] for row in memory.select(MONTH).distinct().collect())


def _cost(contract: Contract, counted: Base, held: Pinned, known: Mapping[str, Hierarchy]) -> Cost:
    _, given, _ = contract.microdata
    found, names = held.found, dict(known)
    best = [found.best] if found.best is not None else []

    def told(each: Look) -> tuple[str, float]:
        """Levels and loss in words that the ledger takes."""
        levels = said(each.node, counted, given, names).strip("{}").replace(EVERYTHING, "everything")
        return levels, round(each.loss, 2)

    node, loss = told(held.look)
    local = _local(counted, given.loss)
    return Cost(
        node=node,
        metric=given.loss,
        loss=loss,
        runners_up=tuple(told(each) for each in (*best, *found.runners_up) if each.node != held.node),
        nodes=found.nodes,
        looked_at=found.looked_at,
        pruned=found.unsafe + found.costly,
        proved=found.proved,
        local=None if local is None else round(local, 2),
    )


def _local(counted: Base, metric: str) -> float | None:
    """The loss of local recoding on the same cells, where its metric is the contract's and the driver holds them."""
    table = counted.kept.get((0,) * len(counted.attributes))
    if metric != "certainty_penalty" or table is None or not 0 < len(table.rows) <= MOST_CUT:
        return None
    columns = {
        f"q{place}": _words(attribute.words[0], codes.tolist())
        for place, (attribute, codes) in enumerate(zip(counted.attributes, table.quasi, strict=True))
    }
    columns |= {
        f"s{place}": values.take(pa.array(codes))
        for place, (values, codes) in enumerate(zip(counted.sensitive, table.sensitive, strict=True))
    }
    cells = pa.table({**columns, "rows": pa.array(table.rows)})
    return mondrian(cells, counted.roles, counted.criteria).loss


def _words(words: Sequence[str | None], codes: Sequence[int]) -> pa.Array:
    """The words of a level's codes: numbered in the order in which they come first."""
    numbered = list(dict.fromkeys(words))
    return pa.array([numbered[code] for code in codes], pa.string())
