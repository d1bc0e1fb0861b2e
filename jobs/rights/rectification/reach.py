"""Which published columns the correction of an account reaches: read from the contracts and sources.yaml. Pure.

A published cell is wrong with the account where a night copied the account's property into a row of the person:

- the release is pseudonymised, and has a token of the row's own person. Of an anonymised one no row is anybody's.
- the row's table repeats the account's column: under its own name, and in its class. The class alone doesn't do: the
  ``agent_email`` of a contact is an e-mail address beside the person's id, and isn't theirs.
- nobody typed it (``typed`` in sources.yaml). What somebody typed into a login box is what they typed, however the
  account is spelled by now: history, and accurate.
- the release publishes it as a token of that class. What it keeps in words or drops can't be told from its rows.

A finding repeats what its events have in common: it is reached where its group has both the person and the column. One
whose group has the column alone names nobody, and is a count over many people's rows: it stays.

So a correction of an address, a name or a city reaches nothing that is published, one of the company does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from jobs.people.reading import ACCOUNTS
from policy.contract import Contract
from policy.promise import Promise
from policy.rules import Token


@dataclass(frozen=True)
class Reached:
    """One published column that repeats the account's ``corrects``, in the rows that have the person in another.

    ``person``, ``column``: the published names. ``within``: the map that has both as keys, of a findings release.
    ``source``: the table whose rows its days are made from. ``own``, ``rule``: how the two tokens are made.
    """

    contract: Contract
    corrects: str
    source: str
    person: str
    column: str
    own: Token
    rule: Token
    within: str | None = None

    @property
    def cell(self) -> str:
        """The column of the table that is rewritten."""
        return self.within or self.column

    @property
    def read(self) -> tuple[str, ...]:
        """The columns of the table that say whether a row is wrong."""
        return (self.within,) if self.within is not None else (self.person, self.column)


def reached(promise: Promise, column: str) -> tuple[Reached, ...]:
    """The published columns that a correction of the account's ``column`` changes; none for most of them."""
    copied = [each for contract in promise.releases.values() for each in _copied(promise, contract, column)]
    derived = (each for contract in promise.releases.values() for each in _derived(contract, copied))
    return (*copied, *derived)


def _copied(promise: Promise, contract: Contract, column: str) -> Iterator[Reached]:
    account = promise.source(ACCOUNTS).columns[column]
    for name, rules in contract.inputs.items() if contract.domain is not None else ():
        source = promise.source(name)
        own, rule, listed = rules.get(source.subject or ""), rules.get(column), source.columns.get(column)
        if not isinstance(own, Token) or not isinstance(rule, Token) or listed is None or listed.typed:
            continue
        if own.identifier == "person" and rule.identifier == listed.identifier == account.identifier:
            person = own.output or str(source.subject)
            yield Reached(contract, column, name, person, rule.output or column, own, rule)


def _derived(contract: Contract, copied: list[Reached]) -> Iterator[Reached]:
    bases = contract.findings.derived_from if contract.findings is not None else ()
    for each in copied:
        for output in contract.outputs if each.contract.release in bases else ():
            if output.type.startswith("map<") and {each.person, each.column} <= {*(output.tokens or ())}:
                yield replace(each, contract=contract, within=output.name)
