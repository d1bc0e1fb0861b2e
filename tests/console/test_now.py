"""What needs a person, and what the last night and the last thirty were."""

from datetime import UTC, date, datetime, timedelta

import pytest

from console import nights
from console.waiting import waiting
from tests.console.years import HASH, LAST, RELEASES, night

NOW = datetime(2026, 3, 13, 5, tzinfo=UTC)
RED = frozenset({"threat_events"})
VOLUME = [
    {"expectation": "expect_volume_is_usual", "column": "", "count": 40, "detail": "rows, ten times fewer than usual"}
]
JUDGED = {
    "release": "threat_events",
    "day": "2026-03-12",
    "run": "2026-03-12-0123456789",
    "kind": "judged",
    "verdict": "red",
}
PUBLISHED = {"kind": "published", "release": "threat_events", "day": "2026-03-12", "rows": 7}
PLANNED = {
    "kind": "expiry_planned",
    "plan": "ab",
    "day": "2026-03-12",
    "rows": 40,
    "people": 9,
    "over_share": ["threat_events"],
}
RECEIVED = {"kind": "request_received", "reference": "0123456789abcdef", "right": "access", "received": "2026-02-12"}
FOUND = {"kind": "request_found", "reference": "0123456789abcdef", "right": "access"}


def names(promise, known, now=NOW):
    return [each.what for each in waiting(promise, known, now)]


def test_a_red_release_is_named_with_its_column_its_count_and_the_page_of_its_verdict(told, promise):
    with told(*night(LAST, RED)) as known:
        [red] = waiting(promise, known, NOW)
    assert (red.what, red.about, red.role) == ("red release", "threat_events of 2026-03-12", "data_engineer")
    assert red.why == "3 × an e-mail address in column route"
    assert "correct the contract" in red.do
    assert red.link.address == "../ignicloud/data_docs/threat_events/2026-03-12-0123456789.html"


def test_its_refusal_isnt_named_a_second_time(told, promise):
    refused = PUBLISHED | {"kind": "refused", "step": "validate", "error": "RedVerdictError"}
    with told(*night(LAST, RED), refused) as known:
        assert names(promise, known) == ["red release"]


def test_it_needs_nobody_once_it_is_published(told, promise):
    with told(*night(LAST, RED), PUBLISHED) as known:
        assert names(promise, known) == []


def test_a_night_that_is_held_for_its_volume_is_accepted_in_its_own_dag(told, promise):
    held, accepted = (
        JUDGED | {"findings": VOLUME},
        {"kind": "volume_accepted", "release": "threat_events", "day": "2026-03-12"},
    )
    with told(held) as known:
        assert [(each.what, each.link.address) for each in waiting(promise, known, NOW)] == [
            ("held night", "../dags/held")
        ]
    with told(held, accepted) as known:
        assert names(promise, known) == []


def test_an_incident_waits_until_it_is_acknowledged(told, promise):
    incident = {
        "kind": "incident",
        "what": "identifier in a published table",
        "release": "threat_events",
        "day": "2026-03-12",
    }
    with told(incident) as known:
        assert names(promise, known) == ["incident"]
    with told(
        incident, {"kind": "incident_acknowledged", "incident": 1, "release": "threat_events", "by": "officer"}
    ) as known:
        assert names(promise, known) == []


FAILED = {
    "kind": "incident",
    "what": "erasure not proved",
    "release": "threat_events",
    "day": "2026-03-12",
    "plan": "ab",
}


def test_a_proof_that_failed_is_one_incident_until_a_proof_comes(told, promise):
    proved = {"kind": "erasure_proved", "plan": "ab", "day": "2026-03-12"}
    with told(FAILED, FAILED) as known:
        [each] = waiting(promise, known, NOW)
    assert (each.what, each.link.address) == ("incident", "../dags/subject_requests")
    with told(FAILED, proved | {"plan": "cd"}) as known:
        assert names(promise, known) == ["incident"]
    with told(FAILED, proved) as known:
        assert names(promise, known) == []
    of_retention = FAILED | {"what": "retention not proved"}
    with told(of_retention, proved | {"kind": "expiry_proved", "plan": "cd"}) as known:
        assert names(promise, known) == []


def test_a_night_that_leaves_no_word_for_a_day_and_a_half_needs_a_person(told, promise):
    with told(PUBLISHED) as known:
        assert names(promise, known) == []
        assert names(promise, known, NOW + timedelta(hours=40)) == ["no night"]
    with told() as known:
        assert names(promise, known) == ["no night"]


