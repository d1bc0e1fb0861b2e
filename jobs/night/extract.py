"""Copy one day of the platform into landing: the only step that sees the operational database.

Only tables and columns that some release or some right needs are named in a statement; a table
that the policy puts out of scope (clauses 1.3, 2.2) never is. Everything is read in one
transaction, streamed in bounded batches, and a rerun of a day replaces that day.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.lake.files import flush, sha256_of
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake, LandedFile, Manifest
from jobs.platform.database import Platform, connect
from jobs.platform.drift import Strays, require_classified
from jobs.platform.typed import ARROW, typed
from jobs.retention.deadline import require_within
from policy.periods import months_of
from policy.promise import Promise
from policy.sources import Source

ROW_GROUP_ROWS = 1_000_000


def extract_day(promise: Promise, day: date, lake: Lake, ledger: Ledger) -> list[Manifest]:
    """Land every needed source of ``day``.

    Guarantee: each source is replaced whole or not at all; nothing of a forbidden source is read.

    Raises:
        PastPeriodError: no release may hold rows of the day any more.
        UnlistedColumnError, MissingColumnError, ColumnTypeError: the schema drifted.
        VocabularyError, RequiredValueError: the content drifted.
        PlatformError: the database doesn't answer.
    """
    require_wanted(promise, day)
    needed = {name: columns for name in promise.readable if (columns := needed_columns(promise, name))}
    manifests = []
    with connect() as platform:
        for name in needed:
            require_classified(name, promise.source(name), platform.describe(name), platform.dialect)
        for name, columns in needed.items():
            manifest = _land(platform, name, promise.source(name), columns, day, lake)
            ledger.append("extracted", source=name, day=day, rows=manifest.rows, columns=len(columns))
            manifests.append(manifest)
    return manifests


def require_wanted(promise: Promise, day: date) -> None:
    """Some release may still hold rows of ``day``.

    Raises:
        PastPeriodError: none may; named is the one that was kept longest.
    """
    longest = max(promise.contracts.values(), key=lambda contract: months_of(contract.retention.keep))
    require_within(longest, day)


@contextmanager
def landed(promise: Promise, day: date, lake: Lake, ledger: Ledger) -> Iterator[None]:
    """The day in landing; if it had to be extracted for this, it is gone afterwards."""
    if day in lake.landed_days():
        yield
        return
    try:
        extract_day(promise, day, lake, ledger)
        yield
    finally:
        for source in lake.leave(day):
            ledger.append("cleaned", source=source, day=day)


def needed_columns(promise: Promise, name: str) -> tuple[str, ...]:
    """The columns of one source that tonight needs, in the table's order; none means: not read.

    A column is needed when a release treats it, when a right or retention rule asks for it, or
    when it is a direct identifier of a table that is read anyway: the gate searches for those.
    """
    source = promise.source(name)
    treated = {column for contract in promise.contracts.values() for column in contract.read_columns(name)}
    asked = treated | set(source.rights)
    if not asked:
        return ()
    asked |= set(source.of_kind("direct")) | ({source.time} if source.time else set())
    return tuple(column for column in source.columns if column in asked)


def _land(platform: Platform, name: str, source: Source, columns: tuple[str, ...], day: date, lake: Lake) -> Manifest:
    folder = lake.private(lake.landing(name, day))
    path = folder / f"{uuid4().hex}.parquet"
    schema = pa.schema([(column, ARROW[source.columns[column].type]) for column in columns])
    strays, rows = Strays(name, source), 0
    try:
        with platform.batches(name, source, columns, day) as batches, _writer(path, schema) as writer:
            for raw in batches:
                batch = typed(raw, name, source, schema)
                strays.look_at(batch)
                writer.write_batch(batch, row_group_size=ROW_GROUP_ROWS)
                rows += batch.num_rows
        strays.refuse()
        path.chmod(0o600)
        flush(path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return lake.land(name, day, columns, [LandedFile(path.name, rows, sha256_of(path))])


def _writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    return pq.ParquetWriter(path, schema, compression="zstd", compression_level=1, write_statistics=False)
