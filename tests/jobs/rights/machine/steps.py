"""One step of the state machine, wherever it is cut off, and what holds after each."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant

from jobs.lake.zones import Lake
from jobs.rights.carry import Hands
from jobs.rights.requests.request import on_record
from jobs.rights.serve import Office
from tests.jobs.rights.machine.kept import BEGIN, PEOPLE, Event, Town
from tests.jobs.rights.machine.power import KilledError, Power

DAYS = (date(2024, 2, 20), date(2024, 12, 30), date(2025, 3, 5), date(2025, 3, 9))
"""Of three epochs; the oldest may be kept for ten days more."""

people, ways = st.sampled_from(sorted(PEOPLE)), st.sampled_from(["email", "phone"])
nth = st.integers(0, 9)
cuts = st.none() | st.integers(0, 60) | st.integers(0, 150)
May = Callable[[Event], bool]


class Steps(RuleBasedStateMachine):
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

    def _run(self) -> str:
        self.runs += 1
        return f"run-{self.runs}"

    def _on_platform(self, day: date) -> frozenset[str]:
        return frozenset(e.event_id for e in self.town.events.values() if e.day == day)
