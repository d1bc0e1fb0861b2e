"""What is printed of an aggregate, on the driver: everything that its attacker starts with."""

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame

from expectations.case import Printed, Recounted
from jobs.lake.landing import Landing
from policy.contract import Contract
from policy.statistics import MOST_CELLS


def staged_rows(contract: Contract, staged: DataFrame) -> tuple[tuple[Any, ...], ...]:
    """The staged rows of an aggregate: all that a contract can have, and one more if there are more.

    Empty when they have other columns, which is a finding by itself.
    """
    if staged.columns != list(contract.output_schema):
        return ()
    return tuple(tuple(row) for row in staged.limit(len(contract.statistics) * MOST_CELLS + 1).collect())


def printed(contract: Contract, landing: Landing, staged: DataFrame, recounted: Recounted) -> Printed | None:
    """Staged rows, the visible ones of the day, and every table's total; None for a release that has no tables.

    The totals are counted in landing and given to the attacker whole: of rows they are printed by every extraction, and
    somebody who knows who was left out can correct them.
    """
    if not contract.statistics:
        return None
    today = (row for row in landing.visible(contract) if row["day"] == landing.day)
    visible = tuple(tuple(row[name] for name in contract.output_schema) for row in today)
    return Printed(staged_rows(contract, staged), visible, recounted.totals)
