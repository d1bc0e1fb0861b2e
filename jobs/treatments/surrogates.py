"""Surrogates: realistic words in place of real ones, for copies that people have to work with."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs.treatments.normalise import normalised
from jobs.treatments.tokens import FieldKeys
from policy.rules import Surrogate
from policy.shapes import LETTERS

BETWEEN = "\n"


def surrogate(column: Column, rule: Surrogate, pool: Sequence[str], keys: FieldKeys) -> Column:
    """The word of ``pool`` that the first 32 bits of a keyed digest of the value choose.

    Guarantee: equal normalised values have equal surrogates inside a domain and epoch; the result is
    always a word of the pool, so nothing that was typed can pass; null and empty become null. Its field
    key is its own: a surrogate says nothing about a token. Several values share a word: count people by
    a token beside it. All of it runs in Spark and the kernel, so no closure carries a key.
    """
    value, key = normalised(column, rule.normalise, keys.suite), keys.column(f"surrogate {rule.identifier}")
    digest = F.call_function("ignicloud.token", F.lit("sur"), key, value)
    letters = F.substring(digest, len("sur_") + 1, 8)
    number = F.conv(F.translate(letters, LETTERS, "0123456789abcdef"), 16, 10).cast("bigint")
    place = (number % len(pool) + 1).cast("int")
    word = F.element_at(F.split(F.lit(BETWEEN.join(pool)), BETWEEN), place)
    return F.when(value.isNotNull() & (value != ""), word)
