"""The operational database, read through ADBC: PostgreSQL and SQLite by the same code.

What the two say differently is in `jobs.platform.dialects`; what leaves here is in landing's types.
Credentials are never arguments: PostgreSQL's come from libpq's own variables (``PGHOST``, ``PGUSER``,
``PGPASSFILE`` …).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import adbc_driver_postgresql.dbapi as postgresql
import adbc_driver_sqlite.dbapi as sqlite
import pyarrow as pa

from jobs.platform.dialects import POSTGRESQL, SQLITE, Dialect
from jobs.platform.strays import Strays
from jobs.platform.typed import typed
from policy.errors import PolicyError
from policy.sources import Source
from policy.values import CLOCKS_DIFFER, FIRST_MOMENT, ColumnType

ONE_DAY = timedelta(days=1)

PARAMETERS = 500
"""Values that one statement compares with."""

DENIED = {"28", "3D", "42"}
"""Classes of SQLSTATE that no retry mends: who asks, which database, which right or name."""

PATIENCE = {"connect_timeout": 30, "tcp_user_timeout": 120_000, "keepalives_idle": 60}
"""Seconds, milliseconds, seconds: after which libpq takes a server that says nothing for gone."""

ENDED = {
    "55P03": "kept a table locked for too long (lock_timeout)",
    "57014": "ended a query that took too long, or somebody did (statement_timeout)",
    "40": "needed what was read for something else (a replica that caught up, a deadlock)",
    "53": "has no room or no connection left",
    "XX": "says that its own files are damaged",
    "22": "holds a cell that it can't give as text",
}
"""What an SQLSTATE, or its class, says of a query that ended in the middle; all others: it went away."""


class PlatformError(PolicyError):
    """The platform's database isn't named, or can't be read."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(
            f"the platform's database {problem}; set IGNICLOUD_PLATFORM to sqlite:///path or postgresql: "
            "(with PGHOST, PGDATABASE, PGUSER, PGPASSFILE), or the Airflow connection `platform`"
        )


class PlatformLostError(PolicyError):
    """The database went away while it was read; what was read of it is thrown away. It may pass by itself."""

    passes = True

    def __init__(self, state: str | None) -> None:
        self.state = state or ""
        problem = ENDED.get(self.state) or ENDED.get(self.state[:2]) or "went away while it was read"
        code = f" (SQLSTATE {state})" if state else ""
        super().__init__(
            f"the platform's database {problem}{code}; nothing of it was taken over and what was there "
            "stays; run the same command again, and ask whoever runs the database if this stays"
        )


@dataclass(frozen=True)
class Days:
    """The UTC days from ``first`` through ``last``."""

    first: date
    last: date

    @classmethod
    def of(cls, day: date) -> Days:
        """One day."""
        return cls(day, day)


@dataclass(frozen=True)
class Asked:
    """Which rows of a table: those whose ``column`` has one of ``values``, or is like one of them.

    A pattern of ``alike`` is in lower case, ``%`` in it is anything: it may fit more rows than were meant. A cell with
    a letter outside ASCII fits each: what folds to a pattern's letters no database says.
    """

    column: str
    values: tuple[str, ...] = field(repr=False)
    how: Literal["equal", "alike"] = "equal"

    def condition(self, dialect: Dialect, kind: ColumnType, count: int) -> str:
        """It in SQL, with ``count`` parameters."""
        if self.how == "alike":
            cell = f"lower({dialect.bare['text'].format(c=f'CAST({_quoted(self.column)} AS TEXT)')})"
            given = " OR ".join(f"{cell} LIKE {dialect.given['text'].format(n=n + 1)}" for n in range(count))
            return f"{given} OR {dialect.beyond_ascii.format(c=cell)}"
        given = ", ".join(dialect.given[kind].format(n=n + 1) for n in range(count))
        return f"{dialect.bare[kind].format(c=_quoted(self.column))} IN ({given})"


