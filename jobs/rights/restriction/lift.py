"""The end of a restriction: the very rows come back, day by day, and nothing that may not.

Not what retention has ended meanwhile (it is gone from what was kept apart), not rows past their period unless a legal
hold keeps them, not those of a day that a night has made again with the person in it, not rows that somebody else's
standing restriction keeps away: these are passed on to it. One commit a table; what was kept apart goes after it, in
one step.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from jobs.lake.faults import fault
from jobs.lake.files import flush, sha256_of
from jobs.lake.tables import current_files, day_of
from jobs.retention.apart import count, mask_of, put
from jobs.retention.deadline import Deadline
from jobs.retention.execute import linked
from jobs.retention.naming import Names, texts_of
from jobs.retention.platform import held_names
from jobs.rights.restriction.restrict import counts_of, lot_of, settle
from jobs.rights.restriction.task import Place, Restriction, Task, tasks
from policy.periods import now


@dataclass(frozen=True)
class Returned:
    """What came back to one release. ``ended``: rows that didn't, for their time is over or their day was made again
    with them; ``passed_on``: rows that another request keeps apart from now on."""

    release: str
    rows: int
    days: int
    ended: int
    passed_on: int


def lift(restriction: Restriction, standing: Sequence[Restriction], at: Place) -> tuple[Returned, ...]:
    """Bring back what a request kept apart, whatever purposes it names today.

    ``standing``: all other requests that still keep rows apart.

    Guarantee: each day has exactly the rows that it had, or that a night has given it since. Run again after a kill,
    it finishes; a second time it does nothing.
    """
    everywhere = frozenset(contract.purpose for contract in at.promise.releases.values())
    with tasks(replace(restriction, purposes=everywhere), at) as each:
        return tuple(_return(task, standing) for task in each)


@dataclass(frozen=True)
class _Share:
    """What becomes of the rows of one file that is kept apart."""

    back: pa.Table
    passed_on: tuple[tuple[Restriction, pa.Table], ...] = ()
    ended: int = 0


def _return(task: Task, standing: Sequence[Restriction]) -> Returned:
    settle(task)
    paths = task.apart.files()
    if not paths:
        return Returned(task.contract.release, 0, 0, 0, 0)
    contents = [path.relative_to(task.apart.folder) / sha256_of(path) for path in paths]
    what = task.entry("rows_returned", lot_of(contents, 0))
    shares = {path: _share(task, path, standing) for path in paths}
    back = {path: share.back for path, share in shares.items() if share.back.num_rows}
    days = {day_of(path) for path in back}
    passed_on = sum(rows.num_rows for share in shares.values() for _, rows in share.passed_on)
    returned = Returned(
        task.contract.release,
        rows=sum(rows.num_rows for rows in back.values()),
        days=len(days),
        ended=sum(share.ended for share in shares.values()),
        passed_on=passed_on,
    )
    if not task.is_done(what):
        _pass_on(task, shares, what["lot"])
        if back:
            files = _laid(task, back) | linked(task.table, days, set(), task.mark)
            fault("lift.before_commit")
            task.commit(days, files, what)
    task.record(what, {name: count for name, count in vars(returned).items() if name != "release"})
    fault("lift.before_end")
    _vanish(task)
    task.clear({day_of(path) for path in paths})
    return returned


def _share(task: Task, path: Path, standing: Sequence[Restriction]) -> _Share:
    rows, ended, today = task.read(path), 0, now().date()
    if task.was_made_again(path) and _is_there(task, rows, day_of(path)):
        return _Share(rows.slice(0, 0), ended=rows.num_rows)
    if Deadline.of(task.contract, today).is_past(day_of(path)):
        names = held_names(task.at.promise, task.at.keyring, task.contract.purpose, today)
        held = mask_of(rows, task.columns, task.tokens(names))
        ended, rows = rows.num_rows - count(held), rows.filter(held).combine_chunks()
    passed_on: list[tuple[Restriction, pa.Table]] = []
    for other in standing:
        if other.reference != task.restriction.reference and task.contract.purpose in other.purposes:
            theirs = mask_of(rows, task.columns, task.tokens(other.names))
            if count(theirs):
                passed_on.append((other, rows.filter(theirs)))
                rows = rows.filter(pc.invert(theirs)).combine_chunks()
    return _Share(rows, tuple(passed_on), ended)


def _is_there(task: Task, rows: pa.Table, day: date) -> bool:
    """Whether the table's day has rows of the person, by what names them in ``rows``: an address can be new since."""
    theirs = task.tokens(task.restriction.names)
    cells = (cell for name in task.columns for cell in rows.column(name).to_pylist())
    named = theirs.texts & {text for cell in cells for text in texts_of(cell)}
    theirs = Names.of(frozenset(text.encode() for text in named)) if named else theirs
    files = (task.root / file.path for file in current_files(task.table) if file.day == day)
    return any(count(task.rows_of(path, theirs)) for path in files)


def _pass_on(task: Task, shares: Mapping[Path, _Share], lot: str) -> None:
    """Let the requests that still stand keep rows apart that name their people, too; on record before they are here."""
    takers: dict[str, Task] = {}
    for path, share in shares.items():
        for number, (other, rows) in enumerate(share.passed_on):
            taker = takers.setdefault(other.reference, replace(task, restriction=other))
            name = f"{path.parent.parent.name}-{number}-{path.name}"
            put(rows, taker.apart.folder / lot / path.parent.name / name, task.at.lake, task.at.private)
    for taker in takers.values():
        taker.record(taker.entry("rows_restricted", lot), counts_of(taker, lot))


def _laid(task: Task, back: Mapping[Path, pa.Table]) -> dict[Path, int]:
    """Lay rows into the table's folder, unseen as yet: path → rows."""
    laid: dict[Path, int] = {}
    for number, (path, rows) in enumerate(sorted(back.items())):
        target = Path(path.parent.name) / f"{task.mark}-back-{number:05d}.parquet"
        task.at.lake.shared((task.root / target).parent)
        put(rows, task.root / target, task.at.lake, task.at.private)
        (task.root / target).chmod(0o640)
        laid[target] = rows.num_rows
    return laid


def _vanish(task: Task) -> None:
    """Take away what was kept apart in one step: half of it would come back once more."""
    folder = task.apart.folder
    folder.replace(task.at.lake.private(task.at.private) / secrets.token_hex(8))
    flush(folder.parent)
    shutil.rmtree(task.at.private)
