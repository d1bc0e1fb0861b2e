"""Treatments: each makes a column coarser or closed, keeps nulls, and lets nothing else through."""

from datetime import date, datetime

import pytest
from pyspark.sql import functions as F

from jobs.treatments.generalise import banded, region, truncated_date, truncated_time
from jobs.treatments.text import in_vocabulary, json_field, path_template, topic, user_agent_family
from policy.rules import Band

BROWSERS = ("Chrome", "Firefox", "Mobile Safari")
ROUTES = ("/login", "/documents/{id}", "/documents/{id}/permissions", "/api/{module}")


def of(spark, values, expression, kind="string"):
    frame = spark.createDataFrame([(i, value) for i, value in enumerate(values)], f"i int, v {kind}")
    return [row["o"] for row in frame.select("i", expression(F.col("v")).alias("o")).orderBy("i").collect()]


def test_times_are_cut_down_in_utc(spark):
    time = datetime(2026, 11, 23, 23, 59, 59, 999999)
    assert of(
        spark,
        [time, None],
        lambda v: F.date_format(truncated_time(v, "minute"), "yyyy-MM-dd HH:mm:ss.SSS"),
        "timestamp_ntz",
    ) == ["2026-11-23 23:59:00.000", None]


def test_dates_are_cut_down(spark):
    assert of(spark, [date(2026, 11, 23), None], lambda v: truncated_date(v, "quarter"), "date") == [
        date(2026, 10, 1),
        None,
    ]


def test_bands_are_half_open_and_labelled(spark):
    band = Band(treat="band", edges=(10, 50))
    assert of(spark, [-1, 9, 10, 49, 50, None], lambda v: banded(v, band.edges, band.labels), "bigint") == [
        "<10", "<10", "10-50", "10-50", ">=50", None,
    ]  # fmt: skip


def test_countries_become_regions_and_unknown_ones_other(spark, promise):
    regions = promise.taxonomies.regions
    assert of(spark, ["FR", " ch ", "NO", "XX", "", None], lambda v: region(v, regions)) == [
        "Western Europe", "Western Europe", "Northern Europe", "other", "other", None,
    ]  # fmt: skip


def test_no_country_lies_in_two_regions(promise):
    countries = [country for region in promise.taxonomies.regions.values() for country in region]
    assert len(countries) == len(set(countries))


def test_a_word_outside_the_vocabulary_never_passes(spark):
    assert of(spark, ["team", "jane@mail.example", "", None], lambda v: in_vocabulary(v, ("team",))) == [
        "team",
        "other",
        "other",
        None,
    ]


def test_one_field_of_a_json_text_is_read_and_broken_json_is_null(spark):
    assert of(spark, ['{"a": "x"}', '{"b": 1}', "{", None], lambda v: json_field(v, "a")) == ["x", None, None, None]


def test_a_field_of_json_is_what_spark_reads_however_often_the_text_comes_again(spark):
    """A thread remembers texts by field: one text, two fields; values that are no text; a null that comes again."""
    texts = [
        '{"a": "x", "b": 1.50}',
        '{"a": {"c": [1, "é"]}}',
        '{"a": null}',
        "{",
        "",
        "[]",
        '{"a": "x", "a": "y"}',
        None,
    ]
    frame = spark.createDataFrame([(text,) for text in texts * 3], "v string").coalesce(1)
    both = [json_field(F.col("v"), field).alias(field) for field in ("a", "b")]
    plain = [F.get_json_object("v", f"$.{field}").alias(f"{field}_plain") for field in ("a", "b")]
    rows = frame.select(*both, *plain).collect()
    assert [row["a"] for row in rows] == [row["a_plain"] for row in rows]
    assert [row["b"] for row in rows] == [row["b_plain"] for row in rows]
    assert [row["b"] for row in rows].count("1.50") + [row["b"] for row in rows].count("1.5") == 3


@pytest.mark.parametrize(
    ("text", "route"),
    [
        ("POST /login HTTP/1.1", "/login"),
        ("GET /documents/8f3e?sid=s-1 HTTP/1.1", "/documents/{id}"),
        ("GET https://host.example/documents/8f3e/permissions#x", "/documents/{id}/permissions"),
        ("/api/promote/", "/api/{module}"),
        ("/documents/a/b/c", "other"),
        ("call +33 6 12 34 56 78", "other"),
        ("jane@mail.example/login", "other"),
        (None, None),
    ],
)
def test_a_path_becomes_its_route_or_other(spark, text, route):
    assert of(spark, [text], lambda v: path_template(v, ROUTES)) == [route]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Je n'arrive pas à me CONNECTER, le mot de passe est refusé", "login"),
        ("The invoice and the refund are late", "billing"),
        ("Die Anmeldung klappt nicht", "login"),
        ("Sehr langsam heute", "performance"),
        ("relogging", "other"),
        ("", "other"),
        (None, None),
    ],
)
def test_the_topic_is_the_one_with_most_keywords(spark, promise, text, found):
    assert of(spark, [text], lambda v: topic(v, promise.taxonomies.texts["feedback"])) == [found]


def test_browsers_become_families_and_unknown_ones_other(spark):
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    assert of(spark, [firefox, "jane@mail.example", "x" * 600, None], lambda v: user_agent_family(v, BROWSERS)) == [
        "Firefox", "other", "other", None,
    ]  # fmt: skip
