"""Words of Parquet's dictionaries that no row uses: no reader shows them, and whoever opens the file has them.

A writer puts a word into a column's dictionary when a row has it, so each of its words is some row's. Read column by
column of one row group at a time, without Spark: what is compared are places in the dictionary, not words.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.gate.thrift import Reader

HEAD = 256
"""Bytes that hold the head of a dictionary's page, which `jobs.gate.file_texts` looks at field by field."""


def unused_words(file: Path) -> Iterator[str]:
    """Each word of a dictionary in ``file`` that stands in no row of its row group."""
    with pq.ParquetFile(file) as plain:
        texts = [plain.schema.column(i).path for i in range(len(plain.schema)) if _is_text(plain, i)]
    with pq.ParquetFile(file, read_dictionary=texts) as opened:
        for group in range(opened.metadata.num_row_groups):
            columns = opened.metadata.row_group(group)
            kept = [columns.column(i) for i in range(columns.num_columns) if columns.column(i).has_dictionary_page]
            for name in dict.fromkeys(column.path_in_schema for column in kept if column.physical_type == "BYTE_ARRAY"):
                for chunk in opened.read_row_group(group, columns=[name]).column(0).chunks:
                    yield from _unused(chunk)
            yield from _unused_numbers(file, opened, group)


def _unused_numbers(file: Path, opened: pq.ParquetFile, group: int) -> Iterator[str]:
    """Whether dictionaries of numbers and times have more of them than the rows do."""
    columns = opened.metadata.row_group(group)
    for i in range(columns.num_columns):
        column = columns.column(i)
        if column.physical_type == "BYTE_ARRAY" or not column.has_dictionary_page:
            continue
        with file.open("rb") as raw:
            raw.seek(column.dictionary_page_offset)
            held = Reader(raw.read(HEAD)).struct()[7][1]
        cells = opened.read_row_group(group, columns=[column.path_in_schema]).column(0)
        if held > pc.count_distinct(cells).as_py():
            yield "a number that no row has"


def _is_text(file: pq.ParquetFile, column: int) -> bool:
    return str(file.schema.column(column).physical_type) == "BYTE_ARRAY"


def _unused(cells: pa.Array) -> Iterator[str]:
    """Of a column of text the words without a row; of a nested one those of each part."""
    if pa.types.is_dictionary(cells.type):
        stands = np.zeros(len(cells.dictionary), dtype=bool)
        stands[pc.drop_null(cells.indices).to_numpy()] = True
        yield from map(str, cells.dictionary.filter(pa.array(~stands)).to_pylist())
    elif pa.types.is_map(cells.type):
        yield from _unused(cells.keys)
        yield from _unused(cells.items)
    elif pa.types.is_list(cells.type):
        yield from _unused(cells.flatten())
