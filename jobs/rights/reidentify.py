"""Who is behind a token: asked by one person, approved by another, answered to the first alone.

Clauses 7.1 and 7.2; GDPR art. 4(5) keeps "additional information" apart: here it is the keyring,
and there is no table of identities. The person is found by making the tokens of the accounts that
live today once more, under every epoch of the release's domain that isn't destroyed.

Three steps, each an entry of the ledger: ``request`` binds release, token and requester by a seal;
``decide`` records another person's word; ``answer`` needs both and writes one closed file.
"""

from __future__ import annotations

import json
import os
import pwd
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from jobs.keys.ring import Keyring
from jobs.lake.copies import forget_copy, is_older
from jobs.lake.faults import fault
from jobs.lake.files import becoming, write_atomically
from jobs.lake.ledger import Entry, Ledger
from jobs.lake.zones import Lake
from jobs.platform.database import Platform, connect
from jobs.platform.drift import require_classified
from jobs.treatments.normalise import spellings
from policy.contract import Contract
from policy.errors import PolicyError
from policy.promise import Promise
from policy.rules import Normalisation, Token
from policy.shapes import PREFIXES, token_pattern
from policy.sources import Identifier, Source

APPROVAL_LIVES = timedelta(hours=24)
ANSWER_LIVES = timedelta(hours=23)
"""The answers are swept every hour, so none is there after 24."""

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
LOCK = "reidentify"
"""Under which a question is asked, decided and answered once, whoever else asks, decides or answers at this moment."""

UNNAMED = "(of no plain name)"
TICKET = re.compile(r"[A-Z][A-Z0-9]{0,9}-\d{1,9}")


class ReidentificationRefusedError(PolicyError):
    """A step of a re-identification may not be taken; nothing was looked up. A name that isn't plain isn't repeated."""

    def __init__(self, request: str, reason: str) -> None:
        self.request, self.reason = (request if NAME.fullmatch(request) else UNNAMED), reason
        super().__init__(f"re-identification {self.request}: {reason}; ask again through the DAG `reidentify`")


@dataclass(frozen=True)
class Question:
    """What somebody asks: which token of which release, why, and under which ticket. Shows no token when printed."""

    request: str
    requester: str
    release: str
    token: str = field(repr=False)
    reason: str
    ticket: str

    def sealed(self, ring: Keyring) -> str:
        """An HMAC over the question under the keyring's own key: it binds the token without recording it."""
        content = "\0".join((self.request, self.requester, self.release, self.token, self.reason, self.ticket))
        return ring.seal("reidentification", content.encode())


# -- the three steps ---------------------------------------------------------------------------


def request(promise: Promise, question: Question, lake: Lake) -> None:
    """Record that somebody asks.

    Raises:
        ReidentificationRefusedError: request, requester, reason, ticket, release or token isn't one that can be
            asked for.
    """
    refused = ReidentificationRefusedError
    if not NAME.fullmatch(question.request):
        raise refused(question.request, "the request's own name, a file's, isn't a plain name")
    if not NAME.fullmatch(question.requester):
        raise refused(question.request, "the requester's user name isn't a plain name")
    if question.reason not in promise.register.reidentification:
        reasons = ", ".join(promise.register.reidentification)
        raise refused(question.request, f"no such reason; policy/register.yaml has {reasons}")
    if not TICKET.fullmatch(question.ticket):
        raise refused(question.request, "the ticket isn't of the form ABC-123")
    _class_of(promise.release(question.release), question)
    ledger = Ledger(lake.ledger)
    with lake.alone(LOCK):
        if ledger.last("reidentification_requested", request=question.request):
            raise refused(question.request, "was asked before")
        ring = Keyring.from_environment(ledger)
        ledger.append(
            "reidentification_requested", request=question.request, requester=question.requester,
            release=question.release, reason=question.reason, ticket=question.ticket, seal=question.sealed(ring),
        )  # fmt: skip


def decide(request_id: str, by: str, decision: str, lake: Lake) -> None:
    """Record a second person's word.

    Raises:
        ReidentificationRefusedError: nobody asked, it was decided before, or ``by`` is the requester.
    """
    ledger = Ledger(lake.ledger)
    asked = _asked(ledger, request_id)
    if decision == "approve" and by == asked["requester"]:
        raise ReidentificationRefusedError(request_id, "the requester can't approve; it takes a second person")
    with lake.alone(LOCK):
        if ledger.last("reidentification_decided", request=request_id):
            raise ReidentificationRefusedError(request_id, "was decided before")
        ledger.append("reidentification_decided", request=request_id, by=by, decision=decision)


def answer(promise: Promise, question: Question, lake: Lake, now: datetime) -> str:
    """Look the token up and write the answer for the requester; ``found`` or ``nobody``.

    Guarantee: the person's data is in one file with mode 0600 in a folder of the requester's own,
    and nowhere else: not in the result, the ledger or a message. That it was disclosed is on record
    before the file exists; a run that ends between the two is finished by the next.

    Raises:
        ReidentificationRefusedError: it isn't exactly the question that a second person approved
            within a day, or it was answered before.
    """
    with lake.alone(LOCK):
        return _answered(promise, question, lake, now)


