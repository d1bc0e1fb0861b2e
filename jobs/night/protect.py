"""From landing to staged: treat every column as its contract says, leave out whom it must.

The night's second step. What it makes is unseen: only the gate reads the staged zone.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from pyspark.sql import DataFrame, Observation, SparkSession

from jobs.anonymity.budget import AccountBook
from jobs.anonymity.noise import drawn_rows, frame_of
from jobs.anonymity.statistics import Loss, Sources, statistics
from jobs.gate.verdict import PROTECTED
from jobs.keys.field_keys import key_column
from jobs.keys.ring import Keyring, bounding_key
from jobs.lake.files import write_atomically
from jobs.lake.landing import Landing
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from jobs.night.blanks import Counts, counted, counting, silent
from jobs.retention.deadline import require_within
from jobs.signals.release import signals
from jobs.treatments import treated
from jobs.treatments.tokens import FieldKeys
from policy.contract import Contract, Shape
from policy.errors import ContractError, PolicyError
from policy.periods import epoch_of
from policy.promise import Promise
from policy.sources import Identifier
from policy.taxonomies import Taxonomies

SELDOM_REPEATED: frozenset[Identifier] = frozenset({"event", "object", "session"})
"""Identifiers of which a day holds about as many as rows."""


class NoBuilderError(PolicyError):
    """The release has a contract, and nothing yet that could make it."""

    def __init__(self, release: str, shape: Shape) -> None:
        self.release, self.shape = release, shape
        super().__init__(f"{release}: no builder makes {shape} yet; the night skips this release")


class ForgottenVersionError(PolicyError):
    """A day of tables was visible before, and the published table doesn't have its numbers any more."""

    def __init__(self, release: str, day: date, owner: str) -> None:
        self.release, self.day, self.owner = release, day, owner
        super().__init__(
            f"{release} of {day} was visible before, and its numbers aren't in the published table to compare with; it "
            f"isn't built again; ask {owner} to bring the old table back, or leave the day as it is"
        )


@dataclass(frozen=True)
class Protected:
    """What one run staged, in counts. ``rows_in = represented + suppressed + excluded``.

    ``represented`` are the source rows behind the staged rows: equal to ``rows_out`` for a release with a row per
    event, the sum of the shown cells for an aggregate. ``silent``: see `jobs.night.blanks`. ``unread_wishes`` of data
    subjects hold a word that nobody understands, and leave out as much as they can. ``losses`` and ``stayed``: of an
    aggregate, what is hidden of each statistic, and of which ones the visible version stays.
    """

    release: str
    day: str
    run: str
    rows_in: int
    rows_out: int
    represented: int
    suppressed: int
    excluded: int
    epoch: str | None
    contract: str
    silent: tuple[str, ...] = ()
    unread_wishes: int = 0
    losses: tuple[Loss, ...] = ()
    stayed: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """The counts in words: what a log may show of this run."""
        if self.losses:
            return f"{self.rows_out} cells, {sum(loss.hidden for loss in self.losses)} hidden"
        return f"{self.rows_in} rows in, {self.rows_out} out, {self.suppressed} suppressed, {self.excluded} excluded"


Counting = Callable[[int], dict[str, Any]]
"""From the rows written to the counts of a `Protected`."""


def protect(raw: DataFrame, contract: Contract, taxonomies: Taxonomies, keys: FieldKeys) -> DataFrame:
    """Apply each column's treatment; rows are neither added nor removed.

    Guarantee: the result has exactly ``contract.output_schema``, in that order. Nulls stay null.

    Raises:
        ContractError: ``raw`` has a column that the contract does not name.
    """
    for column in set(raw.columns) - contract.columns.keys():
        raise ContractError(contract.release, column, "neither kept, treated nor dropped", contract.owner)
    published = ((name, rule) for name, rule in contract.columns.items() if rule.published)
    return raw.select(*(treated(name, rule, taxonomies, keys) for name, rule in published))


def _events(promise: Promise, contract: Contract, landing: Landing) -> tuple[DataFrame, Counting]:
    """A row per event, tokens under the key of the data day."""
    source = contract.main_source
    exclusion = landing.exclusion(promise, contract.purpose)
    kept = exclusion.without(landing.frame(source), source)
    keys = Keyring.from_environment(Ledger(landing.lake.ledger)).of_day(contract, landing.day)
    rows_in = landing.lake.manifest(source, landing.day).rows

    def counts(rows_out: int) -> dict[str, int]:
        """What wasn't written was excluded; the gate counts the excluded in landing by itself."""
        balance = {"rows_in": rows_in, "represented": rows_out, "suppressed": 0, "excluded": rows_in - rows_out}
        return {**balance, "unread_wishes": exclusion.left.unread}

    return protect(kept, contract, promise.taxonomies, keys.on(landing.spark)), counts


