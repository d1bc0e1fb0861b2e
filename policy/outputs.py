"""From a contract and the classified sources to the exact columns that analysts see, and what each of them says."""

from __future__ import annotations

from typing import Any

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

NAMED, DRAWN_ONCE = "named by the contract", "counted with noise, drawn once"
WORDS: dict[type, str] = {
    UserAgentFamily: "reduced to its family, if it is a listed one",
    PathTemplate: "reduced to the listed route that it fits",
    Vocabulary: "its word, if it is a listed one",
}


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
    if contract.statistics:
        read = {name: column for source in contract.inputs for name, column in sources[source].columns.items()}
        units = {s.total: read[s.total].unit for s in contract.statistics if s.total is not None}
        return _statistic_outputs(contract, columns, units)
    return columns


def _finding_output(name: str, column: FindingColumn, rules: Detections) -> Output:
    return Output(
        name=name,
        type=column.type,
        values=rules.words(column.words) if column.words is not None else None,
        tokens=column.tokens,
        days_before=rules.reach if column.may_begin_before else 0,
        note="said by the rule" if column.words is not None else "made of the events of a finding",
        means=column.note,
        missing=column.missing,
        nullable=bool(column.missing),
        unit=column.unit,
    )


def _output(name: str, rule: ColumnRule, column: SourceColumn, taxonomies: Taxonomies) -> Output:
    values: tuple[str, ...] | None = None
    spark_type = "string"
    token = network = None
    note = ""
    match rule:
        case Keep():
            spark_type, values, note = column.spark_type, rule.values or column.values, "as it is"
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
            values, note = rule.labels, "put into a band"
        case Region():
            values, note = (*taxonomies.regions, OTHER), "reduced to its region"
        case Topic():
            values, note = (*taxonomies.topics(rule.taxonomy), OTHER), "reduced to its topic"
        case UserAgentFamily() | PathTemplate() | Vocabulary():
            values, note = (*rule.values, OTHER), WORDS[type(rule)]
        case _:
            raise AssertionError(f"{rule.treat} is not published")
    described = _described(rule, column)
    return described.model_copy(
        update={"name": rule.output or name, "type": spark_type, "values": values, "token": token}
        | {"network": network, "note": note}
    )


def _described(rule: ColumnRule, column: SourceColumn) -> Output:
    """What a cell says, and what a null does: in the contract's words, else in the source's.

    A field of a JSON text can be missing in every text that there is, and an address can be unreadable, so neither's
    nulls are those of its source.
    """
    inside = isinstance(rule, Vocabulary) and rule.field is not None
    missing = rule.missing or ("" if inside else column.missing)
    if isinstance(rule, NetworkPrefix) and missing and not rule.missing:
        missing += ", or what is there is no address"
    nullable = inside or isinstance(rule, NetworkPrefix) or not column.required
    return Output(
        name="",
        type="",
        means=rule.means or ("" if inside else column.means),
        missing=missing if nullable else "",
        nullable=nullable,
        unit=column.unit,
    )


