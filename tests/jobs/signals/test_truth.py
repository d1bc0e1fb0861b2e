"""Every planted attack is found, no near miss is, and pseudonymised events give the findings that raw ones give."""

import sqlite3
from contextlib import closing
from datetime import date, timedelta

import pytest
from pyspark.sql import functions as F

from bench.equality import LandedDays, comparable, found_at
from demo.seed import seed
from jobs.keys.ring import Keyring
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from jobs.night.extract import extract_day
from jobs.signals.events import events
from jobs.signals.findings import findings
from jobs.signals.release import whole_day
from jobs.signals.rules import load_rules
from jobs.treatments.networks import network_prefix
from jobs.treatments.tokens import token

LAST = date(2026, 3, 12)
DAYS = [LAST - timedelta(days=back) for back in range(5)]
SEEDS = (807_648_829, pytest.param(20_260_312, marks=pytest.mark.long))
RULES_OF = {"brute_force": {"brute_force", "brute_force_slow"}}


@pytest.fixture(scope="module", params=SEEDS)
def world(request, spark, promise, tmp_path_factory):
    """Five landed days of one platform, its truth, and what the rules find in its pseudonymised events."""
    folder = tmp_path_factory.mktemp("world")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IGNICLOUD_LAKE", str(folder / "lake"))
        patch.setenv("IGNICLOUD_KEYRING", str(folder / "secrets" / "keyring.json"))
        patch.setenv("IGNICLOUD_KEK", f"file:{folder / 'secrets' / 'kek'}")
        patch.setenv("IGNICLOUD_PLATFORM", f"sqlite:///{folder / 'platform.db'}")
        truth = seed(f"sqlite:///{folder / 'platform.db'}", LAST, 5, 0.15, request.param)
        truth["logins"] = logins_of(folder / "platform.db")
        lake = Lake.from_environment()
        for day in DAYS:
            extract_day(promise, day, lake, Ledger(lake.ledger))
        rules = load_rules(promise, promise.release("threat_signals"))
        found = found_at("published", promise, rules, DAYS, spark).cache()
        yield truth, rules, found
        found.unpersist()


def logins_of(platform):
    """Each account's own login and the moment of its first success."""
    with closing(sqlite3.connect(platform)) as database:
        rows = database.execute(
            "SELECT user_id, lower(email), (SELECT min(occurred_at) FROM security_events AS e "
            "WHERE e.user_id = u.user_id AND kind = 'login_ok') FROM professional_users AS u"
        )
        return {user: (email, first) for user, email, first in rows}


@pytest.fixture(scope="module")
def tokens(world, spark):
    """What the release calls the accounts, logins, sessions and networks of the truth."""
    truth = world[0]
    keys = Keyring.from_environment().domain("threat", "2026-01-01").on(spark)
    entries = [entry for kind in ("attacks", "more_attacks", "near_misses") for entry in truth[kind]]
    named = {("actor", value) for entry in entries for value in entry["accounts"]}
    named |= {("attempted_login", value) for entry in entries for value in logins_behind(entry, truth)}
    named |= {("session_id", entry["session"]) for entry in entries if "session" in entry}
    named |= {("network", ip) for entry in entries for ip in entry["ips"]}
    rows = spark.createDataFrame(sorted(named), "field string, value string")
    value = F.col("value")
    made = rows.select(
        "field",
        "value",
        F.when(F.col("field") == "actor", token(value, "person", "uuid", keys))
        .when(F.col("field") == "attempted_login", token(value, "email", "email", keys))
        .when(F.col("field") == "session_id", token(value, "session", "exact", keys))
        .otherwise(network_prefix(value, "network", keys))
        .alias("token"),
    )
    return {(row["field"], row["value"]): row["token"] for row in made.collect()}


def groups(found):
    return {(row["rule"], str(row["last_seen"])[:10], tuple(sorted(row["shared"].items()))) for row in found.collect()}


def logins_behind(entry, truth):
    """What was typed in an attack: the logins of the truth, and those of its accounts."""
    return [*entry.get("logins", ()), *(truth["logins"][account][0] for account in entry["accounts"])]


