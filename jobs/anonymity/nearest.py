"""Microdata attacked by the nearest record: who is singled out, linked, or has an attribute inferred.

The attacker knows the quasi-identifiers of people and the hierarchies, which are public, so they generalise what they
know as the release does and look for the nearest rows. Three questions, after the measures of El Emam, *Guide to the
De-Identification of Personal Health Information* (2013), and Domingo-Ferrer, Torra, "Disclosure risk assessment in
statistical data protection" (2003): does a row stand for one person of the population only; is the nearest row the
person's own; does what the nearest rows say of a sensitive attribute hold of the people in the table more often than of
people who were left out of it? Whatever holds of both is knowledge about the population, and no disclosure.

A low rate means something only if the attacker is able: `judged` asks the same attack of the rows before they were
generalised, too. In memory, for samples: the distances of people and rows are one matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np

from jobs.anonymity.diversity import Floats, Ints
from jobs.anonymity.linkage import interval_of

MOST_PAIRS = 20_000_000
"""People times rows that are compared at once: 160 MB."""

Verdict = Literal["something is learnt", "nothing to learn", "weak attacker"]


@dataclass(frozen=True)
class Attack:
    """What one attack came to: ``hits`` of ``tried``, and what the same attacker reaches without the table.

    ``baseline`` is a rate: of a blind guess, or of the same attack on people who aren't in the table, out of
    ``baseline_tried``; 0 of them where the rate is known exactly.
    """

    tried: int
    hits: float
    baseline: float
    baseline_tried: int = 0

    @property
    def rate(self) -> float:
        """The share of attempts that hit; 0 of none."""
        return self.hits / self.tried if self.tried else 0.0

    @property
    def learns(self) -> bool:
        """Whether the rate is above the baseline by more than chance (95 %).

        Newcombe (1998), method 10, for two samples; Wilson's interval where the baseline is known.
        """
        low, _ = interval_of(self.hits, self.tried)
        _, high = interval_of(self.baseline * self.baseline_tried, self.baseline_tried)
        above = high - self.baseline if self.baseline_tried else 0.0
        return self.rate - self.baseline > sqrt((self.rate - low) ** 2 + above**2)


def judged(released: Attack, raw: Attack) -> Verdict:
    """What an attack on a release says, beside the same attack on its rows before they were generalised.

    An attacker who learns nothing of the raw rows is weak: their failure says nothing of the release.
    """
    if released.learns:
        return "something is learnt"
    return "nothing to learn" if raw.learns else "weak attacker"


def singled_out(rows: Ints, population: Ints) -> Attack:
    """Take each row that is alone in the table for one person: a hit where one person of the population is like it.

    ``rows``, ``population``: a row a record, a column a quasi-identifier, the same codes for the same values. The
    population are all who could be in the table. Baseline: nobody is.
    """
    alike = _distances(rows, population) == 0
    alone = (_distances(rows, rows) == 0).sum(axis=1) == 1
    return Attack(len(rows), float((alone & (alike.sum(axis=1) == 1)).sum()), 0.0)


def linkable(people: Ints, rows: Ints, own: Ints) -> Attack:
    """Link each person with the nearest row: a hit where it is their own; of a tie, the share of it that is.

    ``own``: for each person the place of their row. Baseline: a blind guess among all rows.
    """
    nearest = _nearest(people, rows)
    mine = nearest[np.arange(len(people)), own] / nearest.sum(axis=1)
    return Attack(len(people), float(mine.sum()), 1 / len(rows) if len(rows) else 0.0)


def inferred(members: tuple[Ints, Ints], left_out: tuple[Ints, Ints], released: tuple[Ints, Ints]) -> Attack:
    """Say of each person what most of their nearest rows say; the baseline is the rate for people who were left out.

    Each a pair: quasi-identifiers, a row a person or row, and the sensitive attribute. Of two values that are as
    frequent in the nearest rows, half a hit each, and so on.
    """
    hits = _guessed(*members, *released)
    control = _guessed(*left_out, *released)
    return Attack(len(hits), float(hits.sum()), float(control.mean()) if len(control) else 0.0, len(control))


def _guessed(people: Ints, truth: Ints, rows: Ints, sensitive: Ints) -> Floats:
    """For each person 1 where the guess is right, less where a tie holds it."""
    values = np.unique(np.concatenate([sensitive, truth]))
    said = _nearest(people, rows) @ (sensitive[:, None] == values[None, :]).astype(np.int64)
    most = said == said.max(axis=1, keepdims=True, initial=0)
    right = most[np.arange(len(people)), np.searchsorted(values, truth)]
    return np.asarray(right / most.sum(axis=1), np.float64)


def _nearest(people: Ints, rows: Ints) -> Ints:
    """1 for each row that is the nearest of a person, all of a tie; 0 for the others."""
    distances = _distances(people, rows)
    nearest = distances == distances.min(axis=1, keepdims=True, initial=people.shape[1] + 1)
    return np.asarray(nearest, np.int64)


def _distances(some: Ints, others: Ints) -> Ints:
    """In how many quasi-identifiers each of some differs from each of the others.

    Raises:
        ValueError: they have other quasi-identifiers, or are too many to compare at once.
    """
    if some.shape[1] != others.shape[1]:
        raise ValueError("people and rows have the same quasi-identifiers")
    if len(some) * len(others) > MOST_PAIRS:
        raise ValueError(f"more than {MOST_PAIRS} pairs; attack a sample")
    differing = np.zeros((len(some), len(others)), np.int64)
    for column in range(some.shape[1]):
        differing += some[:, column, None] != others[None, :, column]
    return differing
