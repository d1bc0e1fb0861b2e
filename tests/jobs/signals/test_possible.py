"""A group that can't have a finding is left out before it is followed; one that can never is."""

import re

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from jobs.signals import possible as counted
from jobs.signals.correlations import fulfilments
from jobs.signals.parts import AT_ONCE, KEY, parts
from jobs.signals.possible import possible
from jobs.signals.rules import load_rules
from tests.jobs.signals.small_events import correlation, event, rule, token
from tests.jobs.signals.test_correlations import RULES, accounts, rows_of

COMPILED = 8_000
"""HotSpot compiles no method of more bytes (``HugeMethodLimit``)."""


@pytest.fixture
def kept(frame, compile_rules):
    """The actors of whom something is left, by rule."""

    def run(rows):
        rules = compile_rules(RULES)
        left = possible(parts(frame(rows), rules), rules).select(*KEY).distinct().collect()
        return {(rules[row["rule"]].name, row["grouped"][0]) for row in left}

    return run


def failures(number, actor, logins=(1,), **cells):
    """So many failures of one account, hours apart, of these logins in turn."""
    return [
        event(100 * actor + n, 7_200 * n, actor=token("person", actor),
              attempted_login=token("email", logins[n % len(logins)]), **cells)
        for n in range(number)
    ]  # fmt: skip


@pytest.mark.parametrize("words", [1, counted.WORDS])
@settings(max_examples=3, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(accounts)
def test_every_part_of_a_group_that_fulfils_its_rule_is_kept_however_few_the_bits(
    frame, compile_rules, words, accounts
):
    rules = compile_rules(RULES)
    every = parts(frame(rows_of(accounts)), rules).cache()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counted, "WORDS", words)
        left = possible(every, rules)
    fulfilled = fulfilments(every, rules).where("fulfilled").select(*KEY).distinct()
    needed = every.join(fulfilled, [*KEY], "left_semi").select(every.columns)
    assert needed.exceptAll(left).isEmpty()
    every.unpersist()


def test_too_few_events_are_left_out_and_just_enough_are_kept_whenever_they_happened(kept):
    left = kept([*failures(2, 1), *failures(3, 2)])
    assert {actor for name, actor in left if name == "many"} == {token("person", 2)}


def test_one_value_is_one_however_often_it_is_there(kept):
    left = kept([*failures(9, 1, logins=(1, 2)), *failures(3, 2, logins=(1, 2, 3))])
    assert {actor for name, actor in left if name == "different"} == {token("person", 2)}


def test_a_group_without_one_of_the_roles_is_left_out(kept):
    rejected = event(7, 0, actor=token("person", 1), kind="csrf_rejected")
    success = event(8, 0, actor=token("person", 1), kind="login_ok")
    assert "together" not in {name for name, _ in kept([*failures(3, 1), rejected])}
    assert "together" in {name for name, _ in kept([*failures(3, 1), rejected, success])}


def test_a_rule_that_one_event_fulfils_keeps_all_of_its_parts(frame, compile_rules):
    text = rule("failed", "login_failed") + correlation("any", "event_count", ["failed"], "1m", "{gte: 1}")
    rules = compile_rules(text)
    every = parts(frame(failures(3, 1)), rules)
    assert possible(every, rules).count() == 3


def test_more_rules_than_are_compiled_at_once_each_see_their_events(frame, compile_rules):
    text = "".join(correlation(f"any{n:02}", "event_count", ["failed"], "1m", "{gte: 1}") for n in range(AT_ONCE + 2))
    every = parts(frame(failures(3, 1)), compile_rules(rule("failed", "login_failed") + text))
    assert {row["rule"]: row["count"] for row in every.groupBy("rule").count().collect()} == dict.fromkeys(
        range(AT_ONCE + 2), 3
    )


@pytest.fixture
def planned_at_once(spark):
    """Plans that are whole before they run: of adaptive ones nothing can be read yet."""
    spark.conf.set("spark.sql.adaptive.enabled", "false")
    yield
    spark.conf.unset("spark.sql.adaptive.enabled")


@pytest.mark.usefixtures("planned_at_once")
def test_our_own_rules_come_to_methods_that_the_jvm_compiles(frame, promise, spark, tmp_path):
    rules = load_rules(promise, promise.release("threat_signals"))
    frame(failures(1, 1)).write.parquet(str(tmp_path / "events"))
    every = parts(spark.read.parquet(str(tmp_path / "events")), rules)
    for made in (every, possible(every, rules), counted._reaching(every, rules)):
        assert 0 < largest_method(made) < COMPILED


def largest_method(made):
    """Bytes of the longest method that Spark writes for a frame."""
    debug = made.sparkSession._jvm.org.apache.spark.sql.execution.debug.package
    code = debug.codegenString(made._jdf.queryExecution().executedPlan())
    return max(map(int, re.findall(r"maxMethodCodeSize:(\d+)", code)), default=0)
