"""A secret from an Airflow connection, as a file that only this user can read, while one step runs."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException

KEK = "ignicloud_kek"
"""The connection whose password is the key-encryption key, from whatever secrets backend is configured."""


@contextmanager
def closed_file(content: str) -> Iterator[Path]:
    """``content`` in a file (0600, in a 0700 folder) that is gone when the block ends."""
    with tempfile.TemporaryDirectory(prefix="ignicloud-") as folder:
        path = Path(folder) / "secret"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(content)
        yield path


@contextmanager
def kek_environment() -> Iterator[dict[str, str]]:
    """Where a step finds the key-encryption key of the connection ``ignicloud_kek``; empty without one.

    Guarantee: the variable holds a path. The key itself is in no variable, argument or log.
    """
    try:
        connection = Connection.get(KEK)
    except AirflowNotFoundException:
        yield {}
        return
    with closed_file(connection.password or "") as path:
        yield {"IGNICLOUD_KEK": f"file:{path}"}
