"""What of Sigma 2 a rule may use: each feature is accepted, or refused by name.

Read from the YAML documents as they stand, so that ``python -m policy`` refuses what ``python -m jobs
signals check`` would, without a parser or Spark. pySigma ignores keys that it doesn't know and leaves
some features to its backends: what it would drop in silence is refused here.

Modifiers are in policy/modifiers.py. Sources: SigmaHQ/sigma-specification, rules, correlation rules and
filters, 2.1.0.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

from policy.modifiers import Refusal, listed, of_selection

ACCEPTED_TYPES = ("event_count", "value_count", "temporal", "temporal_ordered")
REFUSED_TYPES = ("value_sum", "value_avg", "value_median", "value_percentile")
CORRELATION_KEYS = ("type", "rules", "group-by", "timespan", "condition", "aliases", "generate")
LONGEST = 90 * 86_400
"""Seconds: the shortest quarter. No window crosses the border of a key epoch."""
LEAST, MOST = {"gte": 1, "gt": 0}, 2**31 - 1
"""Of a count, beside each operator."""
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_SPAN = re.compile(r"([0-9]{1,9})([smhdw])")


def refusals(document: dict[str, Any]) -> Iterator[Refusal]:
    """Every feature of one document that is refused. What isn't Sigma at all is left to the parser."""
    if "filter" in document:
        yield Refusal("Sigma filters", "write the exception into the rule's own condition, with `not`")
    if "action" in document:
        yield Refusal("an action of a collection (global, repeat, reset)", "write each rule out")
    if "generate" in document:
        yield Refusal("generate outside the correlation", "write it below `correlation`")
    detection, correlation = document.get("detection"), document.get("correlation")
    if detection is not None and correlation is not None:
        yield Refusal("a detection and a correlation in one document", "make two rules of it")
    if isinstance(detection, dict):
        if "timeframe" in detection:
            yield Refusal("timeframe, which Sigma 2 replaced", "write a correlation with a timespan")
        for name, part in detection.items():
            if name not in ("condition", "timeframe"):
                yield from of_selection(part)
    if isinstance(correlation, dict):
        yield from _of_correlation(correlation)
    elif correlation is not None:
        yield Refusal("a correlation without keys", "give it type, rules, group-by and timespan")


def correlation_of(document: dict[str, Any]) -> dict[str, Any]:
    """Its correlation; empty when it is a rule for single events."""
    return document.get("correlation") or {}


def span_of(correlation: dict[str, Any]) -> int | None:
    """Its timespan in seconds; None when it has none of fixed length."""
    match = _SPAN.fullmatch(str(correlation.get("timespan")))
    return int(match[1]) * SECONDS[match[2]] if match else None


def rule_id(value: Any) -> str | None:
    """An id in canonical form, whatever its spelling; None when it isn't a UUID."""
    try:
        return str(uuid.UUID(str(value)))
    except ValueError:
        return None


def _of_correlation(correlation: dict[str, Any]) -> Iterator[Refusal]:
    for key in correlation:
        if key == "ordered":
            yield Refusal("ordered, which Sigma 2 replaced", "write type: temporal_ordered")
        elif key not in CORRELATION_KEYS:
            yield Refusal(f"{key} in its correlation, which Sigma doesn't have", "correct its name")
    kind = correlation.get("type")
    if kind in REFUSED_TYPES:
        yield Refusal(f"a correlation of type {kind} (no published field is a number)", "count events or values")
    elif kind not in ACCEPTED_TYPES:
        yield Refusal("a correlation of a type that Sigma doesn't have", f"choose one of {', '.join(ACCEPTED_TYPES)}")
    yield from _of_timespan(correlation)
    yield from _of_lists(correlation)
    yield from _of_aliases(correlation)
    if correlation.get("generate", True) not in (True, False):
        yield Refusal("a generate that is neither true nor false", "write true or false")
    if kind in ("event_count", "value_count"):
        yield from _of_count(str(kind), correlation.get("condition"))
    elif kind in ("temporal", "temporal_ordered"):
        yield from _of_parts(correlation.get("condition"), len(listed(correlation.get("rules"))))


def _of_timespan(correlation: dict[str, Any]) -> Iterator[Refusal]:
    span, text = span_of(correlation), str(correlation.get("timespan"))
    if span is None and re.fullmatch("[0-9]+[My]", text):
        yield Refusal("a timespan in months or years, which have no fixed length", "count it in days")
    elif span is None:
        yield Refusal("no timespan of a number and one of s, m, h, d and w", "give it one: `timespan: 10m`")
    elif not 0 < span <= LONGEST:
        yield Refusal("a timespan of nothing, or above 90 days (tokens of two quarters join nothing)", "change it")


def _of_lists(correlation: dict[str, Any]) -> Iterator[Refusal]:
    for key, what in (("rules", "a correlation of no rules"), ("group-by", "a correlation without group-by")):
        named = listed(correlation.get(key))
        if not named and not (key == "rules" and isinstance(correlation.get("condition"), str)):
            yield Refusal(what, f"give it {key}")
        elif not all(isinstance(each, str) for each in named):
            yield Refusal(f"{key} that aren't all text", "put them into quotes")
        for twice in sorted({each for each in map(str, named) if list(map(str, named)).count(each) > 1}):
            yield Refusal(f"{twice} twice in {key}", "name it once")


def _of_aliases(correlation: dict[str, Any]) -> Iterator[Refusal]:
    aliases, grouped = correlation.get("aliases"), listed(correlation.get("group-by"))
    if aliases is None:
        return
    if not isinstance(aliases, dict) or not all(isinstance(each, dict) for each in aliases.values()):
        yield Refusal("aliases that aren't names with a field for each rule", "write `actor: {rule: field}`")
        return
    for alias, fields in aliases.items():
        if alias not in grouped:
            yield Refusal(f"the alias {alias}, which isn't in group-by", "group by it, or take it out")
        for rule, field in fields.items():
            if not isinstance(field, str):
                yield Refusal(f"the alias {alias} with no field for {rule}", "name the rule's field")


def _of_count(kind: str, condition: Any) -> Iterator[Refusal]:
    if not isinstance(condition, dict):
        yield Refusal("a count without a number", "give it one: `condition: {gte: 10}`")
        return
    operators = [key for key in condition if key not in ("field", "percentile")]
    if len(operators) > 1:
        yield Refusal("a range of counts", "write gte alone: what passes the upper bound is an attack, too")
    elif operators not in (["gte"], ["gt"]):
        yield Refusal("a condition other than gte or gt (a window without events isn't seen)", "turn it round")
    elif type(condition[operators[0]]) is not int or not LEAST[operators[0]] <= condition[operators[0]] <= MOST:
        yield Refusal(f"a count that isn't a whole number from 1 to {MOST}", "correct it")
    if "percentile" in condition:
        yield Refusal("percentile outside value_percentile", "take it out")
    field = condition.get("field")
    if kind == "event_count" and field is not None:
        yield Refusal("a field in event_count, which counts events", "take it out, or write type: value_count")
    if kind == "value_count" and not isinstance(field, str):
        several = isinstance(field, list)
        yield Refusal("a count of several fields together" if several else "value_count of no field", "name one field")


def _of_parts(condition: Any, parts: int) -> Iterator[Refusal]:
    if isinstance(condition, str):
        yield Refusal("an extended condition over the parts of a correlation", "list its rules; all must happen")
        return
    if condition not in (None, {"gte": parts}) or condition == {"gte": True}:
        yield Refusal("a temporal condition other than all of its parts", "leave the condition out")
    if parts == 1:
        yield Refusal("a temporal correlation of one part", "name two rules or more")
