"""Which request is the same as an earlier one, so that both are answered as one.

Two open requests of one person for one right are one, if whoever wrote the earlier is verified: else the answer could
be handed to somebody else, or a person's request end with one that nobody stood for. What was joined with one that
ended without an answer is taken up again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from jobs.people.wishes import REFUSED
from jobs.rights.requests.asked import Words
from jobs.rights.requests.request import OVER, PLATFORM, Record, Request

LIFTABLE = frozenset({"restriction", "objection"})
LONG_AGO = datetime.min.replace(tzinfo=UTC)


def repeated(known: Sequence[Request]) -> frozenset[str]:
    """References that stand over several rows: whose of them is meant can't be told."""
    return frozenset(reference for reference, rows in Counter(each.reference for each in known).items() if rows > 1)


@dataclass(frozen=True)
class Twice:
    """All requests, by their receipt, and what is on record of them, at the moment ``now``."""

    known: Sequence[Request]
    records: Mapping[str, Record]
    words: Words
    now: datetime

    def earlier(self) -> dict[str, str]:
        """Which request is joined with which earlier one: on record, or because both are open and one is asked twice.

        What is being carried out takes nothing more in, and what isn't understood waits for a person by itself.
        """
        earlier: dict[str, str] = {}
        firsts: dict[tuple[str, str], str] = {}
        of = {request.reference: request for request in self.known}
        for request in self.known:
            record = self.records.get(request.reference)
            if record is not None and record.earlier is not None and self._is_answered_by(record.earlier, request, of):
                earlier[request.reference] = record.earlier
            elif self._can_be_joined(request, record):
                asked = (request.user_id, request.right)
                if asked in firsts:
                    earlier[request.reference] = firsts[asked]
                elif request.verified_at is not None:
                    firsts[asked] = request.reference
        return earlier

    def _can_be_joined(self, request: Request, record: Record | None) -> bool:
        over = record is not None and record.state in {"approved", *OVER - {"joined"}}
        return not (over or is_over(request, self.now) or self.words.asked(request).unread)

    def _is_answered_by(self, reference: str, request: Request, of: Mapping[str, Request]) -> bool:
        """Whether ``request`` has, or will have, its answer with the one that it was joined with."""
        seen, over = {request.reference}, is_over(request, self.now)
        while not over and reference not in seen:
            first, record = of.get(reference), self.records.get(reference)
            if is_answered(record):
                return True
            if first is None or first.verified_at is None or first.outcome == REFUSED or is_lifted(first, self.now):
                return False
            if record is None or record.earlier is None:
                return True
            seen.add(reference)
            reference = record.earlier
        return over


def first_of(reference: str, earlier: Mapping[str, str]) -> str:
    """The one with which a request is answered in the end."""
    while reference in earlier:
        reference = earlier[reference]
    return reference


def is_answered(record: Record | None) -> bool:
    """Whether the suite has carried a request out, or somebody has refused it by the suite."""
    over = record is not None and record.state in OVER - {"joined"}
    return over and not (record is not None and record.state == "done" and record.by == PLATFORM)


def is_over(request: Request, now: datetime) -> bool:
    """Whether the platform has nothing more to ask."""
    return request.closed_at is not None or request.outcome == REFUSED or is_lifted(request, now)


def is_lifted(request: Request, now: datetime) -> bool:
    """Whether it has ended; one that came in after its lifting hasn't: it was asked for again."""
    received, lifted = request.received_at or LONG_AGO, request.lifted_at
    return request.right in LIFTABLE and lifted is not None and received <= lifted <= now
