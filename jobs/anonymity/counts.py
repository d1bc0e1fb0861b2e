"""k-anonymity and l-diversity, recounted from rows: small typed results, nothing is changed.

k: Sweeney, "k-anonymity: a model for protecting privacy" (2002). l, in its distinct form:
Machanavajjhala et al., "l-diversity: privacy beyond k-anonymity" (2007).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


@dataclass(frozen=True)
class EquivalenceClasses:
    """What a table's equivalence classes over its quasi-identifiers look like.

    ``smallest`` is the table's k (0 for an empty table), ``least_diverse`` its distinct l over the
    sensitive columns (the worst of them), ``below`` the classes that miss ``k`` or ``l``.
    """

    classes: int
    smallest: int
    least_diverse: int
    below: int


def equivalence_classes(
    rows: DataFrame,
    quasi_identifiers: Sequence[str],
    sensitive: Sequence[str],
    k: int,
    l: int,  # noqa: E741
) -> EquivalenceClasses:
    """Count every class; a null is a value like any other."""
    diversity = [F.count_distinct(F.coalesce(F.col(c).cast("string"), F.lit("\0"))) for c in sensitive]
    least = F.least(*diversity) if len(diversity) > 1 else (diversity or [F.lit(l)])[0]
    classes = rows.groupBy(*quasi_identifiers).agg(F.count(F.lit(1)).alias("size"), least.alias("diversity"))
    row = classes.agg(
        F.count(F.lit(1)).alias("classes"),
        F.coalesce(F.min("size"), F.lit(0)).alias("smallest"),
        F.coalesce(F.min("diversity"), F.lit(0)).alias("least_diverse"),
        F.count_if((F.col("size") < k) | (F.col("diversity") < l)).alias("below"),
    ).collect()[0]
    return EquivalenceClasses(row["classes"], row["smallest"], row["least_diverse"], row["below"])
