"""What lies outside the tables and must not stay: red runs, copies, answers, packages, landing, draws, memories."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from jobs.lake.files import is_of_the_future
from jobs.lake.memory import Memory
from jobs.lake.zones import Lake
from jobs.retention.deadline import Deadline
from jobs.retention.search import found_in
from policy.contract import Contract
from policy.periods import RAW_KEPT, add_months

QUARANTINE_MONTHS = 1
"""A red run is kept for the people who mend its contract, and no longer than this."""

STAGED = timedelta(days=2)
"""A verdict lives for a day (`jobs.gate.verdict`): what is older than two can't be published any more."""

PERIODS = (
    ("staged", 2, STAGED, "staged and never published, two days at most"),
    ("landing", 2, RAW_KEPT + timedelta(days=1), "landing, seven days at most"),
    ("exports", 3, RAW_KEPT + timedelta(days=1), "export, seven days at most"),
    ("answers", 2, timedelta(days=1), "answer to a re-identification, a day at most"),
    ("packages", 2, RAW_KEPT + timedelta(days=1), "package for a data subject, seven days at most"),
)
"""What another step deletes in time: zone, depth, the longest age in days, and the rule. This is the net below it."""


@dataclass(frozen=True)
class Leftover:
    """A folder or file that goes whole: its path in the lake, how many files and bytes, and why."""

    path: str
    files: int
    bytes: int
    why: str


def leftovers(
    lake: Lake, today: date, expired: Mapping[str, frozenset[bytes]], releases: Iterable[Contract]
) -> list[Leftover]:
    """Everything outside published tables that must go today.

    ``expired``: for each pseudonymised release and export, the tokens of those who may be kept no longer. A
    quarantined run or a recipient's copy that holds one goes whole: neither is anybody's record, a hold
    doesn't need it, and it can be made again without them. ``releases``: whose draws, and memories of
    months, go with the days that they are of.
    """
    contracts = list(releases)
    found = (
        dict(_overdue(lake, today)) | dict(_drawn(lake, today, contracts)) | dict(_remembered(lake, today, contracts))
    )
    for zone, depth in (("quarantine", 2), ("exports", 3)):
        for path in _below(lake.root / zone, depth):
            if path not in found and found_in(_files(path), expired.get(path.parent.name, frozenset())):
                found[path] = f"{zone}, holds somebody who may be kept no longer"
    return [leftover(lake, path, why) for path, why in sorted(found.items())]


def _overdue(lake: Lake, today: date) -> Iterator[tuple[Path, str]]:
    """What has been there for too long: whatever should have deleted it didn't."""
    for run in _below(lake.root / "quarantine", 2):
        if add_months(_changed(run), QUARANTINE_MONTHS) < today or is_of_the_future(run):
            yield run, "quarantine, one month at most"
    for zone, depth, at_most, why in PERIODS:
        for path in _below(lake.root / zone, depth):
            if today - _changed(path) > at_most or is_of_the_future(path):
                yield path, why


def _drawn(lake: Lake, today: date, releases: Iterable[Contract]) -> Iterator[tuple[Path, str]]:
    """Numbers in the account books that were drawn for a day past its release's period.

    The ledger goes on knowing that they were drawn, so nobody draws them again: `LostDrawError`.
    """
    for contract in releases:
        deadline = Deadline.of(contract, today)
        for path in _below(lake.budget(contract.release), 1):
            if deadline.is_past(_day_of(path)):
                yield path, "numbers drawn for a day past its release's period"


def _remembered(lake: Lake, today: date, releases: Iterable[Contract]) -> Iterator[tuple[Path, str]]:
    """What is remembered of a month past its release's period; and what a crash left before its month was published."""
    for contract in releases:
        deadline = Deadline.of(contract, today)
        for path in _below(lake.memory(contract.release), 1):
            if deadline.is_past(_day_of(path)):
                yield path, "memory of a month past its release's period"
            elif today - _changed(path) > STAGED and not Memory(contract, lake).is_of_a_month(path):
                yield path, "memory of a month that wasn't published"


def _day_of(draw: Path) -> date:
    """The day in a draw's name, half-written or not; of a file that is called otherwise the day of its last change."""
    try:
        return date.fromisoformat(draw.name.removeprefix(".")[:10])
    except ValueError:
        return datetime.fromtimestamp(draw.stat().st_mtime, UTC).date()


def leftover(lake: Lake, path: Path, why: str) -> Leftover:
    """A folder or file of the lake, as what goes whole."""
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
