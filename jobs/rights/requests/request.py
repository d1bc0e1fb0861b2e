"""A data subject's request: what it is, the states it goes through, and the record of them (clauses 9.1, 11.2).

Outside the platform a request has one name, ``reference``: the first 16 hex digits of an HMAC over its id under the
keyring's own key. Who asked, and in which words, is in no representation, error or entry of the ledger. What is on
record is what the suite did; what the platform says of a request is read from the platform (see `book`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, get_args

from jobs.keys.ring import Keyring
from jobs.lake.ledger import Entry, Ledger
from jobs.people.wishes import RIGHTS, Row, word
from jobs.rights.requests.errors import IllegalMoveError, OtherRightError, UnexplainedMoveError

State = Literal[
    "received", "identity_verified", "found", "approved", "done", "refused", "extended", "joined", "lifted"
]  # fmt: skip
"""``extended``: verified, and answered later; ``joined``: the same as an earlier one; ``lifted``: done, and undone."""

OVER: frozenset[State] = frozenset({"done", "refused", "joined", "lifted"})
"""Nothing more happens to a request by itself; a restriction or objection that is done can be lifted."""

MOVES: Mapping[State | None, frozenset[State]] = {
    None: frozenset({"received"}),
    "received": frozenset({"identity_verified", "joined", "refused"}),
    "identity_verified": frozenset({"found", "extended", "joined", "refused"}),
    "extended": frozenset({"found", "joined", "refused"}),
    "found": frozenset({"found", "approved", "extended", "joined", "refused"}),
    "approved": frozenset({"found", "done", "refused"}),
    "done": frozenset({"lifted"}),
    "refused": frozenset(),
    "joined": frozenset({"identity_verified"}),
    "lifted": frozenset(),
}
"""What can follow on what. Nothing is found for somebody who isn't verified, nothing done that nobody approved; what is
to be done may be found again, and is then approved again. A refusal in part follows on what could be done. What was
joined with one that ended without an answer is taken up again."""

PLATFORM = "platform"
"""Who closed a request that was answered without this suite."""

NEEDS: Mapping[State, frozenset[str]] = {
    "identity_verified": frozenset({"began", "verified"}),
    "approved": frozenset({"by"}),
    "refused": frozenset({"by", "ground"}),
    "extended": frozenset({"by", "reason"}),
    "joined": frozenset({"earlier"}),
}
"""What must be said with a state."""

UNKNOWN = "unknown"
"""A right in a word that nobody knows; the word itself could be a value."""


@dataclass(frozen=True)
class Request:
    """One row of the platform's ``subject_requests``, under its reference; times in UTC, null where there is none."""

    reference: str
    right: str
    received_at: datetime | None
    verified_at: datetime | None
    extended_until: date | None = None
    closed_at: datetime | None = None
    lifted_at: datetime | None = None
    outcome: str = field(default="", repr=False)
    detail: str | None = field(default=None, repr=False)
    request_id: str = field(default="", repr=False)
    user_id: str = field(default="", repr=False)

    @classmethod
    def of(cls, row: Row, keyring: Keyring) -> Request:
        """The request of a row, its words in the spelling under which words are compared."""
        right = word(row["right"])
        return cls(
            reference_of(row["request_id"], keyring),
            right if right in RIGHTS else UNKNOWN,
            row["received_at"],
            row["identity_verified_at"],
            row["extended_until"],
            row["closed_at"],
            row["lifted_at"],
            word(row["outcome"]),
            row["detail"],
            row["request_id"],
            row["user_id"],
        )


def reference_of(request_id: str, keyring: Keyring) -> str:
    """The name under which a request is known outside the platform."""
    return keyring.seal("request", request_id.encode())[:16]


# -- the record --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Record:
    """What the ledger says of a request: its right, the state that came last and when, and why.

    ``extended``: an extension and its reason are on record, whatever came after. ``earlier``: what it is joined with.
    """

    right: str
    state: State
    at: datetime
    ground: str | None = None
    in_part: bool = False
    by: str | None = None
    extended: bool = False
    earlier: str | None = None
    entries: tuple[Entry, ...] = field(default=(), repr=False)

    def last(self, kind: str) -> Entry | None:
        """Its newest entry of a kind; null where there is none."""
        return next((entry for entry in reversed(self.entries) if entry["kind"] == kind), None)


KIND_OF: Mapping[State, str] = {
    state: "request_verified" if state == "identity_verified" else f"request_{state}" for state in get_args(State)
}
"""The kind of entry that records a state (`jobs.lake.ledger.KINDS` says what may stand in it)."""

STATE_OF: Mapping[str, State] = {kind: state for state, kind in KIND_OF.items()}


def record(ledger: Ledger, reference: str, right: str, state: State, **counts: Any) -> Entry:
    """Put on record that a request came into ``state``, with what the state's entry takes beside it.

    Raises:
        IllegalMoveError: that state can't follow on the one on record.
        OtherRightError: the request is on record for another right.
        UnexplainedMoveError: something is missing that must be said with the state.
        UnrecordableError: something is said that the ledger doesn't take.
    """
    known = on_record(ledger, reference).get(reference)
    before = known.state if known else None
    if state not in MOVES[before] and not _closed_elsewhere(before, state, counts.get("by")):
        raise IllegalMoveError(reference, before, state, MOVES[before])
    if known is not None and known.right not in (right, UNKNOWN):
        raise OtherRightError(reference, known.right, right)
    if missing := {name for name in NEEDS.get(state, ()) if counts.get(name) is None}:
        raise UnexplainedMoveError(reference, state, missing)
    return ledger.append(KIND_OF[state], reference=reference, right=right, **counts)


def on_record(ledger: Ledger, reference: str | None = None) -> dict[str, Record]:
    """What the ledger says of every request, or of one; read in one pass."""
    found: dict[str, Record] = {}
    for entry in ledger.entries():
        if entry["kind"] in STATE_OF and reference in (None, entry["reference"]):
            found[entry["reference"]] = _after(found.get(entry["reference"]), entry)
    return found


def _closed_elsewhere(before: State | None, after: State, by: object) -> bool:
    """Whether the platform says that a verified request is done which the suite hasn't carried out."""
    return after == "done" and by == PLATFORM and before in {"identity_verified", "extended", "found", "approved"}


def _after(known: Record | None, entry: Entry) -> Record:
    state = STATE_OF[entry["kind"]]
    return Record(
        right=entry["right"],
        state=state,
        at=datetime.fromisoformat(entry["at"]),
        ground=entry.get("ground"),
        in_part=bool(entry.get("in_part")),
        by=entry.get("by"),
        extended=state == "extended" or (known is not None and known.extended),
        earlier=entry.get("earlier"),
        entries=(*(known.entries if known else ()), entry),
    )
