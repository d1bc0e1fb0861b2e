"""From landing to staged: treat every column as its contract says, leave out whom it must.

The night's second step. What it makes is unseen: only the gate reads the staged zone.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from pyspark.sql import DataFrame, Observation, SparkSession

from jobs.anonymity.microdata import Cost
from jobs.anonymity.statistics import Loss
from jobs.gate.verdict import PROTECTED
from jobs.lake.faults import fault
from jobs.lake.files import write_atomically
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from jobs.night.blanks import Counts, counted, counting, silent
from jobs.night.builders import BUILDERS
from jobs.night.plan import unmade
from jobs.retention.deadline import require_within
from jobs.retention.suppressed import landing_of
from policy.contract import Contract
from policy.errors import PolicyError
from policy.periods import epoch_of
from policy.promise import Promise
from policy.sources import SELDOM_REPEATED


class NotDueError(PolicyError):
    """There is nothing to make: the release isn't of this day, or was published for good."""

    def __init__(self, release: str, day: date, why: str) -> None:
        self.release, self.day, self.why = release, day, why
        super().__init__(f"{release} of {day}: {why}; the night skips this release, and nothing was staged")


@dataclass(frozen=True)
class Protected:
    """What one run staged, in counts. ``rows_in = represented + suppressed + excluded``.

    ``represented`` are the source rows behind the staged rows: equal to ``rows_out`` for a release with a row per
    event, the sum of the shown cells for an aggregate. ``silent``: see `jobs.night.blanks`. ``unread_wishes`` of data
    subjects hold a word that nobody understands, and leave out as much as they can. ``losses`` and ``stayed``: of an
    aggregate, what is hidden of each statistic, and of which ones the visible version stays. ``cost``: of microdata,
    whose rows in are people.
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
    cost: Cost | None = None

    @property
    def said(self) -> str:
        """The counts in words: what a log may show of this run."""
        if self.losses:
            return f"{self.rows_out} cells, {sum(loss.hidden for loss in self.losses)} hidden"
        if self.cost is not None:
            return f"{self.rows_out} rows"
        return f"{self.rows_in} rows in, {self.rows_out} out, {self.suppressed} suppressed, {self.excluded} excluded"


def protect_release(promise: Promise, release: str, day: date, run: str, spark: SparkSession, lake: Lake) -> Protected:
    """Stage one release of one day; a rerun with the same ``run`` replaces what it staged.

    Raises:
        NotDueError: there is no release of this day, or it was published for good.
        PastPeriodError: its rows of the day may be kept no longer.
        PolicyError: of the class that fits, when landing or keys aren't as they must be.
    """
    contract, ledger = promise.release(release), Ledger(lake.ledger)
    why = unmade(contract, day, ledger)
    if why is not None:
        raise NotDueError(release, day, why)
    require_within(contract, day)
    with lake.run_alone(release, run):
        return _staged(promise, contract, day, run, spark, lake)


def _staged(promise: Promise, contract: Contract, day: date, run: str, spark: SparkSession, lake: Lake) -> Protected:
    release, ledger = contract.release, Ledger(lake.ledger)
    made = BUILDERS[contract.shape](promise, contract, landing_of(spark, lake, day))
    folder = lake.private(lake.staged(release, run))
    shutil.rmtree(folder)
    lake.private(folder)
    fault("protect.before_rows")
    blank = write_counting(made.rows, contract, folder)
    rows_out = settle(folder)
    made.beside(folder)
    epoch = epoch_of(day, contract.epoch) if contract.epoch else None
    staged = Protected(
        release=release, day=day.isoformat(), run=run, rows_out=rows_out, epoch=epoch, contract=contract.fingerprint,
        silent=silent(contract, blank), **made.counts(rows_out),
    )  # fmt: skip
    fault("protect.before_note")
    write_atomically(folder / PROTECTED, json.dumps(asdict(staged), indent=1), 0o600)
    fault("protect.before_record")
    ledger.append("protected", **recorded(staged, contract))
    return staged


def write_counting(frame: DataFrame, contract: Contract, folder: Path) -> Counts:
    """Stage the rows, and count on the way those in which a column says nothing."""
    aggregates, seen = counting(contract), Observation()
    if aggregates:
        frame = frame.observe(seen, *(each.alias(name) for name, each in aggregates.items()))
    frame.write.mode("append").options(**writing(contract)).parquet(str(folder))
    return counted(seen.get) if aggregates else {}


def recorded(staged: Protected, contract: Contract) -> dict[str, Any]:
    """What everyone may read of a run.

    Of an aggregate no total, which would give hidden cells or the left out away. Of microdata the rows that there are,
    and of the suppressed the next multiple of k: who knows all but one of them isn't told of that one.
    """
    record = {field: value for field, value in asdict(staged).items() if field != "represented"}
    if contract.anonymity is not None:
        k = contract.anonymity.k
        return record | {"rows_in": staged.rows_out, "suppressed": (staged.suppressed // k + 1) * k, "excluded": None}
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
