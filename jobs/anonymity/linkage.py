"""Record linkage between two epochs by behaviour alone: does a new key really end what joins a person's rows?

Tokens of two epochs have nothing in common, but people have habits. Each token's rows become a profile, how often
each word (an hour of the week, a kind of event, a browser) is seen; a token of the earlier epoch is matched with
the nearest profile of the later one. Distance-based record linkage: Domingo-Ferrer, Torra, "Disclosure risk assessment
in statistical data protection" (2003); weights and cosine as in Narayanan, Shmatikov, "Robust de-anonymization of large
sparse datasets" (2008), whose rare words count more. The rate of hits stands beside that of a blind guess.

In memory, for a bounded number of profiles. A matcher that knows more (who shares a network or a company) may hit more.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from jobs.anonymity.diversity import Floats, Ints

Z = 1.96
"""Standard deviations of a two-sided interval of 95 %."""
A_TIE = 1e-9
"""Similarities nearer than that are one: rounding decides no match."""


@dataclass(frozen=True)
class Linkage:
    """What matching came to.

    ``people``: those looked for; ``among``: profiles of the later epoch that each could be. ``hits``: of how many the
    nearest profile was their own; of a tie, the share of it that is.
    """

    people: int
    among: int
    hits: float

    @property
    def rate(self) -> float:
        """The share that was found; 0 of nobody."""
        return self.hits / self.people if self.people else 0.0

    @property
    def chance(self) -> float:
        """The share that a blind guess finds."""
        return 1 / self.among if self.among else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Between what the rate lies with a probability of 95 %."""
        return interval_of(self.hits, self.people)

    @property
    def better_than_chance(self) -> bool:
        """Whether the interval lies above a blind guess."""
        return self.interval[0] > self.chance


def interval_of(hits: float, n: int) -> tuple[float, float]:
    """Between what a rate lies with a probability of 95 %: Wilson's score interval (1927); from 0 to 1 of nobody."""
    if not n:
        return 0.0, 1.0
    rate = hits / n
    centre, spread = rate + Z * Z / (2 * n), Z * sqrt(rate * (1 - rate) / n + Z * Z / (4 * n * n))
    return max(0.0, (centre - spread) / (1 + Z * Z / n)), min(1.0, (centre + spread) / (1 + Z * Z / n))


def linked(before: Ints, after: Ints, truth: Ints) -> Linkage:
    """Match every profile of the earlier epoch with the nearest one of the later.

    ``before``, ``after``: counts, a row a token, a column a word, the same words in both. ``truth``: for each row of
    ``before`` the row of ``after`` that is the same person; rows of ``after`` may be nobody's that is looked for.

    Raises:
        ValueError: the words differ, or a truth names no row.
    """
    if before.shape[1] != after.shape[1] or len(truth) != len(before):
        raise ValueError("profiles of two epochs have the same words, and each earlier one its truth")
    if ((truth < 0) | (truth >= len(after))).any():
        raise ValueError("the truth names rows of the later epoch")
    weights = _weights(after)
    similar = _profiles(before, weights) @ _profiles(after, weights).T
    nearest = similar >= similar.max(axis=1, keepdims=True, initial=-1.0) - A_TIE
    own = nearest[np.arange(len(truth)), truth]
    return Linkage(len(truth), len(after), float((own / np.maximum(nearest.sum(axis=1), 1)).sum()))


def _weights(counts: Ints) -> Floats:
    """How much a word says: the logarithm of one over the share of profiles that have it (Spärck Jones 1972)."""
    having = (counts > 0).sum(axis=0)
    return np.asarray(np.log((1 + len(counts)) / (1 + having)), np.float64)


def _profiles(counts: Ints, weights: Floats) -> Floats:
    """Profiles of length 1 whose products are cosines; a token without a word that says anything is 0 everywhere."""
    weighted = np.log1p(counts) * weights
    length = np.linalg.norm(weighted, axis=1, keepdims=True)
    return np.asarray(weighted / np.where(length > 0, length, 1), np.float64)
