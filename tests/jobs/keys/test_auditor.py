"""docs/keys.md by itself: its lines, run as they stand, make the tokens and addresses that the suite makes."""

import re
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F

from jobs.keys.field_keys import DomainKeys
from jobs.treatments import unicode
from jobs.treatments.networks import network_prefix
from jobs.treatments.normalise import spelled
from jobs.treatments.tokens import token
from policy.periods import epoch_of
from policy.shapes import NETWORKS, PREFIXES
from tests.spellings import SPELT

PAGE = (Path(__file__).parents[3] / "docs" / "keys.md").read_text("utf-8")
DATA_KEY, DOMAIN, EPOCH, SUITE = bytes(range(32)), "threat", "2026-10-01", 2
KINDS = ("exact", "uuid", "email", "phone", "address")


@pytest.fixture(scope="module")
def page():
    """Every line of Python that the page shows, and nothing else of ours."""
    scope = {}
    blocks = re.findall(r"```python\n(# (?:recompute|encrypt|spell).*?)```", PAGE, re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        exec(block, scope)
    return scope


@pytest.mark.parametrize(
    ("kind", "canonical", "text"), [v[1:] for v in SPELT if v[0] == SUITE and "\u2c2f" not in v[3]]
)
def test_the_page_spells_every_vector(page, kind, canonical, text):
    assert page["spelled"](kind, text) == canonical


@settings(max_examples=300)
@given(st.sampled_from(KINDS), st.text(st.characters(exclude_categories=["Cs", "Cn"]), max_size=20))
def test_the_page_spells_any_text_that_it_says_it_does(page, kind, text):
    if not unicode.UNKNOWN.search(text):
        assert (page["spelled"](kind, text) or None) == spelled(text, kind)


def test_the_page_makes_a_token_of_every_class(spark, page):
    keys = DomainKeys(DOMAIN, EPOCH, DATA_KEY).on(spark)
    frame = spark.createDataFrame([(" Jo@BÜCHER.example.",)], "v string")
    (row,) = frame.select(*(token(F.col("v"), name, "email", keys).alias(name) for name in PREFIXES)).collect()
    spelling = page["spelled"]("email", " Jo@BÜCHER.example.")
    assert row.asDict() == {n: page["token"](DATA_KEY, SUITE, DOMAIN, EPOCH, n, spelling) for n in PREFIXES}
    assert page["PREFIXES"] == PREFIXES


def test_the_page_encrypts_addresses_of_both_families(spark, page):
    cells = ["192.0.2.17:51234", "198.51.100.1", "[2001:db8::1]:443", "fe80::1%eth0", "::ffff:192.0.2.17", "0.0.0.0"]
    keys = DomainKeys(DOMAIN, EPOCH, DATA_KEY)
    key = page["field_key"](DATA_KEY, SUITE, DOMAIN, EPOCH, "address")
    assert (len(key), key) == (64, keys.field_key("address"))
    frame = spark.createDataFrame(pa.table({"v": cells}))
    made = frame.select("v", *(network_prefix(F.col("v"), keep, keys.on(spark)).alias(keep) for keep in NETWORKS))
    for row in made.collect():
        spelling = page["spelled"]("address", row["v"])
        assert [row[keep] for keep in NETWORKS] == [page["encrypted"](spelling, key, keep) for keep in NETWORKS]


def test_the_page_says_how_an_epoch_is_written():
    written = re.search(r"\(`(\S+)` for 24 November 2026 and `P3M`", PAGE)[1]
    assert written == epoch_of(date(2026, 11, 24), "P3M")


def test_the_page_knows_every_invisible_and_white_character(page):
    ignorable = {code for code, folded in unicode.FOLDS.items() if folded is None}
    assert set(page["INVISIBLE"]) == ignorable
    assert set(map(chr, page["WHITE"])) | set(map(chr, ignorable)) == set(unicode.BLANK)
