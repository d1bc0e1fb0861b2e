"""Of which columns each published column is made, and how: declared by the contracts, in OpenLineage's words.

*Direct*: values come from it, as they are (identity), changed (transformation) or counted up (aggregation). *Indirect*:
it only decides: into which group a row counts (group by), which rows meet (join), which count at all (filter).
*Masks*: the value as it was can't be read any more. Spark's own listener calls an unkeyed MD5 masking and knows nothing
of a keyed token made in Java, so this is told from the contract (column lineage facet 1-2-0).
"""

from __future__ import annotations

from collections.abc import Iterator

from jobs.catalogue.model import Direct, Indirect, Input, InputColumn, Origin
from policy.contract import Contract, Output
from policy.privacy import PrivacyBudget
from policy.promise import Promise
from policy.rules import ColumnRule, Join, Keep, Vocabulary, When
from policy.statistics import ROWS, Statistic

ACCOUNT, MOMENT = "whose row it is decides whether it is there", "when it happened decides on which day it is"


def origins(promise: Promise, contract: Contract, output: Output) -> tuple[Origin, ...]:
    """The columns that ``output`` of ``contract`` is made of; none of a column that only the contract fills."""
    makers = {
        "events": _of_events,
        "findings": _of_findings,
        "statistics": _of_statistics,
        "noisy_counts": _of_noisy_counts,
        "microdata": _of_microdata,
    }
    return tuple(dict.fromkeys(makers[contract.shape](promise, contract, output)))


def inputs(promise: Promise, contract: Contract) -> Iterator[Input]:
    """Every table and release that ``contract`` reads, each with the columns that it reads of it."""
    for name in contract.inputs:
        source = promise.sources[name]
        read = ((column, source.columns[column]) for column in contract.read_columns(name))
        columns = (InputColumn(c, rules.type, rules.means, rules.kind, rules.identifier) for c, rules in read)
        yield Input("platform", name, source.owner, tuple(columns))
    for base in contract.findings.derived_from if contract.findings else ():
        release = promise.release(base)
        columns = (InputColumn(o.name, o.type, o.means, None, o.token) for o in release.outputs)
        yield Input("release", base, release.owner, tuple(columns))


def deciding(promise: Promise, contract: Contract) -> tuple[Origin, ...]:
    """The columns that decide which rows there are at all: whose row it is, when it happened, what joins."""
    found = []
    for name, rules in contract.inputs.items():
        source = promise.sources[name]
        found += [_from(name, source.subject, "FILTER", ACCOUNT)] if source.subject in rules else []
        found += [_from(name, source.time, "FILTER", MOMENT)] if source.time in rules else []
        for column, rule in rules.items():
            if isinstance(rule, Join):
                found.append(_from(name, column, "JOIN", "rows of two tables meet by it"))
            if isinstance(rule, When) and column != source.time:
                found.append(_from(name, column, "FILTER", "decides whether a row counts on the day"))
    return tuple(dict.fromkeys(found))


def _of_events(_: Promise, contract: Contract, output: Output) -> Iterator[Origin]:
    for source, rules in contract.inputs.items():
        for name, rule in rules.items():
            if rule.published and (rule.output or name) == output.name:
                yield _direct(source, name, rule, output)


def _of_findings(promise: Promise, contract: Contract, output: Output) -> Iterator[Origin]:
    findings = contract.findings
    column = findings.output[output.name] if findings else None
    for base in findings.derived_from if findings else ():
        there = {each.name for each in promise.release(base).outputs}
        for name in column.made_of if column else ():
            if name in there:
                subtype: Direct = "IDENTITY" if output.tokens is not None else "AGGREGATION"
                yield Origin("release", base, name, subtype, masks=False, how=output.note)


def _of_statistics(_: Promise, contract: Contract, output: Output) -> Iterator[Origin]:
    number = output.name.removesuffix("_low").removesuffix("_high")
    for statistic in contract.statistics:
        if statistic.name not in output.of:
            continue
        if output.name in statistic.by:
            yield from _groups(contract, statistic, (output.name,), output, direct=True)
        elif output.name not in ("statistic", "shown", "as_of"):
            if number in ("contributors", ROWS):
                yield _from(statistic.of, statistic.contributor, "AGGREGATION", output.note)
            if number == statistic.total:
                yield _from(statistic.of, number, "AGGREGATION", output.note)
            yield from _groups(contract, statistic, statistic.by, output, direct=False)


def _groups(
    contract: Contract, statistic: Statistic, names: tuple[str, ...], output: Output, *, direct: bool
) -> Iterator[Origin]:
    for source in filter(None, (statistic.of, statistic.joined)):
        for name, rule in contract.inputs[source].items():
            if rule.published and (rule.output or name) in names:
                grouped = _from(source, name, "GROUP_BY", "rows are counted by it")
                yield _direct(source, name, rule, output) if direct else grouped


def _of_noisy_counts(_: Promise, contract: Contract, output: Output) -> Iterator[Origin]:
    budget: PrivacyBudget | None = contract.privacy
    groups = {group for count in budget.counts for group in count.by} if budget else set()
    if output.name in groups or output.name == "statistic":
        yield from _of_events(_, contract, output)
        return
    for unit in budget.unit if budget else ():
        yield _from(contract.main_source, unit, "AGGREGATION", output.note)
    for name, rule in contract.columns.items():
        if rule.published and (rule.output or name) in groups:
            yield _from(contract.main_source, name, "GROUP_BY", "rows are counted by it")


def _of_microdata(_: Promise, contract: Contract, output: Output) -> Iterator[Origin]:
    anonymity, _given, profile = contract.microdata
    if output.name in anonymity.quasi_identifiers:
        for name, rule in contract.inputs[profile.joined].items():
            if rule.published and (rule.output or name) == output.name:
                yield Origin("platform", profile.joined, name, "TRANSFORMATION", masks=True, how=output.note)
        return
    of = contract.inputs[profile.of]
    [moment] = [name for name, rule in of.items() if isinstance(rule, When)]
    counted = moment if output.name == profile.days.output else profile.rows.by
    yield _from(profile.of, counted, "AGGREGATION", output.note)
    yield _from(profile.of, profile.person, "GROUP_BY", "rows are counted person by person")


def _direct(source: str, name: str, rule: ColumnRule, output: Output) -> Origin:
    as_it_is = isinstance(rule, Keep)
    shows = as_it_is or isinstance(rule, Vocabulary)
    return Origin("platform", source, name, "IDENTITY" if as_it_is else "TRANSFORMATION", not shows, output.note)


def _from(source: str, column: str | None, subtype: Direct | Indirect, how: str) -> Origin:
    return Origin("platform", source, column or "", subtype, masks=True, how=how)
