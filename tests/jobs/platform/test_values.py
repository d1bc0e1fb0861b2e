"""Types × what is strange in them: the table of docs/values.md is what a real SQLite and PostgreSQL really give.

After a change at the border: ``WRITE_DOCS=1 python -m pytest tests/jobs/platform/test_values.py``.
"""

import os
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import psycopg2
import pytest

from jobs.platform.database import connect
from policy.errors import CellDriftError
from policy.sources import Source

PAGE = Path(__file__).resolve().parents[3] / "docs" / "values.md"
BEGIN, END = (
    "<!-- types and strange values: written by tests/jobs/platform/test_values.py -->\n",
    "<!-- end of types and strange values -->",
)
NOT_THERE = "can't be there"
NOW = datetime(2026, 3, 13, 2, tzinfo=UTC)
ID = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
TEXT, UUID, INTEGER, DECIMAL, BOOLEAN, JSON = (
    {"type": kind, "kind": "plain"} for kind in ("text", "uuid", "integer", "decimal", "boolean", "json")
)
WORD = TEXT | {"values": ["paid", "trial"]}
BEGIN_AT, BEGIN_ON = ({"type": kind, "kind": "plain"} for kind in ("timestamp", "date"))
END_AT, END_ON = (column | {"role": "end"} for column in (BEGIN_AT, BEGIN_ON))
POSTGRESQL = {"timestamp": "timestamptz", "decimal": "numeric", "integer": "bigint", "json": "jsonb"}

INFINITE = {
    "infinity": "'infinity'",
    "minus infinity": "'-infinity'",
    "a far year": "'9999-12-31'",
    "year 1": "'0001-01-01'",
    "the last day before 1970": "'1969-12-31'",
}
MOMENTS = {
    what: cell.replace("-31'", "-31 00:00:00'").replace("-01'", "-01 00:00:00'") for what, cell in INFINITE.items()
}
STRANGE = {
    "uuid": (UUID, {
        "capitals": f"'{ID.upper()}'",
        "braces": f"'{{{ID}}}'",
        "`urn:uuid:`": f"'urn:uuid:{ID}'",
        "no hyphens": f"'{ID.replace('-', '')}'",
        "no hyphens, digits alone": f"'{'0123456789' * 3}12'",
        "padded": f"' {ID} '",
        "empty": "''",
        "a digit too few": f"'{ID[:-1]}'",
        "another id": "'user-4711'",
        "16 bytes": f"x'{ID.replace('-', '')}'",
    }),
    "text": (TEXT, {
        "empty": "''",
        "padded": "'  jane '",
        "any script": "'Ζωή 王芳 👩‍💻'",
        "10 kB": f"'{'x' * 10_240}'",
        "a byte that isn't UTF-8": "CAST(x'6AFF' AS TEXT)",
        "Latin-1": "CAST(x'4C6566E8767265' AS TEXT)",
        "a lone surrogate": "CAST(x'6AEDA080' AS TEXT)",
        "a NUL": "'jane' || char(0)",
        "a BLOB": "x'6A616E65'",
    }),
    "text with a vocabulary": (WORD, {
        "empty": "''",
        "padded": "'paid '",
        "capitals": "'PAID'",
        "a new word": "'gift'",
    }),
    "timestamp": (BEGIN_AT, MOMENTS | {
        "in two days": "'2026-03-15 02:00:01'",
        "`T`": "'2026-03-12T23:59:59.999999'",
        "`Z`": "'2026-03-12 10:00:00Z'",
        "an offset": "'2026-03-12 00:30:00+01:00'",
        "no fraction": "'2026-03-12 10:00:00'",
        "nanoseconds": "'2026-03-12 23:59:59.999999999Z'",
        "midnight": "'2026-03-12 00:00:00'",
        "no seconds": "'2026-03-12 10:00'",
        "a date": "'2026-03-12'",
        "30 February": "'2026-02-30 10:00:00'",
        "epoch seconds": "1773309600",
        "a Julian day": "2461111.5",
        "another order": "'12/03/2026 10:00:00'",
        "empty": "''",
    }),
    "timestamp, an end": (END_AT, MOMENTS | {
        "the last day of 2200": "'2200-12-31 23:59:59.999999'",
        "2201": "'2201-01-01 00:00:00'",
        "next year": "'2027-03-12 10:00:00'",
    }),
    "date": (BEGIN_ON, INFINITE | {
        "in two days": "'2026-03-15'",
        "with a time": "'2026-03-12 10:00:00'",
        "30 February": "'2026-02-30'",
        "no hyphens": "'20260312'",
        "empty": "''",
    }),
    "date, an end": (END_ON, INFINITE | {"next year": "'2027-03-12'"}),
    "integer": (INTEGER, {
        "a fraction": "'3.5'",
        "hexadecimal": "'0x10'",
        "too large": "'9223372036854775808'",
        "padded": "' 3 '",
        "empty": "''",
    }),
    "decimal": (DECIMAL, {
        "zeros behind": "'19.900'",
        "three places": "'19.905'",
        "too large": "'12345678901234567.00'",
        "not a number": "'NaN'",
        "a comma": "'19,90'",
        "empty": "''",
    }),
    "boolean": (BOOLEAN, {"a word": "'true'", "a number": "1", "another number": "2", "another word": "'maybe'"}),
    "json": (JSON, {
        "no JSON": "'{\"purpose\": '",
        "an escaped surrogate": "'{\"a\": \"\\ud800\"}'",
        "a number": "5",
        "a BLOB": "x'7B7D'",
        "empty": "''",
    }),
}  # fmt: skip


