"""Copy one day of the platform into landing: the only step that sees the operational database.

Only tables and columns that some release or some right needs are named in a statement; a table
that the policy puts out of scope (clauses 1.3, 2.2) never is. Everything is read in one
transaction, streamed in bounded batches, and a rerun of a day replaces that day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.lake.faults import fault
from jobs.lake.files import flush, sha256_of
from jobs.lake.ledger import Ledger
from jobs.lake.manifest import LandedFile, Manifest
from jobs.lake.zones import Lake
from jobs.night.cleanup import record_gone
from jobs.night.days import require_held
from jobs.night.plan import unmade
from jobs.platform.database import Days, Platform, connect
from jobs.platform.drift import require_classified
from jobs.platform.strays import Strays
from jobs.platform.typed import schema_of
from jobs.retention.deadline import require_within
from policy.errors import CellDriftError, refuse_all
from policy.periods import months_of
from policy.promise import Promise
from policy.sources import SELDOM_REPEATED, Source

ROW_GROUP_ROWS = 1_000_000


def extract_day(promise: Promise, day: date, lake: Lake, ledger: Ledger) -> list[Manifest]:
    """Land every needed source of ``day``.

    Guarantee: all sources are replaced, or none is, wherever the step ends; nothing of a forbidden source is read.

    Raises:
        DayNotHeldError: the day isn't over, or the platform holds nothing so old.
        PastPeriodError: no release may hold rows of the day any more.
        UnlistedColumnError, MissingColumnError, ColumnTypeError: the schema drifted.
        UnreadableValueError, ImpossibleTimeError, VocabularyError, RequiredValueError: the content drifted.
        SeveralDriftsError: more than one of these, of all tables together.
        PlatformError: the database doesn't answer.
    """
    with lake.landing_alone(day):
        return _extracted(promise, day, lake, ledger)


def _extracted(promise: Promise, day: date, lake: Lake, ledger: Ledger) -> list[Manifest]:
    needed = {name: columns for name in promise.readable if (columns := needed_columns(promise, name))}
    sources = {name: promise.source(name) for name in needed}
    copies: list[_Copy] = []
    try:
        with connect() as platform:
            require_classified(platform, sources)
            require_held(platform, sources, day)
            require_wanted(promise, day)
            for piece in _slices(promise, day, needed, ledger):
                copy = _copied(platform, piece, sources[piece.source], day, lake)
                copies.append(copy)
        refuse_all(drift for copy in copies for drift in copy.drifts)
    except BaseException:
        for copy in copies:
            copy.path.unlink(missing_ok=True)
        raise
    manifests = [_manifest(copy, day) for copy in copies]
    lake.land(day, manifests)
    fault("extract.before_record")
    for each in manifests:
        ledger.append("extracted", source=each.source, day=day, rows=each.rows, columns=len(each.columns))
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
    """The day in landing; if it had to be extracted for this, it is gone afterwards, unless a night has it anew.

    A folder that a refused extraction left without a copy is no day.
    """
    with lake.landing_alone(day):
        own = lake.landed(day).extraction is None
        if own:
            _extracted(promise, day, lake, ledger)
        extraction = lake.landed(day).extraction
    try:
        yield
    finally:
        if own:
            record_gone(lake, ledger, [(source, day) for source in lake.leave(day, extraction)])


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


@dataclass(frozen=True)
class _Slice:
    """Columns of one source on some days, and the name under which they land."""

    source: str
    landed: str
    columns: tuple[str, ...]
    days: Days


def _slices(promise: Promise, day: date, needed: Mapping[str, tuple[str, ...]], ledger: Ledger) -> Iterator[_Slice]:
    """The day of every needed source; and the month of what due microdata count, with the columns that they read."""
    for name, columns in needed.items():
        yield _Slice(name, name, columns, Days.of(day))
    for contract in promise.releases.values():
        if contract.profile is not None and unmade(contract, day, ledger) is None:
            of, month = contract.profile.of, contract.profile.month
            read = contract.read_columns(of)
            yield _Slice(of, month, tuple(c for c in needed[of] if c in read), Days(day.replace(day=1), day))


@dataclass(frozen=True)
class _Copy:
    """One slice, written and not yet landed, with what it holds that it must not; ``landed``: under which name."""

    landed: str
    columns: tuple[str, ...]
    path: Path
    rows: int
    drifts: list[CellDriftError]


def _copied(platform: Platform, piece: _Slice, source: Source, day: date, lake: Lake) -> _Copy:
    path = lake.private(lake.landing(piece.landed, day)) / f"{uuid4().hex}.parquet"
    name, columns = piece.source, piece.columns
    strays, rows, schema = Strays(name, source), 0, schema_of(source, columns)
    path.touch(0o600)  # closed to others from its first byte on
    try:
        with (
            platform.batches(name, source, columns, piece.days, strays) as batches,
            _writer(path, source, schema) as writer,
        ):
            for batch in batches:
                writer.write_batch(batch, row_group_size=ROW_GROUP_ROWS)
                rows += batch.num_rows
        drifts = [drift for drift in strays.drifts() if drift.column != source.time]
        if source.time is not None and piece.landed == name:
            # of the whole table: a row whose time is wrong may be in no day at all
            platform.look_at_times(name, source, in_no_day := Strays(name, source))
            drifts += in_no_day.drifts()
        flush(path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return _Copy(piece.landed, columns, path, rows, drifts)


def _manifest(copy: _Copy, day: date) -> Manifest:
    file = LandedFile(copy.path.name, copy.rows, sha256_of(copy.path))
    taken_at = datetime.now(UTC).isoformat(timespec="milliseconds")
    return Manifest(copy.landed, day.isoformat(), taken_at, copy.columns, (file,))


def _writer(path: Path, source: Source, schema: pa.Schema) -> pq.ParquetWriter:
    """Without a dictionary for ids that seldom repeat: it is built, found too large and thrown away."""
    repeated = [name for name in schema.names if source.columns[name].identifier not in SELDOM_REPEATED]
    return pq.ParquetWriter(
        path, schema, compression="zstd", compression_level=1, use_dictionary=repeated, write_statistics=False
    )
