"""The one spelling under which equal identifiers are equal; done before keying and comparing."""

from __future__ import annotations

import unicodedata

from pyspark.sql import Column
from pyspark.sql import functions as F

from policy.rules import Normalisation

BLANK = "".join(map(chr, (*range(33), 0xA0, 0x202F, 0xFEFF, *range(0x2000, 0x200E))))
"""What the kernel trims."""


def normalised(column: Column, kind: Normalisation) -> Column:
    """``column`` in its canonical spelling; null, empty and blank become null.

    ``uuid``: lower case; ``email``: NFKC and lower case; ``phone``: digits with a leading plus
    (00 is the plus); ``address``: RFC 5952, an IPv4-mapped IPv6 address is the IPv4 address;
    ``exact``: only trimmed. What a kind can't read stays as trimmed text and is still keyed.
    """
    return F.call_function("ignicloud.normalise", F.lit(kind), column)


def spelled(value: str, kind: Normalisation) -> str | None:
    """One value as `normalised` spells it; for single values, where starting Spark isn't worth it.

    Raises:
        ValueError: ``phone`` and ``address`` are read by the kernel alone.
    """
    text = value.strip(BLANK)
    match kind:
        case "exact":
            return text or None
        case "uuid":
            return text.lower() or None
        case "email":
            return unicodedata.normalize("NFKC", text).strip(BLANK).lower() if text else None
    raise ValueError(f"{kind} isn't spelled here")
