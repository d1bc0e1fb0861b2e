"""The connection ``platform``, as the environment of the steps that read the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException

from ignicloud_airflow.closed import closed_file

CONN_ID = "platform"


@contextmanager
def platform_environment() -> Iterator[dict[str, str]]:
    """libpq's variables for the connection ``platform``; empty when there is no such connection.

    Guarantee: the password is in no variable and no argument. It lies in a file that only this
    user can read (0600, in a 0700 folder) and that is gone when the block ends.
    """
    try:
        connection = Connection.get(CONN_ID)
    except AirflowNotFoundException:
        yield {}
        return
    if connection.conn_type == "sqlite":
        yield {"IGNICLOUD_PLATFORM": f"sqlite:///{connection.host}"}
        return
    with closed_file(f"*:*:*:*:{_escaped(connection.password or '')}\n") as passfile:
        yield {"IGNICLOUD_PLATFORM": "postgresql:", "PGPASSFILE": str(passfile), **_libpq(connection)}


def _libpq(connection: Any) -> dict[str, str]:
    options = {f"PG{name.upper()}": value for name, value in connection.extra_dejson.items() if name.startswith("ssl")}
    named = {
        "PGHOST": connection.host,
        "PGPORT": connection.port,
        "PGDATABASE": connection.schema,
        "PGUSER": connection.login,
        **options,
    }
    return {name: str(value) for name, value in named.items() if value}


def _escaped(password: str) -> str:
    return password.replace("\\", "\\\\").replace(":", "\\:")
