"""Carry out a retention plan and nothing else; killed at any point, the next run finishes it.

Each table changes by one Delta commit that names the plan, so a reader sees the rows before or after.
Files that lose no row are not read: where their day is touched they get a second name by a hard link.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import quote

import pyarrow.parquet as pq
from deltalake import DeltaTable
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.lake.commits import discard_torn
from jobs.lake.faults import fault
from jobs.lake.ledger import Ledger
from jobs.lake.tables import (
    committed,
    current_files,
    day_of,
    folder_of,
    forget_history,
    opened,
    replace_days,
)
from jobs.lake.zones import Lake
from jobs.retention import scan
from jobs.retention.apart import forget_apart
from jobs.retention.approval import require_approval, require_foresight
from jobs.retention.errors import RewriteError, StalePlanError
from jobs.retention.foresight import foreseen, unforeseen
from jobs.retention.plan import FilePlan, Plan, TablePlan
from jobs.retention.planner import Look, published_contracts, survey, unreferenced
from jobs.retention.spoken import PLAN, unrecorded
from jobs.retention.zones import Leftover
from policy.contract import Contract


@dataclass(frozen=True)
class Said:
    """What the ledger calls the steps of a plan, and how the names of files begin that it makes."""

    planned: str
    rows: str
    done: str
    proved: str
    mark: str


EXPIRY = Said("expiry_planned", "rows_expired", "expiry_done", "expiry_proved", "kept")


@dataclass(frozen=True)
class Work:
    """A plan about to be carried out, seen with today's eyes."""

    plan: Plan
    at: Look
    ledger: Ledger
    said: Said = EXPIRY

    @property
    def named(self) -> dict[str, str]:
        """What every ledger entry of this plan says."""
        return {"plan": self.plan.hash, "day": self.plan.day}

    @property
    def mark(self) -> str:
        """How the names of files begin that this plan makes."""
        return f"{self.said.mark}-{self.plan.hash[:12]}"


def execute(work: Work) -> None:
    """Delete exactly what the plan names, table by table, then what lies beside the tables.

    Guarantee: a table loses the plan's rows in one commit or not at all; running again finishes what
    is left and changes nothing else.

    Raises:
        StalePlanError: a table that isn't done yet would lose other rows today.
        ApprovalNeededError: by today's count it would lose more than the plan, or its file, says.
        MassChangeError: by today's count more people are due than the plan, or its file, says.
        RewriteError: a rewritten file doesn't have the rows that it must.
    """
    at = work.at
    due, _ = foreseen((name for purpose in at.known for name in at.names(purpose)), at.day)
    require_foresight(work.plan, unforeseen(work.ledger, due, at.day), work.ledger)
    carry_out(work)
    fault("expire.before_leftovers")
    _remove_leftovers(work)
    apart = forget_apart(at)
    fault("expire.before_done")
    if work.ledger.last("expiry_done", plan=work.plan.hash) is None:
        work.ledger.append("expiry_done", **work.named, leftovers=len(work.plan.leftovers), apart=apart)


def carry_out(work: Work) -> None:
    """Take the plan's rows out of every table that still has them; see `execute`."""
    for contract in published_contracts(work.at.promise, work.at.lake):
        with work.at.lake.alone(contract.release):
            discard_torn(work.at.lake.published(contract.release), work.ledger)
            table = opened(work.at.lake.published(contract.release))
            if not _is_done(work, contract, table):
                _expire_rows(work, contract, table)
            fault("expire.before_clearing")
            _clear(work, contract, table)


def _is_done(work: Work, contract: Contract, table: DeltaTable) -> bool:
    """Whether the table has lost its rows already; a commit that a crash kept out of the ledger is recorded.

    Looked for in the table: a plan's files leave it with their rows, so one that is still there was not done,
    whatever the ledger says. Files that went by another hand, a night's or a request's, were not done by this plan.
    """
    planned = _planned(work.plan, contract)
    if planned is None or not planned.files:
        return True
    if {file.path for file in planned.files} & {file.path for file in current_files(table)}:
        return False
    if work.ledger.last(work.said.rows, plan=work.plan.hash, release=contract.release) is not None:
        return True
    version = committed(table, PLAN, work.plan.hash)
    if version is not None:
        _record(work, planned, version, _written(work, table))
    return version is not None


def _planned(plan: Plan, contract: Contract) -> TablePlan | None:
    return next((table for table in plan.tables if table.release == contract.release), None)


def _expire_rows(work: Work, contract: Contract, table: DeltaTable) -> None:
    """Take the plan's rows out of one table, in one commit."""
    planned, surveyed = work.plan.table(contract.release), survey(work.at, contract, table)
    if surveyed.plan.files != planned.files:
        raise StalePlanError(work.plan.hash, f"{contract.release} would lose other rows than planned")
    if work.said is EXPIRY:
        require_approval(work.plan, (contract.release,) if surveyed.plan.over_share else (), work.ledger)
    kept = _rewrite(work, contract, table, surveyed.found)
    surveyed.close()
    days = {day_of(Path(file.path)) for file in planned.files}
    kept |= linked(table, days, {file.path for file in planned.files}, work.mark)
    version = replace_days(table, days, kept, {PLAN: work.plan.hash})
    fault("expire.after_commit")
    _record(work, planned, version, _written(work, table))


