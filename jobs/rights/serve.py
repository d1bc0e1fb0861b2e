"""One request through its steps: everything of theirs is found, a person approves, it is carried out, a receipt stays.

Each step is on record when it is done and may be run again: a run that was killed is finished by the next. Nothing is
carried out that wasn't found, and approved by a person, since. What a step says and records are counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pyspark.sql import SparkSession

from jobs.keys.ring import Keyring
from jobs.lake.faults import fault
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from jobs.retention.errors import UnknownPlanError
from jobs.retention.plan import Plan, load_plan
from jobs.rights.carry import SUITE, Done, Hands, found_of
from jobs.rights.erasure.erase import approve_erasure
from jobs.rights.finding.find import find_all
from jobs.rights.finding.found import Findings
from jobs.rights.receipts import write_request_receipt
from jobs.rights.requests.book import level, read_book
from jobs.rights.requests.cases import Book, Case
from jobs.rights.requests.decisions import require_name
from jobs.rights.requests.errors import (
    AmberUnseenError,
    ChangedSinceError,
    FoundAgainError,
    NotItsTurnError,
    PlannedTogetherError,
)
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
        return [Work(case.reference, case.request.right, step) for case, step in self._turns(waiting)]

    def _turns(self, waiting: timedelta) -> Iterator[tuple[Case, Step]]:
        """Each request with the step that comes next; erasures that were planned together go on as one."""
        book, together = self.book(), set[str]()
        for case in book.cases:
            step = self._step(case)
            if step == "carry_out" and case.request.right == "erasure":
                plan = found_of(case)["plan"]
                if plan not in together and not self._others_wait(plan, book):
                    yield case, step
                together.add(plan)
            elif step in ("find", "carry_out", "lift") or (step == "approve" and not self._is_asked(case, waiting)):
                yield case, step

    def _others_wait(self, plan: str, book: Book) -> bool:
        """Whether a person still has to approve somebody of ``plan``; one that can't be read holds up nobody else."""
        try:
            planned = load_plan(self.hands.lake, plan).requests
        except UnknownPlanError:
            return False
        cases = (case for case in book.cases if case.reference in planned)
        return any(self._step(case) == "approve" and found_of(case)["plan"] == plan for case in cases)

    def _is_asked(self, case: Case, waiting: timedelta) -> bool:
        return bool(waiting) and case.record is not None and self.hands.now < case.record.at + waiting

    def look_for(self, reference: str) -> Findings:
        """Find everything of one person; see `look_for_all`."""
        return self.look_for_all([reference])[0]

    def look_for_all(self, references: Sequence[str]) -> tuple[Findings, ...]:
        """Find everything of theirs, in one pass for all; the erasures among them get one plan. Nothing is changed.

        Raises:
            NotItsTurnError: a request isn't verified and understood, or it is over.
            LostEpochError, TornCommitError: see `jobs.rights.finding.find.find_all`.
        """
        hands = self.hands
        with hands.lake.alone("requests"):
            book = self.book()
            cases = [self._at(book, each, "find", "approve", "carry_out") for each in dict.fromkeys(references)]
            for case in cases:
                level(case, self.ledger)
            subjects = hands.who(*cases)
            findings = find_all(hands.promise, hands.lake, hands.keyring, [*subjects.values()])
            going = [case for case in cases if case.request.right == "erasure"]
            plan = hands.plan({case.reference: subjects[case.reference].names for case in going}) if going else None
            for case, found in zip(cases, findings, strict=True):
                self._record_found(case, found, plan if case in going else None)
        return findings

    def _record_found(self, case: Case, findings: Findings, plan: str | None) -> None:
        counts = findings.counts()
        said = {name: counts[name] for name in ("places", "rows", "files", "unlinkable")}
        said |= {"outcome": counts["state"], "asked": case.sealed(self.hands.keyring)}
        record(self.ledger, case.reference, case.request.right, "found", plan=plan, **said)

    def approve(self, reference: str, by: str, found: int | None = None) -> None:
        """Record a person's word on what was found. ``found``: the entry that they were shown, if it is known.

        Raises:
            NotItsTurnError: nothing waits for it.
            FoundAgainError: something else was found since they were asked.
            AmberUnseenError: what was found is amber, and ``found`` isn't said.
            ChangedSinceError: the platform says another person, or other words, than when it was looked for.
            UnnamedDeciderError: ``by`` isn't an account's name.
        """
        with self.hands.lake.alone("requests"):
            case = self._at(self.book(), reference, "approve")
            self._require_unchanged(case)
            require_name(case, by)
            last = found_of(case)
            if found is not None and found != last["seq"]:
                raise FoundAgainError(reference, last["seq"])
            if found is None and last["outcome"] == "amber":
                raise AmberUnseenError(reference, last["seq"])
            plan = last["plan"]
            if plan is not None and self.ledger.last("erasure_approved", plan=plan) is None:
                approve_erasure(load_plan(self.hands.lake, plan), self.ledger, by)
            record(self.ledger, reference, case.request.right, "approved", by=by, plan=plan)

    def carry_out_all(self, references: Iterable[str]) -> Iterator[tuple[str, Done]]:
        """Carry out one after the other; what ended with another, because they were planned together, isn't again."""
        ended = dict[str, Done]()
        for reference in references:
            if reference not in ended:
                ended |= self._carry_out(reference)
            yield reference, ended[reference]

    def carry_out(self, reference: str) -> Done:
        """Do what was approved, or bring back what was lifted; what was done, in counts.

        Erasures that were planned together are carried out together: each is approved, and each gets its receipt.

        Raises:
            NotItsTurnError, PlannedTogetherError: nobody has approved it, or not all that it was planned with.
            ChangedSinceError: the platform says another person, or other words, than when it was looked for.
            AmberError, NightsCorrectError: see `Hands.do`.
            StalePlanError: an erasure would take other rows today.
        """
        return self._carry_out(reference)[reference]

    def _carry_out(self, reference: str) -> dict[str, Done]:
        """What was done for this request, and for those that were planned with it."""
        with self.hands.lake.alone("requests"):
            book = self.book()
            case = self._at(book, reference, "carry_out", "lift")
            if self._step(case) == "lift":
                return {reference: self._end(case, "lifted", self.hands.bring_back(case, book))}
            self._require_unchanged(case)
            if case.request.right == "erasure":
                return self._erase(case, book)
            return {reference: self._end(case, "done", self.hands.do(case))}

    def _erase(self, case: Case, book: Book) -> dict[str, Done]:
        """Erase everybody of the plan, and record the end of each request."""
        plan = load_plan(self.hands.lake, found_of(case)["plan"])
        cases = [each for each in book.cases if each.reference in plan.requests]
        waiting = [each for each in cases if not _ended_by(plan, each)]
        apart = {each.reference for each in waiting if not self._is_approved(each, plan)}
        apart |= {*plan.requests} - {each.reference for each in cases}
        if apart:
            raise PlannedTogetherError(case.reference, len(plan.requests), sorted(apart))
        done = self.hands.erase(plan, cases) | ({"together": len(cases)} if len(cases) > 1 else {})
        return {each.reference: self._end(each, "refused" if each.holds else "done", done) for each in waiting}

    def _is_approved(self, case: Case, plan: Plan) -> bool:
        return (
            self._step(case) == "carry_out"
            and found_of(case)["plan"] == plan.hash
            and found_of(case).get("asked") == case.sealed(self.hands.keyring)
        )

    def _at(self, book: Book, reference: str, *steps: Step) -> Case:
        """The request, if one of ``steps`` comes next."""
        case = book.case(reference)
        step = self._step(case)
        if step not in steps:
            raise NotItsTurnError(reference, case.state, step, steps)
        return case

    def _require_unchanged(self, case: Case) -> None:
        if found_of(case).get("asked") != case.sealed(self.hands.keyring):
            raise ChangedSinceError(case.reference)

    def _step(self, case: Case) -> Step:
        return expected(case, self.hands.promise.register.answering).step

    def _end(self, case: Case, state: State, done: Done) -> Done:
        """Lay the receipt and record the end; refused in part is what a legal hold keeps."""
        hands = self.hands
        receipt = write_request_receipt(case, state, done, hands.promise, hands.lake, hands.keyring)
        fault("request.before_end")
        said = {**done, "receipt": receipt}
        if state != "lifted":
            said["in_time"] = not case.late
        if state == "refused":
            said |= {"by": SUITE, "ground": LEGAL_HOLDS, "in_part": True}
        record(self.ledger, case.reference, case.request.right, state, **said)
        return said


def _ended_by(plan: Plan, case: Case) -> bool:
    """Whether the end of ``case`` is on record with this plan: a run that was killed had come so far."""
    entries = case.record.entries if case.record is not None else ()
    return any(
        entry["kind"] in ("request_done", "request_refused") and entry.get("plan") == plan.hash for entry in entries
    )