def names_of(entry, truth, tokens):
    """Every token under which an attack could be a finding's group."""
    named = [("actor", value) for value in entry["accounts"]]
    named += [("attempted_login", value) for value in logins_behind(entry, truth)]
    named += [("session_id", entry["session"])] if "session" in entry else []
    return {tokens[key] for key in named} | {tokens["network", ip] for ip in entry["ips"]}


def has_a_history(entry, truth):
    """Whether an account logged in before: only then can a network be new to it."""
    return any((truth["logins"][account][1] or "never") < entry["first_seen"] for account in entry["accounts"])


def test_every_planted_attack_is_found_on_its_day(world, tokens):
    truth, _, found = world
    seen, missed = groups(found), []
    for entry in (*truth["attacks"], *truth["more_attacks"]):
        also = [name for name in entry.get("also", ()) if name != "new_network" or has_a_history(entry, truth)]
        wanted = [RULES_OF.get(entry["attack"], {entry["attack"]}), *({name} for name in also)]
        wanted += [{"credential_stuffing_succeeded"}] if entry.get("succeeded") else []
        for rules in wanted:
            own = names_of(entry, truth, tokens)
            if not any(r in rules and day == entry["day"] and own & {t for _, t in group} for r, day, group in seen):
                missed.append((entry["attack"], rules))
    assert missed == []


def test_no_near_miss_is_found(world, tokens):
    truth, _, found = world
    seen = groups(found)
    for entry in truth["near_misses"]:
        own = {tokens["actor", value] for value in entry["accounts"]}
        own |= {tokens["session_id", entry["session"]]} if "session" in entry else set()
        own |= {tokens["network", ip] for ip in entry["ips"]} if "network" in entry else set()
        rules = {entry["attack"], *entry.get("also", ())} | RULES_OF.get(entry["attack"], set())
        assert not [r for r, day, group in seen if r in rules and day == entry["day"] and own & {t for _, t in group}]


def test_what_is_found_beside_the_truth_is_informational(world, tokens):
    truth, _, found = world
    entries = (*truth["attacks"], *truth["more_attacks"])
    known = set().union(*(names_of(entry, truth, tokens) for entry in entries))
    beside = {r for r, _, group in groups(found) if not known & {t for _, t in group}}
    assert beside <= {"new_network"}


@pytest.mark.parametrize("world", SEEDS[:1], indirect=True)
def test_tokens_give_the_findings_that_raw_events_cut_to_minutes_give(world, spark, promise):
    _, rules, found = world
    assert comparable(found_at("minutes", promise, rules, DAYS, spark)) == comparable(found)


@pytest.mark.parametrize("world", SEEDS[:1], indirect=True)
def test_cutting_times_loses_no_finding(world, spark, promise):
    """A window of exact times lies inside the window of its minutes, so at most something is found in addition."""
    _, rules, found = world
    exact = {(rule, group) for rule, group, *_ in comparable(found_at("left out", promise, rules, DAYS, spark))}
    assert exact <= {(rule, group) for rule, group, *_ in comparable(found)}


@pytest.mark.parametrize("world", SEEDS[:1], indirect=True)
def test_the_planted_success_makes_stuffing_critical_before_the_fiftieth_login_as_after_it(world, spark, promise):
    truth, rules, _ = world
    [planted] = [e for e in truth["attacks"] if e["attack"] == "credential_stuffing" and e["succeeded"]]
    keys = Keyring.from_environment().domain("threat", "2026-01-01").on(spark)
    begins, ends = (F.lit(planted[name]).cast("timestamp") for name in ("first_seen", "last_seen"))
    landed = LandedDays(spark, Lake.from_environment(), promise, promise.release("threat_signals"), "minutes", keys)
    rows = events(landed, landed.added(LAST), LAST, len(DAYS) - 1).where(
        (F.col("network") == planted["network"].split("/")[0])
        & F.col("occurred_at").between(F.date_trunc("minute", begins), ends)
    )
    worked, day = F.col("kind") == "login_ok", whole_day(date.fromisoformat(planted["day"]))
    assert rows.where(worked).count() == 1
    for minutes in (0, 5):
        at = F.when(worked, F.date_trunc("minute", begins) + F.expr(f"INTERVAL {minutes} MINUTES"))
        moved = findings(rows.withColumn("occurred_at", F.coalesce(at, "occurred_at")), rules, day).collect()
        assert {row["events"] for row in moved if row["rule"] == "credential_stuffing_succeeded"} == {rows.count()}
