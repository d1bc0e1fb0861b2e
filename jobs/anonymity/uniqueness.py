"""How many people are alone in the whole population, estimated from a table that is a sample of it.

Three estimators, and the rule that chooses between them: Dankar, El Emam, Neisa, Roffey, "Estimating the
re-identification risk of clinical data sets" (2012). Formulas as in its appendix A, from the papers named below.
They take simple random sampling for granted. Whoever is unique in the population is found by anybody who knows them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import minimize, root
from scipy.special import expit, gammaln, logit

from jobs.anonymity.counts import Counts
from jobs.anonymity.diversity import Floats
from policy.errors import PolicyError

SMALL_SAMPLE = 0.1
"""The sampling fraction up to which Dankar's rule takes Pitman's estimator."""

Estimator = Literal["none alone", "counted", "pitman", "zayatz", "snb"]


class PopulationTooSmallError(PolicyError):
    """A population is said to be smaller than the table that was taken from it."""

    def __init__(self, population: int, rows: int) -> None:
        self.population, self.rows = population, rows
        super().__init__(f"a population of {population} can't hold the table's {rows} rows; give its true size")


@dataclass(frozen=True)
class Uniques:
    """How many people of the population are unique, by which estimator, and as a share of the population."""

    people: float
    share: float
    by: Estimator


def population_uniques(counts: Counts, population: int) -> Uniques:
    """Dankar's rule: Pitman up to a sampling fraction of 0.1; else the smaller of Zayatz and SNB.

    An estimator without a solution gives way to Zayatz, which always has one. A table that is its whole population is
    counted, and one in which nobody is alone says that nobody is.

    Raises:
        PopulationTooSmallError: the population is smaller than the table.
    """
    if population < counts.rows:
        raise PopulationTooSmallError(population, counts.rows)
    if not counts.unique:
        return Uniques(0.0, 0.0, "none alone")
    if population == counts.rows:
        return Uniques(counts.unique, counts.unique / population, "counted")
    by: Estimator
    estimate, by = zayatz(counts, population), "zayatz"
    if counts.rows / population <= SMALL_SAMPLE:
        found = pitman(counts, population)
        if found is not None:
            estimate, by = found, "pitman"
    else:
        found = slide_negative_binomial(counts, population)
        if found is not None and found <= estimate:
            estimate, by = found, "snb"
    return Uniques(estimate, estimate / population, by)


def zayatz(counts: Counts, population: int) -> float:
    """s₁ N/n P(F = 1 | f = 1), the population's class sizes taken to be distributed like the sample's.

    Zayatz, "Estimation of the percent of unique population elements on a microdata file using the sample" (1991).
    """
    size, classes = _histogram(counts)
    alone = _hypergeometric_one(size, counts.rows, population)
    weight = classes * alone
    return float(counts.unique * population / counts.rows * weight[size == 1].sum() / weight.sum())


def _hypergeometric_one(size: Floats, rows: int, population: int) -> Floats:
    """The probability that a class of ``size`` people has exactly one row in the sample."""

    def choose(n: Floats | int, k: Floats | int) -> Floats:
        return np.asarray(gammaln(np.add(n, 1)) - gammaln(np.add(k, 1)) - gammaln(np.subtract(n, k) + 1.0))

    possible = size - 1 <= population - rows
    others = np.where(possible, population - size, population)
    log = np.log(size) + choose(others, rows - 1) - choose(population, rows)
    return np.where(possible, np.exp(log), 0.0)


def pitman(counts: Counts, population: int) -> float | None:
    """N (θ + α)^[N-1] / (θ + 1)^[N-1]: the uniques that Pitman's sampling formula expects; None without a solution.

    θ and α by maximum likelihood from the sample's class sizes. Pitman, "Exchangeable and partially exchangeable
    random partitions" (1995); Hoshino, "Applying Pitman's sampling formula to microdata disclosure risk assessment"
    (2001).
    """
    size, classes = _histogram(counts)
    rows, number = counts.rows, counts.classes
    if number in (1, rows):
        return None

    def minus_likelihood(at: Floats) -> float:
        theta, alpha = np.exp(at[0]), expit(at[1])
        new = (number - 1) * np.log(alpha) + gammaln(theta / alpha + number) - gammaln(theta / alpha + 1)
        again = (classes * (gammaln(size - alpha) - gammaln(1 - alpha))).sum()
        return float(-(new + again - gammaln(theta + rows) + gammaln(theta + 1)))

    starts = [(np.log(number), logit(share)) for share in (0.1, 0.5, 0.9)]
    bounds = [(-12, 30), (-12, 12)]
    found = min(
        (minimize(minus_likelihood, start, method="L-BFGS-B", bounds=bounds) for start in starts), key=lambda f: f.fun
    )
    if not np.isfinite(found.fun) or any(abs(at - edge) < 1e-3 for at, edge in zip(found.x, (30, 12), strict=True)):
        return None
    theta, alpha = np.exp(found.x[0]), expit(found.x[1])
    log = (
        gammaln(theta + alpha + population - 1)
        - gammaln(theta + alpha)
        + gammaln(theta + 1)
        - gammaln(theta + population)
    )
    return float(min(population, population * np.exp(log)))


def slide_negative_binomial(counts: Counts, population: int) -> float | None:
    """K pʳ: one more than a negative binomial number of people in each class; None without a solution.

    p and r are those for which a sample of n of N people is expected to have as many classes, and as many of them of
    one row, as it has. Chen, Keller-McNulty, "Estimation of identification disclosure risk in microdata" (1998).
    """
    taken = counts.rows / population
    wanted = np.array([counts.classes, counts.unique], np.float64)

    def expected(at: Floats) -> tuple[float, Floats]:
        chance, r = expit(at[0]), np.exp(at[1])
        classes = population / (r * (1 - chance) / chance + 1)
        left = 1 - taken
        inner = (chance / (1 - (1 - chance) * left)) ** r
        slope = inner * r * (1 - chance) / (1 - (1 - chance) * left)
        return float(classes * chance**r), classes * np.array([1 - left * inner, taken * (inner + left * slope)])

    for start in ((0.0, 0.0), (-2.0, -2.0), (2.0, 0.0), (-4.0, -1.0), (0.0, 2.0), (-6.0, -3.0)):
        with np.errstate(all="ignore"):
            found = root(lambda at: expected(at)[1] / wanted - 1, start, method="hybr")
            if found.success and np.abs(found.fun).max() < 1e-6:
                return min(population, expected(found.x)[0])
    return None


def _histogram(counts: Counts) -> tuple[Floats, Floats]:
    return np.array(list(counts.sizes), np.float64), np.array(list(counts.sizes.values()), np.float64)
