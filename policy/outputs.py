"""From a contract and the classified sources to the exact columns that analysts see."""

from __future__ import annotations

from policy.contract import Contract, FindingColumn, Output
from policy.detections import Detections
from policy.privacy import PrivacyBudget
from policy.rules import (
    Band,
    ColumnRule,
    Keep,
    NetworkPrefix,
    PathTemplate,
    Region,
    Surrogate,
    Token,
    Topic,
    TruncateDate,
    TruncateTime,
    UserAgentFamily,
    Vocabulary,
)
from policy.sources import Source, SourceColumn
from policy.statistics import ROWS
from policy.taxonomies import Taxonomies

DRAWN = ("estimate", "low", "high")
"""The columns whose numbers have noise: two draws of one day differ in them."""

OTHER = "other"
"""The word under which everything outside an open vocabulary is counted."""


def outputs_of(
    contract: Contract, sources: dict[str, Source], taxonomies: Taxonomies, rules: Detections
) -> tuple[Output, ...]:
    """The staged columns of ``contract``, in their order, without the partition ``day``."""
    if contract.findings is not None:
        return tuple(_finding_output(name, column, rules) for name, column in contract.findings.output.items())
    columns = tuple(
        _output(name, rule, sources[source].columns[name], taxonomies)
        for source, rules in contract.inputs.items()
        for name, rule in rules.items()
        if rule.published
    )
    if contract.privacy is not None:
        return _noisy_outputs(contract.privacy, columns)
    if contract.profile is not None:
        return _profile_outputs(contract, columns, taxonomies)
    return _statistic_outputs(contract, columns) if contract.statistics else columns


def _finding_output(name: str, column: FindingColumn, rules: Detections) -> Output:
    return Output(
        name=name,
        type=column.type,
        values=rules.words(column.words) if column.words is not None else None,
        tokens=column.tokens,
        days_before=rules.reach if column.may_begin_before else 0,
        note=column.note,
    )


def _output(name: str, rule: ColumnRule, column: SourceColumn, taxonomies: Taxonomies) -> Output:
    values: tuple[str, ...] | None = None
    spark_type = "string"
    token = network = None
    note: str = rule.treat
    match rule:
        case Keep():
            spark_type, values = column.spark_type, rule.values or column.values
        case Token():
            token, note = rule.identifier, f"token of the {rule.identifier}"
        case Surrogate():
            values = taxonomies.surrogates[rule.locale].of(rule.identifier)
            note = f"surrogate of the {rule.identifier}, {rule.locale}"
        case NetworkPrefix():
            network, note = rule.keep, f"prefix-preserving encryption, {rule.keep}"
        case TruncateTime():
            spark_type, note = "timestamp", f"cut to the {rule.to}"
        case TruncateDate():
            spark_type, note = "date", f"cut to the {rule.to}"
        case Band():
            values = rule.labels
        case Region():
            values = (*taxonomies.regions, OTHER)
        case Topic():
            values = (*taxonomies.topics(rule.taxonomy), OTHER)
        case UserAgentFamily() | PathTemplate() | Vocabulary():
            values = (*rule.values, OTHER)
        case _:
            raise AssertionError(f"{rule.treat} is not published")
    return Output(name=rule.output or name, type=spark_type, values=values, token=token, network=network, note=note)


def _statistic_outputs(contract: Contract, columns: tuple[Output, ...]) -> tuple[Output, ...]:
    """Long format, a row a cell: which statistic, its groups (null where a statistic has none), its numbers.

    A hidden cell has no numbers but the interval that anybody could put it into. ``as_of`` only where a value can be
    older than its day.
    """
    by_name = {column.name: _closed(column) for column in columns}
    groups = tuple(dict.fromkeys(group for statistic in contract.statistics for group in statistic.by))
    totals = tuple(dict.fromkeys(s.total for s in contract.statistics if s.total is not None))
    return (
        Output(name="statistic", type="string", values=tuple(s.name for s in contract.statistics), note="which one"),
        *(by_name[group] for group in groups if group in by_name),
        Output(name="shown", type="boolean", note="whether the cell has its numbers; a cell of nobody has zeros"),
        Output(name="contributors", type="bigint", note="distinct people or companies behind the cell: none, or k"),
        *_number(ROWS, "bigint", "rows in the cell"),
        *(output for total in totals for output in _number(total, "decimal(18,2)", "sum over the cell")),
        *(
            [Output(name="as_of", type="date", note="the day whose value this is")]
            if any(s.every == "month" for s in contract.statistics)
            else []
        ),
    )


def _profile_outputs(contract: Contract, columns: tuple[Output, ...], taxonomies: Taxonomies) -> tuple[Output, ...]:
    """A row a person: the quasi-identifiers in the words of their pinned level, what was counted, and the main word."""
    anonymity, given, profile = contract.microdata
    by_name = {column.name: column for column in columns}
    shown = []
    for name in anonymity.quasi_identifiers:
        hierarchy, level = taxonomies.hierarchies[given.hierarchies[name]], given.node[name]
        words = hierarchy.words(by_name[name].values or ())[hierarchy.levels.index(level)]
        distinct = tuple(dict.fromkeys(word for word in words if word is not None))
        shown.append(Output(name=name, type="string", values=distinct, note=f"{level} of hierarchy {hierarchy.name}"))
    main = contract.inputs[profile.of][profile.rows.by]
    most = by_name[main.output or profile.rows.by]
    counted = [
        Output(name=name, type="string", values=words, note=note)
        for name, words, note in profile.vocabularies(most.values or ())
    ]
    return (*shown, *counted, most.model_copy(update={"note": "what most actions of the month were in"}))


def _closed(column: Output) -> Output:
    """The group with the word for what is missing or unknown."""
    words = None if column.values is None else tuple(dict.fromkeys((*column.values, OTHER)))
    return column.model_copy(update={"values": words})


def _number(name: str, spark_type: str, note: str) -> tuple[Output, Output, Output]:
    return (
        Output(name=name, type=spark_type, note=f"{note}; null when hidden"),
        Output(name=f"{name}_low", type=spark_type, note=f"of a hidden cell: {name} is at least this"),
        Output(name=f"{name}_high", type=spark_type, note=f"of a hidden cell: {name} is at most this"),
    )


def _noisy_outputs(budget: PrivacyBudget, columns: tuple[Output, ...]) -> tuple[Output, ...]:
    """Long format: which family of counts, its groups (null where a family has none), the number and its interval."""
    by_name = {column.name: column for column in columns}
    groups = tuple(dict.fromkeys(group for count in budget.counts for group in count.by))
    return (
        Output(
            name="statistic", type="string", values=tuple(c.name for c in budget.counts), note="which family of counts"
        ),
        *(by_name[group] for group in groups),
        Output(name="estimate", type="bigint", note="the count with its noise; may be below zero"),
        Output(
            name="low", type="bigint", note="the bounded count lies between low and high with a probability of 95 %"
        ),
        Output(
            name="high", type="bigint", note="the bounded count lies between low and high with a probability of 95 %"
        ),
    )
