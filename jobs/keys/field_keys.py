"""What a data key gives: a field key for each identifier class, and the tokens under it.

A field key is HKDF-SHA-256 (RFC 5869) of the data key with the suite's version, domain, epoch and
identifier class as info, so that no class's tokens say anything of another's.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pyarrow as pa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pyspark.sql import Column, SparkSession

from jobs.treatments.normalise import SUITE
from policy.shapes import LETTERS, PREFIXES
from policy.sources import Identifier

KEY_BYTES = 32
SUPPRESSED = "sup"
"""How entries of suppression lists begin: no class of tokens is called so."""

MODHEX = str.maketrans("0123456789abcdef", LETTERS)


@dataclass(frozen=True)
class DomainKeys:
    """The keys of one domain and epoch, which was opened under ``suite``."""

    domain: str
    epoch: str
    _data_key: bytes = field(repr=False)
    suite: int = SUITE

    def field_key(self, identifier: str) -> bytes:
        """32 bytes for tokens of one identifier class; 64 for ``address`` (IPv4, then IPv6)."""
        return field_key(self._data_key, self.domain, self.epoch, identifier, self.suite)

    def token(self, identifier: Identifier, spelling: str) -> str:
        """The token of one normalised value, as the kernel makes it."""
        return next(self.tokens(identifier, [spelling]))

    def tokens(self, identifier: Identifier, spellings: Iterable[str]) -> Iterator[str]:
        """The tokens of normalised values of one class, made without Spark and without the kernel."""
        return made_under(self.field_key(identifier), PREFIXES[identifier], spellings)

    def suppressed(self, identifier: Identifier, spellings: Iterable[str]) -> Iterator[str]:
        """What a suppression list holds of these values: HMACs under a key of their own, so no token of any release."""
        return made_under(self.field_key(suppression_of(identifier)), SUPPRESSED, spellings)

    def on(self, spark: SparkSession) -> SparkFieldKeys:
        """The same keys as columns that treatments can use."""
        return SparkFieldKeys(self, spark)


@dataclass(frozen=True)
class SparkFieldKeys:
    """Field keys as scalar subqueries over one-row relations.

    Guarantee: the key is in no plan, no UI, no event log, no exception and no closure; a literal,
    an SQL parameter or a broadcast variable would be in one of them (docs/keys.md).
    """

    keys: DomainKeys
    spark: SparkSession

    @property
    def suite(self) -> int:
        """The suite under which the epoch was opened."""
        return self.keys.suite

    def column(self, identifier: str) -> Column:
        """The field key of one identifier class, as binary."""
        return key_column(self.keys.field_key(identifier), self.spark)


def suppression_of(identifier: Identifier) -> str:
    """The label under which the key of a suppression list's entries of one class is derived."""
    return f"suppression {identifier}"


def made_under(key: bytes, prefix: str, spellings: Iterable[str]) -> Iterator[str]:
    """Prefix and the first 16 bytes of each text's HMAC-SHA-256, as the kernel makes them."""
    for spelling in spellings:
        digest = hmac.digest(key, spelling.encode(), "sha256")[:16].hex()
        yield f"{prefix}_{digest.translate(MODHEX)}"


def key_column(key: bytes, spark: SparkSession) -> Column:
    """``key`` as a scalar subquery over a one-row relation: in no plan, UI, event log, exception or closure.

    Made from Arrow, which Spark reads by itself: rows of Python objects would take each key through a
    Python worker.
    """
    return spark.createDataFrame(pa.table({"field_key": pa.array([key], pa.binary())})).scalar()


def field_key(data_key: bytes, domain: str, epoch: str, identifier: str, suite: int = SUITE) -> bytes:
    """HKDF-SHA-256 without salt; info is suite, domain, epoch and class, each ended by a zero byte."""
    info = b"".join(part.encode() + b"\0" for part in (f"ignicloud/{suite}", domain, epoch, identifier))
    length = 2 * KEY_BYTES if identifier == "address" else KEY_BYTES
    return HKDF(SHA256(), length, salt=None, info=info).derive(data_key)
