"""Who somebody is: every identifier that is theirs, from the platform and for as long as a step runs.

What an account is registered under, what was typed for it, and the sessions, cookies and customer numbers that stand
beside nobody else (`jobs.people.exclusion` says the same of a day's rows). Which columns those are is read from the
classes of policy/sources.yaml. Rows of one person are read, never a whole table of events; values are parameters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from jobs.people.exclusion import SPELLING
from jobs.people.phones import dialled, typed_digits, typed_forms
from jobs.people.reading import ACCOUNTS
from jobs.people.relationships import Name
from jobs.people.subjects import registered_columns
from jobs.people.wishes import REQUESTS, Reading
from jobs.platform.database import Asked, Platform
from jobs.platform.drift import require_classified
from jobs.treatments.normalise import spelled
from policy.errors import PolicyError
from policy.promise import Promise
from policy.sources import OF_A_PERSON, Identifier, Source

ENOUGH = 4
"""Letters and digits of a typed login from which on others' ways to write it are looked for."""


class NoSubjectError(PolicyError):
    """A request names nobody: what it gives as an account's id isn't one."""

    def __init__(self) -> None:
        super().__init__("the request's user_id is no account's id; ask privacy to correct subject_requests")


@dataclass(frozen=True)
class Subject:
    """One person. ``names``: every identifier that is theirs alone. Nothing of them is in its repr.

    ``expected``: for each release of events the data days on which the platform has rows of theirs that no wish of
    their own keeps out. ``shared``: how many identifiers beside theirs are somebody else's, too, and so left alone.
    ``known``: whether the platform has the account.
    """

    names: tuple[Name, ...] = field(repr=False)
    expected: Mapping[str, frozenset[date]] = field(repr=False)
    shared: int
    known: bool

    @cached_property
    def values(self) -> frozenset[str]:
        """Every spelling of theirs in which a cell can be recognised."""
        spellings = (spelled(name.value, SPELLING.get(name.identifier, "exact")) for name in self.names)
        return frozenset({*(name.value for name in self.names), *(each for each in spellings if each)})

    @property
    def user_id(self) -> str:
        """The account's id, as the platform's rows are asked for it."""
        return self.names[0].value


def subject_of(promise: Promise, platform: Platform, user_id: str) -> Subject:
    """Everything under which ``user_id`` may be known.

    Guarantee: nothing is in it that is another account's, too.

    Raises:
        NoSubjectError: it is no account's id.
        SourceDriftError, SeveralDriftsError: a table that was asked has drifted.
    """
    user = spelled(user_id, "uuid") or ""
    if not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", user):
        raise NoSubjectError
    tables = {name: source for name, source in promise.readable.items() if source.person is not None}
    require_classified(platform, tables)
    return _Asking(promise, platform, tables, user).answer()


