"""Whose of a day's rows were erased: their identifiers, found by the suppression lists alone, in two ways.

The night asks the kernel, in one pass over each source in Spark; the gate asks Python, over the files. What is found
are identifiers in rows that are here again; they are few, and are handed to what leaves people out
(`jobs.people.subjects`). Without a list nothing is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import reduce
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.keys.field_keys import SUPPRESSED, DomainKeys, suppression_of
from jobs.keys.ring import Keyring
from jobs.lake.landing import Landing
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from jobs.people.exclusion import SPELLING, classes_of, spelled_cell
from jobs.people.phones import typed_digits
from jobs.people.reading import ACCOUNTS
from jobs.people.subjects import registered_columns
from jobs.retention.suppression import Entries, Lists
from jobs.treatments.normalise import spellings
from policy.promise import Promise
from policy.sources import Identifier

Found = frozenset[tuple[Identifier, str]]


def landing_of(spark: SparkSession, lake: Lake, day: date) -> Landing:
    """Landing of a day for whatever makes or judges releases: it knows who was erased."""
    return Landing(spark, lake, day, erased)


def erased(landing: Landing, promise: Promise, purpose: str) -> Found:
    """Class and value of every identifier of somebody erased in the rows that serve a purpose; by the kernel.

    Raises:
        ForgottenErasureError, BrokenListError: see `Lists.of_day`.
    """
    found: set[tuple[Identifier, str]] = set()
    for keys, entries in _lists(promise, purpose, landing.lake, landing.day):
        parts = list(_hidden(landing, promise, purpose, keys, entries))
        listed = [(kind, entry) for kind, each in entries.items() for entry in sorted(each)]
        table = pa.table({"kind": [kind for kind, _ in listed], "hidden": [entry for _, entry in listed]})
        if parts and listed:
            wanted = F.broadcast(landing.spark.createDataFrame(table))
            met = reduce(DataFrame.union, parts).join(wanted, ["kind", "hidden"], "left_semi")
            found |= {(row["kind"], row["value"]) for row in met.select("kind", "value").distinct().collect()}
    return frozenset(found)


def _hidden(
    landing: Landing, promise: Promise, purpose: str, keys: DomainKeys, entries: Entries
) -> Iterator[DataFrame]:
    """One pass over each source: class, value as spelled, and what the list would hold of it."""
    on = keys.on(landing.spark)
    for name, columns in _columns(promise, purpose, landing.lake, landing.day).items():
        cells = []
        for column, kind in columns:
            if kind in entries:
                value = spelled_cell(kind, F.col(column), keys.suite)
                hidden = F.call_function("ignicloud.token", F.lit(SUPPRESSED), on.column(suppression_of(kind)), value)
                cells.append(F.struct(F.lit(kind).alias("kind"), hidden.alias("hidden"), value.alias("value")))
        if cells:
            yield landing.frame(name).select(F.explode(F.array(*cells)).alias("cell")).select("cell.*")


def erased_without_spark(promise: Promise, purpose: str, lake: Lake, day: date) -> Found:
    """The same by Python's HMAC over the files, each distinct cell once: what the gate asks."""
    found: set[tuple[Identifier, str]] = set()
    for keys, entries in _lists(promise, purpose, lake, day):
        for name, columns in _columns(promise, purpose, lake, day).items():
            files = lake.landed_files(name, day)
            for column, kind in columns:
                if kind in entries:
                    found |= {(kind, value) for value in _met(files, column, kind, keys, entries[kind])}
    return frozenset(found)


def _met(files: list[Path], column: str, kind: Identifier, keys: DomainKeys, listed: frozenset[str]) -> Iterator[str]:
    seen: set[str] = set()
    for path in files:
        for batch in pq.ParquetFile(path).iter_batches(columns=[column]):
            fresh = set(pc.unique(batch.column(0)).to_pylist()) - seen - {None}
            seen |= fresh
            for cell in fresh:
                texts = _texts(kind, cell, keys.suite)
                if not listed.isdisjoint(keys.suppressed(kind, texts)):
                    yield from texts


def _texts(kind: Identifier, cell: str, suite: int) -> tuple[str, ...]:
    if kind == "phone":
        digits = typed_digits(cell)
        return (digits,) if digits else ()
    return spellings(cell, SPELLING.get(kind, "exact"), suite)


def _lists(promise: Promise, purpose: str, lake: Lake, day: date) -> list[tuple[DomainKeys, Entries]]:
    ledger = Ledger(lake.ledger)
    return Lists(promise, lake, Keyring.from_environment(ledger), ledger).of_day(day, purpose)


def _columns(promise: Promise, purpose: str, lake: Lake, day: date) -> dict[str, list[tuple[str, Identifier]]]:
    """For each landed source that serves the purpose its direct columns, and as which classes they are compared."""
    registered = frozenset(registered_columns(promise.source(ACCOUNTS)).values())
    contracts = [contract for contract in promise.contracts.values() if contract.purpose == purpose]
    read = {name: name for contract in contracts for name in contract.inputs} | {ACCOUNTS: ACCOUNTS}
    read |= {each.profile.month: each.profile.of for each in contracts if each.profile is not None}
    columns = {}
    for landed, of in sorted(read.items()):
        if lake.has_landed(landed, day):
            source, present = promise.source(of), lake.manifest(landed, day).columns
            classes = ((name, classes_of(source.columns[name], registered)) for name in present)
            columns[landed] = [(name, kind) for name, kinds in classes for kind in kinds]
    return columns
