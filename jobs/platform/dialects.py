"""What PostgreSQL and SQLite say differently: how they describe a table, and how they write a cell.

SQLite enforces no type, so every cell of it is read as text and held to its column's type at the border
(`jobs.platform.typed`). A cell of a storage class that its type doesn't have (a BLOB in a text, a number in
a time) arrives as one byte that begins no UTF-8 text: there it is counted among what can't be read.
"""

from __future__ import annotations

from dataclasses import dataclass

from policy.values import ColumnType

BATCH_BYTES = 16 * 1024 * 1024
"""PostgreSQL's batches: measured at 177 MB peak memory for any table size."""

BATCH_ROWS = 65_536

LOCKED_SECONDS = 60
"""How long a table is waited for that somebody has locked, unless the server or ``PGOPTIONS`` says how long."""


@dataclass(frozen=True)
class Dialect:
    """What one database says differently.

    ``describe``: a query for (column, declared type), in the table's order, with one parameter.
    ``declared``: our column type → the declared types that fit it.
    ``read``: our column type → the expression that reads it, where that isn't the column alone.
    ``begin``: statements that make a transaction see one moment of the database.
    ``on_days``: the condition for a moment of the UTC days ``first`` to ``last``; it has the days ``before``, ``next``
    and ``after`` (the day after ``next``) to compare with, too, so that an index serves it.
    ``strange``: a condition that holds of every moment that isn't between ``first`` and ``last`` in the
    database's own spelling; it may hold of more.
    ``bare``: our column type → the column in the one spelling in which ``given`` writes a value to compare with, its
    ``{n}``-th parameter; for a text that is without blanks around it.
    ``beyond_ascii``: whether a text has a letter outside ASCII.
    ``first_day``: the UTC date of the earliest moment since ``first``, as text.
    ``batches``: options of the driver that bound a batch.
    ``typed_by_first_row``: whether the driver takes a column's type from its first row.
    """

    describe: str
    declared: dict[ColumnType, tuple[str, ...]]
    read: dict[ColumnType, str]
    begin: tuple[str, ...]
    on_days: str
    strange: str
    bare: dict[ColumnType, str]
    given: dict[ColumnType, str]
    beyond_ascii: str
    first_day: str
    batches: dict[str, str]
    typed_by_first_row: bool


# -- PostgreSQL ------------------------------------------------------------------------------------

_LAST, _FIRST = "9999-12-31", "0001-01-01"


def _finite(literal: str) -> str:
    """Infinity and years that Arrow would wrap round, as the last and the first day that any step knows."""
    last, first = (literal.format(day) for day in (_LAST, _FIRST))
    return f"CASE WHEN {{c}} > {last} THEN {last} WHEN {{c}} < {first} THEN {first} ELSE {{c}} END"


POSTGRESQL = Dialect(
    describe="SELECT column_name::text, data_type::text FROM information_schema.columns "
    "WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position",
    declared={
        "uuid": ("uuid",),
        "text": ("text", "character varying", "character"),
        "integer": ("integer", "bigint", "smallint"),
        "decimal": ("numeric",),
        "timestamp": ("timestamp with time zone",),
        "date": ("date",),
        "json": ("jsonb", "json"),
        "boolean": ("boolean",),
    },
    read={
        **dict.fromkeys(("json", "decimal"), "{c}::text"),  # a uuid comes as its 16 bytes
        "text": "{c}::text",  # takes off the blanks that fill up a character(n)
        "timestamp": _finite("TIMESTAMPTZ '{} 00:00:00+00'"),
        "date": _finite("DATE '{}'"),
    },
    begin=(
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
        "SET LOCAL TIME ZONE 'UTC'",
        f"SELECT set_config('lock_timeout', '{LOCKED_SECONDS}s', true) WHERE current_setting('lock_timeout') = '0'",
    ),
    on_days="{c} >= TIMESTAMPTZ '{first} 00:00:00+00' AND {c} < TIMESTAMPTZ '{next} 00:00:00+00'",
    strange="{c} IS NULL OR {c} < TIMESTAMPTZ '{first}' OR {c} > TIMESTAMPTZ '{last}'",
    bare={"uuid": "{c}", "text": "btrim({c}, E' \\t\\n\\r')"},
    given={"uuid": "${n}::text::uuid", "text": "${n}::text"},
    beyond_ascii="octet_length({c}) <> length({c})",
    first_day="SELECT min({c})::date::text FROM {table} WHERE {c} >= TIMESTAMPTZ '{first}' AND {c} < 'infinity'",
    batches={"adbc.postgresql.batch_size_hint_bytes": str(BATCH_BYTES)},
    typed_by_first_row=False,
)


# -- SQLite ----------------------------------------------------------------------------------------

_DAY = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
_CLOCK = "[0-9][0-9]:[0-9][0-9]:[0-9][0-9]"

_HEX = "replace(replace(replace(replace(lower(trim({c})), 'urn:uuid:', ''), '{{', ''), '}}', ''), '-', '')"


def _text(*storage: str) -> str:
    """A cell of one of these storage classes, or null, as text; any other as a byte that is no text."""
    known = ", ".join(f"'{each}'" for each in ("null", *storage))
    return f"CASE WHEN typeof({{c}}) IN ({known}) THEN CAST({{c}} AS TEXT) ELSE CAST(x'FF' AS TEXT) END"


SQLITE = Dialect(
    describe="SELECT name, upper(type) FROM pragma_table_info(?) ORDER BY cid",
    declared={
        "uuid": ("UUID", "TEXT"),
        "text": ("TEXT",),
        "integer": ("INTEGER",),
        "decimal": ("DECIMAL", "NUMERIC"),
        "timestamp": ("TIMESTAMP",),
        "date": ("DATE",),
        "json": ("JSON",),
        "boolean": ("BOOLEAN",),
    },
    read={
        **dict.fromkeys(("uuid", "text", "timestamp", "date"), _text("text")),
        **dict.fromkeys(("json", "integer", "decimal", "boolean"), _text("text", "integer", "real")),
    },
    begin=("SELECT count(*) FROM sqlite_master",),
    # By time and not by text: an offset from UTC moves a moment by less than a day, all else begins with its day.
    on_days="{c} >= '{before}' AND {c} < '{after}' AND CASE WHEN substr({c}, -6, 1) IN ('+', '-') "
    "THEN date(substr({c}, 1, 19) || substr({c}, -6)) ELSE substr({c}, 1, 10) END BETWEEN '{first}' AND '{last}'",
    strange=f"{{c}} IS NULL OR typeof({{c}}) <> 'text' OR {{c}} NOT GLOB '{_DAY} {_CLOCK}.{'[0-9]' * 6}' "
    "OR datetime({c}, '+0 days') IS NOT substr({c}, 1, 19) OR {c} < '{first}' OR {c} > '{last}'",
    bare={"uuid": _HEX, "text": "trim({c}, char(32, 9, 10, 13))"},
    given={"uuid": "replace(?, '-', '')", "text": "?"},
    beyond_ascii="length(CAST({c} AS BLOB)) <> length({c})",
    first_day="SELECT date(min({c})) FROM {table} WHERE {c} >= '{first}' "
    f"AND {{c}} GLOB '{_DAY}[ T]*' AND typeof({{c}}) = 'text'",
    batches={"adbc.sqlite.query.batch_rows": str(BATCH_ROWS)},
    typed_by_first_row=True,
)
