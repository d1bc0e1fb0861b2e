"""What the gate finds out of microdata: the month made again, what is remembered of it, and months joined."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.anonymity.microdata import Microdata, Month, microdata
from jobs.anonymity.successive import joined_classes
from jobs.keys.field_keys import key_column
from jobs.keys.ring import Keyring, remembering_key
from jobs.lake.memory import MONTH, PERSON, Memory, staged_memory
from jobs.people.exclusion import consenting
from policy.contract import Contract
from policy.periods import now

if TYPE_CHECKING:
    from jobs.gate.recount import LandedDay


def rebuilt(contract: Contract, landing: LandedDay) -> Microdata:
    """The month as landing and memory give it, made once for a judgement."""
    if contract.release not in landing.months:
        day, spark, lake = landing.landing.day, landing.landing.spark, landing.landing.lake
        key = key_column(remembering_key(Keyring.from_environment(), contract), spark)
        month = Month(landing.exclusion(contract.purpose), day, key, Memory(contract, lake).others(spark, day))
        landing.months[contract.release] = microdata(landing.promise, contract, month)
    return landing.months[contract.release]


def month_problems(contract: Contract, landing: LandedDay, staged: DataFrame, folder: Path) -> dict[str, int]:
    """What is wrong with a month beside its rows, in words → how often; nothing for other releases.

    Joined months are counted from what is staged and what is remembered: who is in both, with which words in each.
    """
    if contract.anonymity is None:
        return {}
    made, laid, quasi = rebuilt(contract, landing), staged_memory(staged.sparkSession, folder), _quasi(contract)
    if laid is None:
        return {"months without a memory": 1}
    own = laid.where(F.col(MONTH) == F.lit(made.month.day))
    due = made.remembered()
    problems = {
        "people remembered otherwise than landing has them": differing(laid.select(*due.columns), due),
        "rows that aren't remembered as they are shown": _unlike(staged, own, quasi),
        "people remembered twice": laid.groupBy(MONTH, PERSON).count().where("count > 1").count(),
        "people who must not be in it": _strangers(landing, made.month, own),
    }
    if made.month.memory is not None:
        problems["classes of two months under k"] = joined_classes(contract, own, made.month.memory)
    return {words: count for words, count in problems.items() if count}


def _quasi(contract: Contract) -> tuple[str, ...]:
    anonymity, _, _ = contract.microdata
    return anonymity.quasi_identifiers


def _unlike(staged: DataFrame, own: DataFrame, quasi: tuple[str, ...]) -> int:
    if not set(quasi) <= set(staged.columns):
        return 1
    return differing(staged.select(*quasi), own.select(*quasi))


def _strangers(landing: LandedDay, month: Month, own: DataFrame) -> int:
    """People of the month who wished to be left out, were let go and are held by nobody, or didn't consent.

    Looked for under their tokens, without what left them out.
    """
    left, spark = month.exclusion.left, own.sparkSession
    held = {name.value for name in left.held}
    gone = {name.value for name in left.gone if name.identifier == "person"} - held
    found = own.where(F.lit(False)).select(PERSON)
    if left.people | gone:
        listed = spark.createDataFrame(pa.table({"user_id": pa.array(sorted(left.people | gone), pa.string())}))
        tokens = listed.select(month.person(F.col("user_id")).alias(PERSON))
        found = own.join(tokens, PERSON, "left_semi").select(PERSON)
    if left.consent_to is not None:
        agreed = consenting(left.consent_to, landing.frame("consents"), now())
        tokens = agreed.select(month.person(F.col("consenting_id")).alias(PERSON))
        found = found.union(own.join(tokens, PERSON, "left_anti").select(PERSON))
    return found.distinct().count()


def differing(staged: DataFrame, shown: DataFrame) -> int:
    """Rows that only one of two tables has, or has more often, in one pass over both; 1 for other columns."""
    if staged.columns != shown.columns:
        return 1
    both = staged.withColumn("_times", F.lit(1)).union(shown.withColumn("_times", F.lit(-1)))
    return both.groupBy(*staged.columns).agg(F.sum("_times").alias("_times")).where("_times != 0").count()