def test_a_word_of_a_moment_to_come_does_not_stand_for_the_nights_until_then(told, promise):
    with told(PUBLISHED | {"at": "2031-01-01T00:00:00+00:00"}) as known:
        [each] = waiting(promise, known, NOW)
    assert (each.what, each.urgent) == ("no night", True)
    assert "mend the clock" in each.why
    with told(PUBLISHED | {"at": "2031-01-01T00:00:00+00:00"}, PUBLISHED) as known:
        assert names(promise, known) == []


def test_a_refusal_of_a_day_that_cant_be_published_is_said_for_three_days(told, promise):
    refused = {"kind": "refused", "step": "extract", "day": "2019-01-01", "error": "NothingSoOldError"}
    with told(refused, PUBLISHED) as known:
        [each] = waiting(promise, known, NOW)
        assert not each.urgent
        assert "extract refused" not in names(promise, known, NOW + timedelta(days=4))


def test_what_refuses_a_plan_isnt_mended_by_the_night_of_its_day(told, promise):
    refused = {"kind": "refused", "step": "expire", "day": "2026-03-12", "error": "MassChangeError"}
    with told(refused, PUBLISHED) as known:
        assert names(promise, known) == ["expire refused"]


def test_a_question_that_nobody_can_decide_any_more_is_named_no_longer(told, promise):
    asked = {"kind": "reidentification_requested", "request": "r1", "release": "threat_events", "reason": "legal_order"}
    with told(asked) as known:
        assert "re-identification" not in names(promise, known, NOW + timedelta(days=3))


def test_the_thirty_nights_end_yesterday_though_no_night_ran(told, promise):
    with told(PUBLISHED) as known:
        assert nights.page(promise, known, NOW + timedelta(days=9)).days[-1] == date(2026, 3, 21)


def test_a_plan_that_deletes_more_than_its_share_waits_for_approval(told, promise):
    with told(PLANNED) as known:
        assert names(promise, known) == ["retention plan"]
    for after in (
        {"kind": "expiry_approved", "plan": "ab", "by": "officer"},
        PLANNED | {"plan": "cd", "over_share": []},
    ):
        with told(PLANNED, after) as known:
            assert names(promise, known) == []


def test_a_question_whose_a_token_is_waits_for_a_second_person(told, promise):
    asked = {"kind": "reidentification_requested", "request": "r1", "release": "threat_events", "reason": "legal_order"}
    with told(asked) as known:
        assert names(promise, known) == ["re-identification"]
    with told(
        asked, {"kind": "reidentification_decided", "request": "r1", "by": "officer", "decision": "reject"}
    ) as known:
        assert names(promise, known) == []


@pytest.mark.parametrize(
    ("due", "said"),
    [
        ("2026-03-24", []),
        ("2026-03-23", ["request due"]),
        ("2026-03-13", ["request due"]),
        ("2026-03-12", ["request late"]),
    ],
)
def test_a_request_is_named_from_ten_days_before_its_last_one(told, promise, due, said):
    with told(RECEIVED | {"due": due}) as known:
        assert names(promise, known) == said


def test_what_was_found_of_a_request_waits_for_a_persons_word_and_is_named_once(told, promise):
    with told(RECEIVED | {"due": "2026-05-12"}, FOUND) as known:
        assert names(promise, known) == ["approval"]
    for last in ("2026-03-13", "2026-03-23"):
        with told(RECEIVED | {"due": last}, FOUND) as known:
            [due] = waiting(promise, known, NOW)
        assert (due.what, due.link.address) == ("request due", "../dags/subject_requests/required_actions")


def test_a_refusal_says_what_the_dags_page_says_of_that_step(told, promise):
    refused = {"kind": "refused", "step": "extract", "day": "2026-03-12", "error": "SourceDriftError"}
    with told(refused) as known:
        [each] = waiting(promise, known, NOW)
    assert each.why.startswith("SourceDriftError: the source drifted")
    assert each.do.startswith("ask the owners named in the log")
    with told(refused, PUBLISHED) as known:
        assert names(promise, known) == []


def test_a_budget_that_wont_last_the_year_is_named_with_whom_to_ask(told, promise):
    contract = promise.contracts["attack_statistics"]
    spent = (
        {"kind": "budget_reserved", "release": contract.release, "day": f"2026-02-{1 + n % 28:02}", "rho": 0.01}
        for n in range(160)
    )
    with told(*spent) as known:
        [each] = waiting(promise, known, NOW)
    assert (each.what, each.role) == ("privacy budget", contract.owner)


