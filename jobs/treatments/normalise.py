"""The one spelling under which equal identifiers are equal; done before keying and comparing."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from policy.rules import Normalisation


def normalised(column: Column, kind: Normalisation) -> Column:
    """``column`` in its canonical spelling; null, empty and blank become null.

    ``uuid``: lower case; ``email``: NFKC and lower case; ``phone``: digits with a leading plus
    (00 is the plus); ``address``: RFC 5952, an IPv4-mapped IPv6 address is the IPv4 address;
    ``exact``: only trimmed. What a kind can't read stays as trimmed text and is still keyed.
    """
    return F.call_function("ignicloud_normalise", F.lit(kind), column)
