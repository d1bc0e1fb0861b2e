"""Requests as cases: the state of each, its last day, whether it is late, what it is joined with. Pure.

The platform says what was asked, verified, extended, closed and lifted; the ledger what the suite did about it. Two
open requests of one person for one right are one request: the later is joined with the earlier, and the person, once
verified for one of them, is verified for both; what an unverified one says isn't asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from jobs.people.wishes import REFUSED
from jobs.rights.requests.asked import Asked, Words
from jobs.rights.requests.calendar import Place, alert, due, extended
from jobs.rights.requests.errors import NoSuchRequestError
from jobs.rights.requests.held import Held
from jobs.rights.requests.request import OVER, PLATFORM, Record, Request, State
from policy.answering import LEGAL_HOLDS, Answering

NOTHING = timedelta()
LIFTABLE = frozenset({"restriction", "objection"})
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Case:
    """One request and all that decides what must happen with it.

    ``received``: the day on which it came in where it is answered. ``asked``: by it, then by those joined with it, of
    verified ones only. ``verified_at``: the first verification among them. ``due``: null where nobody knows when it
    came in. ``late``: open after that day, or answered after it. ``alert``: the nearest one reached. ``paused``: how
    long the clock stood still. ``joined_with``: the reference of the earlier one. ``holds``: references of the holds
    over the person that refuse this right in part.
    """

    request: Request
    state: State
    received: date | None
    asked: tuple[Asked, ...]
    verified_at: datetime | None
    due: date | None
    now: datetime
    today: date
    late: bool
    alert: int | None = None
    paused: timedelta = NOTHING
    record: Record | None = None
    joined_with: str | None = None
    holds: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """Its name outside the platform."""
        return self.request.reference

    @property
    def is_open(self) -> bool:
        """Whether something must still happen with it."""
        return self.state not in OVER

    @property
    def is_lifted(self) -> bool:
        """Whether the platform says that a restriction or objection has ended."""
        return _is_lifted(self.request, self.now)

    @property
    def days_left(self) -> int | None:
        """Days until the last one, below zero after it; null once it is over, or where no last day is known."""
        return (self.due - self.today).days if self.is_open and self.due else None

    @property
    def unread(self) -> tuple[str, ...]:
        """Its fields in which a word isn't understood."""
        return tuple(name for asked in self.asked for name in asked.unread)

    @property
    def ground(self) -> str | None:
        """On which it is refused, or will be in part: as recorded, or because a hold stands."""
        recorded = self.record.ground if self.record else None
        return recorded or (LEGAL_HOLDS if self.holds and self.is_open else None)


@dataclass(frozen=True)
class Book:
    """All requests, the first due first. ``missing``: what is on record, isn't over, and the platform has no more."""

    cases: tuple[Case, ...]
    missing: Mapping[str, Record] = field(default_factory=dict)

    def case(self, reference: str) -> Case:
        """The request of this reference.

        Raises:
            NoSuchRequestError: the platform has none.
        """
        for case in self.cases:
            if case.reference == reference:
                return case
        raise NoSuchRequestError(reference)


