"""One person's wrong cells in published rows: found, put right, and proved to be all that changed. Pure, without Spark.

The proof is made by another hand than the rewriting: cell by cell in Python's own types, not by pyarrow's kernels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from jobs.rights.rectification.reach import Reached


@dataclass(frozen=True)
class Fix:
    """What is right in one column and epoch: ``person`` has the person's own tokens, ``right`` is the value's."""

    reached: Reached
    person: frozenset[str] = field(repr=False)
    right: str = field(repr=False)


def theirs(rows: pa.Table, fix: Fix) -> pa.Array:
    """Which rows are the person's."""
    if fix.reached.within is None:
        return pc.is_in(_column(rows, fix.reached.person), value_set=pa.array(sorted(fix.person), pa.string()))
    return pa.array([dict(cell or ()).get(fix.reached.person) in fix.person for cell in _cells(rows, fix)], pa.bool_())


def wrong(rows: pa.Table, fixes: Sequence[Fix]) -> pa.Array:
    """Which rows of the person have another value than the right one. Where there is none, nothing is wrong."""
    found = pa.array([False] * rows.num_rows, pa.bool_())
    for fix in fixes:
        found = pc.or_(found, _wrong(rows, fix))
    return found


def corrected(rows: pa.Table, fixes: Sequence[Fix]) -> pa.Table:
    """The same rows with the right value in the wrong cells; nothing else is another."""
    for fix in fixes:
        place, name = rows.schema.get_field_index(fix.reached.cell), rows.schema.field(fix.reached.cell)
        mask = _wrong(rows, fix)
        if fix.reached.within is None:
            cells = pc.if_else(mask, pa.scalar(fix.right, name.type), _column(rows, fix.reached.column))
        else:
            said = zip(mask.to_pylist(), _cells(rows, fix), strict=True)
            cells = pa.array([_put(cell, fix) if is_wrong else cell for is_wrong, cell in said], name.type)
        rows = rows.set_column(place, name, cells)
    return rows


def problems(before: pa.Table, after: pa.Table, fixes: Sequence[Fix]) -> Iterator[str]:
    """Why ``after`` isn't ``before`` with this person's cells put right; nothing where it is.

    Right means: the same rows in the same order, every other column equal, each cell that differs in a row of the
    person and just as the fixes make it, and none left that is wrong. Columns are named, no cell is.
    """
    if before.num_rows != after.num_rows or before.schema != after.schema:
        yield "it has other rows, or other columns"
        return
    for name in before.column_names:
        of_column = [fix for fix in fixes if fix.reached.cell == name]
        if not before.column(name).equals(after.column(name)) and not of_column:
            yield f"{name} differs"
        elif of_column and not _only_theirs(before, after, name, of_column):
            yield f"{name} differs in more than their cells, or less"


def _only_theirs(before: pa.Table, after: pa.Table, name: str, fixes: Sequence[Fix]) -> bool:
    columns = {fix.reached.person for fix in fixes if fix.reached.within is None}
    persons = {column: before.column(column).to_pylist() for column in columns}
    cells = zip(before.column(name).to_pylist(), after.column(name).to_pylist(), strict=True)
    return all(
        _as_it_must_be(old, fixes, {column: listed[number] for column, listed in persons.items()}) == new
        for number, (old, new) in enumerate(cells)
    )


def _as_it_must_be(cell: Any, fixes: Sequence[Fix], row: Mapping[str, str | None]) -> Any:
    """A cell after the correction, from the cell before it and whom its row has in other columns."""
    for fix in fixes:
        if fix.reached.within is None:
            is_theirs, value = row[fix.reached.person] in fix.person, cell
        else:
            group = dict(cell or ())
            is_theirs, value = group.get(fix.reached.person) in fix.person, group.get(fix.reached.column)
        if is_theirs and value is not None:
            within = fix.reached.within is not None
            cell = list({**dict(cell), fix.reached.column: fix.right}.items()) if within else fix.right
    return cell


def _wrong(rows: pa.Table, fix: Fix) -> pa.Array:
    if fix.reached.within is None:
        other = pc.not_equal(_column(rows, fix.reached.column), pa.scalar(fix.right, pa.string()))
        return pc.and_(theirs(rows, fix), pc.fill_null(other, fill_value=False))
    others = (dict(cell or ()).get(fix.reached.column) not in (None, fix.right) for cell in _cells(rows, fix))
    return pc.and_(theirs(rows, fix), pa.array([*others], pa.bool_()))


def _column(rows: pa.Table, name: str) -> pa.Array:
    return pa.concat_arrays(rows.column(name).chunks) if rows.num_rows else pa.array([], rows.schema.field(name).type)


def _cells(rows: pa.Table, fix: Fix) -> list[list[tuple[str, str]] | None]:
    return list(rows.column(fix.reached.cell).to_pylist())


def _put(cell: Any, fix: Fix) -> list[tuple[str, str]]:
    return [(key, fix.right if key == fix.reached.column else value) for key, value in cell]
