"""The release of findings: published events of the day and its reach back, through all rules."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.keys.ring import Keyring
from jobs.lake.landing import Landing
from jobs.lake.ledger import Ledger
from jobs.signals.errors import BaseNotPublishedError
from jobs.signals.events import LOGIN, Added, PublishedDays, events, network
from jobs.signals.findings import Period, findings
from jobs.signals.indicators import OWN_SPAN, indicated, prefixes, refuse_own
from jobs.signals.rules import load_rules
from jobs.treatments.tokens import FieldKeys, token
from policy.base import ROOT
from policy.contract import Contract
from policy.intelligence import indicators
from policy.promise import Promise


def signals(promise: Promise, contract: Contract, landing: Landing) -> DataFrame:
    """The findings of ``landing.day``, in exactly the contract's columns.

    Raises:
        SignalError: a rule doesn't fit what is published; no row was read.
        BaseNotPublishedError: a release that it derives from isn't published for the day.
    """
    rules = load_rules(promise, contract)
    require_published(contract, landing)
    published = PublishedDays(landing.spark, landing.lake, promise, contract)
    keys = Keyring.from_environment().of_day(contract, landing.day).on(landing.spark)
    added = added_fields(published, landing.day, closed_accounts(landing, keys), keys)
    rows = events(published, added, landing.day, 2 * promise.detections.reach)
    found = findings(rows, rules, whole_day(landing.day))
    return described(found, promise).select(*(F.col(n).cast(t) for n, t in contract.output_schema.items()))


def whole_day(day: date) -> Period:
    """A data day, midnight to midnight UTC."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return Period(start, start + timedelta(days=1))


def described(found: DataFrame, promise: Promise) -> DataFrame:
    """``found`` with each rule's level and technique."""
    return found.withColumns({"level": _word(promise, "level"), "technique": _word(promise, "technique")})


def _word(promise: Promise, of: str) -> Column:
    chosen = F.lit(None).cast("string")
    for rule in promise.detections.rules.values():
        chosen = F.when(F.col("rule") == rule.name, getattr(rule, of)).otherwise(chosen)
    return chosen


def require_published(contract: Contract, landing: Landing) -> None:
    """Every release that the findings derive from is published for the day, and since its last extraction.

    Raises:
        BaseNotPublishedError: with the first that isn't.
    """
    ledger = Ledger(landing.lake.ledger)
    extracted = ledger.last("extracted", day=landing.day)
    for base in contract.findings.derived_from if contract.findings else ():
        published = ledger.last("published", release=base, day=landing.day)
        if published is None or (extracted is not None and published["seq"] < extracted["seq"]):
            raise BaseNotPublishedError(contract.release, base, landing.day)


def added_fields(published: PublishedDays, day: date, closed: DataFrame, keys: FieldKeys) -> Added:
    """How the contract's added fields are made of tokens.

    Raises:
        OwnAddressError: an indicator is a range that our own accounts use.
    """
    listed = indicators(ROOT, day)
    known = prefixes(published.spark, listed, keys)
    if any(day - each.listed < OWN_SPAN for _, each in listed):
        logins = published.frame("threat_events", published.days(day, OWN_SPAN.days)).where(F.col("kind") == LOGIN)
        refuse_own(logins, known)
    return Added(closed, network, lambda rows, name: indicated(rows, known, listed, name))


def closed_accounts(landing: Landing, keys: FieldKeys) -> DataFrame:
    """Tokens of the accounts that are closed, and when: ``actor``, ``closed_at``."""
    closed = landing.frame("professional_users").where(F.col("closed_at").isNotNull())
    return closed.select(token(F.col("user_id"), "person", "uuid", keys).alias("actor"), "closed_at")