def _statistics(promise: Promise, contract: Contract, landing: Landing) -> tuple[DataFrame, Counting]:
    """A row per cell of a closed set, shown or hidden."""
    visible, exclusion = landing.visible(contract), landing.exclusion(promise, contract.purpose)
    published = Ledger(landing.lake.ledger).last("published", release=contract.release, day=landing.day)
    if published is not None and not any(row["day"] == landing.day for row in visible):
        raise ForgottenVersionError(contract.release, landing.day, contract.owner)
    made = statistics(promise, contract, Sources(exclusion, landing.day, visible))

    def counts(_: int) -> dict[str, Any]:
        said = {"unread_wishes": exclusion.left.unread, "losses": made.losses, "stayed": made.stayed}
        return {**made.counts(), **said}

    return made.staged(landing.spark), counts


def _findings(promise: Promise, contract: Contract, landing: Landing) -> tuple[DataFrame, Counting]:
    """A row per finding of a detection rule; nothing is left out, so findings in are rows out."""
    return signals(promise, contract, landing).coalesce(1), _all_of_them


def _noisy_counts(promise: Promise, contract: Contract, landing: Landing) -> tuple[DataFrame, Counting]:
    """A row per cell of a closed domain: the day's one draw, from the account book if it was made before.

    Rows in are rows out: how many events or units were counted is what the noise hides.
    """
    source, ring = contract.main_source, Keyring.from_environment(Ledger(landing.lake.ledger))

    def draw() -> list[dict[str, Any]]:
        rows = landing.exclusion(promise, contract.purpose).without(landing.frame(source), source)
        return drawn_rows(
            promise, contract, rows, key_column(bounding_key(ring, contract, landing.day), landing.spark), landing.day
        )

    book = AccountBook.of(contract, landing.lake, Ledger(landing.lake.ledger))
    drawn = book.numbers(landing.day, landing.fingerprint(source), draw)
    return frame_of(contract, drawn.rows, landing.spark).coalesce(1), _all_of_them


def _all_of_them(rows_out: int) -> dict[str, int]:
    """The counts of a release that leaves nothing out of what it is made of."""
    return {"rows_in": rows_out, "represented": rows_out, "suppressed": 0, "excluded": 0}


BUILDERS = {"events": _events, "statistics": _statistics, "findings": _findings, "noisy_counts": _noisy_counts}
"""What makes each shape of `jobs.night.plan.BUILT`."""


def protect_release(promise: Promise, release: str, day: date, run: str, spark: SparkSession, lake: Lake) -> Protected:
    """Stage one release of one day; a rerun with the same ``run`` replaces what it staged.

    Raises:
        NoBuilderError: nothing makes releases of this shape yet.
        PastPeriodError: its rows of the day may be kept no longer.
        PolicyError: of the class that fits, when landing or keys aren't as they must be.
    """
    contract = promise.release(release)
    if contract.shape not in BUILDERS:
        raise NoBuilderError(release, contract.shape)
    require_within(contract, day)
    frame, counts = BUILDERS[contract.shape](promise, contract, Landing(spark, lake, day))
    folder = lake.private(lake.staged(release, run))
    shutil.rmtree(folder)
    lake.private(folder)
    blank = write_counting(frame, contract, folder)
    rows_out = settle(folder)
    epoch = epoch_of(day, contract.epoch) if contract.epoch else None
    staged = Protected(
        release=release, day=day.isoformat(), run=run, rows_out=rows_out, epoch=epoch, contract=contract.fingerprint,
        silent=silent(contract, blank), **counts(rows_out),
    )  # fmt: skip
    write_atomically(folder / PROTECTED, json.dumps(asdict(staged), indent=1), 0o600)
    Ledger(lake.ledger).append("protected", **recorded(staged))
    return staged


def write_counting(frame: DataFrame, contract: Contract, folder: Path) -> Counts:
    """Stage the rows, and count on the way those in which a column says nothing."""
    aggregates, seen = counting(contract), Observation()
    if aggregates:
        frame = frame.observe(seen, *(each.alias(name) for name, each in aggregates.items()))
    frame.write.mode("append").options(**writing(contract)).parquet(str(folder))
    return counted(seen.get) if aggregates else {}


def recorded(staged: Protected) -> dict[str, Any]:
    """What everyone may read of a run. Of an aggregate no total, which would give hidden cells or the left out away."""
    record = {field: value for field, value in asdict(staged).items() if field != "represented"}
    return record | ({"suppressed": None, "excluded": None} if staged.losses else {})


def writing(contract: Contract) -> dict[str, str]:
    """How staged files are written.

    Without statistics, which would remember the smallest and largest token of every file, and
    without a dictionary where nearly every row has its own token: it is built, found too large
    and thrown away (a fifth of the CPU of writing).
    """
    unique = (output.name for output in contract.outputs if output.token in SELDOM_REPEATED)
    no_dictionary = {f"parquet.enable.dictionary#{name}": "false" for name in unique}
    return {"parquet.column.statistics.enabled": "false", **no_dictionary}


def settle(folder: Path) -> int:
    """Close a finished write to others, number its files, remove Spark's leftovers; the rows written."""
    rows = 0
    for number, path in enumerate(sorted(folder.iterdir())):
        if path.suffix != ".parquet" or path.name.startswith((".", "_")):
            path.unlink()
            continue
        path.chmod(0o600)
        rows += pq.read_metadata(path).num_rows
        path.rename(folder / f"part-{number:05d}.parquet")
    return rows
