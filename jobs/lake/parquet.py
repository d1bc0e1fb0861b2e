"""Parquet files that are read back: one that is damaged is refused by name, with the way back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from policy.errors import PolicyError

WAYS = {
    "landing": ("a landed file", "extract the day again"),
    "staged": ("a staged file", "run protect and validate of this run again"),
    "published": ("a published file", "restore it from a copy, or run the day's night again"),
    "restricted": ("a file of rows kept apart", "restore it from a copy: nothing makes these rows again"),
    "memory": ("the memory of a month", "restore it from a copy"),
}
"""Zone → what lies there, and what to do about it."""


class DamagedFileError(PolicyError):
    """A Parquet file that is read back isn't one any more."""

    def __init__(self, path: Path) -> None:
        self.path = path
        zone = next((part for part in reversed(path.parts) if part in WAYS), "")
        kind, way = WAYS.get(zone, ("a file", "restore it from a copy"))
        super().__init__(
            f"{kind}, {path.parent.name}/{path.name}, is damaged, or no Parquet file; nothing was done with it; {way}, "
            "and find out what else lies on that disk"
        )


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Read a Parquet file in this block.

    Raises:
        DamagedFileError: it is empty, torn, changed, or none.
    """
    try:
        yield
    except pa.ArrowException:
        raise DamagedFileError(path) from None
    except OSError as error:
        if error.errno is not None:
            raise
        raise DamagedFileError(path) from None  # as pyarrow says it of pages that can't be decoded


def rows_in(path: Path) -> int:
    """How many rows a file has.

    Raises:
        DamagedFileError: see `reading`.
    """
    with reading(path):
        return int(pq.read_metadata(path).num_rows)