@dataclass(frozen=True)
class Platform:
    """One connection in one read-only transaction, begun at ``moment``."""

    connection: Any
    dialect: Dialect
    moment: datetime

    def describe(self, table: str) -> dict[str, str]:
        """Column → declared type, as the database's catalogue has it; empty when there is no such table."""
        with self.connection.cursor() as cursor:
            cursor.execute(self.dialect.describe, (table,))
            return dict(cursor.fetchall())

    def count(self, table: str, source: Source, day: date) -> int:
        """Rows of an event table on one UTC day."""
        return int(self._one(f"SELECT count(*) FROM {_quoted(table)}{self._on(source, Days.of(day))}"))

    def first_day(self, table: str, source: Source) -> date | None:
        """The UTC date of an event table's earliest row; null when it has none."""
        query = self.dialect.first_day.format(
            c=_quoted(source.time or ""), table=_quoted(table), first=FIRST_MOMENT.isoformat()
        )
        found = self._one(query)
        return None if found is None else date.fromisoformat(found)

    @contextmanager
    def batches(
        self, table: str, source: Source, columns: Sequence[str], days: Days, strays: Strays
    ) -> Iterator[Iterator[pa.RecordBatch]]:
        """The days' slice of an event table, or all of a small one, in landing's types and bounded batches.

        What they hold that they must not is counted in ``strays``: nothing may come of a batch until these
        have refused, or had nothing to.
        """
        with self._raw(table, source, columns, self._on(source, days)) as raw:
            yield (typed(batch, source, self.moment, strays) for batch in raw)

    def rows(self, table: str, source: Source, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Every row of a small table, in landing's types.

        Raises:
            SourceDriftError, SeveralDriftsError: its content drifted; no row of a bad batch is given.
        """
        strays = Strays(table, source)
        with self.batches(table, source, columns, Days.of(self.moment.date()), strays) as batches:
            for batch in batches:
                strays.refuse()
                yield from batch.to_pylist()

    def naming(self, table: str, source: Source, columns: Sequence[str], asked: Asked) -> Iterator[pa.RecordBatch]:
        """The rows of a whole table in which a column has one of some values, in landing's types, batch by batch.

        A value is a parameter: no statement, and so no log of the database's statements, shows one.

        Raises:
            SourceDriftError, SeveralDriftsError: their content drifted; no row of a bad batch is given.
        """
        kind = source.columns[asked.column].type
        for start in range(0, len(asked.values), PARAMETERS):
            values = asked.values[start : start + PARAMETERS]
            strays = Strays(table, source)
            where = f" WHERE {asked.condition(self.dialect, kind, len(values))}"
            with self._raw(table, source, columns, where, values) as raw:
                for batch in raw:
                    ours = typed(batch, source, self.moment, strays)
                    strays.refuse()
                    yield ours

    def look_at_times(self, table: str, source: Source, strays: Strays) -> None:
        """Count in ``strays`` the rows of a whole event table that lie in no day: no night would see them."""
        last = (self.moment + CLOCKS_DIFFER).strftime("%Y-%m-%d %H:%M:%S+00")
        strange = self.dialect.strange.format(c=_quoted(source.time or ""), first=FIRST_MOMENT.isoformat(), last=last)
        with self._raw(table, source, [source.time or ""], f" WHERE {strange}") as raw:
            for batch in raw:
                typed(batch, source, self.moment, strays)

    @contextmanager
    def _raw(
        self, table: str, source: Source, columns: Sequence[str], where: str, values: Sequence[str] = ()
    ) -> Iterator[Iterator[pa.RecordBatch]]:
        """Rows under our column names, their cells as the database's dialect writes them."""
        read = self.dialect.read
        expressions = [read.get(source.columns[name].type, "{c}").format(c=_quoted(name)) for name in columns]
        body = f"{', '.join(expressions)} FROM {_quoted(table)}{where}"
        with self.connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**self.dialect.batches)
            if self.dialect.typed_by_first_row:
                texts = ", ".join("''" for _ in columns)
                cursor.execute(f"SELECT 0, {texts} UNION ALL SELECT 1, {body}", tuple(values) or None)
                yield (_real(batch, columns) for batch in _streamed(cursor.fetch_record_batch()))
            else:
                cursor.execute(f"SELECT {body}", tuple(values) or None)
                yield (batch.rename_columns(list(columns)) for batch in _streamed(cursor.fetch_record_batch()))

    def _on(self, source: Source, days: Days) -> str:
        """The condition for the rows of these days; none for a small table."""
        if source.time is None:
            return ""
        near = {"before": days.first - ONE_DAY, "next": days.last + ONE_DAY, "after": days.last + 2 * ONE_DAY}
        condition = self.dialect.on_days.format(c=_quoted(source.time), first=days.first, last=days.last, **near)
        return f" WHERE {condition}"

    def _one(self, query: str) -> Any:
        with self.connection.cursor() as cursor:
            cursor.execute(query)
            row = cursor.fetchone()
        return row[0]


