"""What the gate finds out by itself in landing: identifiers, rows, exclusions, and the tokens there must be."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property

import pyarrow.parquet as pq
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from expectations.case import Landed, Recounted, Unread
from expectations.index import Cells, Known, KnownIdentifiers
from expectations.leaks import CellLeak, known_leaks
from expectations.measures import keyed_of, keyed_sums
from jobs.anonymity.classes import Roles
from jobs.anonymity.counts import Criteria, count
from jobs.anonymity.microdata import Microdata
from jobs.anonymity.statistics import Sources, rows_apart, statistics
from jobs.gate.collisions import colliding
from jobs.gate.drawn import book_problems, cells
from jobs.gate.months import differing, rebuilt
from jobs.gate.planted import first_distinctive
from jobs.gate.printed import staged_rows
from jobs.keys.field_keys import field_key
from jobs.keys.ring import Keyring
from jobs.lake.files import globless
from jobs.lake.landing import Landing
from jobs.people.exclusion import Exclusion
from jobs.people.reading import ACCOUNTS
from jobs.signals.release import signals
from jobs.treatments.networks import network_prefix
from jobs.treatments.normalise import normalised
from jobs.treatments.tokens import FieldKeys
from policy.contract import Contract
from policy.periods import epoch_of
from policy.promise import Promise
from policy.rules import NetworkPrefix, Token
from policy.shapes import PREFIXES
from policy.sources import Source

NAMES = (("first_name", "family_name"), ("family_name", "first_name"))


@dataclass(frozen=True)
class Account:
    """One account of the night, whose identifiers the self-proof plants. They stay in this process."""

    user_id: str
    email: str
    first_name: str
    family_name: str

    def identifiers(self) -> tuple[Known, ...]:
        """Class and value of each."""
        full = f"{self.first_name} {self.family_name}", f"{self.family_name} {self.first_name}"
        named = (("first_name", self.first_name), ("family_name", self.family_name))
        return ("email", self.email), ("person", self.user_id), *named, *(("full_name", name) for name in full)


@dataclass(frozen=True)
class LandedDay:
    """Landing of one day, each source read and checked once; ``months``: the microdata that were made of it again."""

    promise: Promise
    landing: Landing
    months: dict[str, Microdata] = field(default_factory=dict, repr=False, compare=False)
    _exclusions: dict[str, Exclusion] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def frames(self) -> dict[str, DataFrame]:
        """Every landed source."""
        landed = [name for name in self.promise.readable if self.landing.lake.has_landed(name, self.landing.day)]
        return {name: self._read(name) for name in landed}

    def _read(self, name: str) -> DataFrame:
        """Checked against its manifest; its types are known, so no job has to look for them."""
        lake, day = self.landing.lake, self.landing.day
        columns = self.promise.source(name).columns
        schema = ", ".join(f"`{c}` {columns[c].spark_type}" for c in lake.manifest(name, day).columns)
        paths = map(globless, lake.landed_files(name, day))
        return self.landing.spark.read.schema(schema).parquet(*paths)

    def frame(self, source: str) -> DataFrame:
        """All landed rows of ``source``.

        Raises:
            NotExtractedError: the day isn't in landing.
        """
        return self.frames[source] if source in self.frames else self.landing.frame(source)

    def exclusion(self, purpose: str) -> Exclusion:
        """Who must not be in what serves ``purpose``, before the landed tables."""
        if purpose not in self._exclusions:
            landed = {name: self.promise.source(name) for name in self.frames}
            left = self.landing.left_out(self.promise, purpose)
            self._exclusions[purpose] = Exclusion(left, self.landing.spark, landed, self.frame)
        return self._exclusions[purpose]

    def rows(self, source: str) -> int:
        """Rows of the source, from the files themselves."""
        return sum(pq.read_metadata(p).num_rows for p in self.landing.lake.landed_files(source, self.landing.day))

    def copies(self) -> tuple[Landed, ...]:
        """Day and age of each landed source."""
        manifests = (self.landing.lake.manifest(name, self.landing.day) for name in self.frames)
        return tuple(Landed(m.source, date.fromisoformat(m.day), datetime.fromisoformat(m.taken_at)) for m in manifests)

    def account(self) -> Account | None:
        """The account whose identifiers the self-proof plants."""
        person = first_distinctive(self.landing.lake.landed_files(ACCOUNTS, self.landing.day))
        return Account(**person) if person else None

    def known_identifiers(
        self, contract: Contract, planted: Account | None, epochs: Iterable[str] | None = None
    ) -> KnownIdentifiers:
        """Every direct identifier that landing holds for the day, and both orders of each full name.

        What somebody typed is one if it has the shape of one, or if its row is an account's: else whoever
        types a word of the language into the login box would decide what may be published.

        ``epochs``: those in whose tokens the release may lie; its day's own unless given.
        """
        return KnownIdentifiers(
            self.landing.spark,
            [
                self._cells(name, frame)
                for name, frame in self.frames.items()
                if self.promise.source(name).of_kind("direct")
            ],
            planted.identifiers() if planted else (),
            [unset_keys(contract, epoch) for epoch in epochs or epochs_of(contract, [self.landing.day])],
        )

    def _cells(self, name: str, frame: DataFrame) -> Cells:
        """The direct columns of one source; of accounts both orders of the full name, too."""
        source = self.promise.source(name)
        cells = [
            (_class_of(source.columns[column].identifier, frame), _identifying(source, column))
            for column in source.of_kind("direct")
            if column in frame.columns
        ]
        if name == ACCOUNTS:
            cells += [(F.lit("full_name"), F.concat_ws(" ", *order)) for order in NAMES]
        return Cells(frame, cells)


def _identifying(source: Source, column: str) -> Column:
    """The cells of a direct column that identify somebody; null where one doesn't."""
    cell = F.col(column).cast("string")
    if not source.columns[column].typed:
        return cell
    accounts = F.col(source.subject).isNotNull() if source.subject else F.lit(False)
    return F.when(accounts | F.call_function("ignicloud.personal", cell), cell)


