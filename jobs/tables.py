"""Published tables: Delta Lake, partitioned by data day, one atomic commit a change.

Spark has written the files; ``deltalake`` (the Rust library) makes them visible, so no JVM is
needed here and analysts read the same tables with pandas, Polars or DuckDB. Column statistics
are left out of the log: it would remember the smallest and largest token of every file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from deltalake import CommitProperties, DeltaTable, Field, Schema
from deltalake.schema import PrimitiveType
from deltalake.transaction import AddAction

from policy.contract import Contract
from policy.errors import PolicyError

PARTITION = "day"


class SchemaChangedError(PolicyError):
    """The published table has other columns than the contract of today."""

    def __init__(self, release: str, owner: str) -> None:
        self.release, self.owner = release, owner
        super().__init__(
            f"{release}: the published table has other columns than its contract; "
            f"ask {owner} to move the old table away or to give the new contract a new name"
        )


def open_table(folder: Path, contract: Contract) -> DeltaTable:
    """The release's table in ``folder``; an empty one is made on first use.

    Raises:
        SchemaChangedError: it was made under another set of columns.
    """
    schema = Schema([*(_field(n, t) for n, t in contract.output_schema.items()), _field(PARTITION, "date")])
    if not DeltaTable.is_deltatable(str(folder)):
        DeltaTable.create(
            folder,
            schema,
            partition_by=[PARTITION],
            name=contract.release,
            description=contract.about,
            configuration={"delta.dataSkippingNumIndexedCols": "0"},
        )
    table = DeltaTable(folder)
    if table.schema() != schema:
        raise SchemaChangedError(contract.release, contract.owner)
    return table


def _field(name: str, spark_type: str) -> Field:
    return Field(name, PrimitiveType({"bigint": "long"}.get(spark_type, spark_type)), nullable=True)


def replace_day(table: DeltaTable, day: date, files: Mapping[Path, int], properties: Mapping[str, str]) -> int:
    """Make ``files``, which lie below the table's folder, the one content of ``day``; the new version.

    One commit: readers see the old day or the new one. ``files`` maps paths, relative to the
    table, to their rows. A concurrent commit that touches the same day makes this one fail.
    """
    root = folder_of(table)
    partition = {PARTITION: day.isoformat()}
    actions = [
        AddAction(
            path=str(path),
            size=(root / path).stat().st_size,
            partition_values=partition,
            modification_time=int((root / path).stat().st_mtime * 1000),
            data_change=True,
            stats=json.dumps({"numRecords": rows}),
        )
        for path, rows in files.items()
    ]
    table.create_write_transaction(
        list(actions),
        mode="overwrite",
        schema=table.schema(),
        partition_by=[PARTITION],
        partition_filters=[(PARTITION, "=", day.isoformat())],
        commit_properties=CommitProperties(custom_metadata=dict(properties)),
    )
    table.update_incremental()
    return table.version()


def folder_of(table: DeltaTable) -> Path:
    """The table's own folder."""
    return Path(table.table_uri.removeprefix("file://"))


def files_of(table: DeltaTable, day: date) -> list[Path]:
    """The files, relative to the table, that are ``day`` in its current version."""
    uris = table.file_uris(partition_filters=[(PARTITION, "=", day.isoformat())])
    return sorted(Path(uri.removeprefix("file://")).relative_to(folder_of(table)) for uri in uris)


def committed(table: DeltaTable, run: str) -> int | None:
    """The version in which ``run`` was published, if it was."""
    for commit in table.history():
        if commit.get("run") == run:
            return int(commit["version"])
    return None