def _streamed(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The batches; that the database goes away between two of them Arrow says in its own words."""
    try:
        yield from batches
    except (OSError, pa.ArrowException):
        raise PlatformLostError(None) from None


def _real(batch: pa.RecordBatch, columns: Sequence[str]) -> pa.RecordBatch:
    """The batch under our column names, without the row that only gave the types."""
    real = batch.filter(pa.compute.equal(batch.column(0), 1))
    return pa.RecordBatch.from_arrays(real.columns[1:], names=list(columns))


def _quoted(name: str) -> str:
    """A name from the checked policy files as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def connect(now: datetime | None = None) -> Iterator[Platform]:
    """The database that ``IGNICLOUD_PLATFORM`` names, at one moment of its life: ``now``, or the clock's.

    Raises:
        PlatformError: it isn't named, doesn't answer, or can't be read. The driver's own message may carry
            credentials and is not passed on.
        PlatformLostError: it went away in the middle, or a table stayed locked.
    """
    uri = os.environ.get("IGNICLOUD_PLATFORM", "")
    try:
        if uri.startswith("sqlite:///"):
            path = Path(uri.removeprefix("sqlite:///"))
            if not path.is_file():
                raise PlatformError("is a SQLite file that doesn't exist")
            connection, dialect = sqlite.connect(f"{path.absolute().as_uri()}?mode=ro"), SQLITE
        elif uri.startswith("postgresql:"):
            connection, dialect = postgresql.connect(_patient()), POSTGRESQL
        else:
            raise PlatformError("isn't named" if not uri else "is of a sort that isn't supported")
    except (sqlite.Error, postgresql.Error):
        raise PlatformError("doesn't answer") from None
    with closing(connection):
        _begin(connection, dialect)
        try:
            yield Platform(connection, dialect, now or datetime.now(UTC))
        except (sqlite.Error, postgresql.Error) as error:
            if (error.sqlstate or "")[:2] in DENIED:
                raise PlatformError(f"doesn't let this user read it (SQLSTATE {error.sqlstate})") from None
            raise PlatformLostError(error.sqlstate) from None


def _patient() -> str:
    """libpq's own variables, and an end to waiting for a server that is gone without a word, unless they say when."""
    given = {"connect_timeout": "PGCONNECT_TIMEOUT", "tcp_user_timeout": None, "keepalives_idle": None}
    options = {name: PATIENCE[name] for name, variable in given.items() if not os.environ.get(variable or "")}
    return "postgresql://?" + "&".join(f"{name}={value}" for name, value in options.items())


def _begin(connection: Any, dialect: Dialect) -> None:
    try:
        with connection.cursor() as cursor:
            for statement in dialect.begin:
                cursor.execute(statement)
    except (sqlite.Error, postgresql.Error):
        raise PlatformError("can't be read: it is another sort of file, damaged, or closed to this user") from None
