"""What a table holds that it must not, counted over all its batches and said all at once.

A cell is itself a value, so only the number of rows is shown, by column and owner.
"""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pyarrow.compute as pc

from policy.errors import (
    CellDriftError,
    ImpossibleTimeError,
    RepeatedValueError,
    RequiredValueError,
    UnreadableValueError,
    VocabularyError,
    refuse_all,
)
from policy.sources import Source, SourceColumn


class Strays:
    """Counts, over all batches of a table, the cells that its classification doesn't allow."""

    def __init__(self, name: str, source: Source) -> None:
        self.name, self.source = name, source
        self._unreadable: Counter[str] = Counter()
        self._impossible: Counter[str] = Counter()
        self._absent: Counter[str] = Counter()
        self._unknown: Counter[str] = Counter()
        self._keys: dict[str, list[pa.Array]] = {}

    def unreadable(self, column: str, rows: int) -> None:
        """Cells that aren't of their column's type."""
        self._unreadable[column] += rows

    def impossible(self, column: str, rows: int) -> None:
        """Moments that can't have been, by their column's role."""
        self._impossible[column] += rows

    def look_at(self, column: str, given: pa.Array, cells: pa.Array) -> None:
        """Count one column of a batch: nulls where a value is required, words outside the vocabulary, repeated keys.

        ``given`` are the cells as they came, ``cells`` what was made of them: what couldn't be read isn't
        counted as absent, too.
        """
        rules = self.source.columns[column]
        if rules.required:
            self._absent[column] += given.null_count
        if rules.values is not None:
            self._unknown[column] += _outside(cells, rules)
        if rules.unique:
            self._keys.setdefault(column, []).append(cells)

    def drifts(self) -> list[CellDriftError]:
        """Everything that was counted, as refusals, one a column and cause."""
        name, owner, columns = self.name, self.source.owner, self.source.columns
        return [
            *(UnreadableValueError(name, c, columns[c].type, n, owner) for c, n in self._unreadable.items() if n),
            *(ImpossibleTimeError(name, c, columns[c].role, n, owner) for c, n in self._impossible.items() if n),
            *(RequiredValueError(name, c, n, owner) for c, n in self._absent.items() if n),
            *(VocabularyError(name, c, n, owner) for c, n in self._unknown.items() if n),
            *(RepeatedValueError(name, c, n, owner) for c, cells in self._keys.items() if (n := _repeated(cells))),
        ]

    def refuse(self) -> None:
        """Stop the run if anything was counted.

        Raises:
            UnreadableValueError, ImpossibleTimeError, RequiredValueError, VocabularyError, RepeatedValueError: what was
                counted.
            SeveralDriftsError: more than one of these.
        """
        refuse_all(self.drifts())


def _outside(cells: pa.Array, rules: SourceColumn) -> int:
    known = pc.is_in(cells, pa.array(rules.values, pa.string()))
    return int(pc.sum(pc.and_(pc.invert(known), cells.is_valid())).as_py() or 0)


def _repeated(batches: list[pa.Array]) -> int:
    """Rows whose value another row of the table had before."""
    cells = pa.chunked_array(batches)
    return int(len(cells) - cells.null_count - pc.count_distinct(cells, "only_valid").as_py())
