"""Search files for tokens, byte by byte: raw bytes of every file, and what Parquet compresses.

Independent of Spark, of the kernel and of Delta: pyarrow decompresses, regular expressions look.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from policy.shapes import LETTERS, PREFIXES

SHAPES = [re.compile(rf"{prefix}_[{LETTERS}]{{32}}".encode()) for prefix in PREFIXES.values()]
"""One expression a class: a literal beginning lets the search skip what can't match."""


def tokens_in(path: Path, prefixes: frozenset[bytes]) -> Iterator[bytes]:
    """Every token of these prefixes that a file holds, in the clear or in a Parquet page; some repeat."""
    shapes = [shape for shape in SHAPES if shape.pattern[:3] in prefixes]
    if path.stat().st_size == 0:
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw:
        for shape in shapes:
            yield from shape.findall(raw)
    if path.suffix == ".parquet":
        for cells in _texts(path):
            for shape in shapes:
                yield from shape.findall(cells)


def found_in(paths: Iterable[Path], wanted: frozenset[bytes]) -> dict[Path, int]:
    """The files that hold a token of ``wanted``, with how many different ones; nothing else is said."""
    prefixes = frozenset(token[:3] for token in wanted)
    counts = {path: _count(path, wanted, prefixes) for path in paths if wanted}
    return {path: count for path, count in counts.items() if count}


def _count(path: Path, wanted: frozenset[bytes], prefixes: frozenset[bytes]) -> int:
    """How many of ``wanted`` a file holds: all of them if it is damaged, for nobody can see into its pages."""
    try:
        return len(wanted.intersection(tokens_in(path, prefixes)))
    except (pa.ArrowException, OSError):
        return len(wanted)


def _texts(path: Path) -> Iterator[bytes]:
    """The bytes of all text of a Parquet file, column by column and batch by batch."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches():
            for column in batch.columns:
                for leaf in leaves(column):
                    yield leaf.buffers()[2].to_pybytes() if leaf.buffers()[2] is not None else b""


def leaves(array: pa.Array) -> Iterator[pa.Array]:
    """The arrays of texts or bytes in a column, however nested."""
    kind = array.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind):
        yield array
    elif pa.types.is_map(kind):
        yield from leaves(array.keys)
        yield from leaves(array.items)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        yield from leaves(array.values)
    elif pa.types.is_struct(kind):
        for number in range(kind.num_fields):
            yield from leaves(array.field(number))
    elif pa.types.is_dictionary(kind):
        yield from leaves(array.dictionary)
