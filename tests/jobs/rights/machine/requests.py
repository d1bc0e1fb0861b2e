"""Requests, holds and events in any order: a request goes its way, wherever it is cut off."""

from __future__ import annotations

import json
from datetime import timedelta

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from jobs.retention.errors import StalePlanError
from jobs.rights.carry import KEEPING_APART, found_of
from jobs.rights.disclosure.disclose import AmberError
from jobs.rights.requests.decisions import extend, refuse
from jobs.rights.requests.errors import (
    ExtendedBeforeError,
    IllegalMoveError,
    NightsCorrectError,
    NoHoldStandsError,
    TooLateToExtendError,
)
from jobs.rights.requests.expected import expected
from jobs.rights.requests.request import OVER, PLATFORM, on_record
from tests.jobs.rights.machine.kept import COMPANY, PEOPLE, RELEASE, Erased, Event, Standing
from tests.jobs.rights.machine.nights import Nights
from tests.jobs.rights.machine.steps import DAYS, May, cuts, nth, people, ways

RIGHTS = (
    *("erasure",) * 4, *("restriction",) * 3, *("objection",) * 2, "access", "portability", "rectification",
    "consent_withdrawal",
)  # fmt: skip
"""Those that move rows come oftener."""
DETAILS = {
    "rectification": [json.dumps({"column": "city", "value": "Nice"})],
    "objection": [None, json.dumps({"purpose": "threat_analysis"}), json.dumps({"purpose": "administration"})],
    "consent_withdrawal": [None, json.dumps({"purpose": "threat_analysis"})],
}
WAITS = (AmberError, NightsCorrectError, StalePlanError)
NO_ANSWER = (IllegalMoveError, ExtendedBeforeError, NoHoldStandsError, TooLateToExtendError)


