"""Published tables: Delta Lake, partitioned by data day, one atomic commit a change.

Spark has written the files; ``deltalake`` (the Rust library) makes them visible, so no JVM is
needed here and analysts read the same tables with pandas, Polars or DuckDB. Column statistics
are left out of the log: it would remember the smallest and largest token of every file.
Every commit is durable when it is said: data first, then the log (`jobs.lake.commits`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Schema
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction

from jobs.lake.columns import PARTITION, are_alike, schema_of
from jobs.lake.commits import entries, forget_location, make_durable, require_whole
from jobs.lake.faults import fault
from jobs.lake.files import flush
from policy.contract import Contract
from policy.errors import PolicyError

MOMENT = 1.0
"""Seconds in which a reader who has listed a log without its new checkpoint reads the entries that it listed."""


CHECKPOINT_EVERY = 100
"""Commits after which readers get a checkpoint instead of as many log entries."""


class NoTableError(PolicyError):
    """A release that must be published has no table."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(f"{folder.name} has no published table; run a night first, or restore the table from a copy")


class DamagedTableError(PolicyError):
    """A table's log can't be read, though no entry of it is torn: its checkpoint is damaged, or an entry is missing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(
            f"{folder.name}: the table's log can't be read: its checkpoint is damaged, or an entry is missing; nothing "
            f"was changed; restore {folder.name}/_delta_log from a copy, or move the table away and run its days again"
        )


class SchemaChangedError(PolicyError):
    """The published table has other columns than the contract of today."""

    def __init__(self, release: str, owner: str) -> None:
        self.release, self.owner = release, owner
        super().__init__(
            f"{release}: the published table has other columns than its contract; "
            f"ask {owner} to move the old table away or to give the new contract a new name"
        )


def has_table(folder: Path) -> bool:
    """Whether a table lies in ``folder``, whole or not."""
    return bool(entries(folder))


def find_table(folder: Path) -> DeltaTable | None:
    """The table in ``folder`` in its newest version, if there is one.

    Raises:
        TornCommitError: a power cut spoilt the log; what the table would show isn't what was published.
        DamagedTableError: its checkpoint, or what its log says, can't be read.
    """
    require_whole(folder)
    try:
        return DeltaTable(folder) if has_table(folder) else None
    except DeltaError:
        raise DamagedTableError(folder) from None


def opened(folder: Path) -> DeltaTable:
    """The table in ``folder``, which is there.

    Raises:
        TornCommitError: see `find_table`.
        NoTableError: it isn't.
    """
    table = find_table(folder)
    if table is None:
        raise NoTableError(folder)
    return table


def open_table(folder: Path, contract: Contract) -> DeltaTable:
    """The release's table in ``folder``; an empty one is made on first use.

    Raises:
        SchemaChangedError: it was made under another set of columns.
        TornCommitError: a power cut spoilt the log.
    """
    schema = schema_of(contract)
    if not entries(folder):
        DeltaTable.create(
            folder,
            schema,
            partition_by=[PARTITION],
            name=contract.release,
            description=contract.about,
            configuration={"delta.dataSkippingNumIndexedCols": "0"},
        )
        forget_location(folder)
        make_durable(folder)
    table = opened(folder)
    if not are_alike(table.schema(), schema):
        raise SchemaChangedError(contract.release, contract.owner)
    return table


def replace_day(
    table: DeltaTable,
    day: date,
    files: Mapping[Path, int],
    properties: Mapping[str, str],
    schema: Schema | None = None,
) -> int:
    """Make ``files`` the one content of ``day``; the new version. See `replace_days`."""
    return replace_days(table, [day], files, properties, schema)


def replace_days(
    table: DeltaTable,
    days: Iterable[date],
    files: Mapping[Path, int],
    properties: Mapping[str, str],
    schema: Schema | None = None,
) -> int:
    """Make ``files``, which lie below the table's folder, the one content of ``days``; the new version.

    One commit: readers see the old days or the new ones, and after a power cut, too. ``files`` maps paths
    ``day=…/name``, relative to the table, to their rows. ``schema``: the columns with the comments that they have from
    now on; those they have, if none is given. A concurrent commit that touches the same days makes this one fail.
    """
    root = folder_of(table)
    forget_location(root)
    for path in (*files, *{path.parent for path in files}, Path()):
        flush(root / path)
    actions = [
        AddAction(
            path=str(path),
            size=(root / path).stat().st_size,
            partition_values={PARTITION: day_of(path).isoformat()},
            modification_time=int((root / path).stat().st_mtime * 1000),
            data_change=True,
            stats=json.dumps({"numRecords": rows}),
        )
        for path, rows in files.items()
    ]
    fault("table.before_commit")
    table.create_write_transaction(
        list(actions),
        mode="overwrite",
        schema=schema or table.schema(),
        partition_by=[PARTITION],
        partition_filters=[(PARTITION, "in", sorted(day.isoformat() for day in days))],
        commit_properties=CommitProperties(custom_metadata=dict(properties)),
        post_commithook_properties=PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False),
    )
    table.update_incremental()
    fault("table.before_flush")
    make_durable(root)
    if table.version() % CHECKPOINT_EVERY == 0:
        table.create_checkpoint()
        make_durable(root)
    return table.version()


@dataclass(frozen=True)
class TableFile:
    """One file of a table's current version; ``path`` is relative to the table."""

    path: str
    day: date
    rows: int
    bytes: int


