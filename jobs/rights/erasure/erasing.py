"""The lake with the eyes of an erasure: whose rows go is who asked, and nothing but a legal hold keeps them.

Retention's machinery does the looking, the deleting and the proving (`jobs.retention`); here is said for whom.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import date, timedelta
from functools import cached_property

from pyspark.sql import SparkSession

from jobs.keys.ring import Keyring, remembered_as
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from jobs.people.exclusion import SPELLING
from jobs.people.phones import typed_digits, typed_forms
from jobs.people.relationships import Name
from jobs.retention.deadline import Deadline
from jobs.retention.names import NAMING
from jobs.retention.planner import Look, look
from jobs.retention.zones import Leftover
from jobs.rights.erasure.traces import Traces, copies_of
from jobs.treatments.normalise import spelled
from policy.contract import Contract
from policy.periods import months_of
from policy.promise import Promise
from policy.sources import OF_A_PERSON, Identifier

NEVER = 12 * 5000
"""Months after which a row is past a contract's period, when periods aren't what is asked about."""

CLASSES: frozenset[Identifier] = OF_A_PERSON | frozenset(NAMING)
"""The classes of tokens by which a row is somebody's when they themselves ask."""

Subjects = Mapping[str, Sequence[Name]]
"""Reference of a request → every identifier of the person who asks."""


def numbered(subjects: Subjects) -> tuple[Name, ...]:
    """The names of all, each person under a number of their own; what many people share names nobody."""
    listed = ((number, name) for number, reference in enumerate(sorted(subjects)) for name in subjects[reference])
    return tuple(replace(name, subject=number) for number, name in listed if name.identifier in OF_A_PERSON)


def sealed(subjects: Subjects, keyring: Keyring) -> str:
    """What binds a plan to whom it erases: an HMAC under the keyring's own key, that says nothing of them.

    By who they are and their addresses, however these are written. Whoever still acts has new sessions every day, and
    anybody can type their address in a new way: neither makes a plan another person's, and its rows are pinned.
    """
    said = {f"{reference}\0{kind}\0{text}" for reference, own in subjects.items() for kind, text in _lasting(own)}
    return keyring.seal("erasure", "\n".join(sorted(said)).encode())


def _lasting(names: Sequence[Name]) -> Iterator[tuple[Identifier, str]]:
    people = {spelled(name.value, "uuid") for name in names if name.identifier == "person"}
    for name in names:
        if name.identifier == "person":
            yield name.identifier, spelled(name.value, "uuid") or name.value
        elif (
            name.identifier == "email"
            and typed_digits(name.value) is None
            and spelled(name.value, "uuid") not in people
        ):
            yield name.identifier, spelled(name.value, "email") or ""


@dataclass(frozen=True)
class ErasingLook(Look):
    """One look at the platform and the lake for those who asked to be erased: ``erased``, with their numbers."""

    erased: tuple[Name, ...] = field(default=(), repr=False)

    @property
    def classes(self) -> frozenset[Identifier]:
        """Whatever belongs to one person: sessions and cookies, too."""
        return CLASSES

    def deadline(self, _: Contract) -> Deadline:
        """None: rows past their period are retention's."""
        return Deadline(self.day, NEVER)

    def names(self, purpose: str) -> Iterator[Name]:
        """Those who are erased, due since yesterday and with the holds over them; and everybody else who is held."""
        yesterday, ours = self.day - timedelta(days=1), {_key(name) for name in self.erased}
        for name in self.erased:
            yield from as_written(replace(name, through=yesterday, holds=self.holds_over.get(name.subject, ())))
        for name in self._held(purpose):
            if _key(name) not in ours:
                yield replace(name, subject=-1 - name.subject, through=None)

    @cached_property
    def holds_over(self) -> dict[int, tuple[str, ...]]:
        """The number of each person whom a standing hold keeps, with the references of the holds."""
        held = {_key(name): name.holds for purpose in self.known for name in self._held(purpose)}
        over: dict[int, tuple[str, ...]] = {}
        for name in self.erased:
            if holds := held.get(_key(name)):
                over[name.subject] = tuple(sorted({*over.get(name.subject, ()), *holds}))
        return over

    @property
    def forgotten(self) -> tuple[Name, ...]:
        """The names of those whom no hold keeps."""
        return tuple(name for name in self.erased if name.subject not in self.holds_over)

    @cached_property
    def traces(self) -> Traces:
        """What of them may be anywhere in the lake: tokens of every domain and epoch, and themselves."""
        users = [user for n in self.forgotten if n.identifier == "person" if (user := spelled(n.value, "uuid"))]
        months = (c for c in self.promise.releases.values() if c.profile is not None)
        remembered = frozenset(t.encode() for c in months for t in remembered_as(self.keyring, c, users))
        return Traces.of(self.forgotten, frozenset[bytes]().union(*self.all_expired().values()), remembered)

    def leftovers(self) -> list[Leftover]:
        """Staged and red runs, recipients' copies, answers and landed days in which they are: each goes whole."""
        return list(copies_of(self.lake, self.traces))

    def _held(self, purpose: str) -> Iterator[Name]:
        return self.known[purpose].names(months_of(self.promise.register.relationship_keep), date.min, self.days)


def _key(name: Name) -> tuple[Identifier, str | None]:
    return name.identifier, spelled(name.value, SPELLING.get(name.identifier, "exact"))


def as_written(name: Name) -> Iterator[Name]:
    """A name, and how it stands in a column of logins: somebody may type their id or their number there."""
    yield name
    if name.identifier == "person":
        yield replace(name, identifier="email")
    elif name.identifier == "phone":
        yield from (replace(name, identifier="email", value=form) for form in sorted(typed_forms(name.value)))


@contextmanager
def erasing(
    promise: Promise, lake: Lake, spark: SparkSession | None, subjects: Subjects, days: frozenset[date]
) -> Iterator[ErasingLook]:
    """A look for the erasure of ``subjects``; ``days``: a hold that stands on one of them protects.

    Raises:
        PlatformError, HoldsVanishedError: see `jobs.retention.planner.look`.
    """
    keyring = Keyring.from_environment(Ledger(lake.ledger))
    with look(promise, lake, keyring, spark, days) as at:
        own = {each.name: getattr(at, each.name) for each in fields(at) if each.name != "_made"}
        yield ErasingLook(**own, erased=numbered(subjects))