def _answered(promise: Promise, question: Question, lake: Lake, now: datetime) -> str:
    ledger, ring = Ledger(lake.ledger), Keyring.from_environment()
    _require_approved(ledger, ring, question, now)
    answered = ledger.last("reidentified", request=question.request)
    if answered and (_file(question, lake).exists() or ledger.last("answer_forgotten", request=question.request)):
        raise ReidentificationRefusedError(question.request, "was answered before")
    found = _search(promise, promise.release(question.release), question, ring)
    outcome = "found" if found else "nobody"
    if answered is None:
        ledger.append(
            "reidentified", request=question.request, requester=question.requester, release=question.release,
            outcome=outcome,
        )  # fmt: skip
    fault("reidentify.after_record")
    _write(question, found, lake, now)
    return outcome


def forget(lake: Lake, now: datetime) -> int:
    """Delete every answer that has expired; how many went.

    That it is forgotten is on record first: a run that ends in between is finished by the next, and nobody can
    have it written again. Half an answer, of a run that was killed, goes too.
    """
    ledger, gone = Ledger(lake.ledger), 0
    for path in sorted(lake.answers.glob("*/*")):
        answered, half = becoming(path) or path, becoming(path) is not None
        if answered.suffix == ".json" and is_older(path, now, ANSWER_LIVES):
            forget_copy(path, lake, ledger)
            gone += not half
    return gone


# -- what they need ----------------------------------------------------------------------------


def _asked(ledger: Ledger, request_id: str) -> Entry:
    asked = ledger.last("reidentification_requested", request=request_id)
    if asked is None:
        raise ReidentificationRefusedError(request_id, "nobody asked")
    return asked


def _require_approved(ledger: Ledger, ring: Keyring, question: Question, now: datetime) -> None:
    refused = ReidentificationRefusedError
    asked = _asked(ledger, question.request)
    if asked["seal"] != question.sealed(ring):
        raise refused(question.request, "isn't the question that was asked")
    decided = ledger.last("reidentification_decided", request=question.request)
    if decided is None or decided["decision"] != "approve" or decided["by"] == asked["requester"]:
        raise refused(question.request, "isn't approved by a second person")
    if not timedelta() <= now - datetime.fromisoformat(decided["at"]) <= APPROVAL_LIVES:
        raise refused(question.request, "was approved more than a day ago")


def _class_of(contract: Contract, question: Question) -> tuple[Identifier, Normalisation]:
    """The identifier class of the token, and how the release spells it before keying."""
    for rule in contract.columns.values():
        if isinstance(rule, Token) and re.fullmatch(token_pattern(rule.identifier), question.token):
            return rule.identifier, rule.normalise
    known = ", ".join(sorted(PREFIXES[r.identifier] for r in contract.columns.values() if isinstance(r, Token)))
    said = f"its tokens begin with {known or 'nothing'}"
    if contract.findings is not None:
        said = f"a finding's are those of what it is derived from: ask by {' or '.join(contract.findings.derived_from)}"
    raise ReidentificationRefusedError(question.request, f"{contract.release} has no such token; {said}")


def _search(promise: Promise, contract: Contract, question: Question, ring: Keyring) -> dict[str, str | None]:
    """The direct identifiers of the account that has this token today; empty when nobody has it."""
    identifier, normalise = _class_of(contract, question)
    epochs = [entry.epoch for entry in ring.entries() if entry.domain == contract.domain and entry.state != "destroyed"]
    keys = [ring.domain(str(contract.domain), epoch) for epoch in epochs]
    with connect() as platform:
        for row, value in _accounts(promise, platform, identifier):
            made = (token for key in keys for token in key.tokens(identifier, spellings(value, normalise, key.suite)))
            if question.token in made:
                return row
    return {}


def _accounts(
    promise: Promise, platform: Platform, identifier: Identifier
) -> Iterator[tuple[dict[str, str | None], str]]:
    """Every row of a small table that is about somebody of this class, with its identifier."""
    for name, source in promise.readable.items():
        column = _own(source, identifier)
        if column is None:
            continue
        require_classified(platform, {name: source})
        rows = platform.rows(name, source, source.of_kind("direct"))
        yield from ((row, row[column]) for row in rows if row[column])


def _own(source: Source, identifier: Identifier) -> str | None:
    """The column by which an account table names its own rows, or its person's address."""
    if source.rhythm != "snapshot" or not source.of_kind("direct"):
        return None
    first = source.of_kind("direct")[0]
    columns = [first] if identifier in ("person", "company") else list(source.of_kind("direct"))
    return next((c for c in columns if source.columns[c].identifier == identifier), None)


def _file(question: Question, lake: Lake) -> Path:
    """Where the requester finds the answer."""
    return lake.answers / question.requester / f"{question.request}.json"


def _write(question: Question, found: dict[str, str | None], lake: Lake, now: datetime) -> None:
    path = _file(question, lake)
    folder = lake.private(path.parent)
    content: dict[str, Any] = {
        "release": question.release,
        "ticket": question.ticket,
        "found": found or None,
        "deleted_after": (now + ANSWER_LIVES).isoformat(timespec="minutes"),
    }
    write_atomically(path, json.dumps(content, indent=1, ensure_ascii=False), 0o600)
    fault("reidentify.before_hand_over")
    _hand_over(folder, path, question.requester)


def _hand_over(folder: Path, path: Path, requester: str) -> None:
    """Give the file to the requester's own account where this machine has one and lets us."""
    try:
        pwd.getpwnam(requester)
    except KeyError:
        return
    if os.geteuid() == 0:
        shutil.chown(folder, requester)
        shutil.chown(path, requester)