def _statistic_outputs(contract: Contract, columns: tuple[Output, ...], units: dict[str, str]) -> tuple[Output, ...]:
    """Long format, a row a cell: which statistic, its groups (null where a statistic has none), its numbers.

    A hidden cell has no numbers but the interval that anybody could put it into. ``as_of`` only where a value can be
    older than its day.
    """
    by_name = {column.name: _closed(column) for column in columns}
    everywhere = tuple(s.name for s in contract.statistics)
    groups = _grouped({statistic.name: statistic.by for statistic in contract.statistics})
    totals = tuple(dict.fromkeys(s.total for s in contract.statistics if s.total is not None))
    shown = "whether the cell has its numbers; a cell of nobody has zeros"
    who = "distinct people or companies behind the cell: none, or k and more"
    as_of = "the day whose value this is: a standing count can be older than its row"
    return (
        _made(
            "statistic",
            "string",
            "which of the statistics the row is a cell of",
            everywhere,
            values=everywhere,
            note=NAMED,
        ),
        *(_in_groups(by_name[group], groups[group], everywhere) for group in groups if group in by_name),
        _made("shown", "boolean", shown, everywhere, note="decided by the rules of hiding"),
        _made("contributors", "bigint", who, everywhere, missing="the cell is hidden", unit="people or companies"),
        *_numbers(contract, ROWS, "bigint", "rows of the source in the cell", "rows"),
        *(
            output
            for total in totals
            for output in _numbers(contract, total, "decimal(18,2)", f"{total} summed over the cell", units[total])
        ),
        *(
            [_made("as_of", "date", as_of, everywhere, note="decided by the rules of hiding")]
            if any(statistic.every == "month" for statistic in contract.statistics)
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
        raised = {"type": "string", "values": distinct, "note": f"{level} of hierarchy {hierarchy.name}"}
        shown.append(by_name[name].model_copy(update=raised))
    main = contract.inputs[profile.of][profile.rows.by]
    most = by_name[main.output or profile.rows.by]
    counted = [
        Output(name=name, type="string", values=words, note="counted, in bands", means=note, nullable=False)
        for name, words, note in profile.vocabularies(most.values or ())
    ]
    said = {"note": "counted", "means": "what most actions of the month were in", "nullable": True}
    said["missing"] = "no action was in any of them"
    return (*shown, *counted, most.model_copy(update=said))


def _closed(column: Output) -> Output:
    """The group with the word for what is missing or unknown."""
    words = None if column.values is None else tuple(dict.fromkeys((*column.values, OTHER)))
    return column.model_copy(update={"values": words})


def _grouped(by: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Each group → the statistics that are counted by it."""
    groups = dict.fromkeys(group for groups in by.values() for group in groups)
    return {group: tuple(name for name, used in by.items() if group in used) for group in groups}


def _in_groups(column: Output, of: tuple[str, ...], everywhere: tuple[str, ...]) -> Output:
    """A group of a long table: null in the rows of other statistics and nowhere else."""
    elsewhere = of != everywhere
    missing = "the row's statistic isn't counted by it" if elsewhere else ""
    return column.model_copy(update={"of": of, "nullable": elsewhere, "missing": missing})


def _made(name: str, spark_type: str, means: str, of: tuple[str, ...], **more: Any) -> Output:
    """A column that no source has; null only where ``missing`` says what that means."""
    said = {"note": "counted", "nullable": bool(more.get("missing"))}
    return Output(name=name, type=spark_type, means=means, of=of, **{**said, **more})


def _numbers(contract: Contract, name: str, spark_type: str, means: str, unit: str) -> tuple[Output, Output, Output]:
    """A number of the statistics that have it, and the interval of their hidden cells."""
    of = tuple(statistic.name for statistic in contract.statistics if name in statistic.numbers)
    others = "" if len(of) == len(contract.statistics) else ", or the row's statistic has no such number"
    low, high = (
        _made(f"{name}_{end}", spark_type, f"of a hidden cell: {name} is at {most} this", of,
              missing=f"the cell is shown{others}", unit=unit, note="an attacker's bound, out to a multiple of k")
        for end, most in (("low", "least"), ("high", "most"))
    )  # fmt: skip
    note = "counted" if name == ROWS else "summed"
    return _made(name, spark_type, means, of, missing=f"the cell is hidden{others}", unit=unit, note=note), low, high


def _noisy_outputs(budget: PrivacyBudget, columns: tuple[Output, ...]) -> tuple[Output, ...]:
    """Long format: which family of counts, its groups (null where a family has none), the number and its interval."""
    by_name = {column.name: column for column in columns}
    groups = _grouped({count.name: count.by for count in budget.counts})
    everywhere = tuple(count.name for count in budget.counts)
    between = "the bounded count lies between low and high with a probability of 95 %"
    drawn = (("estimate", "the count with its noise; may be below zero"), ("low", between), ("high", between))
    return (
        _made(
            "statistic", "string", "which family of counts the number is of", everywhere, values=everywhere, note=NAMED
        ),
        *(_in_groups(by_name[group], of, everywhere) for group, of in groups.items()),
        *(
            _made(name, "bigint", means, everywhere, unit="accounts, addresses or events", note=DRAWN_ONCE)
            for name, means in drawn
        ),
    )
