"""Schema drift: what the source's tables look like today against what was classified.

Fail closed: an unknown column, a lost one or another type stops the run and names the owner. What their
cells hold is `jobs.platform.strays`' to count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jobs.platform.database import Platform
from jobs.platform.dialects import Dialect
from policy.errors import ColumnTypeError, MissingColumnError, SourceDriftError, UnlistedColumnError, refuse_all
from policy.sources import Source


def require_classified(platform: Platform, sources: Mapping[str, Source]) -> None:
    """Every one of these tables has exactly the classified columns, each of its classified type.

    Raises:
        UnlistedColumnError, MissingColumnError, ColumnTypeError: naming column and owner.
        SeveralDriftsError: more than one of these, all tables' together.
    """
    refuse_all(
        drift
        for name, source in sources.items()
        for drift in _drifts(name, source, platform.describe(name), platform.dialect)
    )


def _drifts(name: str, source: Source, found: dict[str, str], dialect: Dialect) -> Iterator[SourceDriftError]:
    if unlisted := found.keys() - source.columns.keys():
        yield UnlistedColumnError(name, unlisted, source.owner)
    if missing := source.columns.keys() - found.keys():
        yield MissingColumnError(name, missing, source.owner)
    for column, declared in found.items():
        if column in source.columns and declared not in dialect.declared[source.columns[column].type]:
            expected = source.columns[column].type
            yield ColumnTypeError(name, column, expected, declared, dialect.declared[expected], source.owner)
