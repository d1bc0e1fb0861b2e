"""Surrogates that by chance are somebody: a made-up company that is a customer, a made-up name that a real person has.

A first or family name alone is shared by thousands and is nobody. An e-mail can't be anybody's: surrogates
have a reserved domain.
"""

from __future__ import annotations

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.treatments.normalise import normalised
from policy.contract import Contract
from policy.promise import Promise
from policy.rules import Surrogate


def colliding(promise: Promise, contract: Contract, landed: dict[str, DataFrame], staged: DataFrame) -> dict[str, int]:
    """For each surrogate column, or pair of names, how many staged rows show a real company or person of that day."""
    words = {
        rule.identifier: rule.output or name
        for columns in contract.inputs.values()
        for name, rule in columns.items()
        if isinstance(rule, Surrogate)
    }
    found = {}
    if "company_name" in words:
        column = words["company_name"]
        found[column] = _shared(staged, [column], _named(promise, landed, ["company_name"]))
    if {"first_name", "family_name"} <= set(words):
        pair = [words["first_name"], words["family_name"]]
        found[" and ".join(pair)] = _shared(staged, pair, _named(promise, landed, ["first_name", "family_name"]))
    return found


def _named(promise: Promise, landed: dict[str, DataFrame], classes: list[str]) -> list[DataFrame]:
    """The columns of these identifier classes, from each source that has them all."""
    frames = []
    for source, frame in landed.items():
        of_class = {str(promise.source(source).columns[name].identifier): name for name in frame.columns}
        if set(classes) <= set(of_class):
            frames.append(frame.select(*(_compared(of_class[each]).alias(each) for each in classes)))
    return frames


def _shared(staged: DataFrame, columns: list[str], real: list[DataFrame]) -> int:
    if not real:
        return 0
    if not set(columns) <= set(staged.columns):
        return 1
    people = reduce(DataFrame.union, real).dropna().distinct()
    shown = staged.select(
        *(_compared(column).alias(name) for column, name in zip(columns, people.columns, strict=True))
    )
    return shown.join(people, people.columns, "left_semi").count()


def _compared(column: str) -> Column:
    """A name as addresses are compared: what has no ``@`` is folded and trimmed, and no more."""
    return normalised(F.col(column), "email")
