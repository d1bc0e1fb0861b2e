"""From the people and companies who are due or held to the tokens that published rows carry.

Identifiers lie in one private file (0600, in the closed staged zone) for as long as a step runs. Tokens
are made by the kernel under every key that still exists: a row is found in whatever epoch it was made.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from functools import reduce
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.keys.field_keys import DomainKeys
from jobs.keys.ring import Keyring
from jobs.lake.files import globless
from jobs.people.relationships import Name
from jobs.retention.errors import LostEpochError
from jobs.treatments.normalise import spellings as every_spelling
from jobs.treatments.tokens import token
from policy.contract import Contract
from policy.periods import epoch_of
from policy.promise import Promise
from policy.rules import Normalisation, Token
from policy.sources import Identifier

NAMING: tuple[Identifier, ...] = ("person", "company", "email")
"""The classes that say whose a row is; a row belongs to everybody it names."""

SCHEMA = pa.schema({
    "identifier": pa.string(),
    "value": pa.string(),
    "subject": pa.int64(),
    "through": pa.date32(),
    "holds": pa.list_(pa.string()),
})  # fmt: skip
BATCH = 100_000


def write_names(path: Path, names: Iterable[Name]) -> Path:
    """Write ``names`` into one private file, a batch at a time."""
    path.touch(mode=0o600)
    rows = ({**vars(name), "holds": list(name.holds)} for name in names)
    with pq.ParquetWriter(path, SCHEMA, compression="zstd", write_statistics=False) as writer:
        while batch := list(islice(rows, BATCH)):
            writer.write_batch(pa.RecordBatch.from_pylist(batch, SCHEMA))
    return path


def named_in(contract: Contract, classes: Collection[Identifier] = NAMING) -> dict[str, str]:
    """The published columns of tokens of ``classes``, by default those that say whose a row is, with their types."""
    if contract.findings is not None:
        nested = (output for output in contract.outputs if output.type.startswith(("map<", "array<")))
        return {output.name: output.type for output in nested}
    return {output.name: output.type for output in contract.outputs if output.token in classes}


def spellings(
    promise: Promise, domain: str, classes: Collection[Identifier] = NAMING
) -> set[tuple[Identifier, Normalisation]]:
    """How the contracts of a domain normalise each of these classes before keying."""
    return {
        (rule.identifier, rule.normalise)
        for contract in promise.contracts.values()
        if contract.domain == domain
        for columns in contract.inputs.values()
        for rule in columns.values()
        if isinstance(rule, Token) and rule.identifier in classes
    }


def live_keys(keyring: Keyring, contract: Contract, days: Iterable[date] | None = None) -> list[DomainKeys]:
    """The keys that can still link a token of the contract's domain to somebody: of ``days``, or of all epochs.

    A destroyed epoch's tokens belong to nobody any more: they can neither be found nor linked.

    Raises:
        LostEpochError: rows of an epoch are published, and the keyring has never heard of it.
    """
    if contract.domain is None or contract.epoch is None:
        return []
    known = {entry.epoch: entry.state for entry in keyring.entries() if entry.domain == contract.domain}
    asked = known.keys() if days is None else {epoch_of(day, contract.epoch) for day in days}
    for epoch in sorted(asked - known.keys()):
        raise LostEpochError(contract.release, contract.domain, epoch)
    return [keyring.domain(contract.domain, epoch) for epoch in sorted(asked) if known[epoch] != "destroyed"]


def tokens(
    names: Path, spark: SparkSession, keys: Iterable[DomainKeys], forms: set[tuple[Identifier, Normalisation]]
) -> DataFrame | None:
    """One row per name, epoch and spelling: ``token, identifier, subject, through, holds``; None without any."""
    listed = spark.read.parquet(globless(names))
    present = set(pq.read_table(names, columns=["identifier"])["identifier"].unique().to_pylist())
    parts = [
        listed.where(F.col("identifier") == identifier).select(
            token(F.col("value"), identifier, normalise, domain_keys.on(spark)).alias("token"),
            "identifier",
            "subject",
            "through",
            "holds",
        )
        for domain_keys in keys
        for identifier, normalise in sorted(forms)
        if identifier in present
    ]
    return reduce(DataFrame.unionByName, parts) if parts else None


def tokens_without_spark(
    names: Iterable[Name], keys: Sequence[DomainKeys], forms: set[tuple[Identifier, Normalisation]]
) -> Iterator[tuple[Name, str]]:
    """Each name with each token that it may have, in each epoch's own spelling; without Spark and the kernel."""
    by_class: dict[Identifier, list[Name]] = {}
    for name in names:
        by_class.setdefault(name.identifier, []).append(name)
    for identifier, normalise in sorted(forms):
        listed = by_class.get(identifier, [])
        for domain_keys in keys:
            spelt = [(n, text) for n in listed for text in every_spelling(n.value, normalise, domain_keys.suite)]
            made = domain_keys.tokens(identifier, (text for _, text in spelt))
            yield from zip((name for name, _ in spelt), made, strict=True)
