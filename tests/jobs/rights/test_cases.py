"""A request's state, last day and fate, from what platform and ledger say of it: no database, no clock, no key."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

import policy
from jobs.people.relationships import Hold
from jobs.rights.requests.asked import Words
from jobs.rights.requests.cases import Desk
from jobs.rights.requests.errors import NoSuchRequestError
from jobs.rights.requests.expected import expected
from jobs.rights.requests.held import Held
from jobs.rights.requests.request import Record, Request

ANSWERING = policy.load().register.answering
WORDS = Words(frozenset({"threat", "news"}), frozenset({"city"}))
NOW = datetime(2026, 3, 13, 5, tzinfo=UTC)
DAY = timedelta(days=1)
A, B, C = "a" * 16, "b" * 16, "c" * 16
NOBODY_HELD = Held()
HOLD = Hold("hold-1", "user", "ada", date(2026, 1, 1))


def asks(reference=A, right="erasure", ago=10, verified=9, user="ada", **more):
    """A request of so many days ago, verified so many days ago."""
    moments = (None if days is None else NOW - days * DAY for days in (ago, verified))
    return Request(reference, right, *moments, user_id=user, **more)


def book(*requests, records=None, held=NOBODY_HELD, now=NOW, **rules):
    desk = Desk(ANSWERING.model_copy(update=rules), WORDS, now)
    return desk.book(requests, records or {}, held)


def one(*requests, **more):
    return book(*requests, **more).case(A)


def on_record(state, right="erasure", at=NOW - DAY, **more):
    return {A: Record(right, state, at, **more)}


def said(case):
    return expected(case, ANSWERING)


# -- states


@pytest.mark.parametrize(
    ("request_", "state", "step"),
    [
        (asks(verified=None), "received", "verify"),
        (asks(), "identity_verified", "find"),
        (asks(extended_until=date(2026, 6, 3)), "extended", "find"),
        (asks(closed_at=NOW, outcome="done"), "done", "nothing"),
        (asks(closed_at=NOW, outcome="granted"), "done", "nothing"),
        (asks(closed_at=NOW), "done", "nothing"),
        (asks(closed_at=NOW, outcome="refused"), "refused", "person"),
        (asks(outcome="refused"), "refused", "person"),
        (asks(verified=None, outcome="refused"), "refused", "person"),
        (asks(closed_at=NOW, outcome="settled"), "done", "person"),
        (asks(verified=None, closed_at=NOW, outcome="done"), "done", "person"),
        (asks(right="restriction", lifted_at=NOW), "lifted", "nothing"),
        (asks(right="objection", closed_at=NOW - DAY, outcome="done", lifted_at=NOW), "lifted", "nothing"),
        (asks(right="restriction", lifted_at=NOW + DAY), "identity_verified", "find"),
        (asks(right="restriction", lifted_at=NOW - 20 * DAY), "identity_verified", "find"),
        (asks(lifted_at=NOW), "identity_verified", "find"),
        (asks(right="unknown"), "identity_verified", "person"),
        (asks(detail='{"only": "cookies"}'), "identity_verified", "person"),
        (asks(verified=None, detail='{"only": "cookies"}'), "received", "verify"),
        (asks(ago=None), "identity_verified", "person"),
    ],
)
def test_the_platform_alone_says_a_state_and_what_comes_next(request_, state, step):
    case = one(request_)
    assert (case.state, said(case).step) == (state, step)


@pytest.mark.parametrize(
    ("record", "state", "step"),
    [
        (on_record("received"), "identity_verified", "find"),
        (on_record("identity_verified"), "identity_verified", "find"),
        (on_record("extended", extended=True), "extended", "find"),
        (on_record("found"), "found", "approve"),
        (on_record("approved"), "approved", "carry_out"),
        (on_record("done"), "done", "nothing"),
        (on_record("refused", ground="legal_holds", in_part=True), "refused", "nothing"),
        (on_record("lifted"), "lifted", "nothing"),
    ],
)
def test_what_the_suite_did_goes_before_what_the_platform_says(record, state, step):
    case = one(asks(), records=record)
    assert (case.state, said(case).step) == (state, step)


@pytest.mark.parametrize("state", ["found", "approved", "extended"])
def test_who_is_no_longer_verified_is_untouched_however_far_it_had_come(state):
    case = one(asks(verified=None), records=on_record(state))
    assert (case.state, said(case).step, said(case).ends) == ("received", "verify", "received")


def test_what_the_suite_kept_apart_is_brought_back_when_it_is_lifted():
    asked = asks(right="restriction", closed_at=NOW - DAY, outcome="done", lifted_at=NOW)
    assert said(one(asked, records=on_record("done", "restriction"))).step == "lift"
    assert said(one(asked, records=on_record("lifted", "restriction"))).step == "nothing"
    never_ours = one(asked, records=on_record("done", "restriction", by="platform"))
    assert (never_ours.state, said(never_ours).step) == ("lifted", "nothing")


def test_it_is_said_whose_answer_it_was():
    closed = asks(closed_at=NOW - DAY, outcome="done")
    for by, words in ((None, "done by this suite"), ("platform", "this suite had no part in it")):
        assert words in said(one(closed, records=on_record("done", by=by))).words


def test_what_is_being_carried_out_is_finished_before_it_is_lifted():
    case = one(asks(right="restriction", lifted_at=NOW), records=on_record("approved", "restriction"))
    assert (case.state, said(case).step) == ("approved", "carry_out")


def test_the_persons_own_words_are_read_before_anything_is_approved():
    asked = asks(detail='{"message": "but keep my invoices"}')
    assert "own words" in said(one(asked, records=on_record("found"))).words
    assert "invoices" not in said(one(asked, records=on_record("found"))).words
    assert "own words" not in said(one(asks(), records=on_record("found"))).words


# -- the clock


@pytest.mark.parametrize(
    ("ago", "due", "left", "late", "alert"),
    [
        (1, date(2026, 4, 13), 31, False, None),
        (21, date(2026, 3, 20), 7, False, 10),
        (25, date(2026, 3, 16), 3, False, 3),
        (28, date(2026, 3, 13), 0, False, 0),
        (29, date(2026, 3, 12), -1, True, 0),
    ],
)
def test_days_are_counted_to_the_last_one_and_after_it_a_request_is_late(ago, due, left, late, alert):
    case = one(asks(ago=ago, verified=0))
    assert (case.due, case.days_left, case.late, case.alert) == (due, left, late, alert)
    assert ("late: it was due on 2026-03-12" in said(case).words) == late


def test_the_day_ends_where_requests_are_answered():
    asked = asks(ago=28)
    assert not one(asked, now=datetime(2026, 3, 13, 22, 59, tzinfo=UTC)).late
    assert one(asked, now=datetime(2026, 3, 13, 23, 0, tzinfo=UTC)).late
    assert not one(asked, now=datetime(2026, 3, 13, 23, 0, tzinfo=UTC), timezone="UTC").late


@pytest.mark.parametrize(("closed", "late"), [(date(2026, 3, 12), False), (date(2026, 3, 13), True)])
def test_what_is_answered_after_the_last_day_was_late(closed, late):
    moment = datetime.combine(closed, datetime.min.time(), UTC) + timedelta(hours=12)
    case = one(asks(ago=29, closed_at=moment, outcome="done"))
    assert (case.due, case.late, case.days_left, case.alert) == (date(2026, 3, 12), late, None, None)


def test_an_extension_counts_from_receipt_whoever_has_it_on_record():
    for case in (
        one(asks(ago=40, extended_until=date(2026, 4, 1))),
        one(asks(ago=40), records=on_record("found", extended=True)),
    ):
        assert (case.due, case.late) == (date(2026, 5, 4), False)


def test_an_extension_of_the_platforms_without_a_reason_is_said():
    asked = asks(extended_until=date(2026, 6, 3))
    assert "no reason is on record" in said(one(asked)).words
    assert "no reason" not in said(one(asked, records=on_record("extended", extended=True))).words


def test_verifying_stops_the_clock_only_where_the_register_says_so():
    asked = asks(ago=29, verified=24)
    assert (one(asked).due, one(asked).paused) == (date(2026, 3, 12), timedelta())
    case = one(asked, verifying_pauses=True)
    assert (case.due, case.paused, case.late) == (date(2026, 3, 17), timedelta(days=5), False)
    waiting = one(asks(ago=29, verified=None), verifying_pauses=True)
    assert (waiting.paused, waiting.late) == (timedelta(days=29), False)
    assert one(asks(ago=5, verified=7), verifying_pauses=True).paused == timedelta()


def test_a_request_that_came_in_on_no_known_day_is_late_and_waits_for_a_person():
    case = one(asks(ago=None))
    assert (case.due, case.days_left, case.late, case.alert) == (None, None, True, None)
    assert "nobody knows when it came in" in said(case).words


# -- asked twice


def test_the_later_of_two_open_requests_is_joined_with_the_earlier_and_has_its_day():
    both = book(asks(B, ago=29), asks(A, ago=3))
    later, earlier = both.case(A), both.case(B)
    assert (later.state, later.joined_with, later.due, later.late) == ("joined", B, date(2026, 3, 12), True)
    assert (earlier.state, earlier.joined_with) == ("identity_verified", None)
    assert (said(later).step, said(later).ends) == ("join", "joined")


@pytest.mark.parametrize(
    "earlier",
    [
        asks(B, "access", ago=20),
        asks(B, user="bob", ago=20),
        asks(B, ago=20, closed_at=NOW, outcome="done"),
        asks(B, ago=20, outcome="refused"),
        asks(B, ago=20, detail='{"only": "cookies"}'),
        asks(B, ago=None),
    ],
)
def test_another_right_person_or_end_or_one_that_is_not_understood_is_joined_with_nothing(earlier):
    assert one(asks(), earlier).state == "identity_verified"


def test_what_is_not_understood_is_not_swallowed_by_an_earlier_request():
    case = one(asks(detail='{"only": "cookies"}'), asks(B, ago=20))
    assert (case.state, said(case).step) == ("identity_verified", "person")


def test_what_is_being_carried_out_takes_nothing_more_in():
    records = {B: Record("erasure", "approved", NOW)}
    assert one(asks(), asks(B, ago=20), records=records).joined_with is None


def test_all_that_was_asked_twice_is_answered_with_the_first_verification():
    first = asks(B, "rectification", ago=20, verified=12, detail='{"column": "city", "value": "Nice"}')
    later = asks(A, "rectification", detail='{"column": "city", "value": "Antibes"}')
    case = book(first, later).case(B)
    assert [asked.correction.value for asked in case.asked] == ["Nice", "Antibes"]
    assert case.verified_at == NOW - 12 * DAY


@pytest.mark.parametrize("later", [9, None])
def test_one_that_is_not_verified_takes_no_other_in(later):
    """Whoever wrote it may be somebody else, who would be handed what the person asked for, or end it."""
    both = book(asks(B, ago=20, verified=None), asks(A, verified=later))
    assert (both.case(B).state, said(both.case(B)).step) == ("received", "verify")
    assert (both.case(A).joined_with, said(both.case(A)).step) == (None, "find" if later else "verify")


def test_one_that_is_not_verified_is_joined_with_one_that_is_and_asks_nothing():
    first = asks(B, "rectification", ago=20, detail='{"column": "city", "value": "Nice"}')
    both = book(first, asks(A, "rectification", verified=None, detail='{"column": "city", "value": "Antibes"}'))
    assert both.case(A).joined_with == B
    assert [asked.correction.value for asked in both.case(B).asked] == ["Nice"]


UNANSWERED = [
    (asks(B, ago=20, verified=None), {}),
    (asks(B, ago=20, outcome="refused"), {}),
    (asks(B, ago=20, closed_at=NOW, outcome="refused"), {B: Record("erasure", "found", NOW)}),
    (None, {}),
    (None, {B: Record("erasure", "found", NOW)}),
]


@pytest.mark.parametrize(("earlier", "records"), UNANSWERED)
def test_what_was_joined_with_one_that_ended_without_an_answer_is_taken_up_again(earlier, records):
    case = one(*filter(None, [asks(), earlier]), records=on_record("joined", earlier=B) | records)
    assert (case.state, case.joined_with, said(case).step) == ("identity_verified", None, "find")


@pytest.mark.parametrize(
    ("earlier", "records"),
    [
        (asks(B, ago=20), {}),
        (asks(B, ago=20, outcome="refused"), {B: Record("erasure", "refused", NOW, ground="unfounded_or_excessive")}),
        (None, {B: Record("erasure", "done", NOW)}),
    ],
)
def test_what_was_joined_with_one_that_is_answered_or_will_be_is_not(earlier, records):
    case = one(*filter(None, [asks(), earlier]), records=on_record("joined", earlier=B) | records)
    assert (case.state, case.joined_with, said(case).step) == ("joined", B, "nothing")


def test_two_that_were_joined_with_each_other_are_taken_up_again():
    records = {A: Record("erasure", "joined", NOW, earlier=B), B: Record("erasure", "joined", NOW, earlier=A)}
    both = book(asks(B, ago=20), asks(A), records=records)
    assert [both.case(each).joined_with for each in (B, A)] == [None, B]


def test_a_restriction_that_was_asked_for_twice_is_lifted_once_both_are():
    records = on_record("joined", "restriction", earlier=B) | {B: Record("restriction", "done", NOW)}
    for lifted, step in ((None, "nothing"), (NOW, "lift")):
        both = [asks(B, "restriction", ago=20, lifted_at=NOW), asks(A, "restriction", lifted_at=lifted)]
        assert said(book(*both, records=records).case(B)).step == step


def test_a_restriction_that_ended_before_it_was_carried_out_takes_no_other_with_it():
    records = on_record("joined", "restriction", earlier=B) | {B: Record("restriction", "found", NOW)}
    both = book(asks(B, "restriction", ago=20, lifted_at=NOW), asks(A, "restriction"), records=records)
    assert (both.case(B).state, said(both.case(A)).step) == ("lifted", "find")


# -- what the platform changes meanwhile


@pytest.mark.parametrize("state", ["received", "identity_verified", "found", "approved"])
def test_a_right_that_the_platform_changed_since_is_left_to_a_person(state):
    case = one(asks(right="restriction"), records=on_record(state, "access"))
    assert (said(case).step, case.unread) == ("person", ("right",))
    assert "ask for it anew" in said(case).words


def test_what_was_kept_apart_is_not_brought_back_for_a_right_that_was_changed():
    case = one(asks(right="objection", lifted_at=NOW), records=on_record("done", "restriction"))
    assert said(case).step == "person"


@pytest.mark.parametrize(
    ("state", "right", "step"),
    [("approved", "erasure", "carry_out"), ("approved", "access", "carry_out"), ("found", "erasure", "approve"), ("found", "access", "nothing")],
)  # fmt: skip
def test_what_the_platform_closes_is_carried_out_all_the_same_once_it_is_approved(state, right, step):
    case = one(asks(right=right, closed_at=NOW, outcome="done"), records=on_record(state, right))
    assert said(case).step == step


def test_two_rows_under_one_id_wait_for_a_person():
    seen = book(asks(A), asks(A, user="bob"))
    assert [(case.reference, said(case).step, case.unread) for case in seen.cases] == [(A, "person", ("request_id",))]


def test_what_was_joined_stays_joined_when_the_earlier_one_is_over():
    records = on_record("joined", earlier=B)
    case = one(asks(), asks(B, ago=20, closed_at=NOW, outcome="done"), records=records)
    assert (case.state, case.joined_with, said(case).step) == ("joined", B, "nothing")


def test_who_was_joined_is_asked_for_by_the_first_of_all():
    """One comes late whose receipt is the earliest: what had been joined with the second is joined with it, too."""
    late_rows = [asks(C, ago=30), asks(B, ago=20), asks(A, detail='{"message": "!"}')]
    seen = book(*late_rows, records=on_record("joined", earlier=B))
    assert [seen.case(each).joined_with for each in (C, B, A)] == [None, C, B]
    assert [asked.remarks for asked in seen.case(C).asked] == [False, False, True]
    assert seen.case(A).due == seen.case(C).due


def test_three_times_asked_is_joined_with_the_first():
    seen = book(asks(C, ago=1), asks(B, ago=2), asks(A, ago=3))
    assert [seen.case(each).joined_with for each in (A, B, C)] == [None, A, A]


# -- holds


@pytest.mark.parametrize(
    ("hold", "companies", "held"),
    [
        (HOLD, {}, True),
        (replace(HOLD, subject_id="bob"), {}, False),
        (replace(HOLD, lifted_on=date(2026, 3, 12)), {}, False),
        (replace(HOLD, lifted_on=date(2026, 3, 13)), {}, True),
        (replace(HOLD, placed_on=date(2026, 3, 14)), {}, False),
        (replace(HOLD, kind="company", subject_id="firm"), {"ada": "firm"}, True),
        (replace(HOLD, kind="company", subject_id="firm"), {"ada": "other"}, False),
        (replace(HOLD, kind="company"), {"ada": "firm"}, False),
        (replace(HOLD, kind="unknown", subject_id="firm"), {"ada": "firm"}, True),
    ],
)
def test_what_a_standing_hold_keeps_is_refused_in_part_with_its_ground(hold, companies, held):
    case = one(asks(), held=Held((hold,), companies, date(2026, 3, 13)))
    assert case.holds == (("hold-1",) if held else ())
    ends = ("refused", "legal_holds", True) if held else ("done", None, False)
    assert (said(case).step, said(case).ends, said(case).ground, said(case).in_part) == ("find", *ends)
    assert case.ground == ends[1]
    assert ("art. 17(3)(e)" in said(case).words) == held


@pytest.mark.parametrize(
    "right", ["access", "portability", "rectification", "restriction", "objection", "consent_withdrawal"]
)
def test_a_hold_refuses_no_other_right(right):
    detail = '{"column": "city", "value": "Nice"}' if right == "rectification" else None
    case = one(asks(right=right, detail=detail), held=Held((HOLD,), {}, date(2026, 3, 13)))
    assert (case.holds, said(case).ends) == ((), "done")


def test_a_hold_changes_nothing_for_who_is_not_verified():
    assert said(one(asks(verified=None), held=Held((HOLD,), {}, date(2026, 3, 13)))).ends == "received"


def test_a_refusal_names_its_ground_or_waits_for_it():
    bare = one(asks(outcome="refused"))
    assert (said(bare).step, f"request refuse {A}" in said(bare).words) == ("person", True)
    case = one(asks(outcome="refused"), records=on_record("refused", ground="unfounded_or_excessive"))
    assert (said(case).step, said(case).ground, case.ground) == ("nothing", *["unfounded_or_excessive"] * 2)
    assert said(case).words == "refused: unfounded_or_excessive"
    part = one(asks(), records=on_record("refused", ground="legal_holds", in_part=True))
    assert (said(part).words, said(part).in_part) == ("refused in part: legal_holds", True)


# -- the book


def test_what_is_on_record_and_not_over_is_missed_when_the_platform_has_it_no_more():
    records = {
        B: Record("erasure", "found", NOW), C: Record("access", "done", NOW), A: Record("erasure", "received", NOW)
    }  # fmt: skip
    seen = book(asks(), records=records)
    assert seen.missing == {B: records[B]}
    with pytest.raises(NoSuchRequestError, match=B):
        seen.case(B)


def test_the_first_due_comes_first_and_before_it_what_has_no_day():
    seen = book(asks(A, ago=3), asks(B, "access", ago=29), asks(C, "portability", ago=None))
    assert [case.reference for case in seen.cases] == [C, B, A]
