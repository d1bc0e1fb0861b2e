"""Named points at which a step can be broken on purpose, by whoever tries what it survives; without effect otherwise.

``IGNICLOUD_FAULT=publish.after_commit:kill`` ends the step there. It is obeyed on a lake that says in its own folder
that it is for breaking (`TRIAL`), and that alone: anywhere else no step starts while the variable is set.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from errno import EIO, ENOSPC
from pathlib import Path

from policy.errors import PolicyError

VARIABLE = "IGNICLOUD_FAULT"

TRIAL = "for-breaking"
"""The file in a lake's folder that says so. No step makes it."""

SLOW_SECONDS = 2.0

HERE, GO = f"{TRIAL}.here", f"{TRIAL}.go"
"""Files in the lake's folder: a step that is to wait makes the one when it is there, and goes on once the other is."""

PATIENCE = 30.0
"""Seconds after which a step that waits goes on by itself."""

POINTS: dict[str, str] = {
    "file.before_name": "a file that is whole beside its place, and its name",
    "file.after_name": "a file's name, and the flush that makes the name last",
    "ledger.before_write": "the turn to write, and the line",
    "ledger.before_flush": "a line that was written, and the flush that makes it last",
    "landing.before_manifest": "the files of a day, and the manifest that makes them the day",
    "landing.after_manifest": "the day's new manifest, and the removal of what it replaced",
    "landing.half_gone": "the end of a day's manifest, and of its files",
    "extract.before_record": "a day that has landed, and its record",
    "cleanup.before_record": "landing that is gone, and its record",
    "copy.after_record": "the record that a copy goes, and its end",
    "protect.before_rows": "the end of an earlier run's rows, and the new ones",
    "protect.before_note": "staged rows, and the note of what they are",
    "protect.before_record": "a staged run, and its record",
    "validate.before_record": "a sealed verdict beside its files, and its record",
    "validate.after_record": "the record of a verdict, and its page; of a red one quarantine, too",
    "validate.before_quarantine_record": "a red run in quarantine, and the record of that",
    "publish.before_commit": "the judged files in their place, unseen, and the commit",
    "publish.after_commit": "the commit, and the record of it",
    "publish.after_record": "the record of a publication, and the pages beside the table",
    "publish.before_clearing": "a publication that is done, and the end of what was staged",
    "table.before_commit": "flushed files, and the entry of the table's log",
    "table.before_flush": "an entry of the table's log, and the flush that makes it last",
    "table.before_discard": "the record that a torn entry goes, and its end",
    "table.before_forgetting": "a checkpoint, and the end of the entries that it replaces",
    "memory.before_others": "the memory of a published month, and what other months' become",
    "expire.after_commit": "a table without the rows that were due, and the record of it",
    "expire.before_clearing": "that record, and the end of the old files",
    "expire.before_leftovers": "the tables, and what goes beside them",
    "expire.before_done": "the end of everything that was planned, and its record",
    "expire.before_proof_record": "a sealed receipt, and the record of the proof",
    "receipt.half": "a receipt, and its page with the seal",
    "keys.before_kek": "a key-encryption key that is made, and the first key under it",
    "keys.before_write": "a change of a key, and the keyring",
    "keys.before_record": "the changed keyring, and the record of the change",
    "head.before_seal": "the ledger's last entry, and its seal beside the keyring",
    "export.after_record": "the record of a copy, and the copy",
    "export.before_manifest": "a copy's new files, and the manifest that makes them the copy",
    "export.before_clearing": "a handed out copy, and the end of what it replaced",
    "reidentify.after_record": "the record that somebody is told, and the answer",
    "reidentify.before_hand_over": "an answer, and its hand-over to who asked",
    "suppress.before_record": "a suppression list, and the record of it",
    "suppress.before_end": "the record that a list goes with its key, and its end",
    "erase.after_lists": "the suppression lists, and the tables",
    "erase.before_copies": "the tables, and the copies beside them",
    "erase.before_done": "the end of everything that was planned, and its record",
    "erase.before_proof_record": "a sealed receipt, and the record of the proof",
    "restrict.before_commit": "rows laid apart, and the commit that takes them from the table",
    "restrict.after_commit": "that commit, and the record of it",
    "lift.before_commit": "rows laid back, unseen, and the commit that shows them",
    "lift.before_end": "that commit and its record, and the end of what was kept apart",
    "rectify.before_commit": "corrected files, unseen, and the commit that shows them",
    "rectify.after_commit": "that commit, and the record of it",
    "disclose.before_record": "a package that has no name yet, and its record",
    "disclose.after_record": "the record of a package, and its name",
    "request.before_end": "a request's receipt, and the record of its end",
    "budget.after_reserving": "a reservation on record, and the draw",
    "budget.before_record": "stored numbers, and the record of them",
    "findings.before_report": "published findings, and their report",
    "catalogue.before_pages": "a table, and the pages beside it",
    "catalogue.before_index": "the pages beside a table, and the list that leads to them",
    "docs.before_index": "a verdict's page, and the list of runs",
}
"""Every point, and what it stands between."""


class FaultRefusedError(PolicyError):
    """``IGNICLOUD_FAULT`` is set where nothing may be broken, or says what nobody understands; nothing was done."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(f"{VARIABLE} is set, and {problem}; nothing was done; unset it")


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _fail(number: int) -> Callable[[], None]:
    def fail() -> None:
        raise OSError(number, os.strerror(number))

    return fail


ACTIONS: dict[str, Callable[[], None]] = {
    "kill": _kill,
    "eio": _fail(EIO),
    "enospc": _fail(ENOSPC),
    "slow": lambda: time.sleep(SLOW_SECONDS),
    "wait": lambda: _wait(_lake[0]),
}

_lake: list[Path] = []


def _wait(lake: Path) -> None:
    """Let another step go first, the first time that this point is reached."""
    if (lake / HERE).exists():
        return
    (lake / HERE).touch()
    until = time.monotonic() + PATIENCE
    while not (lake / GO).exists() and time.monotonic() < until:
        time.sleep(0.005)


_armed: dict[str, Callable[[], None]] = {}


def arm(lake: Path) -> None:
    """Obey the variable on the lake in this folder; for the one entry of all steps.

    Raises:
        FaultRefusedError: it is set, and the lake isn't for breaking, or it names no point or no fault.
    """
    _armed.clear()
    _lake[:] = [lake]
    said = os.environ.get(VARIABLE)
    if said is None:
        return
    if not (lake / TRIAL).is_file():
        raise FaultRefusedError(f"this lake has no file {TRIAL}, so it isn't one that may be broken")
    point, _, action = said.partition(":")
    if point not in POINTS or action not in ACTIONS:
        raise FaultRefusedError("it isn't a point and a fault of jobs/lake/faults.py, as publish.after_commit:kill")
    _armed[point] = ACTIONS[action]


def fault(point: str) -> None:
    """Break here, if whoever started this step wants it broken here."""
    if point in _armed:
        _armed[point]()
