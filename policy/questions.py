"""Worked questions and pitfalls of the releases: what analysts ask, in SQL that is made from the declaration.

An answer has words of closed vocabularies and numbers, never a token: a question that groups by anything else, or that
shows rows of a pseudonymised release, is refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from policy.base import ROOT, Model, parse, read_yaml
from policy.contract import Contract
from policy.errors import InvalidPolicyFileError
from policy.promise import Promise

FILE = "questions.yaml"
ROWS = "rows"


class Question(Model):
    """Something that is asked of one day.

    ``counts``: rows, or a column's distinct tokens, for each combination of the words of ``by``; or ``shows``: columns
    of the rows themselves, by the first number among them. ``where``: only rows with these words; ``most``: how many
    lines at most.
    """

    asks: str
    counts: str | None = None
    by: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()
    where: dict[str, str] = Field(default_factory=dict)
    most: int = Field(default=10, ge=1, le=20)

    @model_validator(mode="after")
    def _counts_or_shows(self) -> Self:
        if bool(self.counts) == bool(self.shows) or (self.counts and not self.by):
            raise ValueError("give counts with by, or shows")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """What its answer's columns are called."""
        return self.shows or (*self.by, "n")

    def order(self, contract: Contract) -> str:
        """The number by which its lines are ordered, the largest first."""
        return next(name for name in self.columns if name == "n" or contract.output_schema.get(name) == "bigint")

    def sql(self, contract: Contract, day: str) -> str:
        """The question as SQL, of one day."""
        number = "count(*)" if self.counts == ROWS else f"count(DISTINCT {self.counts})"
        chosen = ", ".join(self.shows) if self.shows else f"{', '.join(self.by)}, {number} AS n"
        only = "".join(f" AND {name} = '{word}'" for name, word in self.where.items())
        grouped = f"\nGROUP BY {', '.join(self.by)}" if self.by else ""
        order = self.order(contract)
        rest = ", ".join(name for name in self.columns if name != order)
        return (
            f"SELECT {chosen}\nFROM {contract.release}\nWHERE day = DATE '{day}'{only}{grouped}\n"
            f"ORDER BY {order} DESC NULLS LAST, {rest} LIMIT {self.most}"
        )


class Pitfall(Model):
    """A query that runs and is wrong on this release, why, and its right form."""

    asks: str
    wrong: str
    why: str
    right: str


class Questions(Model):
    """What is asked of one release."""

    worked: tuple[Question, ...] = ()
    pitfalls: tuple[Pitfall, ...] = ()


class _File(Model):
    releases: dict[str, Questions]


def questions(promise: Promise, root: Path = ROOT) -> dict[str, Questions]:
    """The questions of every release that has some.

    Raises:
        InvalidPolicyFileError: of a release that isn't promised, of a column or word that it hasn't, or one whose
            answer could hold a token.
    """
    listed = parse(_File, {"releases": read_yaml(root, FILE)}, FILE).releases
    problems = [f"{name}: no such release" for name in sorted(listed.keys() - promise.releases.keys())]
    for name in sorted(listed.keys() & promise.releases.keys()):
        for question in listed[name].worked:
            problems += [f"{name}, {question.asks}: {said}" for said in _problems(question, promise.releases[name])]
    if problems:
        raise InvalidPolicyFileError(FILE, problems)
    return listed


def _problems(question: Question, contract: Contract) -> list[str]:
    outputs = {output.name: output for output in contract.outputs}
    words = {name: output.values for name, output in outputs.items() if output.values is not None}
    said = [f"{name} has no closed vocabulary" for name in question.by if name not in words]
    said += [f"{name} has no word {word}" for name, word in question.where.items() if word not in words.get(name, ())]
    if question.counts not in (None, ROWS) and not (question.counts in outputs and outputs[question.counts].token):
        said.append(f"{question.counts} is no column of tokens")
    if question.shows and contract.kind != "anonymised":
        said.append("rows of a pseudonymised release aren't shown")
    said += [f"{name} is no column" for name in question.shows if name not in outputs]
    if question.shows and "bigint" not in {contract.output_schema.get(name) for name in question.shows}:
        said.append("shows no number to order by")
    return said