@dataclass(frozen=True)
class Desk:
    """Where requests are read at the moment ``now``: by which rules of answering, in which words."""

    answering: Answering
    words: Words
    now: datetime

    def book(self, requests: Iterable[Request], records: Mapping[str, Record], held: Held) -> Book:
        """Every request as a case."""
        known = sorted(requests, key=lambda request: (request.received_at or LONG_AGO, request.reference))
        earlier = self._earlier(known, records)
        joined: dict[str, list[Request]] = defaultdict(list)
        for request in known:
            if request.reference in earlier:
                joined[_first(request.reference, earlier)].append(request)
        cases = {
            request.reference: self._case(request, joined[request.reference], records, held)
            for request in known
            if request.reference not in earlier
        }
        for request in known:
            if with_ := earlier.get(request.reference):
                alone = replace(self._case(request, (), records, held), state="joined", joined_with=with_, alert=None)
                first = cases.get(_first(with_, earlier))
                cases[request.reference] = replace(alone, due=first.due, late=first.late) if first else alone
        missing = {
            reference: record
            for reference, record in records.items()
            if reference not in cases and record.state not in OVER
        }
        return Book(tuple(sorted(cases.values(), key=lambda case: (case.due or date.min, case.reference))), missing)

    def _earlier(self, known: Sequence[Request], records: Mapping[str, Record]) -> dict[str, str]:
        """Which request is joined with which earlier one: on record, or because both are open and one is asked twice.

        What is being carried out takes nothing more in, and what isn't understood waits for a person by itself.
        """
        earlier: dict[str, str] = {}
        firsts: dict[tuple[str, str], str] = {}
        for request in known:
            record = records.get(request.reference)
            if record is not None and record.earlier is not None:
                earlier[request.reference] = record.earlier
            elif self._can_be_joined(request, record):
                first = firsts.setdefault((request.user_id, request.right), request.reference)
                if first != request.reference:
                    earlier[request.reference] = first
        return earlier

    def _can_be_joined(self, request: Request, record: Record | None) -> bool:
        over = record is not None and record.state in {"approved", *OVER}
        return not (over or _is_over(request, self.now) or self.words.asked(request).unread)

    def _case(self, request: Request, joined: Sequence[Request], records: Mapping[str, Record], held: Held) -> Case:
        record, place = records.get(request.reference), Place.of(self.answering)
        today = place.day_of(self.now)
        verified = [each for each in (request, *joined) if each.verified_at is not None]
        verified_at = min((each.verified_at for each in verified if each.verified_at), default=None)
        paused = self._paused(request.received_at, verified_at)
        last = self._due(request, record, paused)
        state = _state(request, record, verified_at, self.now)
        answered = today if state not in OVER else place.day_of(_answered(request, record, self.now))
        stops = request.right in self.answering.grounds[LEGAL_HOLDS].rights
        return Case(
            request=request,
            state=state,
            received=None if request.received_at is None else place.day_of(request.received_at),
            asked=tuple(self.words.asked(each) for each in verified or [request]),
            verified_at=verified_at,
            due=last,
            now=self.now,
            today=today,
            late=last is None or answered > last,
            alert=alert(last, today, self.answering.alert_days) if last and state not in OVER else None,
            paused=paused,
            record=record,
            holds=held.over(request.user_id) if stops else (),
        )

    def _due(self, request: Request, record: Record | None, paused: timedelta) -> date | None:
        if request.received_at is None:
            return None
        longer = request.extended_until is not None or (record is not None and record.extended)
        return (extended if longer else due)(request.received_at, Place.of(self.answering), paused)

    def _paused(self, received: datetime | None, verified: datetime | None) -> timedelta:
        """How long the clock stood still while the identity was verified, if the register says that it does."""
        if received is None or not self.answering.verifying_pauses:
            return NOTHING
        return max((verified or self.now) - received, NOTHING)


def _first(reference: str, earlier: Mapping[str, str]) -> str:
    while reference in earlier:
        reference = earlier[reference]
    return reference


def _is_over(request: Request, now: datetime) -> bool:
    """Whether the platform has nothing more to ask."""
    return request.closed_at is not None or request.outcome == REFUSED or _is_lifted(request, now)


def _state(request: Request, record: Record | None, verified_at: datetime | None, now: datetime) -> State:
    """The state, by what is over first: on record, or on the platform. What isn't verified is untouched.

    What the suite took out of releases is lifted once it has brought it back, what it never did once its time is over.
    """
    if record is not None and (record.state in OVER and not (record.state == "done" and record.by == PLATFORM)):
        return record.state
    if request.outcome == REFUSED:
        return "refused"
    if _is_lifted(request, now) and (record is None or record.state != "approved"):
        return "lifted"
    if request.closed_at is not None:
        return "done"
    if verified_at is None:
        return "received"
    if record is not None and record.state in ("found", "approved", "extended"):
        return record.state
    return "identity_verified" if request.extended_until is None else "extended"


def _is_lifted(request: Request, now: datetime) -> bool:
    """Whether it has ended; one that came in after its lifting hasn't: it was asked for again."""
    received, lifted = request.received_at or LONG_AGO, request.lifted_at
    return request.right in LIFTABLE and lifted is not None and received <= lifted <= now


def _answered(request: Request, record: Record | None, now: datetime) -> datetime:
    """When what is over was answered."""
    on_record = record.at if record is not None and record.state in OVER else None
    moments = (on_record, request.closed_at, request.lifted_at)
    return min((moment for moment in moments if moment is not None), default=now)