def _class_of(identifier: str | None, frame: DataFrame) -> Column:
    """The class of a column's identifiers; of phone numbers with the account's country, in which they are dialled."""
    if identifier == "phone" and "country" in frame.columns:
        return F.concat_ws(":", F.lit(identifier), F.upper("country"))
    return F.lit(identifier)


def epochs_of(contract: Contract, days: Iterable[date]) -> list[str]:
    """The key epochs of these data days; one without a name where a contract has none."""
    return sorted({epoch_of(day, contract.epoch) if contract.epoch else "" for day in days})


def unset_keys(contract: Contract, epoch: str) -> dict[str, bytes]:
    """For each identifier class the key that a data key of zeros would give in this epoch."""
    domain = contract.domain or contract.release
    suite = Keyring.from_environment().suite(domain, epoch)
    return {name: field_key(bytes(32), domain, epoch, name, suite) for name in (*PREFIXES, "full_name")}


def leaks_of(account: Account | None) -> tuple[CellLeak, ...]:
    """Every known leak of one account."""
    if account is None:
        return ()
    return known_leaks(account.email, (account.first_name, account.family_name), account.user_id)


def recount(promise: Promise, contract: Contract, landing: LandedDay, staged: DataFrame) -> Recounted:
    """Rows, exclusions and tokens as landing has them, and classes as staged, counted without `protect`'s help."""
    book = book_problems(promise, contract, landing.landing, staged)
    return replace(
        _landed(promise, contract, landing, staged), small_classes=small_classes(contract, staged), book=book
    )


