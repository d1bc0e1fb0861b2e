"""Into SQLite or PostgreSQL through ADBC, in Arrow batches; an interrupted run leaves nothing behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import adbc_driver_postgresql.dbapi as postgresql
import adbc_driver_sqlite.dbapi as sqlite
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo.schema import POSTGRESQL, SQLITE, TABLES, arrow, indexes, tables

Columns = Mapping[str, Sequence[Any] | np.ndarray]
"""A table's rows, column by column."""


class Database(Protocol):
    """What the seed needs of a database; all of it is one transaction."""

    def create(self) -> None:
        """Make all tables anew, empty."""

    def insert(self, table: str, columns: Columns) -> None:
        """Add rows."""

    def index(self) -> None:
        """Make the indexes, once the rows are in."""

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The answer to a query."""

    def commit(self) -> None:
        """Make everything visible and close."""


def database(target: str) -> Database:
    """``sqlite:///path`` or ``postgresql:`` (then libpq's own variables say where).

    Raises:
        ValueError: it is neither.
    """
    if target.startswith("sqlite:///"):
        return Sqlite(Path(target.removeprefix("sqlite:///")))
    if target.startswith("postgresql:"):
        return Postgresql()
    raise ValueError("the database is named sqlite:///path or postgresql:")


def from_rows(table: str, rows: Sequence[Mapping[str, Any]]) -> Columns:
    """Rows as columns; a column that a row doesn't have is null."""
    return {name: [row.get(name) for row in rows] for name in TABLES[table]}


class _Transaction:
    """What both databases do alike."""

    def __init__(self, connection: Any, types: dict[str, str]) -> None:
        self.connection, self.types = connection, types
        self.cursor = connection.cursor()

    def create(self) -> None:
        for statement in tables(self.types):
            self.cursor.execute(statement)

    def index(self) -> None:
        for statement in indexes():
            self.cursor.execute(statement)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        self.cursor.execute(query)
        return list(self.cursor.fetchall())

    def commit(self) -> None:
        self.connection.commit()
        self.cursor.close()
        self.connection.close()


class Sqlite(_Transaction):
    """One file; times as ``YYYY-MM-DD HH:MM:SS.ffffff`` in UTC."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite.connect(str(path))
        connection.adbc_connection.set_autocommit(True)
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous = OFF")
            cursor.execute("PRAGMA cache_size = -131072")
        connection.adbc_connection.set_autocommit(False)
        super().__init__(connection, SQLITE)

    def insert(self, table: str, columns: Columns) -> None:
        """Add rows, by the driver's own bulk insert."""
        self.cursor.adbc_ingest(table, pa.table(_texts(_arrow(table, columns))), mode="append")


class Postgresql(_Transaction):
    """The database that libpq's variables name; rows pass through a temporary table that types them."""

    def __init__(self) -> None:
        super().__init__(postgresql.connect("postgresql://"), POSTGRESQL)

    def insert(self, table: str, columns: Columns) -> None:
        """Add rows, by COPY into the temporary table."""
        rows = _arrow(table, columns)
        decimals = [name for name, kind in TABLES[table].items() if kind == "decimal"]
        for name in decimals:
            rows = rows.set_column(rows.schema.get_field_index(name), name, pc.cast(rows[name], pa.string()))
        self.cursor.adbc_ingest("incoming", rows, mode="create", temporary=True)
        typed = ", ".join(f'"{name}"::{POSTGRESQL[kind]}' for name, kind in TABLES[table].items())
        self.cursor.execute(f"INSERT INTO {table} SELECT {typed} FROM incoming")
        self.cursor.execute("DROP TABLE incoming")


def _arrow(table: str, columns: Columns) -> pa.Table:
    schema = arrow(table)
    return pa.table([_cells(columns[field.name], field.type) for field in schema], schema=schema)


def _cells(cells: Sequence[Any] | np.ndarray, kind: pa.DataType) -> pa.Array:
    if pa.types.is_decimal(kind):
        return pc.cast(pa.array(cells, pa.string()), kind)
    return pa.array(cells, kind)


def _texts(rows: pa.Table) -> dict[str, pa.ChunkedArray]:
    """The table in the types that SQLite has."""
    texts = {}
    for field in rows.schema:
        cells = rows[field.name]
        if pa.types.is_timestamp(field.type):
            cells = pc.strftime(pc.cast(cells, pa.timestamp("us")), format="%Y-%m-%d %H:%M:%S")
        elif pa.types.is_date(field.type) or pa.types.is_decimal(field.type):
            cells = pc.cast(cells, pa.string())
        elif pa.types.is_boolean(field.type):
            cells = pc.cast(cells, pa.int64())
        texts[field.name] = cells
    return texts
