"""Landing's types: what a source's column is in Arrow, and how a driver's cells become it."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from policy.errors import UnreadableValueError
from policy.sources import ColumnType, Source, SourceColumn

ARROW: dict[ColumnType, pa.DataType] = {
    "uuid": pa.string(),
    "text": pa.string(),
    "json": pa.string(),
    "integer": pa.int64(),
    "decimal": pa.decimal128(18, 2),
    "timestamp": pa.timestamp("us", "UTC"),
    "date": pa.date32(),
    "boolean": pa.bool_(),
}


def typed(raw: pa.RecordBatch, name: str, source: Source, schema: pa.Schema) -> pa.RecordBatch:
    """``raw`` in landing's types; nulls stay null.

    Raises:
        UnreadableValueError: a cell isn't of its column's type. Arrow's message shows the cell
            and is not passed on.
    """
    arrays = []
    for field in schema:
        try:
            arrays.append(_typed(raw.column(field.name), source.columns[field.name], field.type))
        except pa.ArrowInvalid:
            raise UnreadableValueError(name, field.name, source.columns[field.name].type, source.owner) from None
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _typed(cells: pa.Array, column: SourceColumn, target: pa.DataType) -> pa.Array:
    if pa.types.is_string(cells.type):
        if column.values is not None or column.type not in ("text", "json"):
            cells = pc.if_else(pc.equal(cells, ""), pa.scalar(None, pa.string()), cells)
        if column.type in ("date", "timestamp"):
            cells = pc.cast(cells, pa.timestamp("us"))
        if column.type == "timestamp":
            cells = pc.assume_timezone(cells, "UTC")
    return pc.cast(cells, target)
