"""Make a retention plan: read the platform, look at every published table and every other zone."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.keys.ring import Keyring
from jobs.lake.commits import require_known
from jobs.lake.ledger import Ledger
from jobs.lake.tables import TableFile, current_files, folder_of, has_table, opened
from jobs.lake.zones import CATALOGUE, Lake
from jobs.people.relationships import Hold, Name, Relationships
from jobs.retention import scan
from jobs.retention.deadline import Deadline
from jobs.retention.errors import HoldsVanishedError
from jobs.retention.foresight import foreseen, unforeseen
from jobs.retention.names import NAMING, live_keys, named_in, spellings, tokens, tokens_without_spark, write_names
from jobs.retention.plan import Plan, TablePlan
from jobs.retention.platform import platform_of_today
from jobs.retention.tallies import HORIZON, by_file, due_since, file_plan, forecast, held_by
from jobs.retention.zones import Leftover, leftovers
from policy.contract import Contract
from policy.periods import months_of
from policy.promise import Promise
from policy.sources import Identifier


@dataclass(frozen=True)
class Look:
    """What one look at the platform and the lake works with; ``private`` is gone when the look ends.

    ``days``: a hold that stands on one of them protects. Names of each purpose are read once.
    ``spark`` is null for what needs none.
    """

    promise: Promise
    lake: Lake
    keyring: Keyring
    spark: SparkSession | None
    private: Path
    known: dict[str, Relationships]
    holds: tuple[Hold, ...]
    day: date
    days: frozenset[date]
    open_requests: tuple[date, ...]
    _made: dict[str, dict[str, Name]] = field(default_factory=dict, repr=False)

    @property
    def classes(self) -> frozenset[Identifier]:
        """The classes of tokens by which a row is somebody's."""
        return frozenset(NAMING)

    def deadline(self, contract: Contract) -> Deadline:
        """Until when rows of a release may be kept at all."""
        return Deadline.of(contract, self.day)

    def leftovers(self) -> list[Leftover]:
        """What outside the tables must go."""
        return leftovers(self.lake, self.day, self.all_expired(), self.promise.releases.values())

    def names(self, purpose: str) -> Iterator[Name]:
        """Everybody who is held, or may be kept through the horizon at most, for a purpose."""
        months = months_of(self.promise.register.relationship_keep)
        return self.known[purpose].names(months, self.day + HORIZON, self.days)

    @property
    def session(self) -> SparkSession:
        """Spark, for a step that was started with it."""
        if self.spark is None:
            raise AssertionError("this step was started without Spark")
        return self.spark

    def tokens(self, contract: Contract, files: list[TableFile]) -> DataFrame | None:
        """The tokens of those names in a release's domain, in every epoch that has a key."""
        path = self.private / f"{contract.purpose}.parquet"
        if not path.exists():
            write_names(path, self.names(contract.purpose))
        keys = live_keys(self.keyring, contract, (file.day for file in files))
        return tokens(path, self.session, keys, spellings(self.promise, contract.domain or "", self.classes))

    def expired(self, contract: Contract) -> dict[str, Name]:
        """Tokens of all whom nothing but a hold may keep → who it is; made without Spark, once a domain."""
        domain = contract.domain or ""
        if domain not in self._made:
            names = [n for n in self.names(contract.purpose) if n.holds or n.is_over(self.day)]
            keys, forms = live_keys(self.keyring, contract), spellings(self.promise, domain, self.classes)
            self._made[domain] = {made: name for name, made in tokens_without_spark(names, keys, forms)}
        return self._made[domain]

    def unlike(self, contract: Contract, made: DataFrame) -> int:
        """How many of those tokens the kernel makes otherwise than Python does, by whom nothing is shared."""
        ours = pa.table({"token": pa.array(self.expired(contract), pa.string())})
        over = F.coalesce(F.col("through") < F.lit(self.day), F.lit(False)) | (F.size("holds") > 0)
        return made.where(over).join(self.session.createDataFrame(ours), "token", "left_anti").count()

    def all_expired(self) -> dict[str, frozenset[bytes]]:
        """For each pseudonymised release and export, the tokens of those whom nothing keeps."""
        return {
            contract.release: frozenset(t.encode() for t, name in self.expired(contract).items() if not name.holds)
            for contract in self.promise.contracts.values()
            if contract.domain is not None
        }


@contextmanager
def look(
    promise: Promise, lake: Lake, keyring: Keyring, spark: SparkSession | None, days: frozenset[date]
) -> Iterator[Look]:
    """One look for a plan of the earliest of ``days``.

    Raises:
        PlatformError: the platform doesn't answer.
        HoldsVanishedError: it has fewer holds than an earlier plan saw.
    """
    closed = lake.root / "staged" / ".expiry"
    with lake.alone("expire"):
        shutil.rmtree(closed, ignore_errors=True)  # what a killed run left
        private = lake.private(closed / secrets.token_hex(8))
        try:
            with platform_of_today(promise, keyring) as platform:
                holds = platform.holds()
                _require_all_holds(Ledger(lake.ledger), len(holds))
                purposes = {c.purpose for c in promise.contracts.values() if c.domain is not None}
                known = {purpose: platform.relationships(purpose) for purpose in purposes}
                yield Look(
                    promise, lake, keyring, spark, private, known, holds, min(days), days, platform.open_requests()
                )
        finally:
            shutil.rmtree(closed, ignore_errors=True)


