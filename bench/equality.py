"""The same rules on raw events and on the pseudonymised release: findings compared, rule by rule.

Four runs over the same landed days, each one step further from raw to published: *raw* (every row,
exact times), *left out* (without people who objected or are restricted), *minutes* (times cut as the
release cuts them), *published* (tokens). The last two must agree exactly; the others show what the
treatment costs, with its cause.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import pandas as pd
from pydantic import IPvAnyNetwork
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.functions import pandas_udf

from jobs.keys.ring import Keyring
from jobs.lake.zones import Lake
from jobs.retention.suppressed import landing_of
from jobs.signals.events import Added, events, network
from jobs.signals.findings import Period, findings
from jobs.signals.indicators import indicated, prefixes
from jobs.signals.release import whole_day
from jobs.signals.rules import Rule
from jobs.treatments import treated
from jobs.treatments.networks import network_prefix
from jobs.treatments.normalise import normalised
from jobs.treatments.tokens import FieldKeys, token
from policy.base import ROOT
from policy.contract import Contract
from policy.intelligence import indicators
from policy.promise import Promise
from policy.rules import ColumnRule, NetworkPrefix, Token, TruncateTime
from policy.sources import Identifier

Stage = Literal["raw", "left out", "minutes", "published"]
STAGES: tuple[Stage, ...] = ("raw", "left out", "minutes", "published")
CLASSES: dict[str, tuple[Identifier, Literal["uuid", "email", "exact"]]] = {
    "actor": ("person", "uuid"),
    "attempted_login": ("email", "email"),
    "session_id": ("session", "exact"),
}


@dataclass(frozen=True)
class LandedDays:
    """Landed days as the rules' events, at one stage between raw and published."""

    spark: SparkSession
    lake: Lake
    promise: Promise
    contract: Contract
    stage: Stage
    keys: FieldKeys

    def days(self, day: date, back: int) -> list[date]:
        """The landed ones of ``day`` and the days before it."""
        landed = set(self.lake.landed_days())
        return [each for back_ in range(back + 1) if (each := day - timedelta(days=back_)) in landed]

    def frame(self, base: str, days: list[date]) -> DataFrame:
        """The rows of one release on these days, under its published names."""
        contract = self.promise.release(base)
        frames = []
        for day in days:
            landing = landing_of(self.spark, self.lake, day)
            rows = landing.frame(contract.main_source)
            if self.stage != "raw":
                rows = landing.exclusion(self.promise, contract.purpose).without(rows, contract.main_source)
            frames.append(rows)
        rows = frames[0]
        for other in frames[1:]:
            rows = rows.unionByName(other)
        columns = (self._column(name, rule) for name, rule in contract.columns.items() if rule.published)
        return rows.select(*columns).withColumn("release", F.lit(base))

    def _column(self, name: str, rule: ColumnRule) -> Column:
        out = rule.output or name
        if self.stage == "published":
            return treated(name, rule, self.promise.taxonomies, self.keys)
        match rule:
            case Token():
                return normalised(F.col(name), rule.normalise).alias(out)
            case NetworkPrefix():
                return normalised(F.col(name), "address").alias(out)
            case TruncateTime() if self.stage != "minutes":
                return F.col(name).alias(out)
        return treated(name, rule, self.promise.taxonomies, None)

    def added(self, day: date) -> Added:
        """How fields are added at this stage; raw addresses by the standard library."""
        listed = indicators(ROOT, day)
        if self.stage != "published":
            ranges = [each.network for _, each in listed]
            return Added(self.closed(day), raw_network, lambda rows, name: raw_indicated(rows, name, ranges))
        known = prefixes(self.spark, listed, self.keys)
        return Added(self.closed(day), network, lambda rows, name: indicated(rows, known, listed, name))

    def closed(self, day: date) -> DataFrame:
        """Closed accounts as of ``day``."""
        accounts = landing_of(self.spark, self.lake, day).frame("professional_users").where("closed_at IS NOT NULL")
        if self.stage == "published":
            return accounts.select(token(F.col("user_id"), "person", "uuid", self.keys).alias("actor"), "closed_at")
        return accounts.select(normalised(F.col("user_id"), "uuid").alias("actor"), "closed_at")


def found_at(stage: Stage, promise: Promise, rules: list[Rule], days: list[date], spark: SparkSession) -> DataFrame:
    """What ``rules`` find on the landed ``days`` at one stage; groups are tokens at every stage."""
    lake, contract, last = Lake.from_environment(), promise.release("threat_signals"), max(days)
    keys = Keyring.from_environment().of_day(contract, last).on(spark)
    landed = LandedDays(spark, lake, promise, contract, stage, keys)
    rows = events(landed, landed.added(last), last, (last - min(days)).days)
    found = findings(rows, rules, Period(whole_day(min(days)).start, whole_day(last).end))
    return found if stage == "published" else translated(found, keys)


def raw_network(ip: Column) -> Column:
    """The /24 of an IPv4 address, the /64 of an IPv6 address, by the standard library; null for anything else."""
    return pandas_udf(_networks, "string")(ip)  # type: ignore[call-overload, no-any-return]


def _networks(addresses: pd.Series) -> pd.Series:
    return addresses.map(_network)


def _network(text: str | None) -> str | None:
    try:
        ip = ipaddress.ip_address(text or "")
    except ValueError:
        return None
    return str(ipaddress.ip_network(f"{ip}/{24 if ip.version == 4 else 64}", strict=False).network_address)


def raw_indicated(rows: DataFrame, name: str, ranges: list[IPvAnyNetwork]) -> DataFrame:
    """``name``: whether the plain ``ip`` lies in one of ``ranges``."""

    def listed(addresses: pd.Series) -> pd.Series:
        return addresses.map(lambda text: str(text is not None and _in_any(text, ranges)).lower())

    return rows.withColumn(name, pandas_udf(listed, "string")("ip"))  # type: ignore[call-overload]


def _in_any(text: str, ranges: list[IPvAnyNetwork]) -> bool:
    try:
        ip = ipaddress.ip_address(text)
    except ValueError:
        return False
    return any(ip in each for each in ranges)


def translated(found: DataFrame, keys: FieldKeys) -> DataFrame:
    """``found`` with its groups as the tokens that the release has for them."""
    cells = {
        **{n: token(F.col("shared")[n], identifier, how, keys) for n, (identifier, how) in CLASSES.items()},
        "network": network_prefix(F.col("shared")["network"], "network", keys),
    }
    columns = found.withColumns({f"_{name}": cell for name, cell in cells.items()})
    names, values = F.array(*map(F.lit, cells)), F.array(*(F.col(f"_{name}") for name in cells))
    group = F.map_filter(F.map_from_arrays(names, values), lambda _, value: value.isNotNull())
    return columns.withColumn("shared", group).select(*found.columns)


def comparable(found: DataFrame) -> set[tuple[object, ...]]:
    """Findings without their evidence, for comparing: rule, group, times cut to the minute, counts."""
    group = F.to_json(F.array_sort(F.map_entries("shared")))
    times = [F.date_trunc("minute", name).alias(name) for name in ("first_seen", "last_seen")]
    return {tuple(row) for row in found.select("rule", group, *times, "events", "distinct_values").collect()}
