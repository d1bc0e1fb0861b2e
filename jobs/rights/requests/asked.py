"""What a request asks beside its right: read where every word is understood, left to a person where one isn't.

A night protects whoever isn't understood (`jobs.people.wishes`); a request changes or shows data, so here a word
that nobody understands stops it until somebody has looked. Remarks are for the person who approves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from jobs.people.reading import ACCOUNTS
from jobs.people.wishes import BY_GROUND, OUTCOMES, named_purposes, parsed, word
from jobs.rights.requests.request import UNKNOWN, Request
from policy.promise import Promise

REMARKS = frozenset({"message", "reason", "comment"})
"""Keys whose text changes nothing of what is asked."""

FORMATS = ("json", "csv", "html")


@dataclass(frozen=True)
class Correction:
    """A column of the person's account, and what it must say."""

    column: str
    value: str = field(repr=False)


@dataclass(frozen=True)
class Asked:
    """One request, understood. ``unread`` names the fields in which a word isn't; then nothing else here counts.

    ``format``: of an access package or a portable copy. ``purposes``: which an objection or a withdrawal names; none
    means every one that rests on its ground. ``remarks``: the person wrote something of their own, which whoever
    approves reads on the platform.
    """

    format: str | None = None
    correction: Correction | None = None
    purposes: frozenset[str] = frozenset()
    remarks: bool = False
    unread: tuple[str, ...] = ()


@dataclass(frozen=True)
class Words:
    """The words that can be understood: the register's purposes, and what of an account can be corrected."""

    purposes: frozenset[str]
    columns: frozenset[str]

    @classmethod
    def of(cls, promise: Promise) -> Words:
        """Those of a promise. Its own id and its times aren't the person's to say; what it belongs to is."""
        account = promise.source(ACCOUNTS)
        said = (n for n, c in account.columns.items() if c.type == "text" or c.kind == "direct")
        return cls(frozenset(promise.register.purposes), frozenset(said) - {account.subject})

    def asked(self, request: Request) -> Asked:
        """What ``request`` asks."""
        unread = [
            name
            for name, wrong in (
                ("right", request.right == UNKNOWN),
                ("received_at", request.received_at is None),
                ("outcome", not _is_understood(request)),
            )
            if wrong
        ]
        said = self._said(request)
        if said is None:
            unread.append("detail")
        return Asked(unread=tuple(unread)) if unread or said is None else said

    def _said(self, request: Request) -> Asked | None:
        """What the detail says for this right; null where a word of it isn't understood."""
        content = parsed(request.detail)
        if content is None:
            return None
        said = self._of(request, {key: value for key, value in content.items() if key not in REMARKS})
        return said and replace(said, remarks=bool(content.keys() & REMARKS))

    def _of(self, request: Request, said: Mapping[str, Any]) -> Asked | None:
        match request.right:
            case "access" | "portability":
                return _format(said)
            case "rectification":
                return self._correction(said)
            case right if right in BY_GROUND.values():
                named = named_purposes(request.detail, self.purposes)
                return Asked(purposes=named.purposes) if named.understood and said.keys() <= {"purpose"} else None
        return None if said else Asked()

    def _correction(self, said: Mapping[str, Any]) -> Asked | None:
        column, value = said.get("column"), said.get("value")
        if said.keys() != {"column", "value"} or not isinstance(value, str) or not isinstance(column, str):
            return None
        return Asked(correction=Correction(word(column), value)) if word(column) in self.columns else None


def _format(said: Mapping[str, Any]) -> Asked | None:
    wanted = said.get("format", "")
    if said.keys() - {"format"} or not isinstance(wanted, str) or word(wanted) not in ("", *FORMATS):
        return None
    return Asked(format=word(wanted) or None)


def _is_understood(request: Request) -> bool:
    """Whether it is either open, or closed for a verified person, or refused, in a word that is known."""
    if request.outcome not in OUTCOMES:
        return False
    if request.outcome == "refused":
        return True
    closed = request.closed_at is not None
    return (closed and request.verified_at is not None) or not (closed or request.outcome)
