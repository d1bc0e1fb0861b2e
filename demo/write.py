"""Into SQLite or PostgreSQL, table by table, batch by batch."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

import psycopg2

from demo.people import Row
from demo.schema import POSTGRESQL, SQLITE, TABLES, statements


class Database(Protocol):
    """What the seed needs of a database."""

    def create(self) -> None:
        """Make all tables anew, empty."""

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        """Add rows."""

    def close(self) -> None:
        """Make everything durable."""


def database(target: str) -> Database:
    """``sqlite:///path`` or ``postgresql:`` (then libpq's variables say where)."""
    if target.startswith("sqlite:///"):
        return Sqlite(Path(target.removeprefix("sqlite:///")))
    if target.startswith("postgresql:"):
        return Postgresql()
    raise SystemExit("--to takes sqlite:///path or postgresql:")


class Sqlite:
    """One file; times as ``YYYY-MM-DD HH:MM:SS.ffffff`` in UTC."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.connection = sqlite3.connect(path)
        self.connection.executescript("PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF;")

    def create(self) -> None:
        self.connection.executescript(";".join(statements(SQLITE)))

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        columns = tuple(TABLES[table])
        marks = ", ".join("?" * len(columns))
        values = (tuple(_sqlite(row[column]) for column in columns) for row in rows)
        self.connection.executemany(f"INSERT INTO {table} VALUES ({marks})", values)

    def close(self) -> None:
        self.connection.commit()
        self.connection.close()


def _sqlite(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    return value.isoformat() if isinstance(value, date) else value


class Postgresql:
    """The database that libpq's variables name; rows go in by COPY."""

    def __init__(self) -> None:
        self.connection = psycopg2.connect("")
        with self.connection.cursor() as cursor:
            cursor.execute("SET TIME ZONE 'UTC'")

    def create(self) -> None:
        with self.connection.cursor() as cursor:
            for statement in statements(POSTGRESQL):
                cursor.execute(statement)

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        columns = tuple(TABLES[table])
        text = io.StringIO()
        writer = csv.writer(text, quoting=csv.QUOTE_MINIMAL)
        for row in rows:
            writer.writerow([r"\N" if row[column] is None else row[column] for column in columns])
        text.seek(0)
        with self.connection.cursor() as cursor:
            cursor.copy_expert(rf"COPY {table} FROM STDIN (FORMAT csv, NULL '\N')", text)

    def close(self) -> None:
        self.connection.commit()
        with closing(self.connection):
            pass
