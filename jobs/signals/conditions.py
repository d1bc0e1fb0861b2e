"""Sigma conditions → native column expressions, each field and word checked against the contract first.

Every published field is either a closed vocabulary or a token. So each string, wildcard or regular
expression of a rule comes down, before a row is read, to the set of words that it matches.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_

from pyspark.sql import Column
from pyspark.sql import functions as F
from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule
from sigma.types import (
    SigmaBool,
    SigmaCasedString,
    SigmaExists,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaRegularExpressionFlag,
    SigmaString,
    SigmaType,
    SpecialChars,
)

from jobs.signals.errors import (
    DroppedFieldError,
    InvalidRuleError,
    NamedIdentifierError,
    UnknownFieldError,
    UnknownWordError,
    UnsupportedSigmaError,
)
from policy.contract import Contract, Output

FLAGS = {
    SigmaRegularExpressionFlag.IGNORECASE: re.IGNORECASE,
    SigmaRegularExpressionFlag.MULTILINE: re.MULTILINE,
    SigmaRegularExpressionFlag.DOTALL: re.DOTALL,
}
REFUSED = {
    "SigmaCIDRExpression": "the modifier cidr (addresses are encrypted; use policy/indicators)",
    "SigmaCompareExpression": "the modifiers lt, lte, gt and gte (no published field is a number)",
    "SigmaFieldReference": "the modifier fieldref",
    "SigmaExpansion": "the modifier expand",
    "SigmaQueryExpression": "queries of another backend",
    "SigmaTimestampPart": "the modifiers minute, hour, day, week, month and year",
}


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


def condition_of(rule: SigmaRule, fields: Fields) -> Column:
    """The rule's condition over the columns of its release; null counts as false.

    Raises:
        SignalError: of the class that fits, naming rule and field or feature.
    """
    name = str(rule.name)
    parsed = rule.detection.parsed_condition
    try:
        trees = [each.parsed for each in parsed]
    except SigmaError as error:
        raise InvalidRuleError(name, f"its condition can't be read ({type(error).__name__})") from None
    return F.coalesce(reduce(or_, (_compiled(name, tree, fields) for tree in trees)), F.lit(False))


def _compiled(rule: str, tree: object, fields: Fields) -> Column:
    match tree:
        case ConditionAND():
            return reduce(and_, (_compiled(rule, each, fields) for each in tree.args))
        case ConditionOR():
            return reduce(or_, (_compiled(rule, each, fields) for each in tree.args))
        case ConditionNOT():
            return ~_compiled(rule, tree.args[0], fields)
        case ConditionFieldEqualsValueExpression():
            output = fields.require(rule, tree.field)
            return F.coalesce(_matches(rule, tree.field, tree.value, output, fields), F.lit(False))
        case ConditionValueExpression():
            raise UnsupportedSigmaError(rule, "keywords without a field")
    raise UnsupportedSigmaError(rule, f"a condition of type {type(tree).__name__}")


def _matches(rule: str, field: str, value: SigmaType, output: Output, fields: Fields) -> Column:
    column = F.col(field)
    if isinstance(value, SigmaNull):
        return column.isNull()
    if isinstance(value, SigmaExists):
        return column.isNotNull() if value.exists else column.isNull()
    if type(value).__name__ in REFUSED:
        raise UnsupportedSigmaError(rule, REFUSED[type(value).__name__])
    if output.values is None:
        if output.token is None and output.network is None:
            raise UnsupportedSigmaError(rule, f"a value for {field}, which is a time")
        raise NamedIdentifierError(rule, field, fields.release)
    pattern = _pattern(rule, value)
    words = [word for word in output.values if pattern(word)]
    if not words:
        raise UnknownWordError(rule, field, fields.release)
    return column.isin(*words)


def _pattern(rule: str, value: SigmaType) -> Callable[[str], object]:
    """A test of one word; Sigma's strings don't tell capitals from small letters unless ``cased``."""
    match value:
        case SigmaBool() | SigmaNumber():
            return re.compile(re.escape(str(value).lower()), re.IGNORECASE).fullmatch
        case SigmaRegularExpression():
            flags = reduce(or_, (FLAGS[flag] for flag in value.flags), re.NOFLAG)
            return re.compile(str(value.regexp), flags).search
        case SigmaString():
            cased = isinstance(value, SigmaCasedString)
            return re.compile(_regular(rule, value), re.DOTALL if cased else re.DOTALL | re.IGNORECASE).fullmatch
    raise UnsupportedSigmaError(rule, f"a value of type {type(value).__name__}")


def _regular(rule: str, text: SigmaString) -> str:
    wild: dict[object, str] = {SpecialChars.WILDCARD_MULTI: ".*", SpecialChars.WILDCARD_SINGLE: "."}
    if any(not isinstance(part, str) and part not in wild for part in text.s):
        raise UnsupportedSigmaError(rule, "placeholders")
    return "".join(re.escape(part) if isinstance(part, str) else wild[part] for part in text.s)
