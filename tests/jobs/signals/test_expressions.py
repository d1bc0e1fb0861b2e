"""An accepted expression finds in a word what Java, Python and RE2 find there: the rule means the same everywhere."""

import re
from itertools import pairwise

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F
from sigma.policy import default_policy

from policy.expressions import refused_in

PIECES = (
    *r"abcz09_-./{}[]()^$|*+?\,:&~ ", r"\d", r"\W", r"\s", r"\b", r"\B", r"\.", r"\-", r"\]", r"\[", r"\^", r"\/", r"\ ",
    "[a-c]", "[^a-z]", r"[\w-]", "[-a]", "[a^]", r"[\]\\]", "(?:", "{2}", "{0,1}", "{1,}", "a|b", "ab", ".*", "a+?", "[-]", "[^-]",
)  # fmt: skip
LAW = settings(max_examples=3, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
WORDS = (
    "",
    "a",
    "ab",
    "abc",
    "A-B",
    "login_ok",
    "Go-http-client",
    "/documents/{id}",
    "a]b[c",
    "00 9",
    "x^y$z",
    r"c\d",
    "a&&b~",
    "..",
    "-",
)
expressions = st.lists(st.sampled_from(PIECES), max_size=7).map("".join)


def read_by(engine, expression):
    return [bool(engine(expression).search(word)) for word in WORDS]


@LAW
@given(st.lists(expressions.filter(lambda text: refused_in(text) is None), min_size=150, max_size=200, unique=True))
def test_java_python_and_re2_find_the_same_with_an_accepted_expression(spark, accepted):
    words = spark.createDataFrame(list(enumerate(WORDS)), "place int, word string").coalesce(1).orderBy("place")
    columns = [F.col("word").rlike(expression).alias(str(place)) for place, expression in enumerate(accepted)]
    java = list(zip(*words.select(columns).collect(), strict=True))
    for expression, found in zip(accepted, java, strict=True):
        python = read_by(lambda text: re.compile(text, re.ASCII), expression)
        assert python == read_by(default_policy.regex_engine.compile, expression), expression
        assert python == list(found), expression


def test_the_pieces_come_to_expressions_of_every_kind():
    """The property above is about many expressions: most pairs of pieces are accepted, and some are refused."""
    pairs = [one + other for one, other in pairwise(PIECES)]
    assert 10 < sum(refused_in(each) is None for each in pairs) < len(pairs)