def _rewrite(work: Work, contract: Contract, table: DeltaTable, found: DataFrame | None) -> dict[Path, int]:
    """Write the files that lose some of their rows anew, without them; path → rows of what was written."""
    planned = {file.path: file for file in work.plan.table(contract.release).files if not file.dropped}
    if not planned or found is None:
        return {}
    private = work.at.lake.private(work.at.private / contract.release)
    files = [file for file in current_files(table) if file.path in planned]
    deadline = work.at.deadline(contract)
    is_held = (F.size("holds") > 0).alias("_held")
    marks = found.where(F.col("_file").isin(list(planned))).select(
        "_file", "_row", scan.over(deadline).alias("_over"), is_held
    )
    marked = scan.read_rows(work.at.session, folder_of(table), files).join(marks, ["_file", "_row"], "left")
    past = F.col("_file").isin([file.path for file in files if deadline.is_past(file.day)])
    stays = F.coalesce("_held", F.lit(False)) | ~(past | F.coalesce("_over", F.lit(False)))
    place = (F.substring_index("_file", "/", 1).alias("_day"), F.substring_index("_file", "/", -1).alias("_origin"))
    kept = marked.where(stays).select(*contract.output_schema, *place)
    writer = kept.write.mode("append").option("parquet.column.statistics.enabled", "false")
    writer.partitionBy("_day", "_origin").parquet(str(private))
    return _placed(work, contract.release, planned, folder_of(table), private)


def _placed(work: Work, release: str, planned: dict[str, FilePlan], root: Path, private: Path) -> dict[Path, int]:
    """Count what was written against the plan, and give it its place in the table, unseen as yet."""
    placed: dict[Path, int] = {}
    for number, (path, file) in enumerate(sorted(planned.items())):
        day, name = path.split("/")
        written = {
            part: pq.read_metadata(part).num_rows
            for part in private.glob(f"_day={quote(day)}/_origin={quote(name)}/*.parquet")
        }
        if sum(written.values()) != file.rows - file.gone:
            raise RewriteError(release, path, file.rows - file.gone, sum(written.values()))
        for piece, (part, rows) in enumerate(sorted(written.items())):
            target = Path(day) / f"{work.mark}-{number:05d}-{piece}.parquet"
            _link(part, root / target)
            placed[target] = rows
    return placed


def linked(table: DeltaTable, days: set[date], touched: set[str], mark: str) -> dict[Path, int]:
    """Second names for the files of these days that aren't touched: a commit replaces whole days."""
    root = folder_of(table)
    named: dict[Path, int] = {}
    for number, file in enumerate(current_files(table)):
        if file.day in days and file.path not in touched:
            target = Path(file.path).parent / f"{mark}-as-it-was-{number:05d}.parquet"
            _link(root / file.path, root / target)
            named[target] = file.rows
    return named


def _link(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
    target.chmod(0o640)


def _record(work: Work, planned: TablePlan, version: int, bytes_written: int) -> None:
    work.ledger.append(
        work.said.rows,
        **work.named,
        release=planned.release,
        version=version,
        rows=planned.gone,
        files=len(planned.files),
        bytes_written=bytes_written,
    )


def _written(work: Work, table: DeltaTable) -> int:
    """Bytes of the files that this plan wrote; links cost none."""
    names = (file for file in current_files(table) if Path(file.path).name.startswith(work.mark))
    return sum(file.bytes for file in names if "as-it-was" not in file.path)


def _clear(work: Work, contract: Contract, table: DeltaTable) -> None:
    """Delete the files that the plan took out of the table, and what the log remembers of them.

    A file that is no part of the plan stays. The log stays whole while a publication of it hasn't
    reached the ledger: a repeated `publish` looks for it there.
    """
    planned, root = _planned(work.plan, contract), folder_of(table)
    if planned is None:
        return
    touched = {day_of(Path(file.path)) for file in planned.files}
    for path in unreferenced(root, current_files(table)):
        of_plan = path in planned.unreferenced or day_of(Path(path)) in touched or Path(path).name.startswith(work.mark)
        if of_plan:
            (root / path).unlink()
    for folder in root.glob("day=*"):
        if not any(folder.iterdir()):
            folder.rmdir()
    if (planned.files or planned.unreferenced) and not unrecorded(work.ledger, contract.release, table):
        forget_history(table)


def _remove_leftovers(work: Work) -> None:
    """Delete the planned folders that still must go: one that was changed since is left to the next plan."""
    at = work.at
    now = {leftover.path for leftover in at.leftovers()}
    remove(at.lake, (leftover for leftover in work.plan.leftovers if leftover.path in now))


def remove(lake: Lake, leftovers: Iterable[Leftover]) -> None:
    """Delete files and folders of the lake, whole."""
    for leftover in leftovers:
        path = lake.root / leftover.path
        if path.exists():
            path.unlink() if path.is_file() else shutil.rmtree(path)
