"""Under which tokens somebody can be found: every class, every epoch that has a key, every domain; without Spark."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from jobs.keys.field_keys import DomainKeys
from jobs.keys.ring import Keyring, remembered_as
from jobs.people.reading import ACCOUNTS
from jobs.people.relationships import Name
from jobs.people.subjects import registered_columns
from jobs.retention.names import live_keys, tokens_without_spark
from policy.promise import Promise
from policy.rules import Normalisation, Token
from policy.sources import OF_A_PERSON, Identifier

Epoch = tuple[str, str]
"""A domain and the first day of one of its epochs."""


@dataclass(frozen=True)
class Form:
    """How a column makes tokens: their class, its spelling, and the classes of values that may stand in the column."""

    identifier: Identifier
    normalise: Normalisation
    of: frozenset[Identifier]


@dataclass(frozen=True)
class Linked:
    """A person's tokens in each epoch that has a key; ``remembered``: in each memory of microdata.

    ``destroyed``: the epochs whose tokens can be linked to nobody any more.
    """

    made: Mapping[Epoch, frozenset[bytes]] = field(repr=False)
    remembered: frozenset[bytes] = field(repr=False)
    destroyed: frozenset[Epoch]

    @property
    def everywhere(self) -> frozenset[bytes]:
        """All of them."""
        return self.remembered.union(*self.made.values())


def linked(promise: Promise, keyring: Keyring, names: Sequence[Name]) -> Linked:
    """Every token that one of ``names`` can have; see `linked_all`."""
    return linked_all(promise, keyring, [names])[0]


def linked_all(promise: Promise, keyring: Keyring, people: Sequence[Sequence[Name]]) -> list[Linked]:
    """Each person's tokens; the keys are opened once for all of them.

    Raises:
        KeyringError: of the class that fits, when the keys can't be read.
    """
    domains = {c.domain: c for c in promise.contracts.values() if c.domain is not None}
    keys = {domain: live_keys(keyring, contract) for domain, contract in domains.items()}
    kinds = {domain: forms(promise, domain) for domain in domains}
    months = [contract for contract in promise.releases.values() if contract.shape == "microdata"]
    gone = ((entry.domain, entry.epoch) for entry in keyring.entries() if entry.state == "destroyed")
    destroyed = frozenset(each for each in gone if each[0] in domains)
    return [
        Linked(
            {(domain, of.epoch): _tokens(kinds[domain], names, of) for domain in domains for of in keys[domain]},
            frozenset(
                token.encode()
                for each in months
                for token in remembered_as(keyring, each, [n.value for n in names if n.identifier == "person"])
            ),
            destroyed,
        )
        for names in people
    ]


def _tokens(kinds: Collection[Form], names: Sequence[Name], keys: DomainKeys) -> frozenset[bytes]:
    return frozenset(
        token.encode()
        for form in kinds
        for _, token in tokens_without_spark(_in(form, names), [keys], {(form.identifier, form.normalise)})
    )


def forms(promise: Promise, domain: str) -> frozenset[Form]:
    """How the contracts of a domain make tokens of what is a person's.

    A text column of a class under which accounts are registered is typed by people: any of those classes may stand
    in it, as in `jobs.people.exclusion.compared`.
    """
    registered = frozenset(registered_columns(promise.source(ACCOUNTS)).values())
    return frozenset(_forms(promise, domain, registered))


def _forms(promise: Promise, domain: str, registered: frozenset[Identifier]) -> Iterator[Form]:
    for contract in promise.contracts.values():
        for source, columns in contract.inputs.items() if contract.domain == domain else ():
            for name, rule in columns.items():
                if isinstance(rule, Token) and rule.identifier in OF_A_PERSON:
                    typed = promise.source(source).columns[name].type == "text" and rule.identifier in registered
                    yield Form(rule.identifier, rule.normalise, registered if typed else frozenset({rule.identifier}))


def _in(form: Form, names: Collection[Name]) -> list[Name]:
    """Those of ``names`` that may stand in such a column, as values of its class."""
    return [replace(name, identifier=form.identifier) for name in names if name.identifier in form.of]
