"""Nights in any order: made again, from old copies, judged early; retention, and keys that are destroyed."""

from __future__ import annotations

import json
import shutil
from datetime import date, datetime

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from jobs.gate.left_in import ErasedSinceError, LeftOutSinceError
from jobs.gate.verdict import VerdictRefusedError
from jobs.keys.ring import Keyring
from jobs.lake.landing import StaleWishesError
from jobs.night.extract import extract_day
from jobs.night.publish import publish_release
from jobs.retention.deadline import PastPeriodError
from jobs.retention.epochs import Claims, destroy_lapsed
from jobs.retention.errors import ForgottenErasureError
from jobs.retention.platform import platform_of_today
from tests.jobs.rights.machine.kept import PEOPLE, RELEASE, Event
from tests.jobs.rights.machine.steps import May, Steps, cuts, nth
from tests.jobs.rights.machine.without_spark import stage

NO_NIGHT = (
    PastPeriodError, ForgottenErasureError, VerdictRefusedError, ErasedSinceError, LeftOutSinceError, StaleWishesError
)  # fmt: skip


class Nights(Steps):
    """What is made of the platform's days, and what its time ends."""

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

    # -- in small

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