def test_evidence_of_a_transfer_is_named_sixty_days_before_it_lapses(told, promise):
    recipients = dict(promise.register.recipients)
    for days, said in ((61, []), (60, ["transfer evidence"]), (-1, ["transfer evidence"])):
        until = NOW.date() + timedelta(days=days)
        recipients["hosting"] = promise.register.recipients["hosting"].model_copy(update={"valid_until": until})
        changed = promise.register.model_copy(update={"recipients": recipients})
        with told(PUBLISHED) as known:
            assert names(type(promise)(**{**vars(promise), "register": changed}), known) == said


def test_the_last_night_stands_beside_its_usual(told, promise):
    days = [LAST - timedelta(days=10 * number) for number in range(4, -1, -1)]
    with told(
        *(entry for day in days for entry in night(day)), PUBLISHED | {"day": str(LAST + timedelta(days=1)), "rows": 7}
    ) as known:
        [last] = [each for each in nights.page(promise, known, NOW).nights if each.release == "threat_events"]
    rows = sorted(1_000 + day.toordinal() % 97 for day in days)
    assert (last.day, last.usual) == ("2026-03-13", rows[2])


def test_the_grid_says_of_each_night_what_became_of_it(told, promise):
    before, two = LAST - timedelta(days=1), LAST - timedelta(days=2)
    refused = {
        "kind": "refused",
        "step": "protect",
        "release": "feedback_topics",
        "day": str(before),
        "error": "KeyError",
    }
    with told(*night(two), *night(LAST, RED), refused) as known:
        grid = {row.release: row for row in nights.page(promise, known, NOW).grid}
    assert [cell.state for cell in grid["threat_events"].cells[-3:]] == ["published", "none", "red"]
    assert [cell.state for cell in grid["feedback_topics"].cells[-3:]] == ["published", "refused", "published"]
    assert grid["usage_profile"].cells[-2].state == "not due"  # of a closed month
    assert "red: not published: 2026-03-12" in grid["threat_events"].words
    assert set(grid) == set(RELEASES)


def test_a_day_that_is_published_and_judged_red_again_is_red_though_the_old_one_is_visible(told, promise):
    with told(*night(LAST), JUDGED | {"findings": []}) as known:
        night_of = {each.release: each for each in nights.page(promise, known, NOW).nights}
    assert night_of["threat_events"].state == "red"


def test_on_a_lake_that_nobody_has_used_there_is_nothing_but_the_night_that_is_missing(told, promise):
    with told() as known:
        now = nights.page(promise, known, NOW)
    assert ([each.what for each in now.waiting], now.nights, now.last_entry) == (["no night"], (), None)
    assert now.days[-1] == date(2026, 3, 12)
    assert HASH not in str(now)


OF_REQUESTS = {"kind": "refused", "step": "request", "error": "UnknownRequestError", "at": "2026-03-13T04:00:00+00:00"}


def test_what_another_dag_was_refused_is_no_word_of_a_night(told, promise):
    with told(PUBLISHED | {"at": "2026-03-03T02:00:00+00:00"}, OF_REQUESTS) as known:
        assert "no night" in names(promise, known)


def test_refusals_of_many_requests_hide_no_refusal_of_a_night(told, promise):
    refused = {"kind": "refused", "step": "extract", "day": "2026-03-12", "error": "SourceDriftError"}
    with told(refused, *[OF_REQUESTS] * 250) as known:
        assert names(promise, known) == ["extract refused", "request refused"]


def test_a_request_that_was_looked_for_a_hundred_times_keeps_its_last_day(told, promise):
    with told(PUBLISHED, RECEIVED | {"due": "2026-03-10"}, *[FOUND] * 120) as known:
        assert names(promise, known) == ["request late"]


@pytest.mark.parametrize(
    ("release", "day", "urgent"),
    [("threat_events", "2026-03-12", True), ("threat_events", "2024-03-12", False), ("no_such", "2026-03-12", False)],
)
def test_a_red_release_that_nothing_can_publish_any_more_can_wait(told, promise, release, day, urgent):
    with told(JUDGED | {"release": release, "day": day, "findings": []}, PUBLISHED | {"day": "2026-03-11"}) as known:
        [red] = waiting(promise, known, NOW)
    assert (red.what, red.urgent) == ("red release", urgent)


def test_a_day_to_come_that_somebody_mistyped_hides_no_night(told, promise):
    typed = {"kind": "refused", "step": "protect", "release": "threat_events", "day": "2062-03-12", "error": "X"}
    with told(*night(LAST), typed) as known:
        now = nights.page(promise, known, NOW)
    assert now.days[-1] == LAST
    assert {each.day for each in now.nights} == {str(LAST)}
