"""Sigma conditions → predicates over single events, each field and word checked against the contract first.

Every published field is either a closed vocabulary or a token. So each string, wildcard or regular
expression of a rule comes down, before a row is read, to the set of words that it matches. Expressions are
those of policy/expressions.py, matched by RE2 as pySigma compiles them: in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import or_

from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.policy import default_policy
from sigma.rule import SigmaRule
from sigma.types import (
    SigmaBool,
    SigmaCasedString,
    SigmaExists,
    SigmaExpansion,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SigmaType,
    SpecialChars,
)

from jobs.signals.documents import STUMBLES
from jobs.signals.errors import (
    DroppedFieldError,
    InvalidRuleError,
    NamedIdentifierError,
    UnknownFieldError,
    UnknownWordError,
    UnsupportedSigmaError,
)
from jobs.signals.predicates import Every, Not, Predicate, Present, Some, Words
from policy.contract import Contract, Output


@dataclass(frozen=True)
class Fields:
    """The fields of one release that rules may ask for, and those of its source that they may not."""

    contract: Contract
    known: dict[str, Output]

    @property
    def release(self) -> str:
        """The release's name, which is a rule's ``service``."""
        return self.contract.release

    def require(self, rule: str, field: str) -> Output:
        """The field's published column.

        Raises:
            DroppedFieldError, UnknownFieldError: there is none.
        """
        if field in self.known:
            return self.known[field]
        treated = self.contract.columns.get(field)
        if treated is not None and treated.published:
            raise DroppedFieldError(rule, field, self.release, f"its name there is {treated.output}")
        if treated is not None:
            raise DroppedFieldError(rule, field, self.release, "the contract leaves it out")
        raise UnknownFieldError(rule, field, self.release)


def condition_of(rule: SigmaRule, fields: Fields) -> Predicate:
    """The rule's condition over the fields of its release; null counts as false.

    Raises:
        SignalError: of the class that fits, naming rule and field or feature.
    """
    name = str(rule.name)
    try:
        trees = [each.parsed for each in rule.detection.parsed_condition]
    except STUMBLES:
        raise InvalidRuleError(
            name, "its condition can't be read", "join its parts with and, or, not and ( )"
        ) from None
    return Some(tuple(_compiled(name, tree, fields) for tree in trees))


def _compiled(rule: str, tree: object, fields: Fields) -> Predicate:
    match tree:
        case ConditionAND():
            return Every(tuple(_compiled(rule, each, fields) for each in tree.args))
        case ConditionOR():
            return Some(tuple(_compiled(rule, each, fields) for each in tree.args))
        case ConditionNOT():
            return Not(_compiled(rule, tree.args[0], fields))
        case ConditionFieldEqualsValueExpression():
            return _matches(rule, tree.field, tree.value, fields)
        case ConditionValueExpression():
            raise UnsupportedSigmaError(rule, "keywords without a field", "name the field")
    raise UnsupportedSigmaError(rule, f"a condition of type {type(tree).__name__}", "write it with and, or, not")


def _matches(rule: str, field: str, value: SigmaType, fields: Fields) -> Predicate:
    output = fields.require(rule, field)
    if isinstance(value, SigmaNull):
        return Not(Present(field))
    if isinstance(value, SigmaExists):
        return Present(field) if value.exists else Not(Present(field))
    if output.values is None:
        if output.token is None and output.network is None:
            raise UnsupportedSigmaError(rule, f"a value for {field}, which is a time", "write a timespan")
        raise NamedIdentifierError(rule, field, fields.release)
    patterns = [_pattern(rule, each) for each in (value.values if isinstance(value, SigmaExpansion) else [value])]
    words = tuple(word for word in output.values if any(pattern(word) for pattern in patterns))
    if not words:
        raise UnknownWordError(rule, field, fields.release)
    return Words(field, words)


def _pattern(rule: str, value: SigmaType) -> Callable[[str], object]:
    """A test of one word; Sigma's strings don't tell capitals from small letters unless ``cased``."""
    match value:
        case SigmaBool() | SigmaNumber():
            return re.compile(re.escape(str(value).lower()), re.IGNORECASE).fullmatch
        case SigmaRegularExpression():
            flags = reduce(or_, (value.sigma_to_python_flags[flag] for flag in value.flags), 0)
            return default_policy.regex_engine.compile(str(value.regexp), flags).search
        case SigmaString():
            cased = isinstance(value, SigmaCasedString)
            return re.compile(_regular(rule, value), re.DOTALL if cased else re.DOTALL | re.IGNORECASE).fullmatch
    raise UnsupportedSigmaError(rule, f"a value of type {type(value).__name__}", "write words")


def _regular(rule: str, text: SigmaString) -> str:
    wild: dict[object, str] = {SpecialChars.WILDCARD_MULTI: ".*", SpecialChars.WILDCARD_SINGLE: "."}
    if any(not isinstance(part, str) and part not in wild for part in text.s):
        raise UnsupportedSigmaError(rule, "placeholders", "write the words out")
    return "".join(re.escape(part) if isinstance(part, str) else wild[part] for part in text.s)
