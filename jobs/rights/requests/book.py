"""The book of all requests: read from the platform in one transaction, and levelled with the ledger.

Nothing is acted on that isn't in it, and nothing of the platform's isn't: a word that stops a night as drift waits
here for a person, and others' requests go on.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from jobs.keys.ring import Keyring
from jobs.lake.ledger import Ledger
from jobs.people.reading import ACCOUNTS, People
from jobs.people.wishes import Row
from jobs.platform.database import connect
from jobs.platform.drift import require_classified
from jobs.rights.requests.asked import Words
from jobs.rights.requests.cases import Book, Case, Desk
from jobs.rights.requests.held import Held
from jobs.rights.requests.request import MOVES, PLATFORM, Request, State, on_record, record
from policy.promise import Promise

COLUMNS = (
    "request_id", "user_id", "right", "received_at", "identity_verified_at", "detail", "extended_until", "closed_at",
    "outcome", "lifted_at",
)  # fmt: skip
TABLES = ("subject_requests", "legal_holds", ACCOUNTS)


def read_book(promise: Promise, keyring: Keyring, ledger: Ledger, now: datetime) -> Book:
    """Every request as platform and ledger have it at ``now``; held are the requests, the holds and nobody else.

    Raises:
        PlatformError: the platform doesn't answer.
        SourceDriftError, SeveralDriftsError: one of its tables drifted.
    """
    with connect(now) as platform:
        require_classified(platform, {name: promise.source(name) for name in TABLES})

        def rows(name: str, columns: tuple[str, ...]) -> Iterator[Row]:
            yield from platform.rows(name, promise.source(name).in_any_words(), columns)

        def reference(hold: str) -> str:
            return keyring.seal("hold", hold.encode())[:12]

        requests = [Request.of(row, keyring) for row in rows("subject_requests", COLUMNS)]
        asking = {request.user_id for request in requests}
        held = Held(
            People(rows, promise.register.purposes, reference, now).holds(),
            {
                row["user_id"]: row["company_id"]
                for row in rows(ACCOUNTS, ("user_id", "company_id"))
                if row["user_id"] in asking
            },
            now.astimezone(UTC).date(),
        )
    return Desk(promise.register.answering, Words.of(promise), now).book(requests, on_record(ledger), held)


def level(case: Case, ledger: Ledger) -> tuple[State, ...]:
    """Put on record what the platform says of ``case`` and the ledger doesn't yet; the states that it recorded.

    Of a book that is read again nothing is recorded twice. A refusal or an extension of the platform's is recorded
    once its ground or reason is said (`jobs.rights.requests.decisions`), what is found, approved and done by whoever
    does it.
    """
    request, made = case.request, list[State]()
    state = case.record.state if case.record else None
    if case.is_of_another_right:
        return ()

    def becomes(after: State, **said: object) -> None:
        nonlocal state
        record(ledger, case.reference, request.right, after, **said)
        made.append(after)
        state = after

    if state is None:
        becomes("received", received=case.received, due=case.due)
    taken_up = state == "received" or (state == "joined" and case.joined_with is None)
    if taken_up and case.verified_at is not None and request.received_at is not None:
        began, verified = (each.isoformat(timespec="minutes") for each in (request.received_at, case.verified_at))
        becomes("identity_verified", began=began, verified=verified)
    if case.joined_with is not None and "joined" in MOVES[state]:
        becomes("joined", earlier=case.joined_with)
    if case.unread or case.verified_at is None:
        return tuple(made)
    if state not in (None, "done", "lifted") and request.closed_at is not None and case.state in ("done", "lifted"):
        becomes("done", by=PLATFORM)
    return tuple(made)
