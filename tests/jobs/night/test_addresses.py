"""Addresses as the platform's gateway writes them: read, or counted and red; never lost without a word."""

import sqlite3
from datetime import date

import pytest

from jobs.night.extract import extract_day
from jobs.night.protect import protect_release
from jobs.night.validate import RedVerdictError, validate_release

DAY, RUN, RELEASE = date(2026, 3, 12), "2026-03-12-test", "threat_events"


@pytest.fixture
def night(platform, lake, ledger, promise, spark):
    """The addresses of a night's events, after one change of the platform."""

    def run(change, rows=""):
        with sqlite3.connect(platform) as database:
            database.execute(f"UPDATE security_events SET ip = {change} WHERE ip IS NOT NULL {rows}")
        extract_day(promise, DAY, lake, ledger)
        protect_release(promise, RELEASE, DAY, RUN, spark, lake)
        staged = spark.read.parquet(str(lake.staged(RELEASE, RUN))).select("event_id", "ip").collect()
        return {row["event_id"]: row["ip"] for row in staged}

    return run


def test_a_gateway_that_begins_to_add_the_port_changes_no_address(night, promise, spark, lake):
    before = night("ip")
    assert night("CASE WHEN ip LIKE '%:%' THEN '[' || ip || ']:443' ELSE ip || ':51234' END") == before
    assert sum(each is not None for each in before.values()) > 100
    assert validate_release(promise, RELEASE, DAY, RUN, spark, lake).verdict == "green"


def test_addresses_that_nobody_can_read_are_red_with_column_and_count(night, promise, spark, lake):
    night("ip || ', 10.0.0.1'")
    with pytest.raises(RedVerdictError, match=r"expect_addresses_are_read ip \(no address in more cells") as caught:
        validate_release(promise, RELEASE, DAY, RUN, spark, lake)
    assert "10.0.0.1" not in str(caught.value)


def test_a_single_strange_address_stops_no_night(night, promise, spark, lake):
    night("'unknown'", "AND rowid = (SELECT min(rowid) FROM security_events WHERE date(occurred_at) = '2026-03-12')")
    assert validate_release(promise, RELEASE, DAY, RUN, spark, lake).verdict == "green"
