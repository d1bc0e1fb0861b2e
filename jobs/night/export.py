"""A recipient outside the group gets a copy of its own (clauses 5.2, 6.2; GDPR art. 44 to 46).

Only the columns that its contract in ``policy/exports`` lists, under a pseudonymisation domain of its
own, through the same gate as every release, and only while its country has a transfer mechanism.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from pyspark.sql import SparkSession

from jobs.gate.decisions import require_no_incident
from jobs.gate.left_in import require_nobody_left_out
from jobs.gate.verdict import Verdict, load_verdict
from jobs.lake.faults import fault
from jobs.lake.files import copy_atomically, flush, write_atomically
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from jobs.night.extract import landed
from jobs.night.protect import protect_release
from jobs.night.publish import NotAsJudgedError
from jobs.night.validate import validate_release
from jobs.retention.deadline import require_within
from policy.contract import Contract
from policy.errors import PolicyError, TransferRefusedError
from policy.periods import now
from policy.promise import Promise
from policy.transfers import lapsed, refusal


class NoExportError(PolicyError):
    """A release is to be exported that isn't made for anybody outside."""

    def __init__(self, release: str, owner: str) -> None:
        self.release, self.owner = release, owner
        super().__init__(f"{release} has no recipient; ask {owner} for a contract in policy/exports")


@dataclass(frozen=True)
class Export:
    """One copy that may be handed over."""

    recipient: str
    folder: Path
    rows: int
    files: int


def export_release(promise: Promise, release: str, day: date, spark: SparkSession, lake: Lake) -> Export:
    """Make one day's copy for its recipient, from the platform to a closed folder.

    Guarantee: nothing lies there that the gate hasn't passed, or that isn't on record; a second run of the
    day replaces the first. A day that isn't in landing is extracted for this and leaves again.

    Raises:
        NoExportError: the contract has no recipient.
        PastPeriodError: rows of the day may be kept no longer.
        TransferRefusedError: no valid mechanism covers the recipient's country today.
        PolicyError: of the class that fits, from each step.
    """
    contract, ledger = promise.release(release), Ledger(lake.ledger)
    if contract.recipient is None:
        raise NoExportError(release, contract.owner)
    recipient = promise.register.recipients[contract.recipient]
    reason = refusal(recipient) or lapsed(recipient, now().date())
    if reason is not None:
        raise TransferRefusedError(contract.recipient, recipient.country, reason)
    require_no_incident(release, contract.owner, ledger)
    require_within(contract, day)
    with lake.alone(release):
        return _exported(promise, contract, day, spark, lake)


def _exported(promise: Promise, contract: Contract, day: date, spark: SparkSession, lake: Lake) -> Export:
    release, run, ledger = contract.release, f"{day}-export", Ledger(lake.ledger)
    mechanism = promise.register.recipients[str(contract.recipient)].mechanism
    with landed(promise, day, lake, ledger):
        protect_release(promise, release, day, run, spark, lake)
        validate_release(promise, release, day, run, spark, lake)
        staged = lake.staged(release, run)
        require_nobody_left_out(contract, lake, staged, day)
    verdict = load_verdict(staged)
    verdict.require_passed(staged, contract, day, run, datetime.now(UTC))
    ledger.append(
        "exported", release=release, day=day, run=run, recipient=contract.recipient, mechanism=mechanism,
        rows=verdict.rows, files=len(verdict.files), verdict_hash=verdict.verdict_hash,
    )  # fmt: skip
    fault("export.after_record")
    made = _hand_out(contract, day, verdict, lake)
    shutil.rmtree(staged)
    return made


def _hand_out(contract: Contract, day: date, verdict: Verdict, lake: Lake) -> Export:
    """The judged files with a manifest: replacing that one file makes the old copy the new one."""
    root = lake.exports(str(contract.recipient), contract.release)
    folder = lake.private(root / f"day={day}")
    staged = lake.staged(contract.release, verdict.run)
    names = {file.name: f"{verdict.verdict_hash[:12]}-{file.name}" for file in verdict.files}
    for file in verdict.files:
        if not copy_atomically(staged / file.name, folder / names[file.name], file.sha256, 0o600):
            raise NotAsJudgedError(contract.release, day, file.name)
    manifest = {
        "release": contract.release,
        "recipient": contract.recipient,
        "day": day.isoformat(),
        "contract": contract.fingerprint,
        "verdict": verdict.verdict_hash,
        "columns": [
            {"name": o.name, "type": o.type, "means": o.means, "missing": o.missing, "treatment": o.note}
            for o in contract.outputs
        ],
        "files": [{**asdict(file), "name": names[file.name]} for file in verdict.files],
    }
    fault("export.before_manifest")
    write_atomically(folder / "manifest.json", json.dumps(manifest, indent=1), 0o600)
    fault("export.before_clearing")
    for stray in folder.glob("*.parquet"):
        if stray.name not in names.values():
            stray.unlink()
    flush(folder)
    return Export(str(contract.recipient), folder, verdict.rows, len(verdict.files))
