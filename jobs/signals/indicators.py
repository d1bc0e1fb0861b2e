"""Threat intelligence on encrypted addresses: the indicator is encrypted, no event's address is turned back.

Prefix-preserving encryption (Crypto-PAn) carries ranges: an address lies in a network of ``p`` bits
exactly when both encryptions agree in their first ``p`` bits. Four bits are a letter, so a network is
one prefix of letters, or up to eight when it ends inside a letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.signals.errors import OwnAddressError
from jobs.spark.local import frame_of
from jobs.treatments.networks import network_prefix
from jobs.treatments.tokens import FieldKeys
from policy.intelligence import Indicator
from policy.shapes import LETTERS

BITS = 4
FAMILY = len("ip4_")
OWN_DAYS, OWN_SPAN = 3, timedelta(days=30)
"""A range from which one account logged in on so many days before it was listed is one of our own users'."""

Listed = Sequence[tuple[str, Indicator]]


def prefixes(spark: SparkSession, listed: Listed, keys: FieldKeys) -> DataFrame:
    """``place``, ``listed``, ``prefix``: the letters with which encrypted addresses of each indicator begin."""
    types = {"place": "string", "listed": "date", "address": "string", "bits": "int"}
    rows = (
        {"place": place, "listed": each.listed, "address": each.first_address, "bits": each.network.prefixlen}
        for place, each in listed
    )
    frame = frame_of(spark, types, rows)
    spare = F.pmod(F.lit(-1) * F.col("bits"), F.lit(BITS))
    whole = F.substring("token", F.lit(1), F.lit(FAMILY) + F.floor(F.col("bits") / BITS).cast("int"))
    letter = F.substring("token", F.length("whole") + 1, F.lit(1))
    block = F.pow(F.lit(2), spare).cast("int")
    first = (F.floor((F.instr(F.lit(LETTERS), letter) - 1) / block) * block).cast("int")
    letters = F.transform(F.sequence(first, first + block - 1), lambda n: F.substring(F.lit(LETTERS), n + 1, F.lit(1)))
    complete = F.when(spare == 0, F.array(F.lit(""))).otherwise(letters)
    encrypted = frame.withColumn("token", network_prefix(F.col("address"), "address", keys))
    return encrypted.withColumn("whole", whole).select(
        "place", "listed", F.explode(F.transform(complete, lambda one: F.concat("whole", one))).alias("prefix")
    )


def indicated(rows: DataFrame, known: DataFrame, listed: Listed, name: str) -> DataFrame:
    """``rows`` with ``name``: ``true`` where the encrypted ``ip`` lies in a listed network, else ``false``."""
    hit = F.lit(False)
    for length in sorted({FAMILY + -(-each.network.prefixlen // BITS) for _, each in listed}):
        column = f"hit{length}"
        same = known.where(F.length("prefix") == length).select(F.col("prefix").alias(column)).distinct()
        rows = rows.join(F.broadcast(same), F.substring("ip", 1, length) == F.col(column), "left")
        hit = hit | F.col(column).isNotNull()
    kept = [column for column in rows.columns if not column.startswith("hit")]
    return rows.select(*kept, hit.cast("string").alias(name))


def refuse_own(logins: DataFrame, known: DataFrame) -> None:
    """No indicator is a range that our own accounts use: ``logins`` are published successful ones.

    Raises:
        OwnAddressError: an account logged in from an indicator's range on three days of the thirty
            before it was listed. An attacker's short visit isn't a habit.
    """
    day = F.to_date("occurred_at")
    before = (day < F.col("listed")) & (day >= F.date_sub("listed", OWN_SPAN.days))
    used = logins.join(F.broadcast(known), F.col("ip").startswith(F.col("prefix")) & before)
    habits = used.groupBy("place", "actor").agg(F.count_distinct(day).alias("days")).where(F.col("days") >= OWN_DAYS)
    own = habits.select("place").distinct().orderBy("place").limit(1).collect()
    if own:
        raise OwnAddressError(own[0]["place"])
