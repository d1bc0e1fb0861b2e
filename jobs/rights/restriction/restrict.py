"""Restriction, objection, withdrawn consent (GDPR art. 18, 21, 7(3); clause 9.1): rows leave, and can come back.

The person's rows leave every release of the affected purposes in one commit a table, and are kept apart: the very
rows, closed, under the same keys and the same retention (`jobs.retention.apart`). New nights leave the person out
(`jobs.people.wishes`), `lift` puts the rows back. What is kept apart is on the disk before the commit: killed in
between, running again finishes, and nothing is lost or there twice. Runs that were staged before, and recipients'
copies, go whole.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow.compute as pc

from jobs.lake.copies import forget_copy
from jobs.lake.faults import fault
from jobs.lake.files import flush
from jobs.lake.parquet import rows_in
from jobs.lake.tables import current_files, day_of
from jobs.lake.zones import Lake
from jobs.people.wishes import Reading, Row
from jobs.retention.apart import count, put
from jobs.retention.execute import linked
from jobs.retention.naming import Names
from jobs.retention.search import found_in
from jobs.retention.spoken import IN_LETTERS
from jobs.rights.restriction.task import Place, Restriction, Task, tasks, tokens_of
from policy.contract import Contract
from policy.register import Purpose


@dataclass(frozen=True)
class Moved:
    """Rows that left one release, or came back to it, and of how many data days."""

    release: str
    rows: int
    days: int


def affected(request: Row, purposes: Mapping[str, Purpose]) -> frozenset[str]:
    """The purposes that a restriction, an objection or a withdrawal of consent reaches while it stands."""
    return frozenset(name for name in purposes if Reading.of(name, purposes).reaches(request))


def restrict(restriction: Restriction, at: Place) -> tuple[Moved, ...]:
    """Keep the person's rows apart; what the releases have got since is moved by running again.

    Raises:
        LostEpochError, TornCommitError: see `jobs.retention.names.live_keys` and `jobs.lake.tables.find_table`.
    """
    with tasks(restriction, at) as each:
        moved = tuple(_leave(task) for task in each)
    _forget_copies(restriction, at)
    return moved


def _forget_copies(restriction: Restriction, at: Place) -> None:
    """Delete staged runs and recipients' copies in which the person is: they are made again without them."""
    for contract in at.promise.contracts.values():
        if contract.domain is None or contract.purpose not in restriction.purposes:
            continue
        theirs = tokens_of(at, contract, restriction.names)
        with at.lake.alone(contract.release):
            for copy in _copies(at.lake, contract):
                if found_in((path for path in sorted(copy.rglob("*")) if path.is_file()), theirs):
                    forget_copy(copy, at.lake, at.ledger)


def _copies(lake: Lake, contract: Contract) -> list[Path]:
    """The staged runs of a release, and the days of it that lie ready for a recipient."""
    patterns = (f"staged/{contract.release}/*", f"exports/*/{contract.release}/day=*")
    return sorted(path for pattern in patterns for path in lake.root.glob(pattern))


def _leave(task: Task) -> Moved:
    settle(task)
    theirs = task.tokens(task.restriction.names)
    files = [Path(file.path) for file in current_files(task.table)]
    losing = [path for path in files if count(task.rows_of(task.root / path, theirs))]
    if losing:
        what = task.entry("rows_restricted", lot_of(losing, task.table.version()))
        stay = _parted(task, what["lot"], losing, theirs)
        days = {day_of(path) for path in losing}
        stay |= linked(task.table, days, {str(path) for path in losing}, task.mark)
        fault("restrict.before_commit")
        task.commit(days, stay, what)
        fault("restrict.after_commit")
        forget_made_again(task, days)
        task.record(what, counts_of(task, what["lot"]))
    kept = task.apart.files()
    days = {day_of(path) for path in kept}
    task.clear(days)
    return Moved(task.contract.release, task.apart.rows(), len(days))


def lot_of(files: Iterable[Path], version: int) -> str:
    """What names the rows that one commit takes: in letters, from the files and the version that it takes them from."""
    said = "\n".join((str(version), *sorted(map(str, files))))
    return hashlib.sha256(said.encode()).hexdigest()[:16].translate(IN_LETTERS)


def settle(task: Task) -> None:
    """Bring what a killed run left to an end: a lot whose rows have left is on record, one whose rows haven't goes."""
    for lot in task.apart.lots():
        what = task.entry("rows_restricted", lot)
        if task.is_done(what):
            task.record(what, counts_of(task, lot))
        else:
            shutil.rmtree(task.apart.folder / lot)
            flush(task.apart.folder)


def counts_of(task: Task, lot: str) -> dict[str, int]:
    """Rows and data days of one lot."""
    paths = [path for path in task.apart.files() if path.parent.parent.name == lot]
    rows = sum(rows_in(path) for path in paths)
    return {"rows": rows, "days": len({day_of(path) for path in paths})}


def _parted(task: Task, lot: str, losing: Iterable[Path], theirs: Names) -> dict[Path, int]:
    """Lay the person's rows apart, and what stays of each file beside it, unseen as yet: path → rows of what stays."""
    stay: dict[Path, int] = {}
    for number, path in enumerate(losing):
        rows, mask = task.read(task.root / path), task.rows_of(task.root / path, theirs)
        put(rows.filter(mask), task.apart.folder / lot / path, task.at.lake, task.at.private)
        others = rows.filter(pc.invert(mask))
        if others.num_rows:
            target = path.parent / f"{task.mark}-{number:05d}.parquet"
            put(others, task.root / target, task.at.lake, task.at.private)
            (task.root / target).chmod(0o640)
            stay[target] = others.num_rows
    return stay


def forget_made_again(task: Task, days: Iterable[date]) -> int:
    """Of days that a night made again with the person in them, what was kept apart before is theirs twice: it goes."""
    gone, again = 0, set(days)
    for path in task.apart.files():
        if day_of(path) in again and task.was_made_again(path):
            gone += rows_in(path)
            path.unlink()
            flush(path.parent)
    task.apart.tidy()
    return gone
