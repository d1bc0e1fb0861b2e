"""The detection rules as far as the contracts need them: their names, levels, techniques and spans.

``policy/signals/*.yml`` are Sigma v2 documents; ``jobs/signals`` parses them whole, with pySigma, and
checks every field and word. Here what a finding carries is read, and which features of Sigma a rule uses
(policy/sigma.py), so that no parser is needed.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from policy.base import read_documents
from policy.errors import InvalidPolicyFileError
from policy.modifiers import listed
from policy.sigma import SECONDS, correlation_of, refusals, rule_id, span_of

LEVELS = ("informational", "low", "medium", "high", "critical")
_TECHNIQUE = re.compile(r"attack\.(t\d{4}(?:\.\d{3})?)")


@dataclass(frozen=True)
class Detection:
    """One rule that reports findings."""

    name: str
    title: str
    level: str
    technique: str
    about: str
    advice: tuple[str, ...]


@dataclass(frozen=True)
class Detections:
    """Every reporting rule by its name; ``reach`` is how many days before its own a finding can begin."""

    rules: dict[str, Detection] = field(default_factory=dict)
    reach: int = 0

    def words(self, of: str) -> tuple[str, ...]:
        """The closed vocabulary of one attribute of the rules."""
        found = {str(getattr(rule, of)) for rule in self.rules.values()}
        return tuple(sorted(found, key=LEVELS.index)) if of == "level" else tuple(sorted(found))


def detections(root: Path) -> Detections:
    """Read the rules under ``root/signals``. A rule that only serves correlations reports nothing itself.

    Raises:
        InvalidPolicyFileError: a document has no name, two share a name or id, one uses a feature of Sigma that
            is refused or a rule that isn't there, or a reporting rule lacks its level, its ATT&CK technique or
            its false positives.
    """
    documents: dict[str, tuple[str, dict[str, Any]]] = {}
    for file in sorted((root / "signals").glob("*.yml")):
        place, refused = f"signals/{file.name}", list[str]()
        for document in read_documents(root, place):
            name = str(document.get("name", ""))
            if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in documents:
                raise InvalidPolicyFileError(place, [f"a rule has no name of its own: {document.get('title')}"])
            refused += [f"rule {name} uses {each.feature}: {each.instead}" for each in refusals(document)]
            documents[name] = (place, document)
        if refused:
            raise InvalidPolicyFileError(place, refused)
    parts = _parts(documents)
    correlations = {name: correlation_of(documents[name][1]) for name in parts}
    serving = {each for name, found in parts.items() if not correlations[name].get("generate") for each in found}
    reporting = {name: _detection(name, *found) for name, found in documents.items() if name not in serving}
    spans = {name: span_of(correlation) or 0 for name, correlation in correlations.items()}
    reaches = [span + max((spans.get(each, 0) for each in parts[name]), default=0) for name, span in spans.items()]
    return Detections(reporting, math.ceil(max(reaches, default=0) / SECONDS["d"]))


def _parts(documents: dict[str, tuple[str, dict[str, Any]]]) -> dict[str, list[str]]:
    """The names of the rules that each correlation refers to, by name or by id as Sigma allows."""
    names = {name: name for name in documents}
    for name, (place, document) in documents.items():
        known = rule_id(document.get("id"))
        if known is not None and names.setdefault(known, name) != name:
            raise InvalidPolicyFileError(place, [f"rules {names[known]} and {name} share their id: give one a new id"])
    parts = {}
    for name, (place, document) in documents.items():
        if "correlation" not in document:
            continue
        referred = [(each, names.get(rule_id(each) or each)) for each in listed(correlation_of(document).get("rules"))]
        missing = [each for each, found in referred if found is None]
        if missing:
            raise InvalidPolicyFileError(
                place, [f"rule {name} refers to {each}, which is the name or id of no rule" for each in missing]
            )
        parts[name] = [found for _, found in referred if found is not None]
        if len(set(parts[name])) < len(parts[name]):
            raise InvalidPolicyFileError(place, [f"rule {name} refers to a rule twice, by its name and its id"])
    return parts


def _detection(name: str, place: str, document: dict[str, Any]) -> Detection:
    techniques = [match[1].upper() for tag in listed(document.get("tags")) if (match := _TECHNIQUE.fullmatch(str(tag)))]
    level = str(document.get("level"))
    missing = [
        what
        for what, there in (
            ("level", level in LEVELS),
            ("tag of an ATT&CK technique", techniques),
            ("falsepositives", document.get("falsepositives")),
            ("title and description", document.get("title") and document.get("description")),
            ("response in lines of text", all(isinstance(line, str) for line in listed(document.get("response")))),
        )
        if not there
    ]
    if missing:
        raise InvalidPolicyFileError(place, [f"{name} has no {what}" for what in missing])
    advice = tuple(listed(document.get("response")))
    return Detection(name, str(document["title"]), level, techniques[0], str(document["description"]).strip(), advice)
