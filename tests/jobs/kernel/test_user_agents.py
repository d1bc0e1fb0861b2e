"""The kernel finds the same families as ua-parser itself, and no text takes it long."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F
from ua_parser import parse_user_agent
from ua_parser_builtins.lazy import MATCHERS

from jobs.kernel.user_agents import needed

RULES = [rule.regex for rule in MATCHERS[0]]
PRINTABLE = st.characters(min_codepoint=32, max_codepoint=126)
FITTING = (
    st.sampled_from(RULES)
    .flatmap(lambda rule: st.from_regex(rule, alphabet=PRINTABLE))
    .filter(lambda text: len(text) <= 512 and "\n" not in text)  # RFC 9110: a field has no line breaks
)


def families(spark, user_agents):
    frame = spark.createDataFrame([(text,) for text in user_agents], "user_agent string")
    found = frame.select(F.call_function("ignicloud.user_agent", "user_agent").alias("family")).collect()
    return [row.family for row in found]


def family_of(text):
    found = parse_user_agent(text)
    return found.family if found is not None else "other"


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(texts=st.lists(FITTING, min_size=20, max_size=30))
def test_every_rule_finds_what_the_library_finds(spark, texts):
    assert families(spark, texts) == [family_of(text) for text in texts]


@settings(max_examples=5, suppress_health_check=list(HealthCheck))
@given(texts=st.lists(st.text(PRINTABLE, max_size=200), min_size=20, max_size=40))
def test_any_other_text_is_what_the_library_says(spark, texts):
    assert families(spark, texts) == [family_of(text) for text in texts]


def test_a_text_longer_than_any_browsers_and_one_that_makes_the_rules_backtrack_are_other(spark):
    backtracking = " " * 100 + "a" * 400
    assert families(spark, ["Firefox/143.0" + "x" * 500, backtracking, None, ""]) == ["other", "other", None, "other"]


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (r"(Ladybird)\/(\d+)\.(\d+)", "Ladybird/"),
        (r"(ArcGIS Pro)(?: (\d+)|)", "ArcGIS Pro"),
        (r"(?:Lunascape|Sleipnir)", ""),
        (r"a?bc(?:de)+f", "bc"),
        (r"^(x)[yz]longer", "longer"),
    ],
)
def test_what_every_match_contains_is_what_is_looked_for_first(expression, text):
    assert needed(expression) == text


@given(st.sampled_from(RULES).flatmap(lambda rule: st.tuples(st.just(rule), st.from_regex(rule))))
@settings(suppress_health_check=list(HealthCheck))
def test_no_match_is_passed_over(rule_and_text):
    rule, text = rule_and_text
    assert re.search(rule, text)
    assert needed(rule) in text