@dataclass(frozen=True)
class _Asking:
    """One person's questions to the platform, in one transaction."""

    promise: Promise
    platform: Platform
    tables: Mapping[str, Source]
    user: str

    def answer(self) -> Subject:
        rows = list(self._rows(ACCOUNTS, (*self.registered,), Asked("user_id", (self.user,))))
        own = {(kind, row[name]) for row in rows for name, kind in self.registered.items() if row[name]}
        own |= {("person", self.user)}
        theirs = {each for each in own if each[0] == "person" or not self._registered_elsewhere(*each)}
        beside, expected = self._beside()
        alone = set(self._alone(beside))
        typed = set(self._typed(theirs))
        listed = sorted({*theirs, *alone, *typed, *_as_typed(theirs)} - {("person", self.user)})
        names = [Name(kind, value, 0, None) for kind, value in [("person", self.user), *listed]]
        return Subject(tuple(names), expected, len(own - theirs) + len(beside - alone - typed - theirs), bool(rows))

    @cached_property
    def registered(self) -> dict[str, Identifier]:
        return registered_columns(self.promise.source(ACCOUNTS))

    def _rows(self, table: str, columns: tuple[str, ...], asked: Asked) -> Iterator[dict[str, Any]]:
        for batch in self.platform.naming(table, self.tables[table].in_any_words(), columns, asked):
            yield from batch.to_pylist()

    def _beside(self) -> tuple[set[tuple[Identifier, str]], dict[str, frozenset[date]]]:
        """What stands beside the person in their own rows; and the days that each release of events should have."""
        seen, days = set[tuple[Identifier, str]](), dict[str, set[date]]()
        for table, source in self.tables.items():
            if source.subject is None or table == ACCOUNTS:
                continue
            columns = dict(self._singular(source))
            asked = Asked(source.subject, (self.user,))
            for row in self._rows(table, (source.subject, *columns, *filter(None, [source.time])), asked):
                seen |= {(kind, row[name]) for name, kind in columns.items() if (row[name] or "").strip()}
                if source.time is not None and row[source.time] is not None:
                    days.setdefault(table, set()).add(row[source.time].date())
        return seen, self._expected(days)

    def _singular(self, source: Source) -> Iterator[tuple[str, Identifier]]:
        """Columns in which a row of a person has what may be theirs: typed logins, sessions, cookies, customers."""
        for name, column in source.columns.items():
            kind = column.identifier
            if kind in OF_A_PERSON and name != source.subject and (column.typed or kind not in self._kinds):
                yield name, kind

    @property
    def _kinds(self) -> frozenset[Identifier]:
        return frozenset(self.registered.values())

    def _expected(self, days: Mapping[str, set[date]]) -> dict[str, frozenset[date]]:
        requests = list(self._rows("subject_requests", REQUESTS, Asked("user_id", (self.user,))))
        expected = {}
        for release, contract in self.promise.releases.items():
            if contract.domain is not None and contract.shape == "events":
                reading = Reading.of(contract.purpose, self.promise.register.purposes)
                own = days.get(contract.main_source, set())
                kept = (day for day in own if not reading.excluded(requests, day, self.platform.moment))
                expected[release] = frozenset(kept)
        return expected

    def _alone(self, seen: set[tuple[Identifier, str]]) -> Iterator[tuple[Identifier, str]]:
        """Those of ``seen`` that stand beside nobody else, in whatever table, and are registered by nobody else.

        What people type is compared in the spelling in which its tokens are made: another's is one, however written.
        """
        others = set[tuple[Identifier, str]]()
        for table, source in self.tables.items():
            subject = source.subject
            for name, kind in self._singular(source) if subject is not None else ():
                for asked in self._asked(name, kind, {value for of, value in seen if of == kind}):
                    for row in self._rows(table, (str(subject), name), asked):
                        if row[str(subject)] not in (None, self.user):
                            others |= {(kind, key) for key in _keys(kind, row[name])}
        for kind, value in seen:
            if not any((kind, key) in others for key in _keys(kind, value)) and not (
                kind in self._kinds and any(self._registered_elsewhere(each, value) for each in self._kinds)
            ):
                yield kind, value

    def _asked(self, column: str, kind: Identifier, values: set[str]) -> Iterator[Asked]:
        """For the rows in which one of ``values`` stands; a pattern of a few letters would fit most of a table."""
        typed = kind in self._kinds
        written = {each for each in values if typed and len(_loosely(kind, each).replace("%", "")) >= ENOUGH}
        yield Asked(column, tuple(sorted({_loosely(kind, each) for each in written})), "alike")
        yield Asked(column, tuple(sorted({each.strip() for each in values - written})))

    def _registered_elsewhere(self, kind: Identifier, value: str) -> bool:
        """Whether another account is registered under ``value``, in whatever spelling."""
        keys = dialled(value) if kind == "phone" else _keys(kind, value)
        for name, of in self.registered.items():
            if of == kind and keys:
                asked = Asked(name, (_loosely(kind, value),), "alike")
                for row in self._rows(ACCOUNTS, tuple(dict.fromkeys(("user_id", name))), asked):
                    listed = dialled(row[name] or "") if kind == "phone" else _keys(kind, row[name] or "")
                    if row["user_id"] != self.user and keys & listed:
                        return True
        return False

    def _typed(self, theirs: set[tuple[Identifier, str]]) -> Iterator[tuple[Identifier, str]]:
        """What was typed anywhere and is one of ``theirs`` in another spelling."""
        keys = {
            kind: frozenset(k for of, v in theirs if of == kind for k in _registered_keys(of, v)) for kind, _ in theirs
        }
        patterns = tuple(sorted({_loosely(kind, value) for kind, value in theirs}))
        for table, source in self.tables.items():
            for name, column in source.columns.items():
                for row in self._rows(table, (name,), Asked(name, patterns, "alike")) if column.typed else ():
                    text = row[name] or ""
                    if column.identifier and any(_keys(kind, text) & known for kind, known in keys.items()):
                        yield column.identifier, text


def _keys(kind: Identifier, text: str) -> frozenset[str]:
    """Under what a text is compared with registered identifiers of a class; nothing if it is none of them."""
    key = typed_digits(text) if kind == "phone" else spelled(text, SPELLING.get(kind, "exact"))
    return frozenset([key] if key else [])


def _registered_keys(kind: Identifier, value: str) -> frozenset[str]:
    return dialled(value) if kind == "phone" else _keys(kind, value)


def _as_typed(theirs: Iterable[tuple[Identifier, str]]) -> Iterator[tuple[Identifier, str]]:
    return ((kind, each) for kind, value in theirs if kind == "phone" for each in typed_forms(value))


def _loosely(kind: Identifier, value: str) -> str:
    """A pattern that fits ``value`` however ASCII writes it, and perhaps more: its letters and digits in order."""
    dialling = sorted(dialled(value), key=len) if kind == "phone" else []
    plain = "".join(c.lower() if c.isascii() else " " for c in value)
    runs = list(dialling[0]) if dialling else re.findall("[a-z0-9]+", plain)
    return f"%{'%'.join(runs)}%" if runs else "%"
