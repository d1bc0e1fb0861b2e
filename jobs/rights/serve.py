"""One request through its steps: everything of theirs is found, a person approves, it is carried out, a receipt stays.

Each step is on record when it is done and may be run again: a run that was killed is finished by the next. Nothing is
carried out that wasn't found, and approved by a person, since. What a step says and records are counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pyspark.sql import SparkSession

from jobs.keys.ring import Keyring
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from jobs.retention.plan import load_plan
from jobs.rights.carry import SUITE, Done, Hands, found_of
from jobs.rights.erasure.erase import approve_erasure
from jobs.rights.finding.find import find
from jobs.rights.finding.found import Findings
from jobs.rights.receipts import write_request_receipt
from jobs.rights.requests.book import level, read_book
from jobs.rights.requests.cases import Book, Case
from jobs.rights.requests.decisions import require_name
from jobs.rights.requests.errors import NotItsTurnError
from jobs.rights.requests.expected import Step, expected
from jobs.rights.requests.request import State, record
from policy.answering import LEGAL_HOLDS
from policy.promise import Promise


@dataclass(frozen=True)
class Work:
    """A request with which the suite, or whoever approves, has something to do."""

    reference: str
    right: str
    step: Step


@dataclass(frozen=True)
class Office:
    """Where requests are served, by ``hands``, at their moment."""

    hands: Hands

    @classmethod
    def of(cls, promise: Promise, lake: Lake, now: datetime, session: Callable[[], SparkSession]) -> Office:
        """The office of a lake, with the keyring that is there.

        Raises:
            KeyringError: of the class that fits, when there is none or it can't be read.
        """
        ledger = Ledger(lake.ledger)
        keyring = Keyring.from_environment(ledger)
        keyring.require_there()
        return cls(Hands(promise, lake, keyring, ledger, now, session))

    @property
    def ledger(self) -> Ledger:
        """Where every step is recorded."""
        return self.hands.ledger

    def book(self) -> Book:
        """Every request as it stands.

        Raises:
            PlatformError, SourceDriftError: see `jobs.rights.requests.book.read_book`.
        """
        return read_book(self.hands.promise, self.hands.keyring, self.ledger, self.hands.now)

    def take_up(self, waiting: timedelta = timedelta()) -> list[Work]:
        """Put on record what the platform says anew, and name the requests that go on, the first due first.

        ``waiting``: who was asked about what was found less than so long ago isn't asked again.
        """
        with self.hands.lake.alone("requests"):
            for case in self.book().cases:
                level(case, self.ledger)
        return [
            Work(case.reference, case.request.right, step)
            for case in self.book().cases
            if (step := self._step(case)) in ("find", "carry_out", "lift")
            or (step == "approve" and not self._is_asked(case, waiting))
        ]

    def _is_asked(self, case: Case, waiting: timedelta) -> bool:
        return bool(waiting) and case.record is not None and self.hands.now < case.record.at + waiting

    def look_for(self, reference: str) -> Findings:
        """Find everything of theirs, and plan what an erasure takes; nothing is changed.

        Raises:
            NotItsTurnError: the request isn't verified and understood, or it is over.
            LostEpochError, TornCommitError: see `jobs.rights.finding.find.find`.
        """
        with self.hands.lake.alone("requests"):
            case = self._at(reference, "find", "approve", "carry_out")
            level(case, self.ledger)
            subject = self.hands.who(case)
            findings = find(self.hands.promise, self.hands.lake, self.hands.keyring, subject)
            plan = self.hands.plan(case, subject) if case.request.right == "erasure" else None
            counts = findings.counts()
            said = {name: counts[name] for name in ("places", "rows", "files", "unlinkable")}
            record(self.ledger, reference, case.request.right, "found", plan=plan, outcome=counts["state"], **said)
        return findings

    def approve(self, reference: str, by: str) -> None:
        """Record a person's word on what was found.

        Raises:
            NotItsTurnError: nothing waits for it.
            UnnamedDeciderError: ``by`` isn't an account's name.
        """
        with self.hands.lake.alone("requests"):
            case = self._at(reference, "approve")
            require_name(case, by)
            plan = found_of(case)["plan"]
            if plan is not None:
                approve_erasure(load_plan(self.hands.lake, plan), self.ledger, by)
            record(self.ledger, reference, case.request.right, "approved", by=by, plan=plan)

    def carry_out(self, reference: str) -> Done:
        """Do what was approved, or bring back what was lifted; what was done, in counts.

        Raises:
            NotItsTurnError: nobody has approved it.
            AmberError, NightsCorrectError, StalePlanError: see `Hands.do`.
        """
        with self.hands.lake.alone("requests"):
            case = self._at(reference, "carry_out", "lift")
            if self._step(case) == "lift":
                return self._end(case, "lifted", self.hands.bring_back(case, self.book()))
            refused = bool(case.holds) and case.request.right == "erasure"
            return self._end(case, "refused" if refused else "done", self.hands.do(case))

    def _at(self, reference: str, *steps: Step) -> Case:
        """The request, if one of ``steps`` comes next."""
        case = self.book().case(reference)
        step = self._step(case)
        if step not in steps:
            raise NotItsTurnError(reference, case.state, step, steps)
        return case

    def _step(self, case: Case) -> Step:
        return expected(case, self.hands.promise.register.answering).step

    def _end(self, case: Case, state: State, done: Done) -> Done:
        """Lay the receipt and record the end; refused in part is what a legal hold keeps."""
        hands = self.hands
        receipt = write_request_receipt(case, state, done, hands.promise, hands.lake, hands.keyring)
        said = {**done, "receipt": receipt}
        if state != "lifted":
            said["in_time"] = not case.late
        if state == "refused":
            said |= {"by": SUITE, "ground": LEGAL_HOLDS, "in_part": True}
        record(self.ledger, case.reference, case.request.right, state, **said)
        return said
