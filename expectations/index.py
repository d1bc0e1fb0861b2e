"""The night's known identifiers, as an index of fingerprints under a random key of the run.

Built from the direct columns of landing (and the accounts among them), never from what was typed
into a policy file. The file holds 64-bit fingerprints only: without the run's key, which no plan,
log or file has, it tells nothing, and it is deleted with the run.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial, reduce
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.dataset as ds
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

LENGTHS = tuple(range(8, 65))
"""Lengths of identifiers that are searched as substrings; longer ones by their first 64 characters."""

AT_ONCE = 1 << 24
"""Fingerprints that are sorted at a time, 128 MiB of them, however many there are."""

Known = tuple[str, str]
"""Identifier class and value."""


@dataclass(frozen=True)
class Cells:
    """Identifiers as they lie in one table: for each column of them its class and its cells, as text.

    Behind the class of a phone number may stand a colon and the country in which it is dialled.
    """

    rows: DataFrame
    columns: Sequence[tuple[Column, Column]]


@dataclass(frozen=True)
class KnownIdentifiers:
    """What the gate searches for.

    ``cells``: nulls and repetitions do no harm. ``planted``: the identifiers that the self-proof
    plants. ``unset_keys``: for each epoch and class the key that a data key of zeros would give.
    """

    spark: SparkSession
    cells: Sequence[Cells]
    planted: Sequence[Known]
    unset_keys: Sequence[Mapping[str, bytes]]


class IndexScanner:
    """The kernel's scanner over three indexes, each built when it is asked for.

    A release of events holds closed words, times and tokens, and nothing else: no cell in which an
    identifier could stand. So the quick index has the planted identifiers only, and the scanner says where
    there is text at all; then all identifiers are indexed. Hashing each in every way costs more than all
    other searches together, and waits until something could be a hash.
    """

    def __init__(self, known: KnownIdentifiers, folder: Path, key: bytes) -> None:
        self._known, self._folder = known, folder
        self._secret = known.spark.createDataFrame(pa.table({"scan_key": pa.array([key], pa.binary())})).scalar()

    def quick(self, cell: Column) -> Column:
        """See `expectations.case.Scanner`."""
        return self._scan(cell, "quick")

    def known(self, cell: Column) -> Column:
        """See `expectations.case.Scanner`."""
        return self._scan(cell, "known")

    def thorough(self, cell: Column) -> Column:
        """See `expectations.case.Scanner`."""
        return self._scan(cell, "thorough")

    def _scan(self, cell: Column, index: str) -> Column:
        path = self._folder / index
        if not path.exists():
            _write(self._fingerprints(index), self._folder / "parts", path)
        return F.call_function("ignicloud.scan", self._secret, F.lit(str(path)), cell)

    def _fingerprints(self, index: str) -> DataFrame:
        """One row for each row of the tables: the fingerprints of all its identifiers, one behind the other."""
        classes, values = zip(*self._known.planted, strict=True) if self._known.planted else ((), ())
        text = pa.string()
        planted = self._known.spark.createDataFrame(
            pa.table({"class": pa.array(classes, text), "value": pa.array(values, text)})
        )
        made = [self._packed(Cells(planted, [(F.col("class"), F.col("value"))]), hashed=True)]
        if index != "quick":
            made += [self._packed(each, hashed=index == "thorough") for each in self._known.cells]
        return reduce(DataFrame.union, made)

    def _packed(self, cells: Cells, *, hashed: bool) -> DataFrame:
        epochs = self._unset_keys if hashed else [lambda _: F.lit(None).cast("binary")]
        made = (
            F.call_function(
                "ignicloud.identifier", self._secret, identifier, unset(F.substring_index(identifier, ":", 1)), cell
            )
            for identifier, cell in cells.columns
            for unset in epochs
        )
        return cells.rows.select(F.concat(*made).alias("fingerprints"))

    @property
    def _unset_keys(self) -> list[Callable[[Column], Column]]:
        """For each epoch the unset key of an identifier's class."""
        pairs = ([F.lit(each) for item in sorted(keys.items()) for each in item] for keys in self._known.unset_keys)
        return [partial(F.element_at, F.create_map(*each)) for each in pairs]


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
    fingerprints.write.options(**{"compression": "none", "parquet.enable.dictionary": "false"}).parquet(str(parts))
    pieces = max(1, -(-sum(batch.size for batch in _numbers(parts)) // AT_ONCE))
    bounds = [piece * (1 << 64) // pieces for piece in range(pieces + 1)]
    with path.open("xb") as file:
        path.chmod(0o600)
        np.array([len(LENGTHS), *LENGTHS], dtype="<u8").tofile(file)
        for low, high in pairwise(bounds):
            within = [batch[(batch >= low) & (batch <= high - 1)] for batch in _numbers(parts)]
            ordered = np.sort(np.concatenate(within))  # numpy's own unique takes six times as long
            ordered[np.diff(ordered, prepend=ordered[:1] - np.uint64(1)) != 0].tofile(file)
    shutil.rmtree(parts)


def _numbers(parts: Path) -> Iterator[npt.NDArray[np.uint64]]:
    """The fingerprints in the files, batch by batch."""
    yield np.empty(0, "<u8")
    for batch in ds.dataset(parts, format="parquet").to_batches():
        packed = batch.column(0)
        first, last = (packed.offset, packed.offset + len(packed))
        offsets = np.frombuffer(packed.buffers()[1], np.int32)
        if offsets[last] > offsets[first]:
            yield np.frombuffer(packed.buffers()[2], np.uint8)[offsets[first] : offsets[last]].view("<u8")
