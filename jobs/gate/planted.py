"""Whose identifiers the self-proof plants: somebody of the night who can be told from words and signs.

People write their own names and addresses. One of dashes alone is found by nobody, and planted it would make every
verdict red; so an account is planted that is of plain letters.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import and_, itemgetter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

PLANTED = {
    "user_id": r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
    "email": r"^[A-Za-z]{2,20}[.-]?[A-Za-z0-9]{4,30}@[A-Za-z]{2,20}[.-]?[A-Za-z0-9]{2,30}\.[A-Za-z]{2,10}$",
    "first_name": r"^[A-Z][a-zà-öø-ÿ]{3,20}$",
    "family_name": r"^[A-Z][a-zà-öø-ÿ]{3,20}$",
}
"""What the identifiers look like that the self-proof plants."""


def first_distinctive(files: Sequence[Path]) -> dict[str, str] | None:
    """The first account in ``files`` that looks so, by its id; read batch by batch, without Spark."""
    distinctive = [pc.match_substring_regex(pc.field(column), shape) for column, shape in PLANTED.items()]
    batches = ds.dataset([str(file) for file in files], format="parquet").to_batches(
        columns=[*PLANTED], filter=reduce(and_, distinctive)
    )
    return min((_first(batch) for batch in batches if batch.num_rows), key=itemgetter("user_id"), default=None)


def _first(batch: pa.RecordBatch) -> dict[str, str]:
    own = batch.filter(pc.equal(batch["user_id"], pc.min(batch["user_id"])))
    [first] = own.slice(length=1).to_pylist()
    return dict(first)
