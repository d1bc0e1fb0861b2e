"""From staged to published: what the gate has passed, byte for byte, in one commit.

Nothing gets here without a verdict, and nothing gets past it: a red, old, hand-made or foreign
verdict is refused, and so is a file that isn't the one that was judged.
"""

from __future__ import annotations

import dataclasses
import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from jobs.gate.decisions import require_no_incident
from jobs.gate.left_in import require_nobody_erased, require_nobody_left_out
from jobs.gate.remade import remade_of
from jobs.gate.verdict import FILE, Verdict, VerdictRefusedError, load_verdict
from jobs.keys.heads import remember
from jobs.keys.ring import Keyring
from jobs.lake.columns import schema_of
from jobs.lake.commits import discard_torn
from jobs.lake.faults import fault
from jobs.lake.files import copy_atomically
from jobs.lake.ledger import Entry, Ledger
from jobs.lake.memory import Memory
from jobs.lake.parquet import rows_in
from jobs.lake.tables import committed, files_of, open_table, opened, replace_day
from jobs.lake.zones import Lake
from jobs.night.datasheet import write_about
from jobs.retention.deadline import require_within
from policy.contract import Contract
from policy.errors import PolicyError
from policy.promise import Promise
from policy.shapes import LETTERS


class NotAsJudgedError(PolicyError):
    """What lies in the published folder isn't what the gate passed."""

    def __init__(self, release: str, day: date, file: str) -> None:
        self.release, self.day, self.file = release, day, file
        super().__init__(
            f"{release} of {day}: {file} isn't as the gate judged it; nothing was published; run validate again"
        )


class LostPublicationError(PolicyError):
    """The ledger says that a run is published, and the table doesn't have it."""

    def __init__(self, release: str, day: date, version: int) -> None:
        self.release, self.day, self.version = release, day, version
        super().__init__(
            f"{release} of {day}: the ledger says that it is published in version {version}, the table doesn't have "
            f"it, and what was staged is gone; run the day's protect, validate and publish again"
        )


@dataclass(frozen=True)
class Published:
    """One visible day of a release."""

    release: str
    day: str
    run: str
    version: int
    rows: int
    files: int
    verdict_hash: str


def publish_release(promise: Promise, release: str, day: date, run: str, lake: Lake) -> Published:
    """Make a judged run the content of its day, and write the release's datasheet.

    Guarantee: one commit replaces exactly this day; killed or without power at any point, the old day
    or the new one is visible, and running again finishes the work. What the ledger says is there was
    looked for in the table.

    Raises:
        LostPublicationError: the ledger says that the run is published, the table doesn't have it, and what
            was staged is gone.
        BrokenLedgerError: the ledger has lost entries since its head was sealed (see `jobs.keys.heads`).
        OpenIncidentError: an assurance found an identifier in the release, and nobody has acknowledged it.
        ErasedSinceError: somebody was erased since the day was extracted, who is in it.
        LeftOutSinceError: somebody's restriction or objection was approved since then.
        PastPeriodError: its rows of the day may be kept no longer.
        PolicyError: the verdict doesn't cover these files (see `jobs.gate.verdict`), or the table isn't
            as its contract says.
    """
    contract, ledger = promise.release(release), Ledger(lake.ledger)
    staged, keyring = lake.staged(release, run), Keyring.from_environment(ledger)
    with lake.alone(release), lake.run_alone(release, run):
        discard_torn(lake.published(release), ledger)
        published = _published(contract, day, run, lake, ledger)
        if published is None:
            remember(ledger, keyring)
            require_no_incident(release, contract.owner, ledger)
            require_within(contract, day)
            verdict = load_verdict(staged)
            verdict.require_passed(staged, contract, day, run, datetime.now(UTC))
            _require_last_word(verdict, ledger)
            require_nobody_erased(promise, contract, lake, staged, day)
            require_nobody_left_out(contract, lake, staged, day)
            published = _commit(contract, day, run, verdict, lake)
            fault("publish.after_commit")
            files = {str(_target(day, run, verdict, file.name)): file.sha256 for file in verdict.files}
            ledger.append("published", **vars(published), **remade_of(contract, day, files, keyring))
            fault("publish.after_record")
    remember(ledger, keyring)
    write_about(promise, contract, lake, ledger)
    fault("publish.before_clearing")
    with lake.run_alone(release, run):
        _clear(staged, published)
    return published


