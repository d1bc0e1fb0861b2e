"""What must hold of a contract of microdata: its columns, its hierarchies, and how its rows are made."""

from __future__ import annotations

from collections.abc import Iterator

from policy.contract import Contract
from policy.hierarchies import Hierarchy
from policy.outputs import OTHER
from policy.rules import Count, Join, Keep, Region, When
from policy.sources import Source
from policy.taxonomies import Taxonomies

Problem = tuple[str | None, str]


def microdata(contract: Contract, sources: dict[str, Source], taxonomies: Taxonomies) -> Iterator[Problem]:
    """Every contradiction of a contract of microdata; none of another contract."""
    if contract.anonymity is None:
        return
    problems = list(_profile(contract, sources))
    yield from problems or (*_named(contract, sources), *_generalisation(contract, sources, taxonomies))


def _profile(contract: Contract, sources: dict[str, Source]) -> Iterator[Problem]:
    """Rows of a person can be found, dated, joined and counted."""
    _, _, profile = contract.microdata
    if profile.of not in contract.inputs or profile.joined not in contract.inputs:
        yield None, f"makes rows of {profile.of} with {profile.joined}, which the contract doesn't list"
        return
    of, joined, source = contract.inputs[profile.of], contract.inputs[profile.joined], sources[profile.of]
    if source.time is None or not isinstance(of.get(source.time), When):
        yield source.time, "says in which month a row is, so it is treated `when`"
    if source.subject != profile.person or not isinstance(of.get(profile.person), Count):
        yield profile.person, f"says whose row it is, so it is the subject of {profile.of} and treated `count`"
    if len(_links(contract)) != 1:
        yield None, f"joins {profile.of} with {profile.joined} by not one column that both treat `join`"
    by = of.get(profile.rows.by)
    if not isinstance(by, Keep) or not (by.values or source.columns[profile.rows.by].values):
        yield profile.rows.by, "has a column a word, so it is kept with a vocabulary"
    shown = {name for name, rule in of.items() if rule.published} - {profile.rows.by}
    for name in sorted(shown):
        yield name, "is a column of single rows; a row of microdata is a person"
    for name, rule in joined.items():
        if rule.published and not isinstance(rule, Keep | Region):
            yield name, "can't be raised in a hierarchy; keep it, or show its region"


def _links(contract: Contract) -> set[str]:
    _, _, profile = contract.microdata
    of, joined = contract.inputs[profile.of], contract.inputs[profile.joined]
    return {name for name, rule in of.items() if isinstance(rule, Join) and isinstance(joined.get(name), Join)}


def _named(contract: Contract, sources: dict[str, Source]) -> Iterator[Problem]:
    """Every column is a quasi-identifier or sensitive, and none is both."""
    anonymity, _, profile = contract.microdata
    by = contract.inputs[profile.of][profile.rows.by]
    kept = by.values if isinstance(by, Keep) else None
    words = kept or sources[profile.of].columns[profile.rows.by].values or ()
    counted = {name for name, _, _ in profile.vocabularies(words)} | {by.output or profile.rows.by}
    quasi = {rule.output or n for n, rule in contract.inputs[profile.joined].items() if rule.published}
    for column in sorted(counted & quasi | ({"day"} & counted)):
        yield column, "two columns would leave under one name"
    for column in sorted(quasi ^ set(anonymity.quasi_identifiers)):
        yield column, "is an attribute that is published and no quasi-identifier, or the other way round"
    for column in sorted(counted ^ set(anonymity.sensitive)):
        yield column, "is counted and not named sensitive, or named and not counted"


def _generalisation(contract: Contract, sources: dict[str, Source], taxonomies: Taxonomies) -> Iterator[Problem]:
    """Every quasi-identifier has a hierarchy that exists and places all of its words, and a level of it."""
    anonymity, given, _ = contract.microdata
    quasi = set(anonymity.quasi_identifiers)
    for column in sorted((given.hierarchies.keys() ^ quasi) | (given.node.keys() ^ quasi)):
        yield column, "is a quasi-identifier without hierarchy and level, or has them and is none"
    for column, name in given.hierarchies.items():
        hierarchy = taxonomies.hierarchies.get(name)
        if hierarchy is None:
            yield column, f"no hierarchy {name} in policy/hierarchies"
            continue
        if given.node.get(column) not in hierarchy.levels:
            yield column, f"hierarchy {name} has the levels {', '.join(hierarchy.levels)}, and not the one named"
        if not _places(hierarchy, _words(contract, column, sources, taxonomies)):
            yield column, f"has words that hierarchy {name} doesn't list"


def _places(hierarchy: Hierarchy, words: tuple[str, ...]) -> bool:
    return set(words) <= hierarchy.above.keys()


def _words(contract: Contract, column: str, sources: dict[str, Source], taxonomies: Taxonomies) -> tuple[str, ...]:
    _, _, profile = contract.microdata
    for name, rule in contract.inputs[profile.joined].items():
        if (rule.output or name) == column:
            if isinstance(rule, Region):
                return (*taxonomies.regions, OTHER)
            kept = rule.values if isinstance(rule, Keep) else None
            return kept or sources[profile.joined].columns[name].values or ()
    return ()
