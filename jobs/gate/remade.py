"""What a green verdict says of a published day's tokens, under the keyring's seal: true while its bytes are these.

The gate makes every token of a night again from landing, under the key of its epoch, or compares whole rows. So a
token of a published day is nobody's under a key that was never set, whoever joins later; that needn't be looked for
again while every byte of the day is as it was judged (`jobs.assurance.searched`). The ledger's chain alone proves
nothing of this: whoever can write into the lake can add an entry to it, but not the seal.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from jobs.keys.ring import Keyring
from jobs.lake.ledger import Entry
from policy.contract import Contract
from policy.rules import NetworkPrefix, Token

PURPOSE = "published"


def remade_columns(contract: Contract) -> tuple[str, ...]:
    """The columns whose tokens the gate makes again (`jobs.gate.recount`); all where it compares whole rows."""
    if contract.source is None or contract.anonymity or contract.privacy or contract.findings or contract.statistics:
        return tuple(contract.output_schema)
    return tuple(
        rule.output or name for name, rule in contract.columns.items() if isinstance(rule, Token | NetworkPrefix)
    )


def digest_of(files: Mapping[str, str]) -> str:
    """SHA-256, in hex, over the files of a day: their paths relative to the table, and the SHA-256 of each."""
    lines = (f"{path} {sha256}\n" for path, sha256 in sorted(files.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def remade_of(contract: Contract, day: date, files: Mapping[str, str], keyring: Keyring) -> dict[str, Any]:
    """What `publish` puts on record of the ``files`` that it has made the content of ``day``."""
    said = {"sha256": digest_of(files), "remade": list(remade_columns(contract))}
    return {**said, "seal": keyring.seal(PURPOSE, _content({**said, "release": contract.release, "day": str(day)}))}


def remade_in(published: Iterable[Entry], sha256: str, keyring: Keyring) -> frozenset[str]:
    """The columns of a day whose tokens were made again, as a sealed entry says of files with this digest."""
    for entry in published:
        if entry.get("sha256") == sha256 and keyring.has_sealed(PURPOSE, _content(entry), str(entry.get("seal"))):
            return frozenset(entry["remade"])
    return frozenset()


def _content(said: Mapping[str, Any]) -> bytes:
    return json.dumps([said.get(name) for name in ("release", "day", "sha256", "remade")]).encode()
