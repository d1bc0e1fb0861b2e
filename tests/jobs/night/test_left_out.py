"""A night of the demo platform holds nobody who must not be in it, and the gate says so without asking who made it."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from jobs.gate.recount import LandedDay
from jobs.keys.ring import Keyring
from jobs.lake.landing import Landing, StaleWishesError
from jobs.lake.zones import NotExtractedError
from jobs.night.export import export_release
from jobs.night.extract import extract_day
from jobs.night.protect import protect_release
from jobs.night.publish import publish_release
from jobs.night.summary import night_table
from jobs.night.validate import RedVerdictError, validate_release
from jobs.people.exclusion import Exclusion
from jobs.retention.errors import PastPeriodError

DAY, RUN, RELEASE = date(2026, 3, 12), "2026-03-12-test", "threat_events"
VERIFIED = "2026-03-10 08:00:00.000000"


def types(change, number, login, session=None):
    """Somebody types a login that the platform doesn't recognise."""
    row = (f"00000000-0000-4000-8000-{number:012d}", "2026-03-12 10:00:00.000000", login, session)
    change(
        "INSERT INTO security_events (event_id, occurred_at, attempted_login, session_id, kind) "
        "VALUES (?, ?, ?, ?, 'login_failed')",
        *row,
    )


def asks(change, user, right, detail=None):
    change(
        "INSERT INTO subject_requests (request_id, user_id, right, received_at, identity_verified_at, detail) "
        "VALUES ('00000000-0000-4000-8000-0000000000ff', ?, ?, ?, ?, ?)",
        user, right, VERIFIED, VERIFIED, detail,
    )  # fmt: skip


def protected(promise, spark, lake, ledger, release=RELEASE):
    extract_day(promise, DAY, lake, ledger)
    return protect_release(promise, release, DAY, RUN, spark, lake)


def tokens(lake, spark, *columns):
    rows = spark.read.parquet(str(lake.staged(RELEASE, RUN))).select(*columns).collect()
    return {cell for row in rows for cell in row if cell}


def test_somebody_who_is_restricted_is_left_out_under_whatever_name_was_typed(
    promise, spark, lake, ledger, change, busiest
):
    user, email, phone = busiest
    for number, login in enumerate((email, email.upper(), f" {email}", phone, phone.replace(" ", ""), user.upper())):
        types(change, number, login)
    types(change, 7, "stranger@nowhere.example")
    before = protected(promise, spark, lake, ledger)
    asks(change, user, "restriction")
    after = protected(promise, spark, lake, ledger)
    theirs = change("SELECT count(*) FROM security_events WHERE occurred_at LIKE '2026-03-12%' AND user_id = ?", user)
    assert after.excluded - before.excluded >= theirs[0][0] + 6
    key = Keyring.from_environment().of_day(promise.release(RELEASE), DAY)
    assert not tokens(lake, spark, "actor", "attempted_login") & {key.token("person", user), key.token("email", email)}
    assert key.token("email", "stranger@nowhere.example") in tokens(lake, spark, "attempted_login")
    verdict = validate_release(promise, RELEASE, DAY, RUN, spark, lake)
    assert (verdict.verdict, verdict.rows) == ("green", after.rows_out)


def test_an_objection_to_several_purposes_and_one_that_nobody_understands_are_heard_and_counted(
    promise, spark, lake, ledger, change, busiest
):
    before = protected(promise, spark, lake, ledger)
    asks(change, busiest[0], "objection", json.dumps({"purpose": ["threat_analysis", "administration"]}))
    several = protected(promise, spark, lake, ledger)
    change("UPDATE subject_requests SET detail = ? WHERE request_id LIKE '%0000ff'", '{"purpose": "Threats!"}')
    unread = protected(promise, spark, lake, ledger)
    assert before.excluded < several.excluded == unread.excluded
    assert unread.unread_wishes == before.unread_wishes + 1
    assert ledger.last("protected", run=RUN)["unread_wishes"] == unread.unread_wishes
    assert f"{unread.unread_wishes} requests hold a purpose" in night_table(promise, DAY, lake)
    change("UPDATE subject_requests SET detail = ? WHERE request_id LIKE '%0000ff'", '{"purpose": "administration"}')
    assert protected(promise, spark, lake, ledger).excluded == before.excluded


