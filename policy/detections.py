"""The detection rules as far as the contracts need them: their names, levels, techniques and spans.

``policy/signals/*.yml`` are Sigma v2 documents; ``jobs/signals`` parses them whole, with pySigma, and
checks every field and word. Here only what a finding carries is read, so that no parser is needed.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from policy.base import read_documents
from policy.errors import InvalidPolicyFileError

LEVELS = ("informational", "low", "medium", "high", "critical")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_TECHNIQUE = re.compile(r"attack\.(t\d{4}(?:\.\d{3})?)")
_SPAN = re.compile(r"(\d+)([smhdw])")


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
        InvalidPolicyFileError: a document has no name, two share one, or a reporting rule lacks its
            level, its ATT&CK technique or its false positives.
    """
    documents: dict[str, tuple[str, dict[str, Any]]] = {}
    for file in sorted((root / "signals").glob("*.yml")):
        place = f"signals/{file.name}"
        for document in read_documents(root, place):
            name = str(document.get("name", ""))
            if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in documents:
                raise InvalidPolicyFileError(place, [f"a rule has no name of its own: {document.get('title')}"])
            documents[name] = (place, document)
    correlations = [document["correlation"] for _, document in documents.values() if "correlation" in document]
    serving = {name for each in correlations if not each.get("generate") for name in _list(each.get("rules"))}
    reporting = {name: _detection(name, *found) for name, found in documents.items() if name not in serving}
    spans = {name: _span(place, d["correlation"]) for name, (place, d) in documents.items() if "correlation" in d}
    reaches = [
        span + max((spans.get(each, 0) for each in _list(documents[name][1]["correlation"].get("rules"))), default=0)
        for name, span in spans.items()
    ]
    return Detections(reporting, math.ceil(max(reaches, default=0) / SECONDS["d"]))


def _detection(name: str, place: str, document: dict[str, Any]) -> Detection:
    techniques = [match[1].upper() for tag in _list(document.get("tags")) if (match := _TECHNIQUE.fullmatch(tag))]
    level = str(document.get("level"))
    missing = [
        what
        for what, there in (
            ("level", level in LEVELS),
            ("tag of an ATT&CK technique", techniques),
            ("falsepositives", document.get("falsepositives")),
            ("title and description", document.get("title") and document.get("description")),
            ("response in lines of text", all(isinstance(line, str) for line in _list(document.get("response")))),
        )
        if not there
    ]
    if missing:
        raise InvalidPolicyFileError(place, [f"{name} has no {what}" for what in missing])
    advice = tuple(_list(document.get("response")))
    return Detection(name, str(document["title"]), level, techniques[0], str(document["description"]).strip(), advice)


def _span(place: str, correlation: dict[str, Any]) -> int:
    match = _SPAN.fullmatch(str(correlation.get("timespan")))
    if match is None:
        raise InvalidPolicyFileError(place, ["a timespan is a number and one of s, m, h, d, w"])
    return int(match[1]) * SECONDS[match[2]]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
