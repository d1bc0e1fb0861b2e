"""Who must not be in a release, by whose word (clauses 4.2, 8.1, 9.1, 11.2)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date

from jobs.people.phones import dialled
from jobs.people.reading import ACCOUNTS, People
from jobs.people.relationships import Name
from policy.periods import months_of
from policy.promise import Promise
from policy.sources import OF_A_PERSON, Identifier, Source

OUT, GONE, HELD = 1, 2, 4
"""Left out by a wish; let go by retention; kept by a legal hold, which outweighs having been let go."""

Mark = tuple[Identifier, str, int]


@dataclass(frozen=True)
class LeftOut:
    """Who must not be in a release of one day.

    ``people`` are left out by their own wish or were erased, ``registered`` says under which identifiers; ``gone``
    were let go by retention, ``held`` a legal hold keeps. ``unread`` wishes were read as widely as they can be.
    ``consent_to``: the purpose, where it rests on consent.
    """

    people: frozenset[str]
    registered: tuple[tuple[Identifier, str], ...] = ()
    gone: tuple[Name, ...] = ()
    held: tuple[Name, ...] = ()
    unread: int = 0
    consent_to: str | None = None

    def marks(self) -> Iterator[Mark]:
        """Every identifier that decides over a row: class, value, and what it says."""
        yield from (("person", user, OUT) for user in self.people)
        for kind, value in self.registered:
            yield from ((kind, each, OUT) for each in (dialled(value) if kind == "phone" else (value,)))
        yield from ((name.identifier, name.value, GONE) for name in self.gone)
        yield from ((name.identifier, name.value, HELD) for name in self.held)

    @property
    def actors(self) -> frozenset[str]:
        """The accounts whose sessions are left out with them."""
        held = {name.value for name in self.held}
        return self.people | ({name.value for name in self.gone if name.identifier == "person"} - held)


def left_out(promise: Promise, purpose: str, people: People, day: date) -> LeftOut:
    """Who must not be in the rows of ``day`` that serve ``purpose``, by their wishes and by retention's own rule."""
    asked = people.excluded(purpose, day)
    months = months_of(promise.register.relationship_keep)
    known = list(people.relationships(purpose).let_go(months, people.at.date()))
    registered = people.registered(asked, registered_columns(promise.source(ACCOUNTS))) if asked else ()
    by_consent = promise.register.purposes[purpose].lawful_basis == "consent"
    return LeftOut(
        people=asked,
        registered=tuple(registered),
        gone=tuple(name for name, gone in known if gone),
        held=tuple(name for name, gone in known if not gone),
        unread=people.unread(purpose),
        consent_to=purpose if by_consent else None,
    )


def with_erased(left: LeftOut, erased: Collection[tuple[Identifier, str]], people: People, accounts: Source) -> LeftOut:
    """The same, and whoever was erased: under the identifiers that were found, and what is registered of them."""
    if not erased:
        return left
    persons = frozenset(value for kind, value in erased if kind == "person")
    others = ((kind, value) for kind, value in sorted(erased) if kind != "person")
    registered = people.registered(persons, registered_columns(accounts))
    return replace(left, people=left.people | persons, registered=(*left.registered, *others, *registered))


def registered_columns(accounts: Source) -> dict[str, Identifier]:
    """The columns of the accounts that identify one person, with their classes."""
    return {
        name: column.identifier
        for name, column in accounts.columns.items()
        if column.kind == "direct" and column.identifier in OF_A_PERSON
    }
