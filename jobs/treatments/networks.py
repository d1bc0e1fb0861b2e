"""Addresses: encrypted so that "the same network came back" survives and the address doesn't."""

from __future__ import annotations

from typing import Literal

from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs.treatments.tokens import FieldKeys
from policy.rules import OfList


def network_prefix(
    column: Column, keep: Literal["address", "network"], keys: FieldKeys, of_list: OfList = "refuse"
) -> Column:
    """Prefix-preserving encryption (Crypto-PAn) of an IPv4 or IPv6 address, in letters.

    Guarantee: two addresses of one family share exactly as many leading bits after it as before
    it; one to one; null, and what is no address, becomes null; the gate counts the latter. ``network``
    keeps only the /24 or the /64; ``of_list`` says which address of a list is read. Limits: rare
    prefixes and known plaintexts, see docs/keys.md.
    """
    return F.call_function("ignicloud.network", keys.column("address"), F.lit(keep), F.lit(of_list), column)
