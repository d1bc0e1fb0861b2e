"""Rows that a restriction keeps apart: closed files, a folder each release and request, under the same retention.

``restricted/<release>/<reference>/<lot>/day=…/<file>``: the very rows that left the table's file of that name; a lot is
what one commit took. What ends rows in a table ends them here: their day's period, the person's own last day; a legal
hold keeps them.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.lake.files import copy_atomically, flush, sha256_of
from jobs.lake.parquet import reading, rows_in
from jobs.lake.tables import day_of
from jobs.lake.zones import Lake
from jobs.retention.names import named_in
from jobs.retention.naming import Names, naming, wanted_in
from jobs.retention.planner import Look


@dataclass(frozen=True)
class Apart:
    """What one request keeps apart of one release."""

    lake: Lake
    release: str
    reference: str

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self.lake.restricted / self.release / self.reference

    def lots(self) -> list[str]:
        """What it took, commit by commit, and what an unfinished run meant to."""
        return sorted(path.name for path in self.folder.glob("*"))

    def files(self) -> list[Path]:
        """Its files, by lot, day and name."""
        return sorted(self.folder.glob("*/day=*/*.parquet"))

    def rows(self) -> int:
        """How many rows are kept apart."""
        return sum(rows_in(path) for path in self.files())

    def tidy(self) -> None:
        """Remove folders in which nothing is left."""
        for folder in (*self.folder.glob("*/day=*"), *self.folder.glob("*"), self.folder):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
                flush(folder.parent)


def every_apart(lake: Lake, release: str) -> list[Apart]:
    """What is kept apart of a release, request by request."""
    return [Apart(lake, release, folder.name) for folder in sorted((lake.restricted / release).glob("*"))]


def put(rows: pa.Table, to: Path, lake: Lake, private: Path) -> None:
    """Write a closed file in one step, for good; what a reader or a crash meets is the old file or the new one."""
    lake.private(to.parent)
    fresh = lake.private(private) / f"{secrets.token_hex(8)}.parquet"
    pq.write_table(rows, fresh, compression="zstd", write_statistics=False)
    try:
        copy_atomically(fresh, to, sha256_of(fresh), 0o600)
    finally:
        fresh.unlink()


def read_rows(path: Path) -> pa.Table:
    """All rows of a file, with the columns that are in it."""
    with reading(path):
        return pq.ParquetFile(path).read().combine_chunks()


def mask_of(rows: pa.Table, columns: Mapping[str, str], names: Names) -> pa.Array:
    """Which rows name somebody."""
    if not rows.num_rows:
        return pa.array([], pa.bool_())
    return naming(rows.select(list(columns)).to_batches()[0], names)


def count(mask: pa.Array) -> int:
    """How many rows a mask means."""
    return int(pc.sum(mask).as_py() or 0)


def forget_apart(at: Look) -> int:
    """Take the rows that nothing may keep any longer out of what is kept apart; how many went."""
    with at.lake.alone("restrict"):
        return _forgotten(at)


def _forgotten(at: Look) -> int:
    gone = 0
    for apart, path, mask in _over(at):
        rows = read_rows(path)
        number = count(mask)
        if number == rows.num_rows:
            path.unlink()
            flush(path.parent)
        elif number:
            put(rows.filter(pc.invert(mask)), path, at.lake, at.private)
        gone += number
        apart.tidy()
    return gone


def left_apart(at: Look) -> int:
    """Rows kept apart that nothing may keep: counted by the proof."""
    return sum(count(mask) for _, _, mask in _over(at))


def _over(at: Look) -> Iterator[tuple[Apart, Path, pa.Array]]:
    """Each file that is kept apart with the rows of it that must go."""
    for contract in at.promise.releases.values():
        kept = every_apart(at.lake, contract.release)
        if kept:
            wanted, deadline = wanted_in(contract, at), at.deadline(contract)
            gone, held = Names.of(wanted.gone), Names.of(wanted.held)
            columns = named_in(contract, at.classes)
            for apart in kept:
                for path in apart.files():
                    rows = read_rows(path)
                    must_go = mask_of(rows, columns, gone)
                    if deadline.is_past(day_of(path)):
                        must_go = pa.array([True] * rows.num_rows, pa.bool_())
                    yield apart, path, pc.and_not(must_go, mask_of(rows, columns, held))
