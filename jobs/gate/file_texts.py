"""What lies in a Parquet file beside its rows and isn't what our own writer writes there: each such text.

A file is more than the cells that a reader shows: notes, a schema with remarks, smallest and largest values, words of
a dictionary that no row uses, bytes between the pages. Libraries pass over what they don't know, so footer, pages and
indexes are taken apart here, and what isn't exactly as Spark's writer has it is a text that the gate refuses.
"""

from __future__ import annotations

import json
import mmap
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.errors import PySparkTypeError
from pyspark.sql.pandas.types import from_arrow_schema

from jobs.gate.dictionaries import unused_words
from jobs.gate.thrift import Fields, Reader, leaves
from jobs.gate.verdict import NUMBERED
from policy.contract import Contract

WRITERS = {"4.3.0": "parquet-mr version 1.17.0 (build fac0c746532e133beb928a7f6a7e57b510b477a1)"}
"""How the writer of each PySpark signs a file that has ever published here: an upgrade adds its own, for assurance."""
NOTE = "org.apache.spark.sql.parquet.row.metadata"
NAMES = {"spark_schema", "key_value", "key", "value", "list", "element", NOTE, "org.apache.spark.version"}
"""What Spark calls the inside of a schema and its own two notes."""
FOOTER = re.compile(
    r"1|2\.([13-8]|10\.(5\.[12]|8\.1))|3|4\.(1\.(2|3\.([1-79]|11|13\.[1-3]|16\.[1-3])|4|5)|[235-7])|5\.[12]|6"
)
PAGE, OFFSETS = re.compile(r"[1-4]|5\.[1-4]|7\.[12]"), re.compile(r"1\.[1-3]|2")
"""The fields that Spark fills, by their numbers in parquet.thrift: of a footer, a page's head, an index of pages."""
MAGIC = 4
NULLABLE = {"nullable", "containsNull", "valueContainsNull"}


def texts_of(files: Sequence[Path], contract: Contract) -> tuple[str, ...]:
    """Every text beside the rows of ``files`` that isn't the contract's, Spark's, or a file's number."""
    return tuple(sorted({text for file in files for text in _texts(file, contract)}))


def _texts(file: Path, contract: Contract) -> Iterator[str]:
    if not NUMBERED.fullmatch(file.name):
        yield file.name
    try:
        with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
            size = int.from_bytes(data[-8:-4], "little")
            end = len(data) - 8 - size
            footer = _whole(data, end, end + size)
            yield from _strange(footer, FOOTER, _said_by(file, contract))
            yield from _around(data, footer, end)
        yield from unused_words(file)
    except (ValueError, IndexError, KeyError, TypeError, OSError, pa.ArrowException):
        yield "what can't be read"


def _said_by(file: Path, contract: Contract) -> set[str]:
    """What Spark says of a table with the contract's columns, and its note of the schema where it is the schema."""
    notes = (value.decode("utf-8", "replace") for value in (pq.read_metadata(file).metadata or {}).values())
    return (
        NAMES
        | {*WRITERS, *WRITERS.values()}
        | contract.output_schema.keys()
        | {note for note in notes if _is_schema(note, file)}
    )


def _strange(node: Fields, known: re.Pattern[str], said: Iterable[str] = ()) -> Iterator[str]:
    """The texts of a structure that nobody has said, and whatever stands in a field that isn't known."""
    for path, value in leaves(node):
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        is_known = known.fullmatch(".".join(map(str, path))) is not None
        if not is_known or (isinstance(value, bytes) and text not in said):
            yield text


def _whole(data: mmap.mmap, start: int, end: int) -> Fields:
    """The structure that these bytes are, no more and no fewer.

    Raises:
        ValueError: they are none.
    """
    reader = Reader(data[start:end])
    fields = reader.struct()
    if reader.at != end - start:
        raise ValueError("bytes behind a structure")
    return fields


def _around(data: mmap.mmap, footer: Fields, end: int) -> Iterator[str]:
    """What lies in the heads of pages and in their index, and every byte before ``end`` that is neither's."""
    chunks = [chunk for group in footer.get(4, []) for chunk in group[1]]
    taken = [(0, MAGIC)]
    for chunk in chunks:
        start = chunk[3].get(11) or chunk[3][9]
        yield from _pages(data, start, start + chunk[3][7])
        taken.append((start, start + chunk[3][7]))
        if 4 in chunk:
            yield from _strange(_whole(data, chunk[4], chunk[4] + chunk[5]), OFFSETS)
            taken.append((chunk[4], chunk[4] + chunk[5]))
    done = 0
    for start, stop in [*sorted(taken), (end, end)]:
        if start != done:
            yield data[min(start, done) : max(start, done)].decode("utf-8", "replace")
        done = stop


def _pages(data: mmap.mmap, start: int, end: int) -> Iterator[str]:
    while start < end:
        reader = Reader(data, start)
        head = reader.struct()
        yield from _strange(head, PAGE)
        start = reader.at + head[3]
    if start != end:
        raise ValueError("a page ends elsewhere than its column")


def _is_schema(note: str, file: Path) -> bool:
    """Whether a note is the file's very schema and nothing else: same names and types, no remark, no further word."""
    try:
        schema = from_arrow_schema(pq.read_schema(file))
        return bool(_types(json.loads(note, object_pairs_hook=_once)) == _types(schema.jsonValue()))
    except (ValueError, RecursionError, PySparkTypeError):
        return False


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object that has each of its keys once.

    Raises:
        ValueError: it has one twice, and readers may see either.
    """
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key is there twice")
    return dict(pairs)


def _types(node: Any) -> Any:
    """A schema in JSON without whether nulls are allowed, which a reader never keeps."""
    if isinstance(node, dict):
        return {key: _types(value) for key, value in node.items() if not (key in NULLABLE and isinstance(value, bool))}
    return [_types(value) for value in node] if isinstance(node, list) else node
