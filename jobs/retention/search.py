"""Search files for tokens and texts, byte by byte: raw bytes of every file, and what Parquet compresses.

Independent of Spark, of the kernel and of Delta: pyarrow decompresses, regular expressions look.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from policy.shapes import LETTERS, PREFIXES

SHAPES = [re.compile(rf"{prefix}_[{LETTERS}]{{32}}".encode()) for prefix in PREFIXES.values()]
"""One expression a class: a literal beginning lets the search skip what can't match."""

ANCHOR = 6
"""The first bytes of a text by which it is looked for."""

BLOCK = 1 << 22


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


def present_in(
    paths: Iterable[Path], tokens: frozenset[bytes], texts: frozenset[bytes]
) -> Iterator[tuple[Path, frozenset[bytes]]]:
    """Each file that holds some of these tokens and texts, with which; one that went meanwhile holds none.

    A text as it is spelled, byte for byte, whatever stands around it, in the clear or in a Parquet page. A damaged
    Parquet file holds all of them.

    Raises:
        ValueError: a text is shorter than `ANCHOR`.
    """
    listed, prefixes = Texts.of(texts), frozenset(token[:3] for token in tokens)
    for path in paths:
        try:
            here = tokens.intersection(tokens_in(path, prefixes)) | spelled(path, listed)
        except FileNotFoundError:
            continue
        except (pa.ArrowException, OSError):
            here = tokens | texts
        if here:
            yield path, here


@dataclass(frozen=True)
class Texts:
    """Texts to look for by their first bytes, so that a thousand cost no more than one."""

    by_anchor: dict[int, list[bytes]]
    anchors: npt.NDArray[np.uint64]
    pairs: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, wanted: frozenset[bytes]) -> Texts:
        """These texts.

        Raises:
            ValueError: one is shorter than `ANCHOR`.
        """
        if any(len(text) < ANCHOR for text in wanted):
            raise ValueError(f"a text of fewer than {ANCHOR} bytes stands in anything by chance")
        by_anchor: dict[int, list[bytes]] = {}
        for text in wanted:
            by_anchor.setdefault(int.from_bytes(text[:ANCHOR], "little"), []).append(text)
        pairs = np.zeros(1 << 16, np.bool_)
        pairs[[anchor & 0xFFFF for anchor in by_anchor]] = True
        return cls(by_anchor, np.array(sorted(by_anchor), np.uint64), pairs)

    def found_in(self, data: bytes) -> set[bytes]:
        """Those that ``data`` holds."""
        found: set[bytes] = set()
        if len(data) < ANCHOR:
            return found
        cells = np.frombuffer(data, np.uint8)
        places = np.flatnonzero(self.pairs[cells[1:].astype(np.uint16) << 8 | cells[:-1]])
        places = places[places <= len(data) - ANCHOR]
        heads = np.zeros(len(places), np.uint64)
        for offset in range(ANCHOR):
            heads |= cells[places + offset].astype(np.uint64) << np.uint64(8 * offset)
        known = np.isin(heads, self.anchors)
        for place, head in zip(places[known].tolist(), heads[known].tolist(), strict=True):
            found.update(text for text in self.by_anchor[head] if data.startswith(text, place))
        return found

    @property
    def longest(self) -> int:
        """Bytes of the longest one."""
        return max((len(text) for texts in self.by_anchor.values() for text in texts), default=0)


def spelled(path: Path, texts: Texts, *, fold: bool = False) -> set[bytes]:
    """Those of ``texts`` that a file holds; with ``fold`` they are in small letters, and capitals count as these."""
    found, tail = set[bytes](), b""
    with path.open("rb") as file:
        while texts.longest and (block := file.read(BLOCK)):
            tail += block.lower() if fold else block
            found |= texts.found_in(tail)
            tail = tail[-texts.longest :]
    for cells in _texts(path) if path.suffix == ".parquet" and texts.longest and path.stat().st_size else ():
        found |= texts.found_in(cells.lower() if fold else cells)
    return found


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
