"""The rules of the state machine: what may happen, how it may be killed, and what each step may take away."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from jobs.gate.left_in import ErasedSinceError, WishedSinceError
from jobs.gate.verdict import VerdictRefusedError
from jobs.keys.ring import Keyring
from jobs.lake.landing import StaleWishesError
from jobs.lake.zones import Lake
from jobs.night.extract import extract_day
from jobs.night.publish import publish_release
from jobs.retention.deadline import PastPeriodError
from jobs.retention.epochs import Claims, destroy_lapsed
from jobs.retention.errors import ForgottenErasureError, StalePlanError
from jobs.retention.platform import platform_of_today
from jobs.rights.carry import KEEPING_APART, Hands
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
from jobs.rights.requests.request import PLATFORM, on_record
from jobs.rights.serve import Office
from tests.jobs.rights.kept import BEGIN, COMPANY, PEOPLE, RELEASE, Erased, Event, Standing, Town
from tests.jobs.rights.power import KilledError, Power
from tests.jobs.rights.without_spark import stage

DAYS = (date(2024, 2, 20), date(2024, 12, 30), date(2025, 3, 5), date(2025, 3, 9))
"""Of three epochs; the oldest may be kept for ten days more."""
RIGHTS = ("access", "portability", "rectification", "erasure", "restriction", "objection", "consent_withdrawal")
DETAILS = {
    "rectification": [json.dumps({"column": "city", "value": "Nice"})],
    "objection": [None, json.dumps({"purpose": "threat_analysis"}), json.dumps({"purpose": "administration"})],
    "consent_withdrawal": [None, json.dumps({"purpose": "threat_analysis"})],
}
NO_NIGHT = (
    PastPeriodError, ForgottenErasureError, VerdictRefusedError, ErasedSinceError, WishedSinceError, StaleWishesError
)  # fmt: skip
WAITS = (AmberError, NightsCorrectError, StalePlanError)
NO_ANSWER = (IllegalMoveError, ExtendedBeforeError, NoHoldStandsError, TooLateToExtendError)

people, ways = st.sampled_from(sorted(PEOPLE)), st.sampled_from(["email", "phone"])
nth = st.integers(0, 9)
cuts = st.none() | st.integers(0, 150)
May = Callable[[Event], bool]


class Machine(RuleBasedStateMachine):
    """One platform of four people, its lake, and everything that happens to both."""

    def __init__(self, promise, tmp_path: Path, monkeypatch, session) -> None:
        super().__init__()
        self.home = tmp_path / "town"
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir()
        monkeypatch.setenv("IGNICLOUD_LAKE", str(self.home / "lake"))
        monkeypatch.setenv("IGNICLOUD_KEYRING", str(self.home / "secrets" / "keyring.json"))
        monkeypatch.setenv("IGNICLOUD_KEK", f"file:{self.home / 'secrets' / 'kek'}")
        monkeypatch.setenv("IGNICLOUD_PLATFORM", f"sqlite:///{self.home / 'platform.db'}")
        monkeypatch.setattr("policy.periods.clock", lambda: self.town.now if hasattr(self, "town") else BEGIN)
        self.power = Power.of(tmp_path)
        self.lake, self.session, self.runs = Lake.from_environment(), session, 0
        self.town = Town.in_lake(promise, self.lake, self.home / "platform.db", session)
        self.world, self.promise = self.town.world, promise
        self.copies: dict[date, tuple[Path, datetime]] = {}
        self.judged: list[tuple[str, date, str, frozenset[str], May]] = []
        self.again: set[str] = set()

    @initialize(asked=st.lists(st.tuples(people, st.sampled_from(RIGHTS)), min_size=1, max_size=3))
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

    # -- a step

    def does(
        self, work: Callable[[], None], cut: int | None, again: bool, refusals=(), may_lose: May | None = None
    ) -> str:
        """Do ``work``, cut off after so many changes; ``again``: at once a second time. How it ended.

        Between the kill and the second run a reader sees each table as it was or as it is going to be.
        """
        before, seen, outcome = self.town.somewhere(), self.town.visible(), "done"
        try:
            with self.power.cut(cut):
                work()
        except KilledError:
            outcome = "killed"
        except refusals as refusal:
            outcome = type(refusal).__name__
        if outcome == "killed" and again:
            between = self.town.visible()
            try:
                work()
                outcome, after = "done", self.town.visible()
                assert all(between[each] in (seen[each], after[each]) for each in seen), "a reader saw half"
            except refusals as refusal:
                outcome = type(refusal).__name__
        note(f"  … {outcome}")
        lost = [self.town.events[each] for each in before - self.town.somewhere()]
        assert all(may_lose is not None and may_lose(event) for event in lost), f"lost: {lost}"
        return outcome

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

    # -- nights

    @rule(n=nth, cut=cuts, again=st.booleans())
    def a_night_runs(self, n, cut, again) -> None:
        self.night(self._days()[n % len(self._days())], cut, again)

    def night(self, day: date, cut: int | None, again: bool, copy: bool = False) -> None:
        """Extract, stage, judge, publish and clean up a day; a kill leaves what is there."""
        run, made = self._run(), self._on_platform(day)

        def work() -> None:
            extract_day(self.promise, day, self.lake, self.world.ledger)
            if copy:
                shutil.copytree(self.lake.root / "landing", self.home / "copies" / str(day))
                self.copies[day] = self.home / "copies" / str(day), self.town.now
                self.town.first[day] = made
            self._published(day, run)
            self.lake.leave(day, self.lake.landed(day).extraction)

        self._in_landing(day)
        outcome = self.does(work, cut, again, NO_NIGHT, self._out_of(day))
        self._made(day, made, outcome)

    @precondition(lambda self: self.copies)
    @rule(n=nth, cut=cuts, again=st.booleans())
    def an_old_copy_is_restored(self, n, cut, again) -> None:
        """A landed day of long ago comes back, as old as it is, and somebody makes the day from it."""
        day = sorted(self.copies)[n % len(self.copies)]
        copy, taken = self.copies[day]
        shutil.copytree(copy, self.lake.root / "landing", dirs_exist_ok=True)
        manifest = self.lake.landing("_days", day) / "manifest.json"
        said = json.loads(manifest.read_text())
        for source in said["sources"].values():
            source["taken_at"] = (datetime.fromisoformat(source["taken_at"]) - (self.town.now - taken)).isoformat()
        manifest.write_text(json.dumps(said))
        run = self._run()

        def work() -> None:
            self._published(day, run)

        def may_lose(event: Event) -> bool:
            later = event.day == day and event.event_id not in self.town.first[day]
            return later or self._out_of(day)(event)

        self._in_landing(day)
        outcome = self.does(work, cut, again, NO_NIGHT, may_lose)
        self._made(day, self.town.first[day], outcome)
        self.lake.leave(day, self.lake.landed(day).extraction)

    @rule(n=nth)
    def a_run_is_judged_and_waits(self, n) -> None:
        day, run = self._days()[n % len(self._days())], self._run()
        made, out = self._on_platform(day), frozenset(filter(self.town.may_be_out, PEOPLE))

        def may_lose(event: Event) -> bool:
            return event.day == day and bool(event.people & out)

        def work() -> None:
            extract_day(self.promise, day, self.lake, self.world.ledger)
            for release in RELEASE.values():
                stage(self.world, release, day, run)
                self.judged.append((release, day, run, made, may_lose))

        self._in_landing(day)
        self.does(work, None, False, NO_NIGHT)

    @precondition(lambda self: self.judged)
    @rule(n=nth, cut=cuts, again=st.booleans())
    def what_was_judged_is_published(self, n, cut, again) -> None:
        release, day, run, made, may_lose = self.judged.pop(n % len(self.judged))

        def work() -> None:
            publish_release(self.promise, release, day, run, self.lake)

        outcome = self.does(work, cut, again, NO_NIGHT, may_lose)
        self._made(day, made, outcome, release)

    # -- requests

    @precondition(lambda self: self.town.asked)
    @rule(n=nth, cut=cuts, again=st.booleans())
    def a_request_goes_one_step(self, n, cut, again) -> None:
        self.served(self._request(n).reference, cut, again)

    @precondition(lambda self: self.town.asked)
    @rule(n=nth, cut=cuts, again=st.booleans())
    def a_request_goes_its_way(self, n, cut, again) -> None:
        reference = self._request(n).reference
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
                office.approve(reference, "officer")
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

    # -- retention and keys

    @rule(cut=cuts, again=st.booleans())
    def retention_runs(self, cut, again) -> None:
        def may_lose(event: Event) -> bool:
            due = self.town.is_past(event.day) or any(map(self.town.is_let_go, event.people))
            return due and not self.town.is_held(event)

        self.does(lambda: self.world.expire(self.town.today) and None, cut, again, (), may_lose)

    @rule(cut=cuts, again=st.booleans())
    def keys_of_the_past_are_destroyed(self, cut, again) -> None:
        def work() -> None:
            keyring = Keyring.from_environment(self.world.ledger)
            with platform_of_today(self.promise, keyring) as platform:
                claims = Claims(self.town.today, platform.open_requests())
            destroy_lapsed(self.promise, self.lake, keyring, claims)

        self.town.oracle.learn()
        self.does(work, cut, again)

    # -- what always holds

    @invariant()
    def every_promise_holds(self) -> None:
        if not self.town.made:
            return
        records = on_record(self.world.ledger)
        self.town.nobody_erased_is_present()
        self.town.nobody_restricted_is_in_a_release(records)
        self.town.nobody_else_loses_or_gains_a_row()
        self.town.every_request_is_somewhere(self._office().book(), records)
        assert self.world.ledger.last("incident") is None

    def teardown(self) -> None:
        if self.town.made:
            self.world.ledger.verify()

    # -- in small

    def _office(self) -> Office:
        hands = Hands(
            self.promise, self.lake, self.world.keyring, self.world.ledger, self.town.now, lambda: self.session
        )
        return Office(hands)

    def _days(self) -> list[date]:
        return [*DAYS, *({self.town.today - timedelta(days=1)} - {*DAYS})]

    def _request(self, n: int):
        return list(self.town.asked.values())[n % len(self.town.asked)]

    def _run(self) -> str:
        self.runs += 1
        return f"run-{self.runs}"

    def _on_platform(self, day: date) -> frozenset[str]:
        return frozenset(e.event_id for e in self.town.events.values() if e.day == day)

    def _published(self, day: date, run: str) -> None:
        for release in RELEASE.values():
            stage(self.world, release, day, run)
            publish_release(self.promise, release, day, run, self.lake)

    def _in_landing(self, day: date) -> None:
        for erased in self.town.erased.values():
            erased.landed.add(day)

    def _made(self, day: date, made: frozenset[str], outcome: str, *releases: str) -> None:
        """What readers may see of others' rows of a day: what was made, or if it isn't sure that it was, what was."""
        for release in releases or RELEASE.values():
            before = self.town.made.get((release, day), [frozenset()])
            own = frozenset(e for e in made if self.town.events[e].release == release)
            self.town.made[release, day] = [own] if outcome == "done" else [*before, own]
            self.town.nights[release, day] += 1

    def _out_of(self, day: date) -> May:
        """A night takes away only rows of its day that name somebody who is left out."""
        return lambda event: event.day == day and any(map(self.town.may_be_out, event.people))

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
