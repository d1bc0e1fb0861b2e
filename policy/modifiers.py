"""Sigma's modifiers: which ones a rule may use, and in which company.

Sources: SigmaHQ/sigma-specification, appendix of modifiers 2.1.0; pySigma's spellings of the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from policy.expressions import refused_in

ACCEPTED_MODIFIERS = {
    "all": "every value must match, not one of them",
    "cased": "capitals and small letters differ",
    "contains": "the value stands anywhere in the word",
    "endswith": "the word ends with the value",
    "exists": "the field has a value, or has none",
    "i": "after `re`: capitals and small letters are the same",
    "ignorecase": "pySigma's name of `i`",
    "m": "after `re`: `^` and `$` match at lines; words have one",
    "multiline": "pySigma's name of `m`",
    "s": "after `re`: `.` matches a line's end, too; words have none",
    "dotall": "pySigma's name of `s`",
    "neq": "none of the values; an absent value differs from all",
    "re": "a regular expression that all engines read alike (policy/expressions.py)",
    "startswith": "the word begins with the value",
    "windash": "`-`, `/` and the long dashes at the beginning of a part are the same",
}
_ENCODED = ("no published word is encoded", "write the word itself")
_NUMBERS = ("no published field is a number", "write the rule without it")
_PARTS = ("times are told by a timespan", "write the rule without it")
REFUSED_MODIFIERS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("base64", "base64offset", "utf16", "utf16be", "utf16le", "wide"), _ENCODED),
    **dict.fromkeys(("lt", "lte", "gt", "gte"), _NUMBERS),
    **dict.fromkeys(("minute", "hour", "day", "week", "month", "year"), _PARTS),
    "cidr": ("addresses are published encrypted", "write the network into policy/indicators"),
    "expand": ("no list says what a placeholder stands for", "write its words out"),
    "fieldref": ("no two fields share a vocabulary", "write the words that both have"),
}
"""Each with the reason, and with what to do instead."""
_FLAGS = frozenset(("i", "ignorecase", "m", "multiline", "s", "dotall"))
_PLACES = frozenset(("contains", "startswith", "endswith"))


@dataclass(frozen=True)
class Refusal:
    """A feature that a rule uses and may not, in words that go after "uses", and what to do instead."""

    feature: str
    instead: str


def listed(value: Any) -> list[Any]:
    """What Sigma lets a writer give alone or as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def of_selection(part: Any) -> Iterator[Refusal]:
    """Every feature that one part of a detection uses and may not."""
    if isinstance(part, dict):
        for key, value in part.items():
            yield from _of_item(str(key), listed(value) if value is not None else [None])
    elif isinstance(part, list) and part and all(isinstance(each, dict) for each in part):
        for each in part:
            yield from of_selection(each)
    else:
        yield Refusal("keywords without a field", "name the field: `kind: login_failed`")


def _of_item(key: str, values: list[Any]) -> Iterator[Refusal]:
    field, *modifiers = key.split("|")
    if not field:
        yield Refusal("keywords without a field", "name the field: `kind: login_failed`")
    if not values:
        yield Refusal(f"an empty list for {field}", "write null for an absent value")
    for modifier in modifiers:
        if modifier in REFUSED_MODIFIERS:
            why, instead = REFUSED_MODIFIERS[modifier]
            yield Refusal(f"the modifier {modifier} on {field} ({why})", instead)
        elif modifier not in ACCEPTED_MODIFIERS:
            yield Refusal(f"the modifier {modifier} on {field}, which Sigma doesn't have", "correct its name")
    yield from _of_company(field, modifiers, values)
    if "re" in modifiers:
        yield from _of_expressions(field, values)


def _of_company(field: str, modifiers: list[str], values: list[Any]) -> Iterator[Refusal]:
    """Modifiers that change each other's meaning, or that have none together."""
    used = set(modifiers)
    if len(used) < len(modifiers):
        yield Refusal(f"a modifier twice on {field}", "write it once")
    if len(used & _PLACES) > 1:
        yield Refusal(f"two of contains, startswith and endswith on {field}", "write two selections")
    if "re" in used and (modifiers[0] != "re" or used & (_PLACES | {"cased", "windash", "exists"})):
        yield Refusal(
            f"re with another modifier on {field}", "write ^ or $ into the expression, re|i for small letters"
        )
    if used & _FLAGS and "re" not in used:
        yield Refusal(
            f"{min(used & _FLAGS)} without re on {field}", "leave it out: words match whatever their capitals"
        )
    if "exists" in used and (len(used) > 1 or [type(each) for each in values] != [bool]):
        yield Refusal(f"exists on {field} with more than true or false", "write `exists: true` alone")
    if "all" in used and len(values) < 2:
        yield Refusal(f"all on {field} with one value", "leave it out, or give several values")
    if {"all", "neq"} <= used:
        yield Refusal(f"all with neq on {field}", "write neq alone: none of the values")


def _of_expressions(field: str, values: list[Any]) -> Iterator[Refusal]:
    for expression in values:
        problem = refused_in(expression) if isinstance(expression, str) else "no text; put it into quotes"
        if problem:
            what, _, instead = problem.partition("; ")
            yield Refusal(f"a regular expression of {field} with {what}", instead or "write it without, or as words")
