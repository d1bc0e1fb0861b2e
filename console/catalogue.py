"""The releases' pages: may I use it, for what, until when, whom do I ask; columns, joins, questions, risk and limits.

What a release says of itself is read from ``_about/release.json`` beside its table (`jobs.catalogue.model`), so the
catalogue of the console, that beside the tables, and the data package say the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console import current
from console.promises import RiskOf, risk_of
from console.record import Entry, Record
from policy.contract import Contract
from policy.promise import Promise
from policy.questions import Pitfall, Questions
from policy.register import Purpose

MODEL = 1
"""The form of ``release.json`` that these pages understand."""

SAID, WORDS = str | None, [str]
FORM = {
    "terms": str, "leaves": SAID, "version": int | None, "key": WORDS, "limits": WORDS, "measured": WORDS,
    "days": [{"day": str, "rows": int, "published_at": SAID}],
    "reads": [{"tool": str, "code": str}],
    "columns": [{
        "name": str, "type": str, "unit": str, "meaning": str, "missing": str, "blank": bool, "treated": str,
        "joins": str, "words": (None, WORDS), "statistics": WORDS,
    }],
    "parts": [{"name": str, "about": str, "columns": WORDS}],
    "verdict": (None, {
        "day": str, "hash": str, "expectations": int | None, "caught": int | None, "planted": int | None,
    }),
}  # fmt: skip
"""What a page reads of ``release.json``; one that lacks any of it is as if it weren't there."""

ANSWER = {"columns": WORDS, "rows": [[str | int | float | None]]}
"""What it reads of each answer in ``questions.json``."""

BARS, CHANGES = 92, 12
"""Days that the plot has, and publications that are listed as changes."""

Told = Mapping[str, Any]


@dataclass(frozen=True)
class Card:
    """One release in the list. ``told``: what it says of itself; nothing before it was published."""

    contract: Contract
    purpose: Purpose | Told
    roles: tuple[str, ...]
    told: Told | None

    @property
    def rows(self) -> int:
        """Rows that readers see now."""
        return sum(day["rows"] for day in self.told["days"]) if self.told else 0


@dataclass(frozen=True)
class Worked:
    """One question, and its SQL."""

    asks: str
    sql: str


@dataclass(frozen=True)
class Asked:
    """What is asked of a release: worked questions, and queries that are wrong on it."""

    worked: tuple[Worked, ...]
    pitfalls: tuple[Pitfall, ...]


@dataclass(frozen=True)
class Change:
    """One publication: ``again`` if the day had been published before, ``promise`` if the contract was another one."""

    entry: Entry
    again: bool
    promise: bool


@dataclass(frozen=True)
class Release:
    """One release's page. ``answers``: to its worked questions, where the page may say them; ``days``: for the plot."""

    card: Card
    told: Told | None
    days: tuple[tuple[str, int], ...]
    answers: Told | None
    questions: Asked | None = None
    risk: RiskOf | None = None
    changes: tuple[Change, ...] = ()


def page(promise: Promise, lake: Path) -> tuple[Card, ...]:
    """Every release that is promised, by name."""
    return tuple(_card(promise, contract, lake) for _, contract in sorted(promise.releases.items()))


def one(promise: Promise, record: Record, lake: Path, name: str) -> Release | None:
    """One release; nothing if no contract has this name.

    Answers about people's own rows stand beside the table alone, for those who may read it: exact numbers of a
    pseudonymised release could be subtracted from an anonymised one.
    """
    contract = promise.releases.get(name)
    if contract is None:
        return None
    card = _card(promise, contract, lake)
    answers = _answers(lake, name) if contract.kind == "anonymised" else None
    asked = current.asked(promise).get(name)
    return Release(
        card, card.told, bars(card.told), answers, _asked(asked, contract, card.told),
        risk_of(record, name), changes(record, name),
    )  # fmt: skip


def alone(told: Told, contract: Contract, asked: Questions | None, answers: Told) -> Release:
    """The page beside the table, which nobody's ledger is needed for."""
    card = Card(contract, told["purpose"], tuple(role["name"] for role in told["roles"]), told)
    return Release(card, told, bars(told), answers, _asked(asked, contract, told))


def _asked(asked: Questions | None, contract: Contract, told: Told | None) -> Asked | None:
    """The questions with their SQL, of the newest day."""
    if asked is None or not told or not told["days"]:
        return None
    day = told["days"][0]["day"]
    return Asked(tuple(Worked(each.asks, each.sql(contract, day)) for each in asked.worked), asked.pitfalls)


def bars(told: Told | None) -> tuple[tuple[str, int], ...]:
    """Rows of the newest days that readers see, the oldest first."""
    days = told["days"][:BARS] if told else ()
    return tuple((day["day"], day["rows"]) for day in reversed(days))


def changes(record: Record, release: str) -> tuple[Change, ...]:
    """The newest publications, the newest first."""
    found, listed = record.entries("published", about=release, limit=CHANGES + 1), []
    contracts = [_contract(record, release, entry) for entry in found]
    for number, entry in enumerate(found[:CHANGES]):
        before = contracts[number + 1] if number + 1 < len(found) else contracts[number]
        listed.append(Change(entry, record.has_before(entry), bool(before) and before != contracts[number]))
    return tuple(listed)


def _contract(record: Record, release: str, entry: Entry) -> str:
    made = record.entries("protected", about=release, day=entry.text("day"), before=entry.line, limit=1)
    return made[0].text("contract") if made else ""


def _card(promise: Promise, contract: Contract, lake: Path) -> Card:
    told = _read(lake, contract.release, "release.json")
    fits = (
        told is not None
        and told.get("model") == MODEL
        and told.get("name") == contract.release
        and has_form(told, FORM)
    )
    purpose = promise.register.purposes[contract.purpose]
    return Card(contract, purpose, purpose.roles, told if fits else None)


def _read(lake: Path, release: str, file: str) -> Told | None:
    """A file beside a table, if it is there and is a mapping."""
    try:
        content = json.loads((lake / "published" / release / "_about" / file).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _answers(lake: Path, release: str) -> Told | None:
    """The day of the answers, and each of them by its question."""
    told = _read(lake, release, "questions.json") or {}
    lines = [answer for asks, answer in told.items() if asks != "day"]
    return told if isinstance(told.get("day"), str) and all(has_form(each, ANSWER) for each in lines) else None


def has_form(node: Any, form: Any) -> bool:
    """Whether a node of JSON is what a page can draw: ``form`` is a type, or made of forms; a tuple is a choice."""
    if isinstance(form, dict):
        return isinstance(node, dict) and all(
            name in node and has_form(node[name], each) for name, each in form.items()
        )
    if isinstance(form, list):
        return isinstance(node, list) and all(has_form(each, form[0]) for each in node)
    if isinstance(form, tuple):
        return any(has_form(node, each) for each in form)
    return node is None if form is None else isinstance(node, form)
