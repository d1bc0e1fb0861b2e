"""From Sigma files to rules that are ready to run: parsed by pySigma, every reference and field resolved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sigma.correlations import SigmaCorrelationCondition, SigmaCorrelationRule, SigmaCorrelationType
from sigma.rule import SigmaRule

from jobs.signals.conditions import Fields, condition_of
from jobs.signals.documents import names, parsed, raise_together
from jobs.signals.errors import (
    SignalError,
    UngroupableFieldError,
    UnknownLogSourceError,
    UnsupportedSigmaError,
)
from jobs.signals.predicates import Predicate
from policy.base import ROOT, read_documents
from policy.contract import Contract, Output
from policy.promise import Promise

COUNTS = {SigmaCorrelationType.EVENT_COUNT, SigmaCorrelationType.VALUE_COUNT}
EVERY_EVENT = ("event_id",)
"""What a rule without a correlation groups by: each event is a finding of its own."""

MOST_ROLES = 62
"""A bit each of one number (jobs/signals/parts.py)."""


@dataclass(frozen=True)
class Selection:
    """Single events of one release. ``fields`` gives each group field its name there (Sigma's aliases)."""

    name: str
    release: str
    condition: Predicate
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Count:
    """At least ``least`` different values, or events when ``value`` is ``event_id``, within ``seconds``."""

    least: int
    seconds: int
    value: str


@dataclass(frozen=True)
class Role:
    """One part that a rule waits for: an event of any of the selections, or a count of them fulfilled."""

    selections: tuple[Selection, ...]
    count: Count | None = None


@dataclass(frozen=True)
class Rule:
    """A reporting rule. With one role it is fulfilled by that role; with more by all, in order if ``ordered``."""

    name: str
    roles: tuple[Role, ...]
    group_by: tuple[str, ...]
    seconds: int
    ordered: bool

    @property
    def count(self) -> Count | None:
        """The one count among its roles, if any."""
        return next((role.count for role in self.roles if role.count is not None), None)

    @property
    def counting(self) -> int:
        """The place of the role that has the count; -1 without one."""
        return next((place for place, role in enumerate(self.roles) if role.count is not None), -1)

    @property
    def fields(self) -> set[str]:
        """Every column that it groups by or counts."""
        grouped = {field for role in self.roles for selection in role.selections for field in selection.fields}
        return grouped | ({self.count.value} if self.count else set())


def fields_of(promise: Promise, contract: Contract) -> dict[str, Fields]:
    """For each release that findings derive from, the fields that rules may ask for."""
    if contract.findings is None:
        raise AssertionError(f"{contract.release} isn't made of findings")
    added = {
        name: Output(name=name, type="string", network="network")
        if field.make == "network"
        else Output(name=name, type="string", values=("true", "false"))
        for name, field in contract.findings.fields.items()
    }
    return {
        base: Fields(promise.release(base), {**{o.name: o for o in promise.release(base).outputs}, **added})
        for base in contract.findings.derived_from
    }


def load_rules(promise: Promise, contract: Contract, root: Path = ROOT / "signals") -> list[Rule]:
    """Every reporting rule under ``root``, checked against the contracts; neither a row nor Spark is needed.

    Raises:
        SignalError: of the class that fits the one rule that doesn't.
        RefusedRulesError: with all of them when there are several.
    """
    documents = [each for path in sorted(root.glob("*.yml")) for each in read_documents(root, path.name)]
    return compiled(documents, fields_of(promise, contract), _group_fields(contract))


def _group_fields(contract: Contract) -> tuple[str, ...]:
    return next((output.tokens or () for output in contract.outputs if output.name == "shared"), ())


def compiled(documents: Sequence[dict[str, Any]], fields: dict[str, Fields], groups: Sequence[str]) -> list[Rule]:
    """The reporting ones of some Sigma documents. ``groups``: the fields that a finding may be grouped by."""
    rules, errors = parsed(documents), list[SignalError]()
    serving = {
        reference.rule.name
        for rule in rules
        if isinstance(rule, SigmaCorrelationRule) and not rule.generate
        for reference in rule.rules or ()
    }
    compiler = _Compiler(fields, tuple(groups))
    found: dict[str, Rule] = {}
    for rule in rules:
        try:
            found[str(rule.name)] = compiler.rule(rule)
        except SignalError as error:
            errors.append(error)
    raise_together(errors)
    return [rule for name, rule in sorted(found.items()) if name not in serving]


@dataclass(frozen=True)
class _Compiler:
    fields: dict[str, Fields]
    groups: tuple[str, ...]

    def rule(self, rule: SigmaRule | SigmaCorrelationRule) -> Rule:
        name = str(rule.name)
        if isinstance(rule, SigmaRule):
            count = Count(1, 1, "event_id")
            return Rule(name, (Role((self.selection(rule, EVERY_EVENT),), count),), EVERY_EVENT, 1, ordered=False)
        group_by = self.group_by(rule)
        if rule.type in COUNTS:
            roles: tuple[Role, ...] = (self.counting(rule, group_by),)
        else:
            roles = tuple(self.role(rule, each.rule, group_by) for each in rule.rules or ())
        if sum(role.count is not None for role in roles) > 1:
            raise UnsupportedSigmaError(
                name, "more than one correlation among the parts of a correlation", "split it into two rules"
            )
        if len(roles) > MOST_ROLES:
            raise UnsupportedSigmaError(
                name, f"more than {MOST_ROLES} parts of a correlation", "split it into two rules"
            )
        ordered = rule.type is SigmaCorrelationType.TEMPORAL_ORDERED
        return Rule(name, roles, group_by, rule.timespan.seconds, ordered)

    def group_by(self, rule: SigmaCorrelationRule) -> tuple[str, ...]:
        for field in rule.group_by or ():
            if field not in self.groups:
                raise UngroupableFieldError(str(rule.name), field, self.groups)
        return tuple(rule.group_by or ())

    def counting(self, rule: SigmaCorrelationRule, group_by: tuple[str, ...]) -> Role:
        name, condition = str(rule.name), rule.condition
        if not isinstance(condition, SigmaCorrelationCondition):
            raise UnsupportedSigmaError(name, "an extended condition", "count events or values")
        least = int(condition.count) + (condition.op.name == "GT")
        value = str(condition.fieldref) if rule.type is SigmaCorrelationType.VALUE_COUNT else "event_id"
        selections = []
        for reference in rule.rules or ():
            if not isinstance(reference.rule, SigmaRule):
                raise UnsupportedSigmaError(name, "a count of correlations", "count single events")
            selections.append(self.selection(reference.rule, group_by, rule))
            self.fields[selections[-1].release].require(name, value)
        return Role(tuple(selections), Count(least, rule.timespan.seconds, value))

    def role(
        self, outer: SigmaCorrelationRule, part: SigmaRule | SigmaCorrelationRule, group_by: tuple[str, ...]
    ) -> Role:
        if isinstance(part, SigmaRule):
            return Role((self.selection(part, group_by, outer),))
        if part.type not in COUNTS:
            raise UnsupportedSigmaError(
                str(outer.name), "a temporal correlation as a part of a correlation", "list its parts themselves"
            )
        if tuple(part.group_by or ()) != group_by:
            raise UnsupportedSigmaError(
                str(outer.name), f"the part {part.name} with another group-by", "group both by the same fields"
            )
        return self.counting(part, group_by)

    def selection(
        self, rule: SigmaRule, group_by: tuple[str, ...], outer: SigmaCorrelationRule | None = None
    ) -> Selection:
        source, owner = rule.logsource, str(outer.name if outer else rule.name)
        service = str(source.service)
        if source.product != "ignicloud" or source.category is not None or service not in self.fields:
            raise UnknownLogSourceError(str(rule.name), service, tuple(self.fields))
        fields = self.fields[service]
        named = {
            alias.alias: field
            for alias in (outer.aliases if outer else ())
            for reference, field in alias.mapping.items()
            if names(reference.reference, rule)
        }
        grouped = tuple(named.get(field, field) for field in group_by)
        for field in grouped:
            output = fields.require(owner, field)
            if output.token is None and output.network is None:
                raise UngroupableFieldError(owner, field, self.groups)
        return Selection(str(rule.name), service, condition_of(rule, fields), grouped)
