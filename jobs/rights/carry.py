"""What each right does once a person has approved it: by the machinery of its own, on one person, told in counts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pyspark.sql import SparkSession

from jobs.keys.ring import Keyring
from jobs.lake.commits import discard_torn
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from jobs.platform.database import connect
from jobs.retention.plan import Plan
from jobs.retention.planner import published_contracts
from jobs.rights.disclosure.disclose import Asked, Wish, disclose
from jobs.rights.disclosure.rows import Known
from jobs.rights.erasure.erase import erase, held_in, plan_erasure, prove_erasure
from jobs.rights.erasure.erasing import Subjects, erasing
from jobs.rights.finding.find import find
from jobs.rights.finding.subject import Subject, subject_of
from jobs.rights.finding.tokens import linked
from jobs.rights.rectification.rectify import rectify
from jobs.rights.rectification.right import Approved
from jobs.rights.requests.cases import Book, Case
from jobs.rights.requests.request import PLATFORM
from jobs.rights.restriction.lift import lift
from jobs.rights.restriction.restrict import affected, restrict
from jobs.rights.restriction.task import Place, Restriction
from policy.promise import Promise

Done = dict[str, Any]
"""What was done, in counts, as the ledger takes it."""

SUITE = "jobs"
"""Who plans an erasure: no person, so that any person may approve it."""

KEEPING_APART = frozenset({"restriction", "objection", "consent_withdrawal"})
"""Rights that keep rows apart."""


@dataclass(frozen=True)
class Hands:
    """What carries rights out, at the moment ``now``. ``session``: Spark, started for erasures only."""

    promise: Promise
    lake: Lake
    keyring: Keyring
    ledger: Ledger
    now: datetime
    session: Callable[[], SparkSession]

    def who(self, *cases: Case) -> dict[str, Subject]:
        """Everything under which those who ask are known, by the references of their requests.

        Raises:
            PlatformError, NoSubjectError: see `jobs.rights.finding.subject.subject_of`.
        """
        with connect(self.now) as platform:
            return {case.reference: subject_of(self.promise, platform, case.request.user_id) for case in cases}

    def do(self, case: Case) -> Done:
        """Carry out what was approved, of every right but erasure.

        Raises:
            AmberError: it was green when it was approved, and isn't now.
            NotCorrectedYetError: the platform's account doesn't say what a correction asks for.
            NightsCorrectError: a correction has days that weren't made again since it was approved.
        """
        match case.request.right:
            case "access" | "portability" as right:
                return self._disclose(case, right)
            case "rectification":
                return self._correct(case)
            case right if right in KEEPING_APART:
                moved = restrict(self._restriction(case), self._place)
                return {"rows": sum(each.rows for each in moved), "places": len(moved)}
        raise AssertionError("a right that nobody knows waits for a person")

    def _disclose(self, case: Case, right: Asked) -> Done:
        with connect(self.now) as platform:
            subject = subject_of(self.promise, platform, case.request.user_id)
            names = linked(self.promise, self.keyring, subject.names)
            known = Known(self.promise, self.lake, platform, subject, names)
            findings = find(self.promise, self.lake, self.keyring, subject)
            wish = Wish(case.reference, right, approved=found_of(case)["outcome"] == "amber")
            made = disclose(wish, known, findings, self.now)
        return {"rows": made.rows, "files": 1, "places": made.tables + made.releases}

    # -- rectification -----------------------------------------------------------------------------

    def _correct(self, case: Case) -> Done:
        """The source is the truth: its days are made again by nights, the others corrected by token."""
        said = self.ledger.last("request_approved", reference=case.reference)
        corrections = tuple(asked.correction for asked in case.asked if asked.correction is not None)
        with connect(self.now) as platform:
            subject = subject_of(self.promise, platform, case.request.user_id)
            approved = Approved(case.reference, subject.names, corrections, said["seq"] if said is not None else 0)
            return vars(rectify(approved, self._place, platform))

    # -- erasure -----------------------------------------------------------------------------------

    def plan(self, subjects: Subjects) -> str:
        """Say exactly what the erasure of all these takes; the plan's hash. Nothing is changed."""
        for contract in published_contracts(self.promise, self.lake):
            with self.lake.alone(contract.release):
                discard_torn(self.lake.published(contract.release), self.ledger)
        with erasing(self.promise, self.lake, self.session(), subjects, frozenset({self.now.date()})) as at:
            return plan_erasure(subjects, at, self.ledger, SUITE).hash

    def erase(self, plan: Plan, cases: Sequence[Case]) -> Done:
        """Erase everybody of an approved plan, and prove it; each file that they are in is written once.

        Raises:
            OtherPeopleError, StalePlanError, ErasureUnprovedError: see `jobs.rights.erasure.erase`.
        """
        subjects = {reference: subject.names for reference, subject in self.who(*cases).items()}
        days = frozenset({date.fromisoformat(plan.day), self.now.date()})
        with erasing(self.promise, self.lake, self.session(), subjects, days) as at:
            made = erase(plan, subjects, at, self.ledger)
        with erasing(self.promise, self.lake, None, subjects, days) as at:
            prove_erasure(plan, at, self.ledger)
        kept = sum(held_in(plan).values())
        return {"plan": plan.hash, "rows": made.rows, "files": made.copies, "kept": kept, "places": len(plan.tables)}

    # -- restriction -------------------------------------------------------------------------------

    def bring_back(self, case: Case, book: Book) -> Done:
        """Bring back what a lifted request kept apart, but for what another one keeps apart."""
        returned = lift(self._restriction(case), list(self._others(case, book)), self._place)
        told = self.ledger.entries("rows_returned", reference=case.reference)  # by this run, or one that was cut off
        return {"rows": sum(entry["rows"] for entry in told), "places": len(returned)}

    def _restriction(self, case: Case) -> Restriction:
        purposes = frozenset[str]()
        for asked in case.asked:
            detail = json.dumps({"purpose": sorted(asked.purposes)}) if asked.purposes else None
            purposes |= affected({"right": case.request.right, "detail": detail}, self.promise.register.purposes)
        return Restriction.of(case.reference, self.who(case)[case.reference].names, purposes)

    def _others(self, lifted: Case, book: Book) -> Iterator[Restriction]:
        """Every other request for which this suite keeps rows apart."""
        for case in book.cases:
            by_us = case.state == "done" and case.record is not None and case.record.by != PLATFORM
            apart = by_us and case.request.right in KEEPING_APART and not case.is_lifted
            if apart and case.reference != lifted.reference:
                yield self._restriction(case)

    @property
    def _place(self) -> Place:
        return Place(self.promise, self.lake, self.keyring, self.ledger)


def found_of(case: Case) -> dict[str, Any]:
    """What was found last, as it is on record.

    Raises:
        ValueError: nothing was.
    """
    last = case.record.last("request_found") if case.record is not None else None
    if last is not None:
        return last
    raise ValueError(f"request {case.reference}: nothing was found")
