"""Requests of data subjects as the ledger has them: by reference, which names nobody; never a name or a token.

What the platform knows and nobody has recorded yet isn't here: `python -m jobs request list` reads both.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from console import links
from console.links import Link
from console.record import Entry, Record

STATES = {
    "request_received": "received",
    "request_verified": "identity verified",
    "request_found": "found",
    "request_approved": "approved",
    "request_done": "done",
    "request_refused": "refused",
    "request_extended": "extended",
    "request_joined": "joined",
    "request_lifted": "lifted",
}
DATED = ("request_received", "request_extended")
"""The kinds that say when a request came in, and its last day."""

SOON = 10
"""Days before its last one from which a request is named on the first page."""

OVER = frozenset({"done", "refused", "joined", "lifted"})
NEXT = {
    "received": "its author's identity isn't verified: nothing is done for it",
    "identity verified": "everything of theirs is to be found",
    "extended": "everything of theirs is to be found",
    "found": "what was found waits for a person's word",
    "approved": "to be carried out and proved",
}
"""What comes next, by state (jobs/rights/requests/expected.py says it with what the platform knows)."""


@dataclass(frozen=True)
class Request:
    """One request. ``since``: when it was recorded; ``changed``: when its state was; ``entry``: that line."""

    reference: str
    right: str
    state: str
    received: date | None
    due: date | None
    since: datetime | None
    changed: datetime | None
    entry: int
    ground: str = ""
    in_time: bool | None = None
    story: tuple[Entry, ...] = field(default=(), repr=False)

    @property
    def is_open(self) -> bool:
        """Whether something must still happen with it."""
        return self.state not in OVER

    @property
    def asked_at(self) -> datetime | None:
        """When it came in, as far as is known."""
        return datetime.combine(self.received, time(), UTC) if self.received else self.since

    @property
    def words(self) -> str:
        """What comes next; of amber that nothing was found although the source shows activity."""
        amber = self.state == "found" and next((e for e in self.story[::-1] if e.kind == "request_found"), None)
        said = NEXT.get(self.state, "nothing more")
        return f"amber, look why before you say yes; {said}" if amber and amber.text("outcome") == "amber" else said

    @property
    def place(self) -> Link:
        """Where a person acts on it."""
        return links.dag("subject_requests", "required_actions" if self.state == "found" else "")

    def days_left(self, today: date) -> int | None:
        """Days until its last one, below zero after it; nothing once it is over."""
        return (self.due - today).days if self.is_open and self.due else None


@dataclass(frozen=True)
class Requests:
    """The page: those that are shown, and how many there are of all."""

    shown: tuple[Request, ...]
    only_open: bool
    open: int
    late: int
    soon: int
    over: int
    hidden: int
    late_answers: int
    rights: tuple[tuple[str, int, int], ...]
    today: date


def waiting_requests(record: Record) -> list[Request]:
    """Those with which something must still happen, the first due first."""
    listed = (reference for reference, _, kind, _, _ in _listed(record) if STATES[kind] not in OVER)
    return sorted((_told(record, each) for each in listed), key=lambda each: (each.due or date.min, each.reference))


def page(record: Record, today: date, *, only_open: bool, most: int = 100) -> Requests:
    """The open ones, the first due first; then, if wanted, those that are over, the newest first."""
    listed, waits = _listed(record), waiting_requests(record)
    over = [each for each in listed if STATES[each[2]] in OVER]
    left = [days for each in waits if (days := each.days_left(today)) is not None]
    opened, closed = Counter(each.right for each in waits), Counter(right for _, right, _, _, _ in over)
    return Requests(
        shown=(*waits, *(() if only_open else (_told(record, reference) for reference, *_ in over[:most]))),
        only_open=only_open,
        open=len(waits),
        late=sum(days < 0 for days in left),
        soon=sum(0 <= days <= SOON for days in left),
        over=len(over),
        hidden=0 if only_open else max(0, len(over) - most),
        late_answers=sum(word == "late" for *_, word in over),
        rights=tuple((right, opened[right], closed[right]) for right in sorted({*opened, *closed})),
        today=today,
    )


def _listed(record: Record) -> list[tuple[str, str, str, int, str]]:
    return [each for each in record.newest_by_reference(STATES) if links.valid("reference", each[0])]


def _told(record: Record, reference: str) -> Request:
    newest = record.entries(*STATES, reference=reference, limit=100)
    dated = record.entries(*DATED, reference=reference, limit=100)  # however often it was looked for since
    told = {entry.line: entry for entry in (*newest, *dated)}
    return _request(reference, [told[line] for line in sorted(told)])


def _request(reference: str, story: list[Entry]) -> Request:
    newest = story[-1]

    def said(name: str) -> str:
        return next((found for entry in reversed(story) if (found := entry.text(name))), "")

    in_time = next((e.fields["in_time"] for e in reversed(story) if isinstance(e.fields.get("in_time"), bool)), None)
    days = (next((day for e in reversed(story) if (day := e.day(name))), None) for name in ("received", "due"))
    received, due = days
    return Request(
        reference, said("right"), STATES[newest.kind], received, due, story[0].at, newest.at, newest.line,
        said("ground"), in_time, tuple(story),
    )  # fmt: skip
