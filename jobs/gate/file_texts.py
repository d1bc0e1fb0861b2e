"""What a Parquet file says beside its rows: names, notes and statistics, where an identifier could lie too."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from pyspark import __version__ as VERSION
from pyspark.sql.types import StructType

from jobs.gate.verdict import NUMBERED

SPARKS_NOTES = {"org.apache.spark.sql.parquet.row.metadata", "org.apache.spark.version", VERSION}
WRITER = "parquet-mr version 1.17.0 (build fac0c746532e133beb928a7f6a7e57b510b477a1)"
"""How PySpark's own writer signs a file; any other signature is a text like others."""
NULLABLE = {"nullable", "containsNull", "valueContainsNull"}


def texts_of(files: Sequence[Path], schema: StructType) -> tuple[str, ...]:
    """File names, key-value metadata, the writer and column statistics: where an identifier could lie beside the rows.

    Spark's note of the schema is left out where it is the schema, whose names are checked one by
    one, and so is a name that only numbers the file.
    """
    texts: set[str] = set()
    for file in files:
        metadata = pq.read_metadata(file)
        notes = (note.decode("utf-8", "replace") for item in (metadata.metadata or {}).items() for note in item)
        texts |= {note for note in notes if note not in SPARKS_NOTES and not _is_schema(note, schema)}
        texts |= {metadata.created_by or ""} - {WRITER, ""}
        texts |= set() if NUMBERED.fullmatch(file.name) else {file.name}
        for group in range(metadata.num_row_groups):
            for column in range(metadata.num_columns):
                seen = metadata.row_group(group).column(column).statistics
                if seen is not None and seen.has_min_max:
                    texts |= {_text(seen.min), _text(seen.max)}
    return tuple(sorted(texts))


def _text(bound: Any) -> str:
    return bound.decode("utf-8", "replace") if isinstance(bound, bytes) else str(bound)


def _is_schema(note: str, schema: StructType) -> bool:
    """Whether a note is the very schema and nothing else: same names and types, no remark, no further word."""
    try:
        return bool(_types(json.loads(note, object_pairs_hook=_once)) == _types(schema.jsonValue()))
    except (ValueError, RecursionError):
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
