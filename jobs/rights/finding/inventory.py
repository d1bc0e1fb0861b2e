"""Every place where somebody can stand, and what each right does there, or why not (clause 9.1, GDPR art. 30).

Made from sources.yaml, the contracts and policy/places.yaml and nothing else, so a new table, release or export is in
it by being promised; a new zone is missing until policy/places.yaml has a line for it. What access tells and what
erasure ends are both read from here: neither knows a place that the other doesn't.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from jobs.people.wishes import BY_GROUND
from policy import places
from policy.contract import Contract
from policy.places import RIGHTS, Deed, Line, Right
from policy.promise import Promise
from policy.sources import OF_A_PERSON, Identifier, Source

Kind = Literal["table", "release", "export", "zone"]


@dataclass(frozen=True)
class Place:
    """One place. ``folder`` is relative to the lake; of a table of the platform there is none.

    ``plain`` and ``tokens``: which classes of a person's identifiers it can hold, as they are and as tokens.
    ``domain`` and ``epoch``: under which keys those tokens are made; both null where they aren't a release's.
    """

    name: str
    kind: Kind
    folder: str | None
    plain: frozenset[Identifier]
    tokens: frozenset[Identifier]
    rights: dict[Right, Line]
    domain: str | None = None
    epoch: str | None = None

    @property
    def holds_somebody(self) -> bool:
        """Whether an identifier of a person can stand there at all."""
        return bool(self.plain or self.tokens)


@dataclass(frozen=True)
class Inventory:
    """All places, tables first, then releases, exports and the lake's other zones."""

    places: tuple[Place, ...]

    @classmethod
    def of(cls, promise: Promise) -> Inventory:
        """Of this promise."""
        return cls(
            (*_tables(promise), *_releases(promise), *_exports(promise), *_zones(promise)),
        )

    def named(self, name: str) -> Place:
        """The place of this name, as `Place.name` spells it."""
        return self._by_name[name]

    def where(self, right: Right, *deeds: Deed) -> tuple[Place, ...]:
        """The places in which ``right`` does one of ``deeds``."""
        return tuple(place for place in self.places if place.rights[right].does in deeds)

    @cached_property
    def _by_name(self) -> dict[str, Place]:
        return {place.name: place for place in self.places}

    @property
    def zones(self) -> frozenset[str]:
        """The folders right below the lake's root that have a line."""
        return frozenset(place.folder.partition("/")[0] for place in self.places if place.folder is not None)

    def table(self) -> Iterator[str]:
        """The lines that a person reads: each place, whom it can hold and under which keys, and the seven rights."""
        for place in self.places:
            keys = f"; keys of domain {place.domain}, one for {place.epoch}" if place.domain else ""
            yield f"{place.kind} {place.name.partition(' ')[2]}: {_held(place)}{keys}"
            for right in RIGHTS:
                line = place.rights[right]
                yield f"    {right:<18} {line.does.replace('_', ' '):<10} {line.how}"


def _held(place: Place) -> str:
    said = [
        f"{', '.join(sorted(classes))} {how}"
        for classes, how in ((place.plain, "in clear"), (place.tokens, "as tokens"))
        if classes
    ]
    return "; ".join(said) or "nobody"


def of_a_person(source: Source) -> dict[str, Identifier]:
    """The columns of a table that hold identifiers of a person, with their classes."""
    return {
        name: column.identifier
        for name, column in source.columns.items()
        if column.kind == "direct" and column.identifier in OF_A_PERSON
    }


def keyed_in(promise: Promise, contract: Contract) -> frozenset[Identifier]:
    """The classes of a person of which a release can hold tokens: its own, or those of what it is derived from."""
    if contract.findings is not None:
        return frozenset(
            kind for base in contract.findings.derived_from for kind in keyed_in(promise, promise.releases[base])
        )
    return frozenset(o.token for o in contract.outputs if o.token is not None) & OF_A_PERSON


# -- where the lines come from ---------------------------------------------------------------------


def _tables(promise: Promise) -> Iterator[Place]:
    for name, source in promise.readable.items():
        plain = frozenset(of_a_person(source).values())
        lines = promise.places.tables
        sort = lines.own if source.subject else lines.named if plain else lines.nobodys
        yield Place(f"table {name}", "table", None, plain, frozenset(), _rights(sort))


def _releases(promise: Promise) -> Iterator[Place]:
    for name, contract in promise.releases.items():
        sort = promise.places.releases[contract.shape]
        basis = promise.register.purposes[contract.purpose].lawful_basis
        others = {r: _rests(basis) for r in BY_GROUND.values() if r != BY_GROUND.get(basis)}
        rights = {right: others.get(right, line) for right, line in _rights(sort).items()}
        tokens = keyed_in(promise, contract) if sort.tokens else frozenset()
        yield Place(
            f"release {name}",
            "release",
            f"published/{name}",
            frozenset(),
            tokens,
            rights,
            contract.domain,
            contract.epoch,
        )


def _exports(promise: Promise) -> Iterator[Place]:
    for name, contract in promise.exports.items():
        rights = _rights(promise.places.exports)
        folder, tokens = f"exports/{contract.recipient}/{name}", keyed_in(promise, contract)
        yield Place(f"export {name}", "export", folder, frozenset(), tokens, rights, contract.domain, contract.epoch)


def _zones(promise: Promise) -> Iterator[Place]:
    plain = frozenset(kind for source in promise.readable.values() for kind in of_a_person(source).values())
    keyed = frozenset(kind for contract in promise.contracts.values() for kind in keyed_in(promise, contract))
    for name, sort in promise.places.zones.items():
        nobody: frozenset[Identifier] = frozenset()
        yield Place(
            f"zone {name}", "zone", name, plain if sort.plain else nobody, keyed if sort.tokens else nobody,
            _rights(sort),
        )  # fmt: skip


def _rights(sort: places.Place) -> dict[Right, Line]:
    return {right: sort.line(right) for right in RIGHTS}


def _rests(basis: str) -> Line:
    return Line(does="nothing", how=f"its purpose rests on {basis.replace('_', ' ')}")