def current_files(table: DeltaTable) -> list[TableFile]:
    """Every file that readers of the current version see, by day and name."""
    actions = pa.table(table.get_add_actions(flatten=True)).to_pylist()
    files = (TableFile(a["path"], a[f"partition.{PARTITION}"], a["num_records"], a["size_bytes"]) for a in actions)
    return sorted(files, key=lambda file: (file.day, file.path))


def published_rows(folder: Path, contract: Contract, wanted: Callable[[date], bool]) -> list[dict[str, Any]]:
    """The rows that readers see of these days, their day among the columns; for tables of few rows a day.

    Raises:
        SchemaChangedError: the table was made under another set of columns.
        TornCommitError: a power cut spoilt the log.
    """
    if not has_table(folder):
        return []
    table = open_table(folder, contract)
    days = sorted({file.day for file in current_files(table) if wanted(file.day)})
    if not days:
        return []
    rows = table.to_pyarrow_table(partitions=[(PARTITION, "in", [day.isoformat() for day in days])])
    return list(rows.to_pylist())


def forget_history(table: DeltaTable) -> int:
    """Reduce the log to its newest version, so that it remembers nothing of what was; entries removed.

    A checkpoint comes first, and a moment later what it replaces goes: a reader finds a whole table at any
    point. Older versions can't be opened afterwards.
    """
    log, version = folder_of(table) / "_delta_log", table.version()
    table.create_checkpoint()
    make_durable(log.parent)
    time.sleep(MOMENT)
    fault("table.before_forgetting")
    old = [path for path in log.iterdir() if path.name[:20].isdigit() and int(path.name[:20]) < version]
    for path in old:
        path.unlink()
    flush(log)
    return len(old)


def day_of(path: Path) -> date:
    """The partition of a file ``day=…/name``."""
    return date.fromisoformat(path.parent.name.removeprefix(f"{PARTITION}="))


def folder_of(table: DeltaTable) -> Path:
    """The table's own folder."""
    return _path_of(table.table_uri)


def files_of(table: DeltaTable, day: date) -> list[Path]:
    """The files, relative to the table, that are ``day`` in its current version."""
    uris = table.file_uris(partition_filters=[(PARTITION, "=", day.isoformat())])
    return sorted(_path_of(uri).relative_to(folder_of(table)) for uri in uris)


def current_paths(table: DeltaTable) -> list[Path]:
    """Where the files of the table's current version lie."""
    return sorted(map(_path_of, table.file_uris()))


def _path_of(uri: str) -> Path:
    """The path that a URI of a file spells (RFC 8089): a space is ``%20`` in it."""
    return Path(unquote(uri.removeprefix("file://")))


def committed(table: DeltaTable, field: str, content: str) -> int | None:
    """The version whose commit says ``content`` in ``field``, if the log still knows it."""
    for commit in table.history():
        if commit.get(field) == content:
            return int(commit["version"])
    return None
