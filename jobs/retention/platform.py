"""What the platform says today about contracts, accounts, holds and wishes, read in one transaction.

Only the columns that retention needs are named in a statement. Rows are streamed; a schema that drifted
stops the run before anything is decided. A word that nobody knows stops a night (drift); here it deletes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pyarrow as pa

from jobs.keys.ring import Keyring
from jobs.people.reading import People
from jobs.people.wishes import Row
from jobs.platform.database import Platform, connect
from jobs.platform.drift import require_classified
from jobs.platform.typed import ARROW, typed
from policy.promise import Promise

TABLES = ("contracts", "professional_users", "legal_holds", "subject_requests", "consents")


@dataclass(frozen=True)
class Tables:
    """The tables of one transaction, each read as often as somebody asks."""

    promise: Promise
    platform: Platform

    def rows(self, name: str, columns: tuple[str, ...]) -> Iterator[Row]:
        """The rows of a table, batch by batch."""
        source = self.promise.source(name)
        schema = pa.schema([(column, ARROW[source.columns[column].type]) for column in columns])
        with self.platform.batches(name, source, columns, date.min) as batches:
            for batch in batches:
                yield from typed(batch, name, source, schema).to_pylist()


@contextmanager
def platform_of_today(promise: Promise, keyring: Keyring) -> Iterator[People]:
    """The platform in one read-only transaction; holds appear under a keyed reference in place of their id.

    Raises:
        PlatformError: it doesn't answer.
        UnlistedColumnError, MissingColumnError, ColumnTypeError: a table that decides has drifted.
    """

    def reference(hold: str) -> str:
        return keyring.seal("hold", hold.encode())[:12]

    with connect() as platform:
        for name in TABLES:
            require_classified(name, promise.source(name), platform.describe(name), platform.dialect)
        yield People(Tables(promise, platform).rows, promise.register.purposes, reference, datetime.now(UTC))
