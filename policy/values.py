"""What a cell of each type must look like, and when it can have been: the border's rules, in words and numbers.

docs/values.md shows what the code makes of the strange by these rules.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

ColumnType = Literal["uuid", "text", "integer", "decimal", "timestamp", "date", "json", "boolean"]

TimeRole = Literal["begin", "end"]
"""``begin``: something happened then. ``end``: something ends then, or, when it is null, hasn't an end."""

FORMS: dict[ColumnType, str] = {
    "uuid": "32 hexadecimal digits in either case, with their hyphens or without, also in braces or after urn:uuid:",
    "text": "UTF-8 without NUL characters",
    "integer": "a whole number from -9223372036854775808 to 9223372036854775807, in digits",
    "decimal": "a number of at most 16 digits before the point and 2 after it",
    "timestamp": "YYYY-MM-DD HH:MM:SS, also with T between, a fraction, and Z or an offset (+HH:MM) behind",
    "date": "YYYY-MM-DD",
    "json": "UTF-8 without NUL characters",
    "boolean": "true, false, 1 or 0",
}
"""The one form of each type; PostgreSQL's own types have it already, a cell of SQLite is held to it."""

FIRST_MOMENT = date(1970, 1, 1)
"""Nothing on the platform is older: an earlier year is a mistake or a placeholder."""

LAST_END = date(2200, 12, 31)
"""A later end, or infinity, means that there is none."""

CLOCKS_DIFFER = timedelta(days=1)
"""How far ahead of our clock a beginning may lie: clocks differ, and a date may be a time zone's own."""

IMPOSSIBLE: dict[TimeRole, str] = {
    "begin": f"with a beginning before {FIRST_MOMENT.year} or in the future",
    "end": f"with an end before {FIRST_MOMENT.year}",
}
