"""The operational database, read through ADBC: PostgreSQL and SQLite by the same code.

The two differ in how they describe a table and how they write a value as text; both
differences are in the two dialects below. Credentials are never arguments: PostgreSQL's
come from libpq's own variables (``PGHOST``, ``PGUSER``, ``PGPASSFILE`` …).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi as postgresql
import adbc_driver_sqlite.dbapi as sqlite
import pyarrow as pa

from policy.errors import PolicyError
from policy.sources import ColumnType, Source

BATCH_BYTES = 16 * 1024 * 1024
"""PostgreSQL's batches: measured at 177 MB peak memory for any table size."""

BATCH_ROWS = 65_536

DENIED = {"28", "3D", "42"}
"""Classes of SQLSTATE that no retry mends: who asks, which database, which right or name."""


class PlatformError(PolicyError):
    """The platform's database isn't named, or can't be read."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(
            f"the platform's database {problem}; set IGNICLOUD_PLATFORM to sqlite:///path or postgresql: "
            "(with PGHOST, PGDATABASE, PGUSER, PGPASSFILE), or the Airflow connection `platform`"
        )


@dataclass(frozen=True)
class Dialect:
    """What one database says differently.

    ``describe``: a query for (column, declared type), in the table's order, with one parameter.
    ``declared``: our column type → the declared types that fit it.
    ``as_text``: our column types that are read as text, with the expression that writes them.
    ``begin``: statements that make a transaction see one moment of the database; they read it, so it is one.
    ``instant``: how the midnight that begins a day is written.
    ``batches``: options of the driver that bound a batch.
    ``typed_by_first_row``: whether the driver takes a column's type from its first row.
    """

    describe: str
    declared: dict[ColumnType, frozenset[str]]
    as_text: dict[ColumnType, str]
    begin: tuple[str, ...]
    instant: str
    batches: dict[str, str]
    typed_by_first_row: bool


POSTGRESQL = Dialect(
    describe="SELECT column_name::text, data_type::text FROM information_schema.columns "
    "WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position",
    declared={
        "uuid": frozenset({"uuid"}),
        "text": frozenset({"text", "character varying", "character"}),
        "integer": frozenset({"integer", "bigint", "smallint"}),
        "decimal": frozenset({"numeric"}),
        "timestamp": frozenset({"timestamp with time zone"}),
        "date": frozenset({"date"}),
        "json": frozenset({"jsonb", "json"}),
        "boolean": frozenset({"boolean"}),
    },
    as_text={"uuid": "{}::text", "json": "{}::text", "decimal": "{}::text"},
    begin=("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", "SET LOCAL TIME ZONE 'UTC'"),
    instant="TIMESTAMPTZ '{} 00:00:00+00'",
    batches={"adbc.postgresql.batch_size_hint_bytes": str(BATCH_BYTES)},
    typed_by_first_row=False,
)

SQLITE = Dialect(
    describe="SELECT name, upper(type) FROM pragma_table_info(?) ORDER BY cid",
    declared={
        "uuid": frozenset({"UUID", "TEXT"}),
        "text": frozenset({"TEXT"}),
        "integer": frozenset({"INTEGER"}),
        "decimal": frozenset({"DECIMAL", "NUMERIC"}),
        "timestamp": frozenset({"TIMESTAMP"}),
        "date": frozenset({"DATE"}),
        "json": frozenset({"JSON"}),
        "boolean": frozenset({"BOOLEAN"}),
    },
    as_text={
        "uuid": "CAST({} AS TEXT)",
        "text": "CAST({} AS TEXT)",
        "json": "CAST({} AS TEXT)",
        "decimal": "CAST({} AS TEXT)",
        "timestamp": "CAST({} AS TEXT)",
        "date": "CAST({} AS TEXT)",
    },
    begin=("SELECT count(*) FROM sqlite_master",),
    instant="'{} 00:00:00.000000'",
    batches={"adbc.sqlite.query.batch_rows": str(BATCH_ROWS)},
    typed_by_first_row=True,
)


@dataclass(frozen=True)
class Platform:
    """One connection in one read-only transaction."""

    connection: Any
    dialect: Dialect

    def describe(self, table: str) -> dict[str, str]:
        """Column → declared type, as the database's catalogue has it; empty when there is no such table."""
        with self.connection.cursor() as cursor:
            cursor.execute(self.dialect.describe, (table,))
            return dict(cursor.fetchall())

    def count(self, table: str, source: Source, day: date) -> int:
        """Rows of an event table on one UTC day."""
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {_quoted(table)}{self._slice(source, day)}")
            row = cursor.fetchone()
        return int(row[0])

    @contextmanager
    def batches(
        self, table: str, source: Source, columns: Sequence[str], day: date
    ) -> Iterator[Iterator[pa.RecordBatch]]:
        """The day's slice of an event table, or all of a small one, streamed in bounded batches."""
        expressions = [
            self.dialect.as_text.get(source.columns[name].type, "{}").format(_quoted(name)) for name in columns
        ]
        body = f"{', '.join(expressions)} FROM {_quoted(table)}{self._slice(source, day)}"
        with self.connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**self.dialect.batches)
            if self.dialect.typed_by_first_row:
                cursor.execute(f"SELECT 0, {self._typed_row(source, columns)} UNION ALL SELECT 1, {body}")
                yield (_real(batch, columns) for batch in cursor.fetch_record_batch())
            else:
                cursor.execute(f"SELECT {body}")
                yield (batch.rename_columns(list(columns)) for batch in cursor.fetch_record_batch())

    def _slice(self, source: Source, day: date) -> str:
        if source.time is None:
            return ""
        time, first, end = _quoted(source.time), self._instant(day), self._instant(day + timedelta(days=1))
        return f" WHERE {time} >= {first} AND {time} < {end}"

    def _instant(self, day: date) -> str:
        return self.dialect.instant.format(day.isoformat())

    def _typed_row(self, source: Source, columns: Sequence[str]) -> str:
        """SQLite's driver takes a column's type from its first row, which may be null: give it one."""
        return ", ".join("''" if source.columns[name].type in self.dialect.as_text else "0" for name in columns)


