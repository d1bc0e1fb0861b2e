"""Stuffing is critical when any login of the campaign's network succeeds inside the campaign, before or after its
fiftieth (PLATFORM, *Stuffing*)."""

from datetime import date
from zlib import crc32

import pytest

from jobs.signals.findings import findings
from jobs.signals.release import whole_day
from jobs.signals.rules import load_rules
from tests.jobs.signals.small_events import START, event, token

DAY, MINUTE = START.date(), 60
NOON = 12 * 3600


def campaign(tried, *, successes=(), first=NOON, network="ip4_net"):
    """``tried`` different logins from one network, one each half minute; those at ``successes`` work."""
    return [login(network, n, first + 30 * n, worked=n in successes) for n in range(tried)]


def login(network, typed, seconds, *, worked):
    kind = "login_ok" if worked else "login_failed"
    number = crc32(f"{network} {typed} {seconds}".encode())
    return event(number, seconds, network=network, kind=kind, attempted_login=token("email", typed))


@pytest.fixture(scope="module")
def stuffing(promise):
    rules = load_rules(promise, promise.release("threat_signals"))
    return [rule for rule in rules if rule.name.startswith("credential_stuffing")]


@pytest.fixture
def found(frame, stuffing):
    def run(rows, day: date = DAY):
        return {
            (row["rule"].removeprefix("credential_stuffing"), row["shared"]["network"]): row
            for row in findings(frame(rows), stuffing, whole_day(day)).collect()
        }

    return run


def test_a_success_counts_wherever_in_the_campaign_it_lies(found):
    places = {f"ip4_{place:03}": place for place in (0, 1, 24, 48, 49, 50, 79)}
    rows = [row for network, place in places.items() for row in campaign(80, successes=[place], network=network)]
    seen = found(rows)
    assert {network for rule, network in seen if rule == "_succeeded"} == set(places)
    assert {network for rule, network in seen if rule == ""} == set(places)


def test_the_fiftieth_login_tried_may_be_the_one_that_works_and_forty_nine_are_no_campaign(found):
    enough, few = campaign(50, successes=[20], network="ip4_a"), campaign(49, successes=[20], network="ip4_b")
    assert {network for _, network in found(enough + few)} == {"ip4_a"}


def test_a_campaign_in_which_nothing_works_is_high_and_not_critical(found):
    assert set(found(campaign(80))) == {("", "ip4_net")}


def test_a_success_of_another_network_or_outside_the_campaign_is_none_of_its(found):
    elsewhere = login("ip4_other", 7, NOON + 600, worked=True)
    before = login("ip4_net", 901, NOON - 62 * MINUTE, worked=True)
    after = login("ip4_net", 902, NOON + 40 * MINUTE + 61 * MINUTE, worked=True)
    assert set(found([*campaign(80), elsewhere, before, after])) == {("", "ip4_net")}


def test_a_success_within_the_hour_after_the_campaign_counts_as_it_did(found):
    after = login("ip4_net", 902, NOON + 50 * MINUTE, worked=True)
    assert ("_succeeded", "ip4_net") in found([*campaign(80), after])


def test_the_critical_finding_holds_the_campaign_with_its_success_and_nothing_from_before_its_hour(found):
    earlier = [login("ip4_net", 800 + n, NOON - 45 * MINUTE + n, worked=False) for n in range(5)]
    finding = found([*earlier, *campaign(60, successes=[10])])["_succeeded", "ip4_net"]
    assert (finding["events"], finding["distinct_values"]) == (60, 60)


def test_a_success_before_midnight_makes_the_campaign_of_the_day_after_critical(found):
    midnight = 24 * 3600
    rows = campaign(60, successes=[5], first=midnight - 20 * MINUTE)
    assert found(rows) == {}
    next_day = found(rows, date(2026, 3, 2))
    assert set(next_day) == {("", "ip4_net"), ("_succeeded", "ip4_net")}
    assert next_day["_succeeded", "ip4_net"]["events"] == 60


def test_a_success_of_a_login_that_failed_before_is_a_success(found):
    retried = login("ip4_net", 3, NOON + 5 * MINUTE, worked=True)
    assert ("_succeeded", "ip4_net") in found([*campaign(60), retried])