def _require_all_holds(ledger: Ledger, found: int) -> None:
    last = ledger.last("expiry_planned")
    if last is not None and found < last["holds_on_record"]:
        raise HoldsVanishedError(last["holds_on_record"], found)


def make_plan(at: Look) -> Plan:
    """Everything that must go on the look's day; nothing is changed."""
    due, soon = foreseen((name for purpose in at.known for name in at.names(purpose)), at.day)
    return Plan(
        people_due=due,
        people_soon=soon,
        unforeseen=unforeseen(Ledger(at.lake.ledger), due, at.day),
        day=at.day.isoformat(),
        tables=plan_tables(at),
        leftovers=tuple(at.leftovers()),
        holds=standing_holds(at),
        holds_on_record=len(at.holds),
        unpromised=_unpromised(at),
    )


def plan_tables(at: Look) -> tuple[TablePlan, ...]:
    """What each published table loses."""
    return tuple(_plan_table(at, contract, table) for contract, table in published_tables(at.promise, at.lake))


def standing_holds(at: Look) -> dict[str, dict[str, str]]:
    """The holds that protect on one of the look's days."""
    standing = [hold for hold in at.holds if any(hold.stands(day) for day in at.days)]
    return {hold.reference: {"kind": hold.kind, "placed_on": str(hold.placed_on)} for hold in standing}


def _unpromised(at: Look) -> tuple[str, ...]:
    """Folders among the published tables that no contract promises."""
    folders = (path.name for path in sorted((at.lake.root / "published").glob("*")))
    return tuple(name for name in folders if name not in {CATALOGUE, *at.promise.releases})


def published_contracts(promise: Promise, lake: Lake) -> Iterator[Contract]:
    """Every release that has a table."""
    return (contract for release, contract in promise.releases.items() if has_table(lake.published(release)))


def published_tables(promise: Promise, lake: Lake) -> Iterator[tuple[Contract, DeltaTable]]:
    """Every release that has a table, and the table.

    Raises:
        TornCommitError: a power cut spoilt one of them.
        OlderTableError: one of them is an older copy.
    """
    for contract in published_contracts(promise, lake):
        require_known(lake.published(contract.release), Ledger(lake.ledger))
        yield contract, opened(lake.published(contract.release))


def _plan_table(at: Look, contract: Contract, table: DeltaTable) -> TablePlan:
    surveyed = survey(at, contract, table)
    surveyed.close()
    return surveyed.plan


@dataclass(frozen=True)
class Survey:
    """What one table loses, and the rows that name somebody due or held, for whoever deletes them."""

    plan: TablePlan
    found: DataFrame | None

    def close(self) -> None:
        """Forget the rows."""
        if self.found is not None:
            self.found.unpersist()


def survey(at: Look, contract: Contract, table: DeltaTable) -> Survey:
    """Look at one table with the eyes of the look's day."""
    files, root, deadline = current_files(table), folder_of(table), at.deadline(contract)
    named = named_in(contract, at.classes)
    made = at.tokens(contract, files) if files and named else None
    found = None if made is None else scan.hits(scan.read_rows(at.session, root, files), named, made).cache()
    tallies = scan.tally(found) if found is not None else []
    unlike = at.unlike(contract, made) if made is not None else 0
    people, companies = scan.subjects_over(found, deadline) if found is not None and tallies else (0, 0)
    of = by_file(tallies)
    losing = {file.path: each for file in files if (each := file_plan(file, deadline, of[file.path])) is not None}
    plan = TablePlan(
        release=contract.release,
        clauses=_clauses(contract, at.promise),
        rows=sum(file.rows for file in files),
        files=tuple(losing.values()),
        unreferenced=unreferenced(root, files),
        people=people,
        companies=companies,
        due_since=due_since(deadline, tallies, [file for file in files if file.path in losing]),
        held_rows=sum(t.rows for t in tallies if t.holds and t.is_over(deadline)),
        held=held_by(deadline, tallies),
        forecast=forecast(deadline, tallies, files),
        daily_share=contract.retention.daily_share,
        unlike=unlike,
    )
    return Survey(plan, found)


def unreferenced(root: Path, files: list[TableFile]) -> tuple[str, ...]:
    """Data files in the table's folder that its current version doesn't name: old versions, broken runs."""
    current = {file.path for file in files}
    present = (str(path.relative_to(root)) for path in root.glob("day=*/*") if path.is_file())
    return tuple(sorted(path for path in present if path not in current))


def _clauses(contract: Contract, promise: Promise) -> str:
    """The rules that a release's rows go by."""
    own = f"{contract.retention.keep} from the {contract.retention.counted_from} (its contract)"
    if not named_in(contract):
        return own
    return f"{own}; {promise.register.relationship_keep} after the end of the relationship (clause 8.1)"
