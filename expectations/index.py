"""The night's known identifiers, as an index of fingerprints under a random key of the run.

Built from the direct columns of landing (and the accounts among them), never from what was typed
into a policy file. The file holds 64-bit fingerprints only: without the run's key, which no plan,
log or file has, it tells nothing, and it is deleted with the run.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.dataset as ds
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

LENGTHS = tuple(range(8, 65))
"""Lengths of identifiers that are searched as substrings; longer ones by their first 64 characters."""

Known = tuple[str, str]
"""Identifier class and value."""


@dataclass(frozen=True)
class KnownIdentifiers:
    """What the gate searches for.

    ``values``: columns ``identifier`` (its class) and ``value``; nulls and repetitions do no harm.
    ``planted``: the identifiers that the self-proof plants. ``unset_keys``: for each epoch and class
    the key that a data key of zeros would give.
    """

    values: DataFrame
    planted: tuple[Known, ...]
    unset_keys: Sequence[Mapping[str, bytes]]


class IndexScanner:
    """The kernel's scanner over two indexes.

    Hashing every identifier in every way costs more than all other searches together, and a release
    holds nothing that could be a hash. So the quick index has hashes of the planted identifiers
    only, and says where a hash could stand; the thorough one is built when that happens.
    """

    def __init__(self, known: KnownIdentifiers, folder: Path, key: bytes) -> None:
        self._known, self._folder = known, folder
        spark = known.values.sparkSession
        self._secret = spark.createDataFrame([(bytearray(key),)], "scan_key binary").scalar()

    def quick(self, cell: Column) -> Column:
        """See `expectations.case.Scanner`."""
        return self._scan(cell, "quick")

    def thorough(self, cell: Column) -> Column:
        """See `expectations.case.Scanner`."""
        return self._scan(cell, "thorough")

    def _scan(self, cell: Column, index: str) -> Column:
        path = self._folder / index
        if not path.exists():
            _write(self._fingerprints(hash_all=F.lit(index == "thorough")), self._folder / "parts", path)
        return F.call_function("ignicloud_scan", self._secret, F.lit(str(path)), cell)

    def _fingerprints(self, hash_all: Column) -> DataFrame:
        planted = self._known.values.sparkSession.createDataFrame(
            [(identifier, value, True) for identifier, value in self._known.planted],
            "identifier string, value string, hashed boolean",
        )
        values = self._known.values.where(F.col("value").isNotNull()).withColumn("hashed", hash_all)
        unset = F.when(F.col("hashed"), self._unset_keys()).otherwise(F.array(F.lit(None).cast("binary")))
        keyed = values.union(planted).select("identifier", "value", F.explode(unset).alias("unset"))
        known = F.call_function(
            "ignicloud_identifier", self._secret, F.col("identifier"), F.col("unset"), F.col("value")
        )
        return keyed.select(F.explode(known).alias("fingerprint"))

    def _unset_keys(self) -> Column:
        """For each epoch the unset key of the identifier's class."""
        maps = (
            F.create_map(*(F.lit(each) for item in sorted(keys.items()) for each in item))
            for keys in self._known.unset_keys
        )
        return F.array(*(F.element_at(each, F.col("identifier")) for each in maps))


@contextmanager
def scanner(known: KnownIdentifiers, folder: Path, key: bytes) -> Iterator[IndexScanner]:
    """The scanner for as long as the block lasts.

    ``folder`` is closed to others and every executor can read it; it is gone afterwards. ``key``:
    24 random bytes of this run.
    """
    folder.mkdir(mode=0o700, parents=True)
    try:
        yield IndexScanner(known, folder, key)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write(fingerprints: DataFrame, parts: Path, path: Path) -> None:
    """Sorted as unsigned numbers behind a head of the substring lengths: what the kernel maps into memory."""
    fingerprints.write.option("compression", "none").parquet(str(parts))
    column = ds.dataset(parts, format="parquet").to_table().column("fingerprint").to_numpy()
    ordered = np.unique(column.view(np.uint64))
    with path.open("xb") as file:
        path.chmod(0o600)
        np.array([len(LENGTHS), *LENGTHS], dtype="<u8").tofile(file)
        ordered.astype("<u8", copy=False).tofile(file)
    shutil.rmtree(parts)
