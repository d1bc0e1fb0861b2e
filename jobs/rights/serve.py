"""One request through its steps: everything of theirs is found, a person approves, it is carried out, a receipt stays.

Each step is on record when it is done and may be run again: a run that was killed is finished by the next. Nothing is
carried out that wasn't found, and approved by a person, since. What a step says and records are counts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from pyspark.sql import SparkSession

from jobs.keys.ring import Keyring
from jobs.lake.commits import discard_torn
from jobs.lake.ledger import Ledger
from jobs.lake.tables import current_files, find_table
from jobs.lake.zones import Lake
from jobs.platform.database import Platform, connect
from jobs.retention.plan import load_plan
from jobs.retention.planner import published_contracts
from jobs.rights.book import level, read_book
from jobs.rights.cases import Book, Case
from jobs.rights.disclose import Wish, disclose
from jobs.rights.erase import approve_erasure, erase, held_in, plan_erasure, prove_erasure
from jobs.rights.erasing import erasing
from jobs.rights.expected import Step, expected
from jobs.rights.find import find
from jobs.rights.found import Findings
from jobs.rights.lift import lift
from jobs.rights.request_errors import NightsCorrectError, NotItsTurnError
from jobs.rights.requests import State, record
from jobs.rights.restrict import affected, restrict
from jobs.rights.rows import Known
from jobs.rights.served import write_request_receipt
from jobs.rights.subject import Subject, subject_of
from jobs.rights.task import Place, Restriction
from jobs.rights.tokens import linked
from policy.answering import LEGAL_HOLDS
from policy.promise import Promise

SUITE = "jobs"
"""Who plans an erasure: no person, so that any person may approve it."""


@dataclass(frozen=True)
class Work:
    """A request with which the suite, or whoever approves, has something to do."""

    reference: str
    right: str
    step: Step


@dataclass(frozen=True)
class Office:
    """Where requests are served, at the moment ``now``. ``session``: Spark, started for erasures only."""

    promise: Promise
    lake: Lake
    keyring: Keyring
    ledger: Ledger
    now: datetime
    session: Callable[[], SparkSession]

    def book(self) -> Book:
        """Every request as it stands.

        Raises:
            PlatformError, SourceDriftError: see `jobs.rights.book.read_book`.
        """
        return read_book(self.promise, self.keyring, self.ledger, self.now)

    def take_up(self, waiting: timedelta = timedelta()) -> list[Work]:
        """Put on record what the platform says anew, and name the requests that go on, the first due first.

        ``waiting``: what was found since so long ago is left to the person who was asked about it.
        """
        with self.lake.alone("requests"):
            for case in self.book().cases:
                level(case, self.ledger)
        return [
            Work(case.reference, case.request.right, step)
            for case in self.book().cases
            if (step := self._step(case)) in ("find", "carry_out", "lift")
            or (step == "approve" and not self._is_asked(case, waiting))
        ]

    def _is_asked(self, case: Case, waiting: timedelta) -> bool:
        """Whether a person was asked less than ``waiting`` ago."""
        return bool(waiting) and case.record is not None and self.now < case.record.at + waiting

    def look_for(self, reference: str) -> Findings:
        """Find everything of theirs, and plan what an erasure takes; nothing is changed.

        Raises:
            NotItsTurnError: the request isn't verified and understood, or it is over.
            LostEpochError, TornCommitError: see `jobs.rights.find.find`.
        """
        with self.lake.alone("requests"):
            case = self._at(reference, "find", "approve", "carry_out")
            level(case, self.ledger)
            with connect(self.now) as platform:
                subject = subject_of(self.promise, platform, case.request.user_id)
            findings = find(self.promise, self.lake, self.keyring, subject)
            plan = self._planned(reference, subject) if case.request.right == "erasure" else None
            counts = findings.counts()
            said = {name: counts[name] for name in ("places", "rows", "files", "unlinkable")}
            record(self.ledger, reference, case.request.right, "found", plan=plan, outcome=counts["state"], **said)
        return findings

    def approve(self, reference: str, by: str) -> None:
        """Record a person's word on what was found.

        Raises:
            NotItsTurnError: nothing waits for it.
        """
        with self.lake.alone("requests"):
            case = self._at(reference, "approve")
            plan = self._plan_of(case)
            if plan is not None:
                approve_erasure(load_plan(self.lake, plan), self.ledger, by)
            record(self.ledger, reference, case.request.right, "approved", by=by, plan=plan)

    def carry_out(self, reference: str) -> dict[str, Any]:
        """Do what was approved, or bring back what was lifted; what was done, in counts.

        Raises:
            NotItsTurnError: nobody has approved it.
            NightsCorrectError: a correction has days that weren't made again since it was approved.
            StalePlanError: an erasure would take other rows today; it must be found and approved again.
        """
        with self.lake.alone("requests"):
            case = self._at(reference, "carry_out", "lift")
            with connect(self.now) as platform:
                subject = subject_of(self.promise, platform, case.request.user_id)
                done = self._done(case, platform, subject)
            return self._over(case, done)

    # -- the steps' parts --------------------------------------------------------------------------

    def _at(self, reference: str, *steps: Step) -> Case:
        """The request, if one of ``steps`` comes next."""
        case = self.book().case(reference)
        step = self._step(case)
        if step not in steps:
            raise NotItsTurnError(reference, case.state, step, steps)
        return case

    def _step(self, case: Case) -> Step:
        return expected(case, self.promise.register.answering).step

    def _done(self, case: Case, platform: Platform, subject: Subject) -> dict[str, Any]:
        if self._step(case) == "lift":
            returned = lift(self._restriction(case, subject), list(self._standing(case.reference)), self._place)
            return {"rows": sum(each.rows for each in returned), "places": len(returned)}
        match case.request.right:
            case "access" | "portability" as right:
                names = linked(self.promise, self.keyring, subject.names)
                known = Known(self.promise, self.lake, platform, subject, names)
                findings = find(self.promise, self.lake, self.keyring, subject)
                made = disclose(Wish(case.reference, right, approved=True), known, findings, self.now)
                return {"rows": made.rows, "files": 1, "places": made.tables + made.releases}
            case "erasure":
                return self._erased(case, subject)
            case "rectification":
                return self._corrected(case, subject)
        moved = restrict(self._restriction(case, subject), self._place)
        return {"rows": sum(each.rows for each in moved), "places": len(moved)}

    def _corrected(self, case: Case, subject: Subject) -> dict[str, Any]:
        """The source is the truth: every published day of theirs was made again from it, through the gate."""
        said = self.ledger.last("request_approved", reference=case.reference)
        approved = said["seq"] if said is not None else 0
        made = {(e["release"], e["day"]): e["seq"] for e in self.ledger.entries("published")}
        theirs = {
            (release, str(day))
            for release, days in subject.expected.items()
            for day in days & self._published_days(release)
        }
        if missing := sorted(f"{release} {day}" for release, day in theirs if made.get((release, day), 0) < approved):
            raise NightsCorrectError(case.reference, missing)
        return {"places": len({release for release, _ in theirs}), "files": len(theirs)}

    def _published_days(self, release: str) -> frozenset[date]:
        table = find_table(self.lake.published(release))
        return frozenset(file.day for file in current_files(table)) if table is not None else frozenset()

    def _planned(self, reference: str, subject: Subject) -> str:
        for contract in published_contracts(self.promise, self.lake):
            with self.lake.alone(contract.release):
                discard_torn(self.lake.published(contract.release), self.ledger)
        subjects = {reference: subject.names}
        with erasing(self.promise, self.lake, self.session(), subjects, frozenset({self.now.date()})) as at:
            return plan_erasure(subjects, at, self.ledger, SUITE).hash

    def _plan_of(self, case: Case) -> str | None:
        """The plan that was found last."""
        entries = case.record.entries if case.record is not None else ()
        found = [entry["plan"] for entry in entries if entry["kind"] == "request_found"]
        return found[-1] if found else None

    def _erased(self, case: Case, subject: Subject) -> dict[str, Any]:
        plan, subjects = load_plan(self.lake, self._plan_of(case) or ""), {case.reference: subject.names}
        days = frozenset({date.fromisoformat(plan.day), self.now.date()})
        with erasing(self.promise, self.lake, self.session(), subjects, days) as at:
            made = erase(plan, subjects, at, self.ledger)
        with erasing(self.promise, self.lake, None, subjects, days) as at:
            prove_erasure(plan, at, self.ledger)
        kept = sum(held_in(plan).values())
        return {"plan": plan.hash, "rows": made.rows, "files": made.copies, "kept": kept, "places": len(plan.tables)}

    def _restriction(self, case: Case, subject: Subject) -> Restriction:
        purposes = frozenset[str]()
        for asked in case.asked:
            detail = json.dumps({"purpose": sorted(asked.purposes)}) if asked.purposes else None
            purposes |= affected({"right": case.request.right, "detail": detail}, self.promise.register.purposes)
        return Restriction.of(case.reference, subject.names, purposes)

    def _standing(self, reference: str) -> Iterator[Restriction]:
        """Every other request that keeps rows apart."""
        for case in self.book().cases:
            kept = case.state == "done" and case.record is not None and not case.is_lifted
            if kept and case.reference != reference and case.request.right in LEAVING:
                with connect(self.now) as platform:
                    yield self._restriction(case, subject_of(self.promise, platform, case.request.user_id))

    @property
    def _place(self) -> Place:
        return Place(self.promise, self.lake, self.keyring, self.ledger)

    def _over(self, case: Case, done: dict[str, Any]) -> dict[str, Any]:
        """Lay the receipt and record the end: done, or refused in part because of what a hold keeps."""
        refused = bool(case.holds) and case.request.right == "erasure"
        state: State = "lifted" if self._step(case) == "lift" else "refused" if refused else "done"
        receipt = write_request_receipt(case, state, done, self.promise, self.lake, self.keyring)
        said = {**done, "receipt": receipt}
        if state != "lifted":
            said["in_time"] = not case.late
        if refused:
            said |= {"by": SUITE, "ground": LEGAL_HOLDS, "in_part": True}
        record(self.ledger, case.reference, case.request.right, state, **said)
        return said


LEAVING = frozenset({"restriction", "objection", "consent_withdrawal"})
"""Rights that keep rows apart."""


@contextmanager
def office(promise: Promise, lake: Lake, now: datetime, session: Callable[[], SparkSession]) -> Iterator[Office]:
    """The office of a lake, with the keyring that is there.

    Raises:
        KeyringError: of the class that fits, when there is none or it can't be read.
    """
    ledger = Ledger(lake.ledger)
    keyring = Keyring.from_environment(ledger)
    keyring.require_there()
    yield Office(promise, lake, keyring, ledger, now, session)
