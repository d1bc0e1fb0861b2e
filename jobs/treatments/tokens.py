"""Tokens: keyed, deterministic, one to one inside a domain and epoch, unlinkable outside."""

from __future__ import annotations

from typing import Protocol

from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs.treatments.normalise import normalised
from policy.rules import Normalisation
from policy.shapes import PREFIXES
from policy.sources import Identifier


class FieldKeys(Protocol):
    """Where treatments get their keys from: a column that holds one, for each identifier class."""

    @property
    def suite(self) -> int:
        """The suite under which the epoch was opened: it says how values are spelled before keying."""
        ...

    def column(self, identifier: str) -> Column:
        """The field key of ``identifier`` as a binary column that no plan shows."""
        ...


def token(column: Column, identifier: Identifier, normalise: Normalisation, keys: FieldKeys) -> Column:
    """``<prefix>_<32 letters>``: HMAC-SHA-256 (RFC 2104) of the normalised value, its first 16 bytes.

    Guarantee: equal normalised values of one class, domain and epoch have equal tokens, different
    ones different tokens (up to 2^-128), and without the key nobody can tell which value it was.
    Null and empty become null.
    """
    prefix, spelling = F.lit(PREFIXES[identifier]), normalised(column, normalise, keys.suite)
    return F.call_function("ignicloud.token", prefix, keys.column(identifier), spelling)