def _clear(staged: Path, published: Published) -> None:
    """Delete what was published from where it was staged, its verdict last; what was staged or judged anew stays."""
    if not (staged / FILE).exists() or load_verdict(staged).verdict_hash != published.verdict_hash:
        return
    for path in staged.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != FILE:
            path.unlink(missing_ok=True)
    shutil.rmtree(staged, ignore_errors=True)


def _require_last_word(verdict: Verdict, ledger: Ledger) -> None:
    """The record knows no later verdict on the run: what is staged isn't an older copy of what was red since.

    Raises:
        VerdictRefusedError: it does.
    """
    last = ledger.last("judged", release=verdict.release, run=verdict.run)
    if last is not None and last["verdict_hash"] != verdict.verdict_hash:
        raise VerdictRefusedError(verdict.release, verdict.run, f"the run was judged again since, {last['verdict']}")


def _published(contract: Contract, day: date, run: str, lake: Lake, ledger: Ledger) -> Published | None:
    """What the ledger says of this run, if the table says the same and nothing newer was staged under its name."""
    done = ledger.last("published", release=contract.release, day=day, run=run)
    staged = lake.staged(contract.release, run)
    if done is None or ((staged / FILE).exists() and load_verdict(staged).verdict_hash != done["verdict_hash"]):
        return None
    if _is_visible(contract.release, day, done, lake, ledger):
        fields = (field.name for field in dataclasses.fields(Published))
        return Published(**{field: done[field] for field in fields})
    if not staged.exists():
        raise LostPublicationError(contract.release, day, done["version"])
    return None


def _is_visible(release: str, day: date, done: Entry, lake: Lake, ledger: Ledger) -> bool:
    """Whether the table has the files of this publication, or whatever replaced or expired them since."""
    later = (entry for entry in ledger.commits(release) if entry["seq"] > done["seq"])
    if any(entry["kind"] != "published" or entry["day"] == str(day) for entry in later):
        return True
    found = [
        path
        for path in files_of(opened(lake.published(release)), day)
        if path.name.startswith(mark_of(done["run"], done["verdict_hash"]))
    ]
    return len(found) == int(done["files"])


def mark_of(run: str, verdict_hash: str) -> str:
    """How the names of one publication's files begin: judged again, a run never writes over what is visible.

    In letters: digits of a hash can look like a phone number, and assurance searches the table's log.
    """
    return f"{run}-{verdict_hash[:12].translate(str.maketrans('0123456789abcdef', LETTERS))}-"


def _target(day: date, run: str, verdict: Verdict, name: str) -> Path:
    """Where a judged file is published, relative to the table."""
    return Path(f"day={day}") / f"{mark_of(run, verdict.verdict_hash)}{name}"


def _commit(contract: Contract, day: date, run: str, verdict: Verdict, lake: Lake) -> Published:
    root = lake.shared(lake.published(contract.release))
    table = open_table(root, contract)
    version, files = committed(table, "verdict", verdict.verdict_hash), {}
    if version is None:
        verdict.require_newest(lake, contract, day)
    memory, kept = Memory(contract, lake), {file.name: file.sha256 for file in verdict.memory}
    if kept:
        memory.prepare(lake.staged(contract.release, run), day, mark_of(run, verdict.verdict_hash), kept)
    for file in verdict.files:
        target = _target(day, run, verdict, file.name)
        lake.shared((root / target).parent)
        if not copy_atomically(lake.staged(contract.release, run) / file.name, root / target, file.sha256, 0o640):
            raise NotAsJudgedError(contract.release, day, file.name)
        files[target] = file.rows
    fault("publish.before_commit")
    if version is None:
        properties = {"run": run, "day": day.isoformat(), "verdict": verdict.verdict_hash}
        version = replace_day(table, day, files, properties, schema_of(contract))
    _verify(contract.release, day, files, root, files_of(table, day))
    if kept:
        memory.settle(lake.staged(contract.release, run), day, kept)
    return Published(
        contract.release, day.isoformat(), run, version, sum(files.values()), len(files), verdict.verdict_hash
    )


def _verify(release: str, day: date, files: dict[Path, int], root: Path, visible: list[Path]) -> None:
    """What readers see now is exactly what was judged: the same files with the same rows."""
    if sorted(files) != visible:
        raise NotAsJudgedError(release, day, "the table's file list")
    for path, rows in files.items():
        if rows_in(root / path) != rows:
            raise NotAsJudgedError(release, day, path.name)
