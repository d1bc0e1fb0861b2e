"""The night's known identifiers, as an index of fingerprints under a random key of the run.

Built from the direct columns of landing (and the accounts among them), never from what was typed
into a policy file. The file holds 64-bit fingerprints only: without the run's key, which no plan,
log or file has, it tells nothing, and it is deleted with the run.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import numpy as np
import pyarrow.dataset as ds
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

LENGTHS = tuple(range(8, 65))
"""Lengths of identifiers that are searched as substrings; longer ones by their first 64 characters."""


@dataclass(frozen=True)
class KnownIdentifiers:
    """Distinct identifiers by class, as frames of one column ``value``, and the key an unset key would give."""

    by_class: dict[str, DataFrame]
    unset_key: Callable[[str], bytes]


@contextmanager
def scanner(
    spark: SparkSession, known: KnownIdentifiers, folder: Path, key: bytes
) -> Iterator[Callable[[Column], Column]]:
    """A function from a text column to the bits of what is found in it, for as long as the block lasts.

    ``folder`` is closed to others and every executor can read it; it is gone afterwards. ``key``:
    24 random bytes of this run.
    """
    folder.mkdir(mode=0o700, parents=True)
    try:
        secret = spark.createDataFrame([(bytearray(key),)], "scan_key binary").scalar()
        path = folder / "known"
        _write(_fingerprints(known, secret), folder / "parts", path)
        yield lambda cell: F.call_function("ignicloud_scan", secret, F.lit(str(path)), cell)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fingerprints(known: KnownIdentifiers, secret: Column) -> DataFrame:
    frames = [
        values.where(F.col("value").isNotNull())
        .distinct()
        .select(
            F.explode(
                F.call_function(
                    "ignicloud_identifier", secret, F.lit(name), F.lit(bytearray(known.unset_key(name))), F.col("value")
                )
            ).alias("fingerprint")
        )
        for name, values in known.by_class.items()
    ]
    return reduce(DataFrame.union, frames).distinct()


def _write(fingerprints: DataFrame, parts: Path, path: Path) -> None:
    """Sorted as unsigned numbers behind a head of the substring lengths: what the kernel maps into memory."""
    fingerprints.write.option("compression", "none").parquet(str(parts))
    column = ds.dataset(parts, format="parquet").to_table().column("fingerprint").to_numpy()
    ordered = np.sort(column.view(np.uint64))
    with path.open("wb") as file:
        np.array([len(LENGTHS), *LENGTHS], dtype="<u8").tofile(file)
        ordered.astype("<u8", copy=False).tofile(file)
    path.chmod(0o600)
    shutil.rmtree(parts)
