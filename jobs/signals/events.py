"""What the rules run over: published days of the releases, under one roof, with the fields added to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from typing import Protocol

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from jobs.lake.files import globless
from jobs.lake.tables import current_files, files_of, find_table
from jobs.lake.zones import Lake
from jobs.signals.errors import DayNotPublishedError
from jobs.spark.local import frame_of
from policy.contract import Contract
from policy.periods import epoch_of
from policy.promise import Promise
from policy.shapes import NETWORK_LETTERS

LOGIN = "login_ok"


@dataclass(frozen=True)
class Added:
    """How the added fields are made: tokens and plain values need different ways to the same answer.

    ``closed``: one row per closed account, ``actor`` and ``closed_at``. ``network``: the network of an
    address. ``indicated``: the rows with a column of the given name that says whether ``ip`` is listed.
    """

    closed: DataFrame
    network: Callable[[Column], Column]
    indicated: Callable[[DataFrame, str], DataFrame]


class EventDays(Protocol):
    """Where events come from: published days, or landed ones in a comparison."""

    @property
    def contract(self) -> Contract:
        """The release of findings that they are read for."""
        ...

    def days(self, day: date, back: int) -> list[date]:
        """The days from ``back`` before ``day`` that can be joined with it."""
        ...

    def frame(self, base: str, days: Sequence[date]) -> DataFrame:
        """The rows of one release on these days, with ``release`` beside them."""
        ...


def require_day(lake: Lake, release: str, day: date) -> None:
    """``day`` of ``release`` can be seen by its readers.

    Raises:
        DayNotPublishedError: it can't.
    """
    table = find_table(lake.published(release))
    days = {file.day for file in current_files(table)} if table else set()
    if day not in days:
        raise DayNotPublishedError(release, day, sorted(days))


@dataclass(frozen=True)
class PublishedDays:
    """Reads the published days of the releases that ``contract`` derives from."""

    spark: SparkSession
    lake: Lake
    promise: Promise
    contract: Contract

    def days(self, day: date, back: int) -> list[date]:
        """``day`` and the days before it that share its key epoch: tokens of another epoch join nothing."""
        period = self.contract.epoch or ""
        earlier = (day - timedelta(days=each) for each in range(back + 1))
        return [each for each in earlier if epoch_of(each, period) == epoch_of(day, period)]

    def frame(self, base: str, days: Sequence[date]) -> DataFrame:
        """The rows of ``base`` on these days, those that aren't published left out; its release's name beside them."""
        folder, bound = self.lake.published(base), self.promise.release(base)
        table = find_table(folder)
        files = [globless(folder / file) for day in days for file in (files_of(table, day) if table else [])]
        none = frame_of(self.spark, bound.output_schema)
        rows = self.spark.read.schema(none.schema).parquet(*files) if files else none
        return rows.withColumn("release", F.lit(base))


def events(published: EventDays, added: Added, day: date, back: int) -> DataFrame:
    """All events from ``back`` days before ``day`` to its end, with the contract's added fields."""
    contract = published.contract
    if contract.findings is None:
        raise AssertionError(f"{contract.release} isn't made of findings")
    days = published.days(day, back)
    frames = [published.frame(base, days) for base in contract.findings.derived_from]
    rows = reduce(lambda one, other: one.unionByName(other, allowMissingColumns=True), frames)
    for name, field in contract.findings.fields.items():
        match field.make:
            case "network":
                rows = rows.withColumn(name, added.network(F.col("ip")))
            case "closed_account":
                rows = after_closure(rows, added.closed, name)
            case "indicated":
                rows = added.indicated(rows, name)
            case "new_network":
                history = published.frame(contract.findings.derived_from[0], published.days(day, back + field.days))
                earlier = history.where(F.to_date("occurred_at") < F.lit(min(days)))
                rows = first_logins(rows, earlier.withColumn("network", added.network(F.col("ip"))), name, field.days)
    return rows


def network(ip: Column) -> Column:
    """The /24 of an encrypted IPv4 address, the /64 of an IPv6 address: its first letters."""
    four, six = NETWORK_LETTERS["network"]
    return F.when(ip.startswith("ip4_"), F.substring(ip, 1, 4 + four)).when(
        ip.startswith("ip6_"), F.substring(ip, 1, 4 + six)
    )


def after_closure(rows: DataFrame, closed: DataFrame, name: str) -> DataFrame:
    """``name``: ``true`` for an event whose whole minute lies after its account's closure, else ``false``."""
    known = rows.join(F.broadcast(closed), "actor", "left")
    after = F.coalesce(F.col("occurred_at") > F.col("closed_at"), F.lit(False))
    return known.withColumn(name, after.cast("string")).drop("closed_at")


def first_logins(rows: DataFrame, earlier: DataFrame, name: str, days: int) -> DataFrame:
    """``name``: ``true`` for a login from a network where the account wasn't for ``days`` days.

    The account must have logged in elsewhere in that time, so that neither a new account nor the
    beginning of an epoch makes everything new. ``earlier``: logins before ``rows``, with ``network``.
    """
    login = (F.col("kind") == LOGIN) & F.col("actor").isNotNull() & F.col("network").isNotNull()
    rows = rows.withColumn("login", F.coalesce(login, F.lit(False)))
    columns = rows.columns
    past = earlier.where(login).withColumn("login", F.lit(True)).withColumn("past", F.lit(True))
    logins = rows.where("login").withColumn("past", F.lit(False)).unionByName(past, allowMissingColumns=True)
    span = F.expr(f"INTERVAL {days} DAYS")
    account, place = (Window.partitionBy(*by).orderBy("occurred_at") for by in (("actor",), ("actor", "network")))
    there, anywhere = (F.lag("occurred_at").over(window) for window in (place, account))
    recently = F.col("occurred_at") - span
    new = (there.isNull() | (there < recently)) & (anywhere >= recently)
    judged = logins.withColumn(name, F.coalesce(new, F.lit(False)).cast("string")).where(~F.col("past"))
    others = rows.where(~F.col("login")).withColumn(name, F.lit("false"))
    return judged.select(*columns, name).unionByName(others.select(*columns, name)).drop("login")
