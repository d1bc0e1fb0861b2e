"""What must hold between a contract, the sources and the register before a row is read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

from policy.contract import Columns, Contract
from policy.errors import ContractError, ForbiddenSourceError, UnknownSourceError
from policy.microdata import microdata
from policy.periods import months_of
from policy.register import Register
from policy.rules import (
    Band,
    Count,
    Keep,
    Measure,
    NetworkPrefix,
    Region,
    Rule,
    Surrogate,
    Token,
    Topic,
    TruncateDate,
    TruncateTime,
    Vocabulary,
)
from policy.sources import Source, SourceColumn
from policy.statistics import Statistic, is_acyclic, systems
from policy.taxonomies import Taxonomies
from policy.values import ColumnType

MEASURED: frozenset[ColumnType] = frozenset({"integer", "decimal", "timestamp", "date", "boolean"})
NEEDS: dict[type[Rule], frozenset[ColumnType]] = {
    TruncateTime: frozenset({"timestamp"}),
    TruncateDate: frozenset({"date"}),
    Band: frozenset({"integer", "decimal"}),
    Measure: frozenset({"integer", "decimal"}),
    Region: frozenset({"text"}),
    NetworkPrefix: frozenset({"text"}),
}

Problem = tuple[str | None, str]


def check(contract: Contract, sources: dict[str, Source], register: Register, taxonomies: Taxonomies) -> None:
    """Hold ``contract`` against everything else that was promised.

    Raises:
        ForbiddenSourceError: it reads a table that the policy puts out of scope.
        UnknownSourceError: it reads a table that no one has classified.
        ContractError: any other contradiction, a forgotten column among them; names release, column and owner.
    """
    for source, columns in contract.inputs.items():
        _check_columns_are_the_source_s(contract, source, columns, sources)
    problems = (
        *_purpose(contract, register),
        *_retention(contract, register),
        *(
            (name, problem)
            for source, columns in contract.inputs.items()
            for name, rule in columns.items()
            for problem in _rule(contract, rule, sources[source].columns[name], taxonomies)
        ),
        *_names(contract),
        *_statistics(contract, sources),
        *_disclosure(contract),
        *microdata(contract, sources, taxonomies),
        *_noisy_counts(contract, sources),
        *_risk(contract),
    )
    for column, problem in problems:
        raise ContractError(contract.release, column, problem, contract.owner)


def _check_columns_are_the_source_s(
    contract: Contract, name: str, columns: Columns, sources: dict[str, Source]
) -> None:
    if name not in sources:
        raise UnknownSourceError(name)
    source = sources[name]
    if source.rhythm == "never":
        raise ForbiddenSourceError(name, source.clause)
    for column in source.columns.keys() - columns.keys():
        raise ContractError(contract.release, column, f"of {name}, neither kept, treated nor dropped", contract.owner)
    for column in columns.keys() - source.columns.keys():
        raise ContractError(contract.release, column, f"{name} has no such column", contract.owner)


def _purpose(contract: Contract, register: Register) -> Iterator[Problem]:
    if contract.purpose not in register.purposes:
        yield None, f"purpose {contract.purpose} isn't in the register"


def _retention(contract: Contract, register: Register) -> Iterator[Problem]:
    if contract.kind == "pseudonymised" and months_of(contract.retention.keep) > months_of(register.relationship_keep):
        yield None, f"kept {contract.retention.keep}, longer than clause 8.1 allows ({register.relationship_keep})"


def _rule(contract: Contract, rule: Rule, column: SourceColumn, taxonomies: Taxonomies) -> Iterator[str]:
    needs = NEEDS.get(type(rule))
    if needs is not None and column.type not in needs:
        yield f"this treatment needs {' or '.join(sorted(needs))}, the source has {column.type}"
    if contract.kind == "anonymised" and isinstance(rule, Token | Surrogate | NetworkPrefix):
        yield "an anonymised release has no tokens"
    match rule:
        case Keep():
            yield from _keep(contract, rule, column)
        case Token() if rule.identifier != column.identifier:
            yield f"tokens of class {rule.identifier}, the source says {column.identifier}"
        case NetworkPrefix() if column.identifier != "address":
            yield "only addresses have network prefixes"
        case Surrogate():
            yield from _surrogate(contract, rule, column, taxonomies)
        case Topic() if rule.taxonomy not in taxonomies.texts:
            yield f"no taxonomy {rule.taxonomy} in policy/taxonomies"
        case Vocabulary() if (rule.field is not None) != (column.type == "json"):
            yield "name the field of a JSON column, and of no other"


def _surrogate(contract: Contract, rule: Surrogate, column: SourceColumn, taxonomies: Taxonomies) -> Iterator[str]:
    if rule.identifier != column.identifier:
        yield f"surrogates of class {rule.identifier}, the source says {column.identifier}"
    if rule.locale not in taxonomies.surrogates:
        yield f"no pool {rule.locale} in policy/surrogates"
    if contract.recipient is None:
        yield "surrogates look like people; they are for copies in policy/exports, analysts get tokens"


def _keep(contract: Contract, rule: Keep, column: SourceColumn) -> Iterator[str]:
    if column.kind in ("direct", "free_text"):
        yield f"a column that is {column.kind} can't be kept"
    if column.kind == "sensitive" and contract.kind == "pseudonymised":
        yield "a sensitive column can't be kept beside a token"
    if column.type in MEASURED:
        return
    if rule.values is None and column.values is None:
        yield "kept without a closed vocabulary"
    if rule.values is not None and column.values is not None and not set(rule.values) <= set(column.values):
        yield "the vocabulary has words that the source's hasn't"


def _names(contract: Contract) -> Iterator[Problem]:
    names = [
        rule.output or name for columns in contract.inputs.values() for name, rule in columns.items() if rule.published
    ]
    for name in {name for name in names if names.count(name) > 1}:
        yield name, "two columns would leave under one name"
    if "day" in names:
        yield "day", "is the partition column; give another name with `as`"


def _statistics(contract: Contract, sources: dict[str, Source]) -> Iterator[Problem]:
    for statistic in contract.statistics:
        inputs = [contract.inputs.get(name) for name in (statistic.of, statistic.joined) if name is not None]
        if None in inputs:
            yield statistic.name, "reads a source that the contract doesn't list"
            continue
        yield from _rhythm(statistic, sources[statistic.of])
        rules = {name: rule for columns in inputs for name, rule in (columns or {}).items()}
        groups = {rule.output or name for name, rule in rules.items() if rule.published}
        for group in set(statistic.by) - groups:
            yield statistic.name, f"groups by {group}, which no rule publishes"
        if not isinstance(rules.get(statistic.contributor), Count):
            yield statistic.name, f"contributor {statistic.contributor} isn't treated `count`"
        if statistic.total is not None and not isinstance(rules.get(statistic.total), Measure):
            yield statistic.name, f"total {statistic.total} isn't treated `measure`"
    for one, other in permutations(contract.statistics, 2):
        if one.of == other.of and one.running != other.running:
            yield one.name, f"counts rows of {one.of}, as {other.name} does at other times; one source, one period"
        if (one.of, one.running) == (other.of, other.running) and set(one.by) <= set(other.by):
            yield one.name, f"has no groups that {other.name} hasn't; readers can add that one up"
    for system in systems(contract.statistics):
        if not is_acyclic(system):
            yield system[0].name, "shares groups in a ring with other statistics of its source; leave one of them out"


def _rhythm(statistic: Statistic, source: Source) -> Iterator[Problem]:
    """Rows that stay are counted once a month, others on their day: no row is in a day's and a month's table."""
    if source.rhythm == "snapshot" and statistic.every == "day":
        yield statistic.name, f"counts {statistic.of} every day, of which most rows stay; count what runs, every month"
    if source.rhythm == "events" and statistic.every == "month":
        yield statistic.name, f"counts {statistic.of} every month, whose rows are of one day each"


def _disclosure(contract: Contract) -> Iterator[Problem]:
    if contract.kind == "anonymised" and contract.shape == "events":
        yield None, "anonymised without a threshold, k-anonymity or a privacy budget"
    if contract.anonymity is not None and contract.kind != "anonymised":
        yield None, "k-anonymity is promised of an anonymised release"


def _noisy_counts(contract: Contract, sources: dict[str, Source]) -> Iterator[Problem]:
    """Every cell is known before a row is read: absence would tell what noise hides."""
    if contract.privacy is None:
        return
    rules = {rule.output or name: (name, rule) for name, rule in contract.columns.items() if rule.published}
    for unit in contract.privacy.unit:
        rule = contract.columns.get(unit)
        if not isinstance(rule, Count):
            yield unit, "says whose row it is, so it is treated `count`"
    for count in contract.privacy.counts:
        for group in {*count.by, *count.only}:
            if group not in rules:
                yield count.name, f"counts by {group}, which no rule publishes"
                continue
            name, rule = rules[group]
            words = isinstance(rule, Keep) and (rule.values or sources[contract.main_source].columns[name].values)
            if not words and not (isinstance(rule, TruncateTime) and rule.to == "hour"):
                yield (
                    count.name,
                    f"counts by {group}, whose words aren't closed: keep a vocabulary, or the hour of the day",
                )


def _risk(contract: Contract) -> Iterator[Problem]:
    """What may be known of somebody are columns that readers see: a moment, and words."""
    if contract.risk is None:
        return
    rules = {rule.output or name: rule for name, rule in contract.columns.items() if rule.published}
    person = rules.get(contract.risk.person)
    if not isinstance(person, Token) or person.identifier != "person":
        yield contract.risk.person, "isn't a column of people's tokens, whose risk it could be"
    for name, knowledge in contract.risk.points.items():
        moment, *words = knowledge.know
        if moment != "day" and not isinstance(rules.get(moment), TruncateTime):
            yield moment, f"begins the points {name} and is neither `day` nor a column of times"
        for column in words:
            if column not in rules or column == contract.risk.person:
                yield column, f"is in the points {name}, and no other column that readers see"
