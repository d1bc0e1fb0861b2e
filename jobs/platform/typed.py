"""Landing's types: what a source's column is in Arrow, and how a database's cells become it.

Everything that reads the platform reads it through here (`jobs.platform.database`): an identifier has one
spelling from here on, a time is one that can have been, a text is text. What isn't is counted by column and
stops the run (`jobs.platform.strays`); it never passes, and no two cells that differ become one.
"""

from __future__ import annotations

import binascii
from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.platform import times
from jobs.platform.strays import Strays
from policy.sources import Source, SourceColumn
from policy.values import ColumnType

ARROW: dict[ColumnType, pa.DataType] = {
    "uuid": pa.string(),
    "text": pa.string(),
    "json": pa.string(),
    "integer": pa.int64(),
    "decimal": pa.decimal128(18, 2),
    "timestamp": times.MOMENT,
    "date": times.DAY,
    "boolean": pa.bool_(),
}
_BARE = np.dtype([("a", "<u8"), ("b", "<u4"), ("c", "<u4"), ("d", "<u4"), ("e", "<u8"), ("f", "<u4")])
_HYPHENED = np.dtype([
    ("a", "<u8"), ("-b", "u1"), ("b", "<u4"), ("-c", "u1"), ("c", "<u4"), ("-d", "u1"), ("d", "<u4"), ("-e", "u1"),
    ("e", "<u8"), ("f", "<u4"),
])  # fmt: skip
"""32 digits, and the same between hyphens: copied as numbers of 4 and 8 bytes."""

_UUID = r"^(?:urn:uuid:)?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$"
_CANONICAL = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"


def schema_of(source: Source, columns: Sequence[str]) -> pa.Schema:
    """These columns of ``source`` in landing's types."""
    return pa.schema([(column, ARROW[source.columns[column].type]) for column in columns])


def typed(raw: pa.RecordBatch, source: Source, now: datetime, strays: Strays) -> pa.RecordBatch:
    """``raw`` in landing's types and canonical spelling; nulls stay null.

    Cells that can't be read, or can't have been, are null in the result and counted in ``strays``: whoever
    takes the batch lets them refuse before anything is made of it.
    """
    schema, arrays = schema_of(source, raw.schema.names), []
    for field, arrived in zip(schema, raw.columns, strict=True):
        rules = source.columns[field.name]
        given = _present(arrived, rules)
        cells = _read(given, rules)
        strays.unreadable(field.name, cells.null_count - given.null_count)
        if rules.type in ("timestamp", "date"):
            possible = times.possible(cells, rules.role, now)
            strays.impossible(field.name, pc.sum(pc.invert(possible)).as_py() or 0)
            cells = times.bounded(pc.if_else(possible, cells, None), rules.role)
        strays.look_at(field.name, given, cells)
        arrays.append(cells)
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _canonical_uuid(texts: pa.Array) -> pa.Array:
    """UUIDs in lower case with hyphens (RFC 9562), whatever their spelling; null where a text is none."""
    bare = pc.replace_substring_regex(pc.utf8_lower(pc.utf8_trim_whitespace(texts)), r"^\{(.*)\}$", r"\1")
    spelled = pc.replace_substring_regex(bare, _UUID, r"\1-\2-\3-\4-\5")
    return pc.if_else(pc.match_substring_regex(spelled, _CANONICAL), spelled, None)


def _spelled_uuid(cells: pa.Array) -> pa.Array:
    """UUIDs that came as their 16 bytes, in lower case with hyphens; nulls stay null.

    PostgreSQL spelling them, and every step between reading more than twice the bytes, takes a sixth of an extraction.
    """
    stored = cells.storage if isinstance(cells, pa.ExtensionArray) else cells
    digits = np.frombuffer(binascii.hexlify(_bytes_of(stored)), _BARE)
    spelled = np.empty(len(digits), _HYPHENED)
    for part in _HYPHENED.names or ():
        spelled[part] = ord("-") if part.startswith("-") else digits[part]
    offsets = np.arange(len(digits) + 1, dtype=np.int32) * _HYPHENED.itemsize
    valid = stored.is_valid().buffers()[1] if stored.null_count else None
    texts = [valid, pa.py_buffer(offsets), pa.py_buffer(spelled)]
    return pa.Array.from_buffers(pa.string(), len(digits), texts, stored.null_count)


def _bytes_of(stored: pa.FixedSizeBinaryArray) -> memoryview:
    """The bytes of all cells, one behind the other, those of nulls too."""
    width, data = stored.type.byte_width, stored.buffers()[1]
    return memoryview(data if data is not None else b"")[stored.offset * width : (stored.offset + len(stored)) * width]


def _present(cells: pa.Array, rules: SourceColumn) -> pa.Array:
    """The cells, an empty one as null wherever emptiness is no text of somebody's."""
    if pa.types.is_string(cells.type) and (rules.values is not None or rules.type not in ("text", "json")):
        return pc.if_else(pc.equal(cells, ""), None, cells)
    return cells


def _read(given: pa.Array, rules: SourceColumn) -> pa.Array:
    """The cells in landing's type; null where one isn't of it."""
    if rules.type == "uuid" and not pa.types.is_string(given.type):
        return _spelled_uuid(given)
    if not pa.types.is_string(given.type):
        return pc.cast(given, ARROW[rules.type])
    if rules.type == "uuid" and times.all_like(given, _CANONICAL):
        return given
    texts = _utf8(given)
    match rules.type:
        case "uuid":
            return _canonical_uuid(texts)
        case "timestamp":
            return times.moments(texts)
        case "date":
            return times.days(texts)
        case "integer":  # Arrow would read 0x10
            return times.cast_each(pc.if_else(pc.match_substring_regex(texts, r"^-?\d+$"), texts, None), pa.int64())
        case "decimal" | "boolean":
            return times.cast_each(texts, ARROW[rules.type])
    return texts


def _utf8(cells: pa.Array) -> pa.Array:
    """The texts that PostgreSQL could hold; null for bytes that aren't UTF-8 and for texts with a NUL.

    Java would make U+FFFD of every wrong byte and trim a NUL away: two logins would have one token.
    """
    try:
        cells.validate(full=True)
    except pa.ArrowInvalid:
        cells = pa.array([_decoded(cell) for cell in cells.cast(pa.binary()).to_pylist()], pa.string())
    if not _may_hold_nul(cells):
        return cells
    return pc.if_else(pc.match_substring(cells, "\0"), None, cells)


def _may_hold_nul(texts: pa.Array) -> bool:
    """Whether some byte of these texts is zero, or of what lies behind a null; looked at without cutting them up."""
    _, offsets, data = texts.buffers()
    if offsets is None or data is None:
        return False
    first, last = np.frombuffer(offsets, np.int32)[[texts.offset, texts.offset + len(texts)]]
    return bool(last > first and np.frombuffer(data, np.uint8)[first:last].min() == 0)


def _decoded(cell: bytes | None) -> str | None:
    try:
        return None if cell is None else cell.decode()
    except UnicodeDecodeError:
        return None
