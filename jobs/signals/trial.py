"""Try one rule on a published day before it joins the night: counts only, nothing is staged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.keys.ring import Keyring
from jobs.lake.landing import Landing
from jobs.lake.zones import Lake, NotExtractedError
from jobs.signals.errors import InvalidRuleError
from jobs.signals.events import PublishedDays, events, require_day
from jobs.signals.findings import findings
from jobs.signals.parts import parts
from jobs.signals.release import added_fields, closed_accounts, whole_day
from jobs.signals.rules import load_rules
from jobs.spark.local import frame_of
from jobs.treatments.tokens import FieldKeys
from policy.command_line import command
from policy.promise import Promise

RELEASE = "threat_signals"


@dataclass(frozen=True)
class Trial:
    """How much one rule saw: events, those that are part of it, findings and the events in them."""

    events: int
    parts: int
    findings: int
    evidence: int
    continues: int


def _closed(landing: Landing, keys: FieldKeys) -> DataFrame:
    """The closed accounts as landing has them; none once landing of the day is gone."""
    try:
        return closed_accounts(landing, keys)
    except NotExtractedError:
        return frame_of(landing.spark, {"actor": "string", "closed_at": "timestamp"})


def trial(promise: Promise, name: str, day: date, spark: SparkSession, lake: Lake) -> Trial:
    """Run the rule ``name`` over ``day`` as the night would, without its release.

    Once landing of the day is gone, nobody knows which accounts were closed: ``account_is_closed`` is
    then false.

    Raises:
        InvalidRuleError: no reporting rule has this name.
        SignalError: a rule doesn't fit what is published.
        DayNotPublishedError: a release that it is derived from isn't published for the day.
    """
    contract = promise.release(RELEASE)
    chosen = [rule for rule in load_rules(promise, contract) if rule.name == name]
    if not chosen:
        raise InvalidRuleError(
            name, "no reporting rule has this name", f"`{command('jobs', 'signals', 'check')}` lists them"
        )
    for base in contract.findings.derived_from if contract.findings else ():
        require_day(lake, base, day)
    published = PublishedDays(spark, lake, promise, contract)
    keys = Keyring.from_environment().of_day(contract, day).on(spark)
    added = added_fields(published, day, _closed(Landing(spark, lake, day), keys), keys)
    rows = events(published, added, day, 2 * promise.detections.reach).cache()
    part = parts(rows, chosen).select("event_id").distinct().count()
    found = findings(rows, chosen, whole_day(day)).agg(
        F.count(F.lit(1)), F.coalesce(F.sum("events"), F.lit(0)), F.count_if("continues")
    )
    return Trial(rows.count(), part, *(found.first() or (0, 0, 0)))