def _real(batch: pa.RecordBatch, columns: Sequence[str]) -> pa.RecordBatch:
    """The batch under our column names, without the row that only gave the types."""
    real = batch.filter(pa.compute.equal(batch.column(0), 1))
    return pa.RecordBatch.from_arrays(real.columns[1:], names=list(columns))


def _quoted(name: str) -> str:
    """A name from the checked policy files as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def connect() -> Iterator[Platform]:
    """The database that ``IGNICLOUD_PLATFORM`` names, at one moment of its life.

    Raises:
        PlatformError: it isn't named, doesn't answer, or can't be read. The driver's own message may carry
            credentials and is not passed on.
    """
    uri = os.environ.get("IGNICLOUD_PLATFORM", "")
    try:
        if uri.startswith("sqlite:///"):
            path = Path(uri.removeprefix("sqlite:///"))
            if not path.is_file():
                raise PlatformError("is a SQLite file that doesn't exist")
            connection, dialect = sqlite.connect(f"{path.absolute().as_uri()}?mode=ro"), SQLITE
        elif uri.startswith("postgresql:"):
            connection, dialect = postgresql.connect("postgresql://"), POSTGRESQL
        else:
            raise PlatformError("isn't named" if not uri else "is of a sort that isn't supported")
    except (sqlite.Error, postgresql.Error):
        raise PlatformError("doesn't answer") from None
    with closing(connection):
        try:
            with connection.cursor() as cursor:
                for statement in dialect.begin:
                    cursor.execute(statement)
        except (sqlite.Error, postgresql.Error):
            raise PlatformError("can't be read: it is another sort of file, damaged, or closed to this user") from None
        try:
            yield Platform(connection, dialect)
        except (sqlite.Error, postgresql.Error) as error:
            if (error.sqlstate or "")[:2] in DENIED:
                raise PlatformError(f"doesn't let this user read it (SQLSTATE {error.sqlstate})") from None
            raise
