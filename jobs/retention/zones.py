"""What lies outside the tables and must not stay: red runs, leftovers, recipients' copies, overdue landing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from jobs.cleanup import AT_MOST
from jobs.lake import Lake
from jobs.retention.search import found_in
from policy.periods import add_months

QUARANTINE_MONTHS = 1
"""A red run is kept for the people who mend its contract, and no longer than this."""

STAGED = timedelta(days=2)
"""A verdict lives for a day (`jobs.publish`): what is older than two can't be published any more."""


@dataclass(frozen=True)
class Leftover:
    """A folder or file that goes whole: its path in the lake, how many files and bytes, and why."""

    path: str
    files: int
    bytes: int
    why: str


def leftovers(lake: Lake, today: date, expired: Mapping[str, frozenset[bytes]]) -> list[Leftover]:
    """Everything outside published tables that must go today.

    ``expired``: for each pseudonymised release and export, the tokens of those who may be kept no longer. A
    quarantined run or a recipient's copy that holds one goes whole: neither is anybody's record, a hold
    doesn't need it, and it can be made again without them.
    """
    found: list[tuple[Path, str]] = []
    for run in _below(lake.root / "quarantine", 2):
        wanted = expired.get(run.parent.name, frozenset())
        if add_months(_changed(run), QUARANTINE_MONTHS) < today:
            found.append((run, "quarantine, one month at most"))
        elif found_in(_files(run), wanted):
            found.append((run, "quarantine, holds somebody who may be kept no longer"))
    copies = _below(lake.root / "exports", 3)
    holding = (copy for copy in copies if found_in(_files(copy), expired.get(copy.parent.name, frozenset())))
    found += [(copy, "export, holds somebody who may be kept no longer") for copy in holding]
    staged = (run for run in _below(lake.root / "staged", 2) if today - _changed(run) > STAGED)
    found += [(run, "staged and never published, two days at most") for run in staged]
    landed = (copy for copy in _below(lake.root / "landing", 2) if today - _changed(copy) > AT_MOST + timedelta(days=1))
    found += [(copy, "landing, seven days at most") for copy in landed]
    return [_leftover(lake, path, why) for path, why in sorted(found)]


def _leftover(lake: Lake, path: Path, why: str) -> Leftover:
    files = list(_files(path))
    return Leftover(str(path.relative_to(lake.root)), len(files), sum(file.stat().st_size for file in files), why)


def _below(root: Path, depth: int) -> Iterable[Path]:
    return sorted(root.glob("/".join("*" * depth))) if root.is_dir() else ()


def _files(path: Path) -> Iterator[Path]:
    return (file for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file())


def _changed(path: Path) -> date:
    """The UTC date of the newest change in a folder."""
    moments = [path.stat().st_mtime, *(file.stat().st_mtime for file in _files(path))]
    return datetime.fromtimestamp(max(moments), UTC).date()
