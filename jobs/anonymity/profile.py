"""From the rows of a month to a row a person: who it could be, and how much was done, in bands.

Spark does all of it; nothing of a person comes to the driver.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.anonymity.nodes import Base
from jobs.lake.memory import PERSON
from jobs.treatments import treated
from jobs.treatments.normalise import normalised
from policy.contract import Contract
from policy.profile import NONE, CountBands
from policy.promise import Promise
from policy.rules import Join, Keep


def people_of(promise: Promise, contract: Contract, rows: DataFrame, joined: DataFrame) -> DataFrame:
    """A row a person of ``rows``: `PERSON` (its id), the quasi-identifiers as they are, the sensitive attributes.

    Rows of nobody known are nobody's. ``joined`` gives the attributes: those of the person's last row, of rows at the
    same moment those with the largest key. A key that ``joined`` doesn't have gives nulls. Order and partitions of the
    rows don't matter.
    """
    _, _, profile = contract.microdata
    rules, moment = contract.inputs[profile.of], promise.source(profile.of).time or ""
    [link] = [name for name, rule in rules.items() if isinstance(rule, Join)]
    by = F.col(profile.rows.by)
    words = main_words(promise, contract)
    counted = rows.select(
        normalised(F.col(profile.person), "uuid").alias(PERSON),
        normalised(F.col(link), "uuid").alias("_link"),
        F.col(moment).alias("_at"),
        by.alias("_by"),
    ).where(F.col(PERSON).isNotNull())
    each = counted.groupBy(PERSON).agg(
        F.max_by("_link", F.struct("_at", "_link")).alias("_link"),
        F.count_distinct(F.to_date("_at")).alias("_days"),
        *(F.count_if(F.col("_by") == word).alias(f"_rows_{place}") for place, word in enumerate(words)),
    )
    attributes = _attributes(promise, contract, joined, link)
    return each.join(attributes, "_link", "left").select(PERSON, *_columns(contract, words))


def main_words(promise: Promise, contract: Contract) -> tuple[str, ...]:
    """The closed vocabulary that has a column a word, in the contract's order."""
    _, _, profile = contract.microdata
    rule = contract.inputs[profile.of][profile.rows.by]
    kept = rule.values if isinstance(rule, Keep) else None
    return kept or promise.source(profile.of).columns[profile.rows.by].values or ()


def _attributes(promise: Promise, contract: Contract, joined: DataFrame, link: str) -> DataFrame:
    """One row a key, under the published names; of several rows of one key always the same."""
    _, _, profile = contract.microdata
    shown = [
        treated(name, rule, promise.taxonomies, None)
        for name, rule in contract.inputs[profile.joined].items()
        if rule.published
    ]
    spelled = joined.select(normalised(F.col(link), "uuid").alias("_link"), F.struct(*shown).alias("_shown"))
    return spelled.groupBy("_link").agg(F.max("_shown").alias("_shown")).select("_link", "_shown.*")


def _columns(contract: Contract, words: tuple[str, ...]) -> list[Column]:
    anonymity, _, profile = contract.microdata
    rows = [F.col(f"_rows_{place}") for place in range(len(words))]
    made = {profile.days.output: _banded(F.col("_days"), profile.days)}
    made |= {word: _banded(count, profile.rows) for word, count in zip(words, rows, strict=True)}
    rule = contract.inputs[profile.of][profile.rows.by]
    made[rule.output or profile.rows.by] = _most(rows, words)
    columns = {**{name: F.col(name) for name in anonymity.quasi_identifiers}, **made}
    return [columns[output.name].alias(output.name) for output in contract.outputs]


def _most(rows: list[Column], words: tuple[str, ...]) -> Column:
    """The word with most rows, the first of several; null where none has any."""
    most = F.greatest(*rows) if len(rows) > 1 else rows[0]
    cases = [F.when((count == most) & (most > 0), F.lit(word)) for count, word in zip(rows, words, strict=True)]
    return F.coalesce(*cases)


def _banded(number: Column, bands: CountBands) -> Column:
    found: Column = F.lit(NONE)
    for edge, word in zip(bands.edges, bands.words, strict=True):
        found = F.when(number >= edge, F.lit(word)).otherwise(found)
    return found


def raised(people: DataFrame, base: Base, node: Mapping[str, int]) -> DataFrame:
    """``people`` with each quasi-identifier in the words of its level in ``node``; other columns stay."""
    told = people
    for attribute in base.attributes:
        words = pa.table(
            {
                "_value": attribute.values,
                "_word": pa.array(attribute.words[node[attribute.name]], pa.string()),
            }
        )
        known = F.broadcast(told.sparkSession.createDataFrame(words))
        both = told.join(known, told[attribute.name].eqNullSafe(known["_value"]), "left")
        told = both.select(
            *(known["_word"].alias(name) if name == attribute.name else told[name] for name in told.columns)
        )
    return told
