"""Indicators match encrypted addresses exactly as they match plain ones, and never one of our own users."""

import ipaddress
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F

from jobs.keys.field_keys import DomainKeys
from jobs.signals.errors import OwnAddressError
from jobs.signals.indicators import indicated, prefixes, refuse_own
from jobs.treatments.networks import network_prefix
from policy.errors import InvalidPolicyFileError
from policy.intelligence import Indicator, indicators
from tests.jobs.signals.small_events import event, token

LISTED = date(2026, 3, 10)
HEAD = "indicators:\n  - {network: %s, source: a feed, listed: 2026-01-01, expires: %s}\n"


@pytest.fixture(scope="module")
def keys(spark):
    return DomainKeys("threat", "2026-01-01", bytes(range(32))).on(spark)


def listed(*networks):
    return [
        (f"indicators/x.yml no. {n}", Indicator(network=network, source="a feed", listed=LISTED, expires=LISTED))
        for n, network in enumerate(networks, start=1)
    ]


fours = st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address)
sixes = st.integers(0, 2**128 - 1).map(ipaddress.IPv6Address)
ranges = st.one_of(
    st.tuples(fours, st.integers(8, 32)), st.tuples(sixes, st.integers(16, 128))
).map(lambda pair: ipaddress.ip_network(f"{pair[0]}/{pair[1]}", strict=False))  # fmt: skip


def neighbours(network):
    """The first and the last address of a network, and the two just outside."""
    first, last = int(network.network_address), int(network.broadcast_address)
    kind = type(network.network_address)
    most = 2**network.max_prefixlen - 1
    return [kind(n) for n in (first, last, first - 1, last + 1) if 0 <= n <= most]


@settings(max_examples=3, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(ranges, min_size=8, max_size=12))
def test_an_encrypted_address_is_in_an_encrypted_range_exactly_when_it_is_in_the_plain_one(spark, keys, networks):
    addresses = [str(address) for network in networks for address in neighbours(network)]
    plain = spark.createDataFrame([(address,) for address in addresses], "plain string")
    rows = plain.withColumn("ip", network_prefix(F.col("plain"), "address", keys))
    known = listed(*(str(network) for network in networks))
    found = indicated(rows, prefixes(spark, known, keys), known, "hit").select("plain", "hit").distinct().collect()
    for row in found:
        ip = ipaddress.ip_address(row["plain"])
        ip = getattr(ip, "ipv4_mapped", None) or ip
        assert row["hit"] == str(any(ip in network for network in networks)).lower(), row["plain"]


def logins(frame, keys, address, days):
    rows = [
        event(n, -86_400 * n, actor=token("person", 1), kind="login_ok", ip=address) for n in range(days)
    ]  # fmt: skip
    return frame(rows).withColumn("ip", network_prefix(F.col("ip"), "address", keys))


def test_an_address_from_which_our_own_account_logs_in_by_habit_is_refused_without_showing_it(spark, frame, keys):
    known = prefixes(spark, listed("203.0.113.0/24", "100.64.7.0/24"), keys)
    with pytest.raises(OwnAddressError, match=r"no\. 2") as caught:
        refuse_own(logins(frame, keys, "100.64.7.9", 3), known)
    assert "100.64" not in str(caught.value)


def test_an_attacker_s_short_visit_is_no_habit(spark, frame, keys):
    refuse_own(logins(frame, keys, "203.0.113.9", 2), prefixes(spark, listed("203.0.113.0/24"), keys))


@pytest.mark.parametrize(
    "network", ["jane.roe@mail.example", "usr_cbdefg", "10.0.0.0/7", "203.0.113.1/24", "0.0.0.0/0"]
)
def test_only_a_narrow_network_can_be_an_indicator(tmp_path, network):
    (tmp_path / "indicators").mkdir()
    (tmp_path / "indicators" / "x.yml").write_text(HEAD % (network, "2027-01-01"))
    with pytest.raises(InvalidPolicyFileError):
        indicators(tmp_path, LISTED)


def test_an_expired_indicator_matches_nothing(tmp_path):
    (tmp_path / "indicators").mkdir()
    (tmp_path / "indicators" / "x.yml").write_text(HEAD % ("203.0.113.0/24", LISTED))
    assert len(indicators(tmp_path, LISTED)) == 1
    assert indicators(tmp_path, LISTED + timedelta(days=1)) == []