@pytest.mark.parametrize(
    "release",
    [
        "threat_events",
        pytest.param("activity_trail", marks=pytest.mark.long),
        pytest.param("service_statistics", marks=pytest.mark.long),
    ],
)
def test_a_day_that_is_made_again_holds_nobody_whom_retention_has_let_go(
    promise, spark, lake, ledger, change, busiest, release
):
    before = protected(promise, spark, lake, ledger, release)
    change("UPDATE professional_users SET closed_at = '2024-01-31 12:00:00.000000' WHERE user_id = ?", busiest[0])
    gone = protected(promise, spark, lake, ledger, release)
    assert gone.excluded > before.excluded
    assert validate_release(promise, release, DAY, RUN, spark, lake).verdict == "green"
    change(
        "INSERT INTO legal_holds (hold_id, subject_kind, subject_id, placed_on) VALUES (?, 'user', ?, '2025-01-01')",
        "00000000-0000-4000-8000-0000000000aa", busiest[0],
    )  # fmt: skip
    assert protected(promise, spark, lake, ledger, release).excluded == before.excluded
    change("UPDATE legal_holds SET placed_on = '2026-01-01' WHERE hold_id LIKE '%0000aa'")
    assert protected(promise, spark, lake, ledger, release).excluded == gone.excluded


@pytest.mark.parametrize("why", ["a wish", "retention"])
def test_the_gate_finds_somebody_left_in_by_a_step_that_counts_as_it_leaves_out(
    promise, spark, lake, ledger, change, busiest, why, monkeypatch
):
    user, email, _ = busiest
    types(change, 1, email)
    if why == "a wish":
        asks(change, user, "restriction")
    else:
        change("UPDATE professional_users SET closed_at = '2024-01-31 12:00:00.000000' WHERE user_id = ?", user)
    monkeypatch.setattr(Exclusion, "without", lambda _, rows, source: rows)
    protected(promise, spark, lake, ledger)
    with pytest.raises(RedVerdictError, match="rows of people who must not be in it") as caught:
        validate_release(promise, RELEASE, DAY, RUN, spark, lake)
    assert email not in str(caught.value)


def at(monkeypatch, day):
    monkeypatch.setattr("policy.periods.clock", lambda: datetime(day.year, day.month, day.day, 2, tzinfo=UTC))


def test_a_day_past_its_period_is_refused_by_every_step(promise, spark, lake, ledger, platform, monkeypatch):
    at(monkeypatch, date(2027, 4, 12))
    protected(promise, spark, lake, ledger)
    at(monkeypatch, date(2027, 4, 13))
    with pytest.raises(PastPeriodError, match=r"threat_events of 2026-03-12: its contract keeps it through 2027-04-12"):
        protect_release(promise, RELEASE, DAY, RUN, spark, lake)
    with pytest.raises(PastPeriodError):
        publish_release(promise, RELEASE, DAY, RUN, lake)
    with pytest.raises(RedVerdictError, match="rows of people who must not be in it"):
        validate_release(promise, RELEASE, DAY, RUN, spark, lake)
    assert protect_release(promise, "feedback_topics", DAY, RUN, spark, lake).rows_in > 0


def test_a_copy_for_a_recipient_goes_by_its_own_period(promise, spark, lake, platform, monkeypatch):
    at(monkeypatch, date(2026, 9, 13))
    with pytest.raises(PastPeriodError, match="partner_threat_events"):
        export_release(promise, "partner_threat_events", DAY, spark, lake)
    assert lake.landed_days() == []


def test_a_day_that_no_release_may_hold_is_not_even_extracted(promise, lake, ledger, platform, monkeypatch):
    at(monkeypatch, date(2031, 3, 13))
    with pytest.raises(PastPeriodError):
        extract_day(promise, DAY, lake, ledger)
    assert lake.landed_days() == []


def test_without_its_landing_nobody_is_said_to_be_left_out(promise, spark, lake):
    with pytest.raises(NotExtractedError):
        LandedDay(promise, Landing(spark, lake, DAY)).exclusion("threat_analysis")


def test_a_landing_of_yesterday_makes_nothing_for_nobody_knows_who_has_objected_since(
    platform, promise, lake, ledger, monkeypatch
):
    extract_day(promise, DAY, lake, ledger)
    monkeypatch.setattr("jobs.lake.landing.FRESH", timedelta(seconds=-1))
    for make in (lambda: protect_release(promise, RELEASE, DAY, RUN, None, lake),
                 lambda: export_release(promise, "partner_threat_events", DAY, None, lake)):  # fmt: skip
        with pytest.raises(StaleWishesError, match="extract the day again"):
            make()
    assert not lake.staged(RELEASE, RUN).exists()
