"""Requests as cases: the state of each, its last day, whether it is late, what it is joined with. Pure.

The platform says what was asked, verified, extended, closed and lifted; the ledger what the suite did about it. Two
open requests of one person for one right are one: the later is joined with the earlier (`twice`), and what nobody
verified in it isn't asked.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta

from jobs.keys.ring import Keyring
from jobs.people.wishes import REFUSED
from jobs.rights.requests.asked import Asked, Words
from jobs.rights.requests.calendar import Place, alert, due, extended
from jobs.rights.requests.errors import NoSuchRequestError
from jobs.rights.requests.held import Held
from jobs.rights.requests.request import OVER, PLATFORM, UNKNOWN, Record, Request, State
from jobs.rights.requests.twice import LONG_AGO, Twice, first_of, is_lifted, repeated
from policy.answering import LEGAL_HOLDS, Answering

NOTHING = timedelta()


@dataclass(frozen=True)
class Case:
    """One request and all that decides what must happen with it.

    ``received``: the day on which it came in where it is answered. ``asked``: by it, then by those joined with it.
    ``verified_at``: the first verification among them. ``is_lifted``: the platform says that the restriction or the
    objection has ended, of it and of those joined with it. ``due``: null where nobody knows when it came in. ``late``:
    open after that day, or answered after it. ``alert``: the nearest one reached. ``paused``: how long the clock stood
    still. ``joined_with``: the reference of the earlier one. ``holds``: references of the holds over the person that
    refuse this right in part.
    """

    request: Request
    state: State
    received: date | None
    asked: tuple[Asked, ...]
    verified_at: datetime | None
    is_lifted: bool
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
    def is_of_another_right(self) -> bool:
        """Whether the platform has changed what is asked for since it was taken up."""
        return self.record is not None and self.record.right not in (self.request.right, UNKNOWN)

    @property
    def days_left(self) -> int | None:
        """Days until the last one, below zero after it; null once it is over, or where no last day is known."""
        return (self.due - self.today).days if self.is_open and self.due else None

    def sealed(self, keyring: Keyring) -> str:
        """What binds a word on it to who asks and what: an HMAC that says nothing of either."""
        said = [{**asdict(each), "purposes": sorted(each.purposes)} for each in self.asked]
        whole = [self.reference, self.request.user_id, self.request.right, self.request.detail, said]
        return keyring.seal("asked", json.dumps(whole, sort_keys=True).encode())[:32]

    @property
    def unread(self) -> tuple[str, ...]:
        """Its fields in which a word isn't understood, or isn't the one that is on record."""
        changed = ("right",) if self.is_of_another_right else ()
        return (*changed, *(name for asked in self.asked for name in asked.unread))

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
        unclear = repeated(known)
        alone = [request for request in known if request.reference not in unclear]
        earlier = Twice(alone, records, self.words, self.now).earlier()
        joined: dict[str, list[Request]] = defaultdict(list)
        for request in alone:
            if request.reference in earlier:
                joined[first_of(request.reference, earlier)].append(request)
        cases = {
            request.reference: self._case(request, joined[request.reference], records, held)
            for request in known
            if request.reference not in earlier
        }
        for reference in unclear:
            cases[reference] = replace(cases[reference], asked=(Asked(unread=("request_id",)),))
        for request in alone:
            if with_ := earlier.get(request.reference):
                case = replace(self._case(request, (), records, held), state="joined", joined_with=with_, alert=None)
                first = cases.get(first_of(with_, earlier))
                cases[request.reference] = replace(case, due=first.due, late=first.late) if first else case
        missing = {
            reference: record
            for reference, record in records.items()
            if reference not in cases and record.state not in OVER
        }
        return Book(tuple(sorted(cases.values(), key=lambda case: (case.due or date.min, case.reference))), missing)

    def _case(self, request: Request, joined: Sequence[Request], records: Mapping[str, Record], held: Held) -> Case:
        record, place = records.get(request.reference), Place.of(self.answering)
        today = place.day_of(self.now)
        verified = [each for each in (request, *joined) if each.verified_at is not None]
        verified_at = min((each.verified_at for each in verified if each.verified_at), default=None)
        paused = self._paused(request.received_at, verified_at)
        last = self._due(request, record, paused)
        lifted = all(is_lifted(each, self.now) for each in verified or [request])
        state = _state(request, record, verified_at, lifted=lifted)
        answered = today if state not in OVER else place.day_of(_answered(request, record, self.now))
        stops = request.right in self.answering.grounds[LEGAL_HOLDS].rights
        return Case(
            request=request,
            state=state,
            received=None if request.received_at is None else place.day_of(request.received_at),
            asked=tuple(self.words.asked(each) for each in verified or [request]),
            verified_at=verified_at,
            is_lifted=lifted,
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


def _state(request: Request, record: Record | None, verified_at: datetime | None, *, lifted: bool) -> State:
    """The state, by what is over first: on record, or on the platform. What isn't verified is untouched.

    What the suite took out of releases is lifted once it has brought it back, what it never did once its time is over.
    What a person has approved is done, though the platform has closed it; so is an erasure's finding left to a person.
    """
    known = record.state if record is not None and record.state != "joined" else None
    if record is not None and known in OVER and not (known == "done" and record.by == PLATFORM):
        return known
    if request.outcome == REFUSED:
        return "refused"
    if lifted and known != "approved":
        return "lifted"
    ours = known == "approved" or (known == "found" and request.right == "erasure")
    if request.closed_at is not None and not ours:
        return "done"
    if verified_at is None:
        return "received"
    if known in ("found", "approved", "extended"):
        return known
    return "identity_verified" if request.extended_until is None else "extended"


def _answered(request: Request, record: Record | None, now: datetime) -> datetime:
    """When what is over was answered."""
    on_record = record.at if record is not None and record.state in OVER else None
    moments = (on_record, request.closed_at, request.lifted_at)
    return min((moment for moment in moments if moment is not None), default=now)
