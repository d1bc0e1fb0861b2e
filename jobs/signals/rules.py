"""From Sigma files to rules that are ready to run: parsed by pySigma, every reference and field resolved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pyspark.sql import Column
from sigma.collection import SigmaCollection
from sigma.correlations import SigmaCorrelationCondition, SigmaCorrelationRule, SigmaCorrelationType
from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule

from jobs.signals.conditions import Fields, condition_of
from jobs.signals.errors import InvalidRuleError, UnknownFieldError, UnknownLogSourceError, UnsupportedSigmaError
from policy.base import ROOT
from policy.contract import Contract, Output
from policy.promise import Promise

COUNTS = {SigmaCorrelationType.EVENT_COUNT, SigmaCorrelationType.VALUE_COUNT}
ORDERS = {SigmaCorrelationType.TEMPORAL, SigmaCorrelationType.TEMPORAL_ORDERED}
EVERY_EVENT = ("event_id",)
"""What a rule without a correlation groups by: each event is a finding of its own."""


@dataclass(frozen=True)
class Selection:
    """Single events of one release. ``fields`` gives each group field its name there (Sigma's aliases)."""

    name: str
    release: str
    condition: Column
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
    """Every reporting rule under ``root``, checked against the contracts; no row is read.

    Raises:
        SignalError: of the class that fits the first rule that doesn't.
    """
    texts = [path.read_text("utf-8") for path in sorted(root.glob("*.yml"))]
    return compiled("\n---\n".join(texts), fields_of(promise, contract), _group_fields(contract))


def _group_fields(contract: Contract) -> tuple[str, ...]:
    return next((output.tokens or () for output in contract.outputs if output.name == "group"), ())


def compiled(text: str, fields: dict[str, Fields], groups: Sequence[str]) -> list[Rule]:
    """The reporting rules of a text of Sigma documents. ``groups``: the fields that a finding may be grouped by."""
    try:
        collection = SigmaCollection.from_yaml(text)
    except SigmaError as error:
        where = getattr(getattr(error, "source", None), "path", None) or "?"
        raise InvalidRuleError(str(where), f"{type(error).__name__}: {str(error).splitlines()[0]}") from None
    if collection.filters:
        raise UnsupportedSigmaError(str(collection.filters[0].title), "Sigma filters")
    serving = {
        str(reference.rule.name)
        for rule in collection
        if isinstance(rule, SigmaCorrelationRule) and not rule.generate
        for reference in rule.rules or ()
    }
    compiler = _Compiler(fields, tuple(groups))
    found = {
        str(rule.name): compiler.rule(rule) for rule in collection if isinstance(rule, SigmaRule | SigmaCorrelationRule)
    }
    return [rule for name, rule in sorted(found.items()) if name not in serving]


@dataclass(frozen=True)
class _Compiler:
    fields: dict[str, Fields]
    groups: tuple[str, ...]

    def rule(self, rule: SigmaRule | SigmaCorrelationRule) -> Rule:
        if not rule.name:
            raise InvalidRuleError(str(rule.title), "has no name")
        if isinstance(rule, SigmaRule):
            count = Count(1, 1, "event_id")
            return Rule(rule.name, (Role((self.selection(rule, EVERY_EVENT),), count),), EVERY_EVENT, 1, ordered=False)
        if rule.type not in COUNTS | ORDERS:
            raise UnsupportedSigmaError(rule.name, f"a correlation of type {rule.type.name.lower()}")
        group_by = self.group_by(rule)
        references = [reference.rule for reference in rule.rules or ()]
        if rule.type in COUNTS:
            roles: tuple[Role, ...] = (self.counting(rule, group_by),)
        else:
            self.require_all_parts(rule)
            roles = tuple(self.role(rule, each, group_by) for each in references)
        if sum(role.count is not None for role in roles) > 1:
            raise UnsupportedSigmaError(rule.name, "more than one correlation among the parts of a correlation")
        ordered = rule.type is SigmaCorrelationType.TEMPORAL_ORDERED
        return Rule(rule.name, roles, group_by, rule.timespan.seconds, ordered)

    def group_by(self, rule: SigmaCorrelationRule) -> tuple[str, ...]:
        name = str(rule.name)
        if rule.timespan.unit in "My":
            raise UnsupportedSigmaError(name, "a timespan in months or years, which have no fixed length")
        if not rule.group_by:
            raise UnsupportedSigmaError(name, "a correlation without group-by")
        for field in rule.group_by:
            if field not in self.groups:
                raise UnknownFieldError(name, field, "the group of a finding")
        return tuple(rule.group_by)

    def counting(self, rule: SigmaCorrelationRule, group_by: tuple[str, ...]) -> Role:
        name, condition = str(rule.name), rule.condition
        if not isinstance(condition, SigmaCorrelationCondition) or condition.op.name not in ("GT", "GTE"):
            raise UnsupportedSigmaError(name, "a condition other than gte or gt (a window without events isn't seen)")
        least = int(condition.count) + (condition.op.name == "GT")
        if condition.count != int(condition.count) or least < 1:
            raise UnsupportedSigmaError(name, "a count that isn't a whole number above zero")
        value = condition.fieldref if rule.type is SigmaCorrelationType.VALUE_COUNT else "event_id"
        if not isinstance(value, str):
            raise UnsupportedSigmaError(name, "a count of several fields together")
        selections = []
        for reference in rule.rules or ():
            if not isinstance(reference.rule, SigmaRule):
                raise UnsupportedSigmaError(name, "a count of correlations")
            selections.append(self.selection(reference.rule, group_by, rule))
            self.fields[selections[-1].release].require(name, value)
        return Role(tuple(selections), Count(least, rule.timespan.seconds, value))

    def role(
        self, outer: SigmaCorrelationRule, part: SigmaRule | SigmaCorrelationRule, group_by: tuple[str, ...]
    ) -> Role:
        if isinstance(part, SigmaRule):
            return Role((self.selection(part, group_by, outer),))
        if part.type not in COUNTS:
            raise UnsupportedSigmaError(str(outer.name), "a temporal correlation as a part of a correlation")
        if tuple(part.group_by or ()) != group_by:
            raise UnsupportedSigmaError(str(outer.name), f"the part {part.name} with another group-by")
        return self.counting(part, group_by)

    def require_all_parts(self, rule: SigmaCorrelationRule) -> None:
        condition, parts = rule.condition, len(rule.rules or ())
        if not isinstance(condition, SigmaCorrelationCondition):
            raise UnsupportedSigmaError(str(rule.name), "an extended condition over the parts of a correlation")
        if condition.op.name != "GTE" or condition.count != parts:
            raise UnsupportedSigmaError(str(rule.name), "a temporal condition other than all of its parts")
        if parts < 2:
            raise InvalidRuleError(str(rule.name), "a temporal correlation needs two parts")

    def selection(
        self, rule: SigmaRule, group_by: tuple[str, ...], outer: SigmaCorrelationRule | None = None
    ) -> Selection:
        name, source = str(rule.name), rule.logsource
        service = str(source.service)
        if source.product != "ignicloud" or source.category is not None or service not in self.fields:
            raise UnknownLogSourceError(name, service, tuple(self.fields))
        fields = self.fields[service]
        named = {
            alias.alias: field
            for alias in (outer.aliases if outer else ())
            for reference, field in alias.mapping.items()
            if reference.reference in (rule.name, str(rule.id))
        }
        grouped = tuple(named.get(field, field) for field in group_by)
        for field in grouped:
            output = fields.require(str(outer.name) if outer else name, field)
            if output.token is None and output.network is None:
                raise UnsupportedSigmaError(
                    str(outer.name) if outer else name, f"a group by {field}, which is no token"
                )
        return Selection(name, service, condition_of(rule, fields), grouped)
