"""A finding belongs to the day of its last event, is one row, and never joins tokens of two epochs."""

from collections import Counter
from datetime import date, timedelta
from random import Random

import pytest

from jobs.lake.landing import Landing
from jobs.lake.zones import Lake
from jobs.signals.errors import BaseNotPublishedError
from jobs.signals.events import PublishedDays, first_logins
from jobs.signals.findings import EVIDENCE, Period, findings
from jobs.signals.release import require_published, whole_day
from tests.jobs.signals.small_events import START, correlation, event, rule, token

DAY = START.date()
BRUTE_FORCE = rule("failed", "login_failed") + correlation("many", "event_count", ["failed"], "10m", "{gte: 10}")
MINUTE, WHOLE_DAY = 60, 86_400


def on(day, frame, compile_rules, seconds):
    rows = frame([event(n, at, actor=token("person", 1)) for n, at in enumerate(seconds)])
    return findings(rows, compile_rules(BRUTE_FORCE), whole_day(day)).collect()


def test_an_attack_over_midnight_is_found_once_on_the_day_of_its_last_event(frame, compile_rules):
    seconds = [WHOLE_DAY + step * 30 for step in range(-6, 6)]
    assert on(DAY, frame, compile_rules, seconds) == []
    [found] = on(DAY + timedelta(days=1), frame, compile_rules, seconds)
    assert (found["events"], found["first_seen"].date(), found["last_seen"].date()) == (
        12,
        DAY,
        DAY + timedelta(days=1),
    )
    assert not found["continues"]


def test_an_attack_that_was_found_the_day_before_says_that_it_goes_on(frame, compile_rules):
    seconds = [WHOLE_DAY + step * 30 for step in range(-12, 3)]
    [before] = on(DAY, frame, compile_rules, [at for at in seconds if at < WHOLE_DAY])
    [after] = on(DAY + timedelta(days=1), frame, compile_rules, seconds)
    assert (before["continues"], after["continues"]) == (False, True)


def test_a_new_attack_after_a_pause_over_midnight_does_not_continue_the_old_one(frame, compile_rules):
    evening, morning = (range(start, start + 12 * 30, 30) for start in (WHOLE_DAY - 3_600, WHOLE_DAY + 600))
    [found] = on(DAY + timedelta(days=1), frame, compile_rules, [*evening, *morning])
    assert (found["events"], found["first_seen"].date(), found["continues"]) == (12, DAY + timedelta(days=1), False)


def test_rows_that_do_not_continue_count_each_attack_once_however_many_midnights_it_sees(frame, compile_rules):
    draw, days, accounts = Random(9), 4, 40
    rows = [
        event(account * 1_000_000 + second, second, actor=token("person", account))
        for account in range(accounts)
        for start in draw.sample(range(0, days * WHOLE_DAY, 3_600), draw.randint(1, 6))
        for second in burst(draw, start)
    ]
    rules, reach = compile_rules(BRUTE_FORCE), timedelta(days=1)
    nights, nightly = [whole_day(DAY + timedelta(days=each)) for each in range(days + 1)], Counter()
    for night in nights:
        known = [row for row in rows if night.start - 2 * reach <= row["occurred_at"] < night.end]
        nightly += begun(findings(frame(known), rules, night))
    at_once = begun(findings(frame(rows), rules, Period(nights[0].start, nights[-1].end)))
    assert nightly == at_once
    assert nightly.total() > 50


def begun(found):
    """How many findings that don't continue an earlier one each account has."""
    return Counter(row["shared"]["actor"] for row in found.where("NOT continues").collect())


def burst(draw, start):
    """Seconds of failures from ``start`` on: some too few to be an attack, some over midnight, one or two for a day."""
    pause = draw.choice((20, 45, 59, 90))
    return range(start, start + draw.choice((5, 30, 200, 1_500)) * pause, pause)


def test_windows_that_overlap_are_one_finding_and_a_pause_makes_two(frame, compile_rules):
    once = [step * MINUTE for step in range(60)]
    assert [row["events"] for row in on(DAY, frame, compile_rules, once)] == [60]
    twice = [*once, *(8 * 3600 + step * 30 for step in range(12))]
    assert sorted(row["events"] for row in on(DAY, frame, compile_rules, twice)) == [12, 60]


def test_evidence_is_bounded_and_holds_the_first_and_the_last_events(frame, compile_rules):
    [found] = on(DAY, frame, compile_rules, [step * 20 for step in range(100)])
    first, last = range(EVIDENCE), range(100 - EVIDENCE, 100)
    assert found["evidence"] == [token("event", n) for n in (*first, *last)]


def test_days_of_another_epoch_are_never_read(promise, tmp_path):
    days = PublishedDays(None, Lake(tmp_path), promise, promise.release("threat_signals"))
    assert days.days(date(2026, 4, 2), 30) == [date(2026, 4, 2), date(2026, 4, 1)]


def test_findings_are_refused_until_what_they_derive_from_is_published_since_its_extraction(promise, lake, ledger):
    contract, landing = promise.release("threat_signals"), Landing(None, lake, DAY)
    done = {"day": DAY, "run": "r", "version": 1, "rows": 1, "files": 1, "verdict_hash": "0"}
    ledger.append("published", release="threat_events", **done)
    with pytest.raises(BaseNotPublishedError, match="activity_trail"):
        require_published(contract, landing)
    ledger.append("published", release="activity_trail", **done)
    require_published(contract, landing)
    ledger.append("extracted", source="activity", day=DAY, rows=1, columns=1)
    with pytest.raises(BaseNotPublishedError, match="threat_events"):
        require_published(contract, landing)


def test_a_network_is_new_after_thirty_days_elsewhere_and_not_to_a_silent_account(frame):
    def login(number, days, account, network):
        cells = {"actor": token("person", account), "network": network, "kind": "login_ok"}
        return event(number, days * WHOLE_DAY, **cells)

    past = [login(1, -1, 1, "office"), login(2, -31, 1, "old"), login(3, -29, 1, "recent"), login(4, -40, 2, "office")]
    now = [login(10 + n, 0, 1, network) for n, network in enumerate(("office", "old", "recent", "unseen"))]
    now += [login(20, 0, 2, "unseen"), login(21, 0, 3, "unseen"), event(30, 0, actor=token("person", 1), network="x")]
    judged = first_logins(frame(now).drop("network_is_new"), frame(past).drop("network_is_new"), "network_is_new", 30)
    new = {row["event_id"] for row in judged.where("network_is_new = 'true'").collect()}
    assert judged.count() == len(now)
    assert new == {token("event", 11), token("event", 13)}
