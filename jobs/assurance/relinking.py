"""Whether behaviour alone joins the tokens of two epochs, tried on people of whom the jobs know both tokens.

The truth is made for the trial and nowhere kept: the tokens of the accounts that live today under both epochs' keys, by
the kernel, as re-identification makes them (docs/keys.md). It stays in Spark, whose shuffles are encrypted; the driver
sees numbered profiles of a bounded number of people, and gives a rate.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.anonymity.diversity import Ints
from jobs.anonymity.linkage import Linkage, linked
from jobs.keys.field_keys import DomainKeys
from jobs.keys.ring import Keyring
from jobs.lake.columns import PARTITION
from jobs.lake.landing import Landing
from jobs.lake.ledger import Ledger
from jobs.night.extract import landed
from jobs.people.reading import ACCOUNTS
from jobs.treatments import treated
from policy.contract import Contract
from policy.periods import epoch_of
from policy.promise import Promise
from policy.rules import Token

LINKED = 1_000
"""People who are looked for, among as many: a matrix of some megabytes."""


def joined_epochs(
    promise: Promise, contract: Contract, landing: Landing, rows: DataFrame, days: Iterable[date]
) -> Linkage | None:
    """What behaviour joins of the two newest epochs of a release whose keys live; None while there is one.

    ``rows``: the release with its partition ``day``, of these ``days``. The day of ``landing`` is extracted for this if
    it isn't there, and leaves again.
    """
    if contract.domain is None or contract.epoch is None:
        raise ValueError(f"{contract.release} has no epochs")
    ledger, lake = Ledger(landing.lake.ledger), landing.lake
    ring, domain = Keyring.from_environment(ledger), contract.domain
    living = {entry.epoch for entry in ring.entries() if entry.domain == domain and entry.state != "destroyed"}
    epochs = sorted({epoch_of(day, contract.epoch) for day in days} & living)[-2:]
    if len(epochs) < 2:
        return None
    before, after = (
        rows.where(F.col(PARTITION).cast("date").isin(*_of(epoch, contract.epoch, days))) for epoch in epochs
    )
    with landed(promise, landing.day, lake, ledger):
        keys = ring.domain(domain, epochs[0]), ring.domain(domain, epochs[1])
        return relinked(contract, before, after, known_tokens(promise, contract, landing, keys))


def _of(epoch: str, period: str, days: Iterable[date]) -> list[date]:
    """The days of one epoch."""
    return sorted(day for day in days if epoch_of(day, period) == epoch)


def known_tokens(
    promise: Promise, contract: Contract, landing: Landing, keys: tuple[DomainKeys, DomainKeys]
) -> DataFrame:
    """``before, after``: both tokens of every account that the platform has, under the keys of two epochs."""
    rule, accounts = _person_rule(contract), landing.frame(ACCOUNTS)
    made = (treated("user_id", rule, promise.taxonomies, each.on(landing.spark)) for each in keys)
    both = (token.alias(epoch) for token, epoch in zip(made, ("before", "after"), strict=True))
    return accounts.select(*both).dropna().distinct()


def _person_rule(contract: Contract) -> Token:
    """The rule under which people's tokens are made."""
    for name, rule in contract.columns.items():
        if contract.risk is not None and (rule.output or name) == contract.risk.person and isinstance(rule, Token):
            return rule
    raise ValueError(f"{contract.release} has no tokens of people")


def relinked(contract: Contract, before: DataFrame, after: DataFrame, known: DataFrame) -> Linkage:
    """Match people of the earlier epoch with those of the later.

    ``before``, ``after``: the rows of two epochs. ``known``: the two tokens of people, ``before`` and ``after``; those
    who are in both are asked about, `LINKED` of them at most.
    """
    if contract.risk is None:
        raise ValueError(f"{contract.release} doesn't say whose tokens are people's")
    person = contract.risk.person
    seen = {
        name: rows.select(F.col(person).alias(name)).distinct() for name, rows in (("before", before), ("after", after))
    }
    both = known.join(seen["before"], "before", "left_semi").join(seen["after"], "after", "left_semi")
    chosen = both.orderBy(F.xxhash64("before"), "before").limit(LINKED)
    numbered = chosen.withColumn("number", F.row_number().over(Window.orderBy("before")) - 1).persist()
    try:
        tables = [
            _counted(rows, contract, numbered.select(F.col(name).alias(person), "number"))
            for name, rows in (("before", before), ("after", after))
        ]
        people = numbered.count()
    finally:
        numbered.unpersist()
    words = pa.concat_arrays([table["word"].combine_chunks() for table in tables]).unique()
    matrices = [_matrix(table, words, people) for table in tables]
    return linked(matrices[0], matrices[1], np.arange(people))


def words(contract: Contract) -> list[Column]:
    """What of a row outlives a key: the hour of the week, the hour of the day, and the words of closed vocabularies."""
    times = [output.name for output in contract.outputs if output.type == "timestamp"]
    closed = [output.name for output in contract.outputs if output.values is not None]
    hours = [F.concat(F.lit(f"{name} "), F.date_format(name, pattern)) for name in times for pattern in ("E HH", "HH")]
    return [*hours, *(F.concat(F.lit(f"{name} "), F.col(name)) for name in closed)]


def _counted(rows: DataFrame, contract: Contract, who: DataFrame) -> pa.Table:
    """``number, word, seen``: how often each person's rows have each word."""
    person = contract.risk.person if contract.risk is not None else ""
    each = F.explode(F.array(*words(contract))).alias("word")
    return (
        rows.join(F.broadcast(who), person)
        .select("number", each)
        .where("word IS NOT NULL")
        .groupBy("number", "word")
        .agg(F.count(F.lit(1)).alias("seen"))
        .toArrow()
    )


def _matrix(counted: pa.Table, known: pa.Array, people: int) -> Ints:
    """The counts as a row a person, a column a word."""
    matrix = np.zeros((people, len(known)), np.int64)
    places = pc.index_in(counted["word"], known).to_numpy()
    matrix[counted["number"].to_numpy(), places] = counted["seen"].to_numpy()
    return matrix
