"""Does the proof make the tokens that are in the tables? It is asked of accounts that live, for those are there.

A pass that spells an address, or derives a key, otherwise than the nights did finds nothing and calls it gone.
So tokens of the newest rows are taken, and some of each class must be an account's of today.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.keys.field_keys import DomainKeys
from jobs.lake.tables import TableFile
from jobs.people.relationships import Name
from jobs.retention.names import NAMING, live_keys, spellings, tokens_without_spark
from jobs.retention.planner import Look
from policy.contract import Contract
from policy.sources import Identifier

ENOUGH = 20
"""Different tokens of accounts among which one that lives must be; fewer may all be of accounts that were deleted."""

SAMPLE = 1_000
BATCH = 10_000


def unrecognised(at: Look, contract: Contract, root: Path, files: Sequence[TableFile]) -> int:
    """Sampled tokens of the classes of which not one is an account's of today."""
    columns = {output.token: output.name for output in contract.outputs if output.token in NAMING}
    if "person" not in columns or not files:
        return 0
    newest = max(file.day for file in files)
    keys = live_keys(at.keyring, contract, [newest])
    sampled = _sample(root, [file for file in files if file.day == newest], columns)
    strange = {kind: tokens for kind, tokens in sampled.items() if len(tokens) >= ENOUGH}
    for names in _accounts(at, contract):
        if not strange or not keys:
            break
        made = set(_made(at, contract, names, keys))
        strange = {kind: tokens for kind, tokens in strange.items() if made.isdisjoint(tokens)}
    return sum(len(tokens) for tokens in strange.values()) if keys else 0


def _made(at: Look, contract: Contract, names: list[Name], keys: list[DomainKeys]) -> Iterator[str]:
    forms = spellings(at.promise, contract.domain or "")
    return (token for _, token in tokens_without_spark(names, keys, forms))


def _sample(root: Path, files: list[TableFile], columns: dict[Identifier, str]) -> dict[Identifier, set[str]]:
    """Tokens of each class from rows of accounts: beside strangers' logins nothing could be told."""
    sampled: dict[Identifier, set[str]] = {kind: set() for kind in columns}
    for file in files:
        for batch in pq.ParquetFile(root / file.path).iter_batches(BATCH, columns=list(columns.values())):
            named = batch.filter(pc.is_valid(batch.column(columns["person"])))
            for kind, name in columns.items():
                sampled[kind] |= set(pc.unique(named.column(name)).drop_null().to_pylist())
            if len(sampled["person"]) >= SAMPLE:
                return sampled
    return sampled


def _accounts(at: Look, contract: Contract) -> Iterator[list[Name]]:
    """What today's accounts may be called, some thousand at a time."""
    names: list[Name] = []
    for account in at.known[contract.purpose].accounts():
        named: tuple[tuple[Identifier, str | None], ...] = (
            ("person", account.user_id), ("company", account.company_id), ("email", account.email)
        )  # fmt: skip
        names += [Name(kind, value, 0, None) for kind, value in named if value]
        if len(names) >= BATCH:
            yield names
            names = []
    yield names
