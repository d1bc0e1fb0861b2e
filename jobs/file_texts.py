"""What a Parquet file says beside its rows: names, notes and statistics, where an identifier could lie too."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from pyspark import __version__ as VERSION
from pyspark.sql.types import StructType

from jobs.verdict import NUMBERED

SPARKS_NOTES = {"org.apache.spark.sql.parquet.row.metadata", "org.apache.spark.version", VERSION}


def texts_of(files: Sequence[Path], schema: StructType) -> tuple[str, ...]:
    """File names, key-value metadata and column statistics: where an identifier could lie beside the rows.

    Spark's note of the schema is left out where it is the schema, whose names are checked one by
    one, and so is a name that only numbers the file.
    """
    texts: set[str] = set()
    for file in files:
        metadata = pq.read_metadata(file)
        notes = (note.decode("utf-8", "replace") for item in (metadata.metadata or {}).items() for note in item)
        texts |= {note for note in notes if note not in SPARKS_NOTES and not _is_schema(note, schema)}
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
    """Whether a note is the very schema: same names and types, and no field carries a remark."""
    try:
        noted = StructType.fromJson(json.loads(note))
    except (ValueError, KeyError, TypeError):
        return False
    same = [(f.name, f.dataType.simpleString()) for f in noted] == [(f.name, f.dataType.simpleString()) for f in schema]
    return same and not any(f.metadata for f in noted)
