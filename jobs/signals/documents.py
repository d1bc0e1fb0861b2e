"""From YAML documents to pySigma's rules: each refused feature by name, each reference resolved."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from sigma.collection import SigmaCollection
from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule

from jobs.signals.errors import InvalidRuleError, RefusedRulesError, SignalError, UnsupportedSigmaError
from policy.sigma import refusals, rule_id

STUMBLES = (SigmaError, AttributeError, KeyError, TypeError, ValueError, RecursionError)
"""What pySigma raises on a document of another shape than it takes for granted."""


def parsed(documents: Sequence[dict[str, Any]]) -> list[SigmaRule | SigmaCorrelationRule]:
    """The documents' rules, the references of correlations resolved.

    Raises:
        SignalError, RefusedRulesError: a document isn't Sigma, uses a refused feature, or refers to nothing.
    """
    raise_together([error for document in documents for error in _refused(document)])
    rules: list[SigmaRule | SigmaCorrelationRule] = []
    errors: list[SignalError] = []
    for document in documents:
        try:
            rules.append(_parsed(document))
        except SignalError as error:
            errors.append(error)
    raise_together(errors)
    collection = SigmaCollection(list(rules), resolve_references=False)
    correlations = [rule for rule in rules if isinstance(rule, SigmaCorrelationRule)]
    raise_together([error for rule in correlations for error in _unresolved(rule, collection)])
    return rules


def raise_together(errors: Sequence[SignalError]) -> None:
    """Nothing when there are none.

    Raises:
        SignalError: the only one.
        RefusedRulesError: all of several.
    """
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise RefusedRulesError(tuple(errors))


def _refused(document: dict[str, Any]) -> Iterator[SignalError]:
    name = str(document.get("name") or document.get("title"))
    if not document.get("name"):
        yield InvalidRuleError(name, "has no name", "give it one: `name: my_rule`")
    for each in refusals(document):
        yield UnsupportedSigmaError(name, each.feature, each.instead)


def _parsed(document: dict[str, Any]) -> SigmaRule | SigmaCorrelationRule:
    kind: type[SigmaRule | SigmaCorrelationRule] = SigmaCorrelationRule if "correlation" in document else SigmaRule
    try:
        return kind.from_dict(dict(document))
    except STUMBLES as error:
        raise InvalidRuleError(str(document["name"]), f"isn't Sigma 2: its {part_of(error)} can't be read") from None


def part_of(error: Exception) -> str:
    """Which part of a rule an error of pySigma is about, as its class says: a message could hold a value."""
    part = re.fullmatch("Sigma(.+)Error", type(error).__name__)
    return " ".join(re.findall("[A-Z][a-z]+", part[1])).lower() if part else "shape"


def _unresolved(rule: SigmaCorrelationRule, collection: SigmaCollection) -> Iterator[SignalError]:
    """References are names or ids; an alias speaks of single events of a rule that the correlation names."""
    for reference in rule.rules or ():
        try:
            reference.resolve(collection)
        except SigmaError:
            yield InvalidRuleError(
                str(rule.name), f"refers to {reference.reference}, which is the name or id of no rule"
            )
            return
    if len({id(each.rule) for each in rule.rules or ()}) < len(rule.rules or ()):
        yield InvalidRuleError(str(rule.name), "refers to a rule twice, by its name and its id", "name it once")
    singles = [each.rule for each in rule.rules or () if isinstance(each.rule, SigmaRule)]
    for alias in rule.aliases:
        for reference in alias.mapping:
            if not any(names(reference.reference, single) for single in singles):
                problem = (
                    f"its alias {alias.alias} names {reference.reference}, which is no single event among its rules"
                )
                yield InvalidRuleError(str(rule.name), problem, "name a rule of its list")


def names(reference: str, rule: SigmaRule) -> bool:
    """Whether a reference is the rule's name, or its id in any spelling."""
    return reference == rule.name or (rule.id is not None and rule_id(reference) == str(rule.id))
