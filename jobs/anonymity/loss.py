"""What anonymity costs: how much less the rows of a table say than they did.

The first two are of the sizes of classes alone; the others need to know how much of its domain a value covers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jobs.anonymity.counts import Counts


def discernability(counts: Counts) -> int:
    """Σ f² over the classes, and for each suppressed row all rows of the table: with how many others a row is alike.

    Bayardo, Agrawal, "Data privacy through optimal k-anonymization" (2005), section 2.3.
    """
    alike = sum(size * size * classes for size, classes in counts.sizes.items())
    return alike + counts.suppressed * (counts.rows + counts.suppressed)


def average_class_size(counts: Counts, k: int) -> float:
    """Rows a class as a multiple of ``k``: 1 is the best; 0 of a table without classes.

    C_AVG of LeFevre, DeWitt, Ramakrishnan, "Mondrian multidimensional k-anonymity" (2006), section 2.2.
    """
    return counts.rows / counts.classes / k if counts.classes else 0.0


def normalised_certainty_penalty(
    rows: Sequence[Mapping[str, float]], weights: Sequence[int], suppressed: int = 0
) -> float:
    """The mean share of their domains that the rows' values cover, over all quasi-identifiers: 0 exact, 1 nothing said.

    ``rows``: for each class the share of each quasi-identifier's domain that its value covers, 0 for a single
    value; ``weights``: its rows. A suppressed row says nothing. Xu, Wang, Pei, Wang, Shi, Fu, "Utility-based
    anonymization using local recoding" (2006), section 3.
    """
    covered = sum(weight * sum(row.values()) / len(row) for row, weight in zip(rows, weights, strict=True))
    all_rows = sum(weights) + suppressed
    return (covered + suppressed) / all_rows if all_rows else 0.0


def covered_share(values: int, domain: int) -> float:
    """How much of a domain of ``domain`` values one covers that stands for ``values``: 0 for one, 1 for all of them."""
    return 0.0 if values <= 1 or domain <= 1 else values / domain
