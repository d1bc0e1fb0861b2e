"""One release's table while one person's rows in it are put right: looked at, written anew, proved, one commit.

The order is that of `jobs.rights.restriction`: files unseen, flushed, one Delta commit that names the request, the
ledger, and only then are old files and what the log remembers of them removed. Killed anywhere, the next run finishes.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.lake.faults import fault
from jobs.lake.files import copy_atomically, sha256_of
from jobs.lake.ledger import Entry
from jobs.lake.parquet import reading
from jobs.lake.tables import current_files, day_of, replace_days
from jobs.retention.apart import count, every_apart
from jobs.retention.deadline import Deadline
from jobs.retention.execute import linked
from jobs.retention.spoken import IN_LETTERS, RESTRICTION, said_of
from jobs.rights.rectification.cells import Fix, corrected, problems, theirs, wrong
from jobs.rights.rectification.errors import UnprovedRewriteError
from jobs.rights.rectification.right import Right
from jobs.rights.restriction.restrict import lot_of
from jobs.rights.restriction.task import Task
from policy.periods import now

COUNTS = "corrected"
"""The field of a correction's commit that says how many rows, of how many days, in how many files."""


@dataclass(frozen=True)
class Seen:
    """What a table has of the person: the days with rows of theirs, and how many rows of each file are wrong.

    ``unlinkable``: epochs whose key is destroyed; their rows belong to nobody any more, and can't be put right.
    """

    days: frozenset[date]
    wrong: Mapping[Path, int]
    unlinkable: frozenset[str]


@dataclass(frozen=True)
class Correcting(Task):
    """One request that puts rows right, and one release, while nobody else changes its table."""

    right: Right

    @property
    def prefix(self) -> str:
        """How the names of files begin that this request writes; in letters, as `Task.mark`."""
        return f"corrected-{self.restriction.reference[:12].translate(IN_LETTERS)}-"

    @property
    def mark(self) -> str:
        """How the names of files begin that are written now."""
        return f"{self.prefix}{self.table.version()}"

    def look(self) -> Seen:
        """What of the table is wrong; rows past their period are retention's. Nothing is changed."""
        files = [Path(file.path) for file in current_files(self.table)]
        fixes, deadline = self._fixes(files), Deadline.of(self.contract, now().date())
        days, found = set[date](), dict[Path, int]()
        for path in files:
            if path in fixes and not deadline.is_past(day_of(path)):
                rows = self._naming(self.root / path, fixes[path])
                if any(count(theirs(rows, fix)) for fix in fixes[path]):
                    days.add(day_of(path))
                if number := count(wrong(rows, fixes[path])):
                    found[path] = number
        unlinkable = {self.right.epoch(day_of(path)) for path in files if path not in fixes}
        return Seen(frozenset(days), found, frozenset(unlinkable))

    def correct(self, files: Iterable[Path]) -> None:
        """Put the rows of these files right, in one commit; what of them is right already, or gone, stays so.

        Raises:
            UnprovedRewriteError: a file that was written anew isn't as it must be; the table is as it was.
        """
        found = self.look().wrong
        losing = sorted(found.keys() & {*files})
        if not losing:
            return
        what, days = self.entry("rows_corrected", lot_of(losing, self.table.version())), {*map(day_of, losing)}
        fixes, made = self._fixes(losing), dict[Path, int]()
        for number, path in enumerate(losing):
            target = path.parent / f"{self.mark}-{number:05d}.parquet"
            made[target] = self._rewrite(self.root / path, self.root / target, fixes[path])
            (self.root / target).chmod(0o640)
        made |= linked(self.table, days, {*map(str, losing)}, self.mark)
        counts = (sum(found[path] for path in losing), len(days), len(losing))
        fault("rectify.before_commit")
        replace_days(self.table, days, made, {RESTRICTION: said_of(what), COUNTS: " ".join(map(str, counts))})
        fault("rectify.after_commit")
        self._tell(what, counts)
        self.clear(days)

    def settle(self) -> None:
        """Put a commit on record that a killed run has made, and remove what it, or an unfinished one, has left."""
        for commit in reversed(self.table.history()):
            kind, _, rest = commit.get(RESTRICTION, "").partition(" ")
            letters, _, lot = rest.partition(" ")
            if kind == "rows_corrected" and letters == self.restriction.reference.translate(IN_LETTERS):
                self._tell(self.entry(kind, lot), tuple(map(int, commit[COUNTS].split())))
        self.clear({day_of(path) for path in self.root.glob(f"day=*/{self.prefix}*")})

    def correct_apart(self) -> int:
        """Put right what is kept apart, file by file; rows of theirs that are there, right now.

        No night makes them again: it leaves them out for as long as they are kept apart.
        """
        here = 0
        files = [path for apart in every_apart(self.at.lake, self.contract.release) for path in apart.files()]
        for path, fixes in self._fixes(files).items():
            rows = self._naming(path, fixes)
            here += count(theirs(rows, fixes[0]))
            if count(wrong(rows, fixes)):
                self._rewrite(path, path, fixes)
        return here

    def _fixes(self, files: Sequence[Path]) -> dict[Path, tuple[Fix, ...]]:
        """What is right in each file, but for those of an epoch whose key is destroyed."""
        by_epoch = self.right.fixes(self.at.keyring, {*map(day_of, files)})
        epochs = ((path, self.right.epoch(day_of(path))) for path in files)
        return {path: by_epoch[epoch] for path, epoch in epochs if epoch in by_epoch}

    def _naming(self, path: Path, fixes: Sequence[Fix]) -> pa.Table:
        """The columns of a file that say whether a row is wrong."""
        names = dict.fromkeys(name for fix in fixes for name in fix.reached.read)
        with reading(path):
            return pq.ParquetFile(path).read(columns=list(names)).combine_chunks()

    def _rewrite(self, path: Path, target: Path, fixes: Sequence[Fix]) -> int:
        """Write a file anew where nobody looks, read it back, prove it, and only then give it its name; its rows."""
        fresh = self.at.lake.private(self.at.private) / f"{secrets.token_hex(8)}.parquet"
        before = self.read(path)
        pq.write_table(corrected(before, fixes), fresh, compression="zstd", write_statistics=False)
        digest, after = sha256_of(fresh), self.read(fresh)
        why = next(problems(before, after, fixes), None)
        if why is None and not copy_atomically(fresh, target, digest, 0o600):
            why = "it changed while it was copied"
        if why is not None:
            raise UnprovedRewriteError(self.contract.release, path.name, why, self.contract.owner)
        fresh.unlink()
        return int(after.num_rows)

    def _tell(self, what: Entry, counts: Sequence[int]) -> None:
        self.record(what, dict(zip(("rows", "days", "files"), counts, strict=True)))
