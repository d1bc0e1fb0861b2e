"""How likely it is that somebody is found: prosecutor, journalist and marketer risk, from sizes of classes.

El Emam, *Guide to the De-Identification of Personal Health Information* (2013), chapters 16 and 17; El Emam, Dankar,
"Protecting privacy using k-anonymity" (2008). All numbers are probabilities between 0 and 1; suppressed rows
are out of reach and count nowhere. Of an empty table every risk is 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.anonymity.classes import Roles, grouped
from jobs.anonymity.counts import Counts
from policy.errors import PolicyError

AT_RISK = 0.2
"""The probability above which a row counts as at risk: that of a class of fewer than five (El Emam 2013)."""


class NotOfThePopulationError(PolicyError):
    """Classes of a table are larger than those of the population that it should be a part of."""

    def __init__(self, classes: int) -> None:
        self.classes = classes
        super().__init__(
            f"{classes} classes of the table are larger than in the population; give the population that the table "
            "was taken from, with the same quasi-identifiers in the same words"
        )


@dataclass(frozen=True)
class Risk:
    """``at_risk``: the share of rows above the threshold. ``highest``, ``average``: the probability for a row."""

    at_risk: float
    highest: float
    average: float


Pairs = Mapping[tuple[int, int], int]
"""How many classes there are of each size in the table and in the population."""


def prosecutor(counts: Counts, threshold: float = AT_RISK) -> Risk:
    """Somebody looks for a person whom they know to be in the table: 1 / f for a class of f rows."""
    return journalist({(size, size): classes for size, classes in counts.sizes.items()}, threshold)


def journalist(pairs: Pairs, threshold: float = AT_RISK) -> Risk:
    """Somebody looks for anybody at all, in a register of the population: 1 / F for a class of F people there.

    The average is the larger of J / Σ F and Σ (f / F) / n, over the table's J classes and n rows.
    """
    rows = sum(size * classes for (size, _), classes in pairs.items())
    if not rows:
        return Risk(0.0, 0.0, 0.0)
    above = sum(size * classes for (size, people), classes in pairs.items() if 1 / people > threshold)
    all_classes, all_people = sum(pairs.values()), sum(people * classes for (_, people), classes in pairs.items())
    highest = 1 / min(people for _, people in pairs)
    return Risk(above / rows, highest, max(all_classes / all_people, marketer(pairs)))


def marketer(pairs: Pairs) -> float:
    """Somebody matches the whole table with the register: the share of rows that they get right, Σ (f / F) / n.

    Dankar, El Emam, "A method for evaluating marketer re-identification risk" (2010).
    """
    rows = sum(size * classes for (size, _), classes in pairs.items())
    return sum(classes * size / people for (size, people), classes in pairs.items()) / rows if rows else 0.0


def in_itself(counts: Counts) -> Pairs:
    """The pairs of a table that is its own population."""
    return {(size, size): classes for size, classes in counts.sizes.items()}


def matched(rows: DataFrame, population: DataFrame, roles: Roles) -> Pairs:
    """The sizes of each of the table's classes, there and in the population.

    Raises:
        NoSuchColumnError, NestedColumnError: see `jobs.anonymity.counts.count`.
        NotOfThePopulationError: a class is larger in the table.
    """
    only = Roles(roles.quasi_identifiers)
    here, there = (grouped(frame, only) for frame in (rows, population))
    none, size = F.lit(0).cast("bigint"), F.col("rows")
    quasi = [f"q{place}" for place in range(len(only.quasi_identifiers))]
    both = here.select(*quasi, size.alias("here"), none.alias("everybody")).union(there.select(*quasi, none, size))
    classes = (
        both.groupBy(*quasi).agg(F.sum("here").alias("here"), F.sum("everybody").alias("people")).where("here > 0")
    )
    found = classes.groupBy("here", "people").agg(F.count(F.lit(1)).alias("classes")).collect()
    larger = sum(row["classes"] for row in found if row["here"] > row["people"])
    if larger:
        raise NotOfThePopulationError(larger)
    return {(row["here"], row["people"]): row["classes"] for row in found}