def small_classes(contract: Contract, staged: DataFrame) -> int:
    """The equivalence classes of microdata that miss its contract's k, l or t; others have none to count."""
    promised = contract.anonymity
    if promised is None:
        return 0
    columns = [*promised.quasi_identifiers, *promised.sensitive]
    if not set(columns) <= set(staged.columns):
        return 1
    roles = Roles(promised.quasi_identifiers, promised.sensitive)
    return count(staged, roles, Criteria(promised.k, promised.l, promised.t)).below


def _landed(promise: Promise, contract: Contract, landing: LandedDay, staged: DataFrame) -> Recounted:
    exclusion = landing.exclusion(contract.purpose)
    if contract.statistics:
        visible, day = landing.landing.visible(contract), landing.landing.day
        fresh = statistics(promise, contract, Sources(exclusion, day, visible))
        differ = rows_apart(staged_rows(contract, staged), fresh)
        return Recounted(fresh.rows_in, fresh.excluded, {}, differ, totals=fresh.totals, whole=True)
    if contract.anonymity is not None:
        made = rebuilt(contract, landing)
        rows_in = made.people.number + made.people.suppressed
        return Recounted(rows_in, 0, {}, differing(staged, made.rows), whole=True)
    if contract.findings is not None:
        fresh_rows = signals(promise, contract, landing.landing)
        apart = differing(_as_json(staged), _as_json(fresh_rows))
        return Recounted(fresh_rows.count(), 0, {}, apart, whole=True)
    if contract.privacy is not None:
        return Recounted(cells(promise, contract, landing.landing.day), 0, {}, 0, whole=True)
    source = contract.main_source
    kept = exclusion.without(landing.frame(source), source)
    keys = Keyring.from_environment().of_day(contract, landing.landing.day)
    due, seed = tokens_due(contract, keys.on(landing.landing.spark)), secrets.randbits(63)
    sums = {f"{part}:{n}": each for n, token in due.items() for part, each in keyed_sums(token, seed).items()}
    encrypted = {(rule.output or name): (name, rule) for name, rule in _encrypted(contract)}
    sums |= {f"cells:{output}": F.count(normalised(F.col(name), "exact")) for output, (name, _) in encrypted.items()}
    row = kept.agg(F.count(F.lit(1)).alias("kept"), *(each.alias(name) for name, each in sums.items()))
    counted = row.collect()[0].asDict()
    rows_in = landing.rows(source)
    keyed = {name: keyed_of(counted, name) for name in due}
    unread = {
        output: Unread(counted[f"cells:{output}"] - keyed[output].filled, counted[f"cells:{output}"], rule.unread)
        for output, (_, rule) in encrypted.items()
    }
    shared = colliding(promise, contract, landing.frames, staged)
    return Recounted(rows_in, rows_in - counted["kept"], keyed, 0, shared, seed=seed, unread=unread)


def _encrypted(contract: Contract) -> list[tuple[str, NetworkPrefix]]:
    """The columns of addresses with their rules."""
    return [(name, rule) for name, rule in contract.columns.items() if isinstance(rule, NetworkPrefix)]


def tokens_due(contract: Contract, keys: FieldKeys) -> dict[str, Column]:
    """For each keyed column the token that each row must have.

    Made from the kernel and the contract alone, not by the treatments that `protect` used.
    """
    due = {}
    for name, rule in contract.columns.items():
        cell = F.col(name)
        if isinstance(rule, Token):
            identity = normalised(cell, rule.normalise, keys.suite)
            key, prefix = keys.column(rule.identifier), F.lit(PREFIXES[rule.identifier])
            due[rule.output or name] = F.call_function("ignicloud.token", prefix, key, identity)
        elif isinstance(rule, NetworkPrefix):
            due[rule.output or name] = network_prefix(cell, rule.keep, keys, rule.of_list)
    return due


def _as_json(rows: DataFrame) -> DataFrame:
    """Rows as one text column: Spark compares no maps."""
    return rows.select(F.to_json(F.struct("*")).alias("row"))