class Machine(Nights):
    """Everything that may happen."""

    @initialize(asked=st.lists(st.tuples(people, st.sampled_from(RIGHTS)), min_size=2, max_size=4))
    def begins(self, asked) -> None:
        for day in DAYS:
            for name in PEOPLE:
                self.town.happens("security_events", day, name, name)
                self.town.happens("activity", day, name, None)
            self.town.happens("security_events", day, "ada", "bob")
            self.town.happens("security_events", day, None, "cyd", "phone")
        for day in DAYS:
            self.night(day, None, again=False, copy=True)
        for name, right in asked:
            self.asks(name, right, 0, True)

    # -- the platform

    @rule(
        table=st.sampled_from(sorted(RELEASE)),
        n=nth,
        actor=people,
        typed=st.none() | people,
        how=ways,
        known=st.booleans(),
    )
    def something_happens_late(self, table, n, actor, typed, how, known) -> None:
        day, known = self._days()[n % len(self._days())], known or table == "activity"
        named = {actor, typed} if known else {typed}
        if all(name not in self.town.erased or day <= self.town.erased[name].day for name in named - {None}):
            self.town.happens(table, day, actor if known else None, typed, how)

    @rule(name=people, right=st.sampled_from(RIGHTS), n=nth, verified=st.sampled_from([True, True, False]))
    def asks(self, name, right, n, verified) -> None:
        details = DETAILS.get(right, [None])
        self.town.asks(name, right, details[n % len(details)], verified)

    @precondition(lambda self: self.town.asked)
    @rule(n=nth, change=st.sampled_from(["verified", "lifted", "closed"]))
    def the_platform_says(self, n, change) -> None:
        asked = self._request(n)
        lifting = change == "lifted" and asked.right in ("restriction", "objection")
        if (change == "verified" and not asked.verified) or lifting or (change == "closed" and asked.verified):
            self.town.says(asked, **{change: True})

    @rule(kind=st.sampled_from(["user", "company"]), name=people)
    def a_hold_is_placed(self, kind, name) -> None:
        target = name if kind == "user" else COMPANY[name]
        if not any((hold.kind, hold.name) == (kind, target) for hold in self.town.holds):
            self.world.hold(kind, target, self.town.today)
            self.town.holds.append(Standing(kind, target, self.town.today))

    @precondition(lambda self: any(hold.lifted is None for hold in self.town.holds))
    @rule(n=nth)
    def a_hold_is_lifted(self, n) -> None:
        hold = self.town.holds[n % len(self.town.holds)]
        if hold.lifted is None:
            self.world.lift(hold.name, self.town.today)
            self.town.holds[self.town.holds.index(hold)] = Standing(hold.kind, hold.name, hold.placed, self.town.today)

    @precondition(lambda self: self.town.erased)
    @rule(n=nth)
    def the_platform_deletes_an_account(self, n) -> None:
        name = sorted(self.town.erased)[n % len(self.town.erased)]
        self.world.change("DELETE FROM professional_users WHERE user_id = ?", PEOPLE[name].user_id)

    @rule(passed=st.sampled_from([1, 1, 7, 60]))
    def time_passes(self, passed) -> None:
        """A verdict lives for a day."""
        self.town.now += timedelta(days=passed)
        self.judged.clear()

    # -- requests

    @precondition(lambda self: self.town.asked)
    @rule(n=nth, cut=cuts, again=st.booleans())
    def a_request_goes_one_step(self, n, cut, again) -> None:
        self.served(self._request(n).reference, cut, again)

    @precondition(lambda self: self.town.asked)
    @rule(n=nth, cut=cuts, again=st.booleans())
    def every_open_request_goes_one_step(self, n, cut, again) -> None:
        """The hourly run."""
        for number, reference in enumerate(self._open()):
            self.served(reference, cut if number == n % 3 else None, again)

    @precondition(lambda self: self.town.asked)
    @rule(n=nth, cut=cuts, again=st.booleans())
    def a_request_goes_its_way(self, n, cut, again) -> None:
        waiting = self._open() or list(self.town.asked)
        reference = waiting[n % len(waiting)]
        for number in range(4):
            self.served(reference, cut if number == n % 4 else None, again)

    def served(self, reference: str, cut: int | None, again: bool) -> None:
        """The next step of a request; what was refused for its age is found again first."""
        asked, town = self.town.asked[reference], self.town

        def work() -> None:
            office = self._office()
            office.take_up()
            case = office.book().case(reference)
            step = expected(case, self.promise.register.answering).step
            note(f"  {asked.name}'s {asked.right}: {step}")
            if step == "find" or (step == "carry_out" and reference in self.again):
                self.again.discard(reference)
                office.look_for(reference)
            elif step == "approve":
                office.approve(reference, "officer", found_of(case)["seq"])
            elif step in ("carry_out", "lift"):
                if asked.right == "erasure":
                    town.suppressed.add(asked.name)
                if asked.name in town.erased:
                    town.erased[asked.name].packages.add(reference)
                office.carry_out(reference)

        outcome = self.does(work, cut, again, WAITS, self._taken_by(asked))
        if outcome not in ("done", "killed"):
            self.again.add(reference)
        self._note_erasures()

    @precondition(lambda self: self.town.asked)
    @rule(n=nth, ground=st.sampled_from([None, "legal_holds", "unfounded_or_excessive"]), cut=cuts)
    def a_person_answers_otherwise(self, n, ground, cut) -> None:
        """Refuse it on a ground, or extend it."""
        asked, answering = self._request(n), self.promise.register.answering

        def work() -> None:
            case = self._office().book().case(asked.reference)
            if ground is None:
                extend(case, answering, self.world.ledger, "complexity", "officer")
            elif asked.right in answering.grounds[ground].rights:
                refuse(case, answering, self.world.ledger, ground, "officer")

        self.does(work, cut, False, NO_ANSWER)

    # -- in small

    def _open(self) -> list[str]:
        """The requests with which the suite still has something to do."""
        records = on_record(self.world.ledger)
        done = {each for each, record in records.items() if record.state in OVER}
        lifted = {each for each in done if records[each].state == "done" and self.town.asked[each].lifted}
        return [each for each in self.town.asked if each not in done or each in lifted]

    def _request(self, n: int):
        return list(self.town.asked.values())[n % len(self.town.asked)]

    def _taken_by(self, asked) -> May:
        """What a request takes away: an erasure its person's rows that no hold keeps; one that keeps rows apart
        nothing, but for days that were made again, and on its way back for days past their period."""

        def may_lose(event: Event) -> bool:
            if asked.right == "erasure":
                return asked.name in event.people and not self.town.is_held(event)
            if asked.right not in KEEPING_APART:
                return False
            again = self.town.nights[event.release, event.day] > 1 and any(map(self.town.may_be_out, event.people))
            over = asked.lifted and self.town.is_past(event.day) and not self.town.is_held(event)
            return again or over

        return may_lose

    def _note_erasures(self) -> None:
        """Whoever was erased just now: what still names them are rows that somebody else's hold keeps."""
        for reference, record in on_record(self.world.ledger).items():
            asked, key = self.town.asked[reference], f"noted {reference}"
            ours = record.right == "erasure" and record.state == "done" and record.by != PLATFORM
            if ours and key not in self.again:
                self.again.add(key)
                left = [self.town.events[each] for each in self.town.somewhere()]
                left = [event for event in left if asked.name in event.people]
                assert all(map(self.town.is_held, left)), f"not erased: {left}"
                kept = frozenset(event.event_id for event in left)
                self.town.erased[asked.name] = Erased(self.town.today, kept)