def read(column):
    """What comes of the one cell of table ``strange``: its value, or why it stops the run."""
    source = Source(owner="data@firm.example", clause="3.1", rhythm="snapshot", columns={"cell": column})
    with connect(NOW) as platform:
        try:
            [row] = platform.rows("strange", source, ["cell"])
        except CellDriftError:
            return "refused"
    return written(row["cell"])


def written(value):
    if value is None:
        return "null"
    if isinstance(value, str):
        return f"`{value!r}`" if len(value) < 99 else "as it is"
    return f"{value:%Y-%m-%d %H:%M:%S.%f}" if isinstance(value, datetime) else str(value)


def in_sqlite(column, cell, path):
    declared = column["type"].upper()
    with sqlite3.connect(path) as database:
        database.execute("DROP TABLE IF EXISTS strange")
        database.execute(f"CREATE TABLE strange (cell {declared})")
        database.execute(f"INSERT INTO strange VALUES ({cell})")
    return read(column)


def in_postgresql(column, cell):
    kind = POSTGRESQL.get(column["type"], column["type"])
    if not cell.startswith("'") or not cell.endswith("'"):
        return NOT_THERE  # bytes, NULs and numbers: no such column takes them
    with psycopg2.connect("") as connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS strange")
        cursor.execute(f"CREATE TABLE strange (cell {kind})")
        connection.commit()
        try:
            cursor.execute(f"INSERT INTO strange VALUES ({cell})")
        except psycopg2.Error:
            return NOT_THERE
    return read(column)


@pytest.fixture
def outcomes(tmp_path, postgres, monkeypatch):
    """(type, what is strange) → what comes of it in SQLite and in PostgreSQL."""
    found = {(kind, what): [None, in_postgresql(column, cell)] for kind, what, column, cell in cells()}
    path = tmp_path / "strange.db"
    monkeypatch.setenv("IGNICLOUD_PLATFORM", f"sqlite:///{path}")
    for kind, what, column, cell in cells():
        found[kind, what][0] = in_sqlite(column, cell, path)
    return found


def cells():
    return [(kind, what, column, cell) for kind, (column, strange) in STRANGE.items() for what, cell in strange.items()]


def table(outcomes):
    rows = (f"| {kind} | {what} | {sqlite} | {postgres} |\n" for (kind, what), (sqlite, postgres) in outcomes.items())
    return "| type | strange | in SQLite | in PostgreSQL |\n|---|---|---|---|\n" + "".join(rows)


def test_the_blanks_that_fill_up_a_character_column_are_none_of_its_words(postgres):
    with psycopg2.connect("") as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE strange (cell character(20))")
        cursor.execute("INSERT INTO strange VALUES ('paid')")
    assert read(WORD) == "`'paid'`"


def test_the_page_says_what_comes_of_every_strange_value_and_no_database_reads_one_otherwise(outcomes):
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    page, _, after = rest.partition(END)
    if os.environ.get("WRITE_DOCS"):
        PAGE.write_text(before + BEGIN + table(outcomes) + END + after, "utf-8")
    else:
        assert page == table(outcomes)
