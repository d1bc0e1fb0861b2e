"""One request that keeps rows apart, and one release, while nobody else changes its table."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable

from jobs.keys.ring import Keyring
from jobs.lake.commits import discard_torn
from jobs.lake.ledger import Entry, Ledger
from jobs.lake.parquet import reading
from jobs.lake.tables import committed, current_files, day_of, folder_of, forget_history, opened, replace_days
from jobs.lake.zones import Lake
from jobs.people.relationships import Name
from jobs.retention.apart import Apart, mask_of, read_rows
from jobs.retention.names import live_keys, named_in, spellings, tokens_without_spark
from jobs.retention.naming import Names
from jobs.retention.planner import published_contracts, unreferenced
from jobs.retention.spoken import IN_LETTERS, RESTRICTION, said_of, unrecorded
from jobs.rights.erasure.erasing import CLASSES, as_written, numbered
from jobs.rights.errors import NobodyNamedError
from policy.contract import Contract
from policy.promise import Promise


@dataclass(frozen=True)
class Place:
    """Where rights are carried out."""

    promise: Promise
    lake: Lake
    keyring: Keyring
    ledger: Ledger

    @property
    def private(self) -> Path:
        """Where a closed file lies for the moment in which it is written."""
        return self.lake.root / "staged" / ".restricted"


@dataclass(frozen=True)
class Restriction:
    """What a request asks to be kept apart: whose rows, and for which purposes they may not be used."""

    reference: str
    names: tuple[Name, ...] = field(repr=False)
    purposes: frozenset[str]

    @classmethod
    def of(cls, reference: str, names: Sequence[Name], purposes: Iterable[str]) -> Restriction:
        """Of a person, under every identifier that is theirs.

        Raises:
            NobodyNamedError: none of them is one person's.
        """
        own = numbered({reference: names})
        if not own:
            raise NobodyNamedError(reference)
        return cls(reference, own, frozenset(purposes))


@dataclass(frozen=True)
class Task:
    """One request and one release, while nobody else changes its table."""

    restriction: Restriction
    contract: Contract
    at: Place
    table: DeltaTable

    @property
    def root(self) -> Path:
        """The table's folder."""
        return folder_of(self.table)

    @property
    def apart(self) -> Apart:
        """Where the rows are kept."""
        return Apart(self.at.lake, self.contract.release, self.restriction.reference)

    @property
    def columns(self) -> dict[str, str]:
        """The columns that say whose a row is."""
        return named_in(self.contract, CLASSES)

    @property
    def mark(self) -> str:
        """How the names of files begin that are written now: in letters, for digits can look like a phone number."""
        letters = self.restriction.reference[:12].translate(IN_LETTERS)
        return f"apart-{letters}-{self.table.version()}"

    def tokens(self, names: Iterable[Name]) -> Names:
        """The tokens of a person in the release, in every epoch that has a key."""
        return Names.of(tokens_of(self.at, self.contract, names))

    def rows_of(self, path: Path, names: Names) -> pa.Array:
        """Which rows of a file name somebody; read are the columns that say whose a row is."""
        with reading(path):
            rows = pq.ParquetFile(path).read(columns=list(self.columns)).combine_chunks()
        return mask_of(rows, self.columns, names)

    def read(self, path: Path) -> pa.Table:
        """All rows of a file, with the table's own types."""
        schema = pa.schema(self.table.schema().to_arrow())
        rows = read_rows(path)
        return rows.cast(pa.schema([schema.field(name) for name in rows.column_names]))

    def commit(self, days: set[date], files: Mapping[Path, int], what: Entry) -> int:
        """Make ``files`` the content of these days, in one step; the new version. ``what``: the entry to come."""
        return replace_days(self.table, days, files, {RESTRICTION: said_of(what)})

    def entry(self, kind: str, lot: str) -> Entry:
        """How an entry of the ledger about this request, release and lot begins."""
        told = {"reference": self.restriction.reference, "release": self.contract.release, "lot": lot}
        return {"kind": kind, **told}

    def is_done(self, what: Entry) -> bool:
        """Whether the ledger, or the table's own log, knows this commit."""
        return self.at.ledger.last(**what) is not None or self._version_of(what) is not None

    def record(self, what: Entry, counts: Mapping[str, int]) -> None:
        """Say in the ledger what a commit did, once."""
        if self.at.ledger.last(**what) is None:
            version = self._version_of(what)
            version = self.table.version() if version is None else version
            self.at.ledger.append(**{**what, **counts, "version": version})

    def _version_of(self, what: Entry) -> int | None:
        return committed(opened(self.root), RESTRICTION, said_of(what))

    def was_made_again(self, path: Path) -> bool:
        """Whether a night has published the day of a file that is kept apart since it left the table."""
        left = self.at.ledger.last(**self.entry("rows_restricted", path.parent.parent.name))
        made = self.at.ledger.last("published", release=self.contract.release, day=day_of(path))
        return left is not None and made is not None and bool(made["seq"] > left["seq"])

    def clear(self, days: set[date]) -> None:
        """Delete what no version of these days names any more, and what the log remembers of it."""
        table = opened(self.root)
        for path in unreferenced(self.root, current_files(table)):
            if day_of(Path(path)) in days:
                (self.root / path).unlink()
        if days and not unrecorded(self.at.ledger, self.contract.release, table):
            forget_history(table)


def tokens_of(at: Place, contract: Contract, names: Iterable[Name]) -> frozenset[bytes]:
    """The tokens of a person in what a contract makes, in every epoch that has a key."""
    forms = spellings(at.promise, contract.domain or "", CLASSES)
    written = [each for name in names for each in as_written(name)]
    made = tokens_without_spark(written, live_keys(at.keyring, contract), forms)
    return frozenset(token.encode() for _, token in made)


@contextmanager
def tasks(restriction: Restriction, at: Place) -> Iterator[Iterator[Task]]:
    """One request's work, release by release; nobody else moves rows meanwhile."""
    with at.lake.alone("restrict"):
        shutil.rmtree(at.private, ignore_errors=True)  # what a killed run left
        yield _tasks(restriction, at)
        shutil.rmtree(at.private, ignore_errors=True)


def _tasks(restriction: Restriction, at: Place) -> Iterator[Task]:
    for contract in published_contracts(at.promise, at.lake):
        if contract.domain is not None and contract.purpose in restriction.purposes:
            with at.lake.alone(contract.release):
                discard_torn(at.lake.published(contract.release), at.ledger)
                yield Task(restriction, contract, at, opened(at.lake.published(contract.release)))
