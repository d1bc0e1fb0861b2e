"""What the rows of a published release give away of whom, and when: the points of `jobs.anonymity.unicity`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.lake.columns import PARTITION
from jobs.signals.events import network
from jobs.spark.local import frame_of
from policy.contract import Contract
from policy.periods import epoch_of
from policy.risk import Knowledge
from policy.rules import TruncateTime

CUTS = (5, 15, 60, 1440)
"""Minutes to which times are cut, beside what the contract does: what a coarser one would buy."""
OWN = {"minute": 1, "hour": 60, "day": 1440}
BETWEEN = "\x1f"


def cuts_of(contract: Contract) -> dict[str, tuple[int, ...]]:
    """For each kind of knowledge the cuts that would be coarser than the contract's own; none where it knows a day."""
    rules = {rule.output or name: rule for name, rule in contract.columns.items()}
    found = {}
    for kind, knowledge in (contract.risk.points if contract.risk else {}).items():
        rule = rules.get(knowledge.know[0])
        own = OWN[rule.to] if isinstance(rule, TruncateTime) else OWN["day"]
        found[kind] = tuple(cut for cut in CUTS if cut > own)
    return found


def moments(rows: DataFrame, contract: Contract, days: Iterable[date]) -> DataFrame:
    """``epoch, kind, token, at, words`` of every row and kind of knowledge; null where the row has no such point.

    ``rows``: the release with its partition ``day``, all of these ``days``.
    """
    if contract.risk is None or contract.epoch is None:
        raise ValueError(f"{contract.release} doesn't say how its risk is measured")
    epochs = [{PARTITION: day, "epoch": epoch_of(day, contract.epoch)} for day in days]
    known = F.broadcast(frame_of(rows.sparkSession, {PARTITION: "date", "epoch": "string"}, epochs))
    of_epoch = rows.withColumn(PARTITION, F.col(PARTITION).cast("date")).join(known, PARTITION)
    networks = {output.name for output in contract.outputs if output.network == "address"}
    kinds = [
        of_epoch.select(
            "epoch",
            F.lit(kind).alias("kind"),
            F.col(contract.risk.person).alias("token"),
            F.unix_timestamp(F.col(knowledge.know[0]).cast("timestamp")).alias("at"),
            _words(knowledge, networks).alias("words"),
        )
        for kind, knowledge in contract.risk.points.items()
    ]
    return reduce(DataFrame.union, kinds)


def _words(knowledge: Knowledge, networks: set[str]) -> Column:
    """All words of a point as one text; null if one is."""
    words = [network(F.col(name)) if name in networks else F.col(name).cast("string") for name in knowledge.know[1:]]
    return F.concat(*(part for word in words for part in (F.lit(BETWEEN), word)))
