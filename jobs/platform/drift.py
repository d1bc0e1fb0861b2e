"""Schema and vocabulary drift: what the source says today against what was classified.

Fail closed: an unknown column, a lost one, another type or a new word stops the run and names
the owner. A new word is itself a value, so only the number of its rows is shown.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from jobs.platform.database import Dialect
from policy.errors import (
    ColumnTypeError,
    MissingColumnError,
    RequiredValueError,
    UnlistedColumnError,
    VocabularyError,
)
from policy.sources import Source, SourceColumn


def require_classified(name: str, source: Source, found: dict[str, str], dialect: Dialect) -> None:
    """The table has exactly the classified columns, each of its classified type.

    Raises:
        UnlistedColumnError, MissingColumnError, ColumnTypeError: naming column and owner.
    """
    if unlisted := found.keys() - source.columns.keys():
        raise UnlistedColumnError(name, unlisted, source.owner)
    if missing := source.columns.keys() - found.keys():
        raise MissingColumnError(name, missing, source.owner)
    for column, declared in found.items():
        expected = source.columns[column].type
        if declared not in dialect.declared[expected]:
            raise ColumnTypeError(name, column, expected, declared, source.owner)


class Strays:
    """Counts, over all batches of a table, the cells that its vocabulary doesn't allow."""

    def __init__(self, name: str, source: Source) -> None:
        self.name, self.source = name, source
        self._unknown: dict[str, int] = {}
        self._absent: dict[str, int] = {}

    def look_at(self, batch: pa.RecordBatch) -> None:
        """Add one batch to the counts."""
        for column in batch.schema.names:
            rules, cells = self.source.columns[column], batch.column(column)
            if rules.required:
                self._absent[column] = self._absent.get(column, 0) + cells.null_count
            if rules.values is not None:
                self._unknown[column] = self._unknown.get(column, 0) + _outside(cells, rules)

    def refuse(self) -> None:
        """Stop the run if anything was counted.

        Raises:
            RequiredValueError, VocabularyError: naming column, rows and owner.
        """
        for column, rows in self._absent.items():
            if rows:
                raise RequiredValueError(self.name, column, rows, self.source.owner)
        for column, rows in self._unknown.items():
            if rows:
                raise VocabularyError(self.name, column, rows, self.source.owner)


def _outside(cells: pa.Array, rules: SourceColumn) -> int:
    known = pc.is_in(cells, pa.array(rules.values, pa.string()))
    return int(pc.sum(pc.and_(pc.invert(known), cells.is_valid())).as_py() or 0)
