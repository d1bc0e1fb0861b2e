"""Short-lived copies beside the tables: recipients' days, packages, answers, runs. What goes of them is on record."""

from __future__ import annotations

import shutil
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from jobs.lake.faults import fault
from jobs.lake.files import becoming, flush, is_of_the_future
from jobs.lake.ledger import Ledger
from jobs.lake.tables import day_of
from jobs.lake.zones import Lake


def forget_copy(copy: Path, lake: Lake, ledger: Ledger) -> None:
    """Delete one copy, a file or a folder, whole; a recipient's, a package's or an answer's end is on record first.

    A run that ends in between is finished by the next. Half a file, of a run that was killed, is nobody's copy. Whoever
    deletes a day for a recipient or a staged run lets nobody else change its release meanwhile (`Lake.alone`).
    """
    with lake.alone("copies"):
        if not copy.exists():
            return
        if becoming(copy) is None:
            _record(copy, copy.relative_to(lake.root).parts, ledger)
        fault("copy.after_record")
        shutil.rmtree(copy) if copy.is_dir() else copy.unlink(missing_ok=True)
        flush(copy.parent)


def is_older(copy: Path, now: datetime, at_most: timedelta) -> bool:
    """Whether a copy is there, and was made more than so long ago, or under a clock that went before.

    Another run may take it away at any moment.
    """
    with suppress(FileNotFoundError):
        return now.timestamp() - copy.stat().st_mtime > at_most.total_seconds() or is_of_the_future(copy)
    return False


def _record(copy: Path, parts: tuple[str, ...], ledger: Ledger) -> None:
    match parts:
        case ("exports", _, release, _):
            _once(ledger, "export_deleted", "exported", release=release, day=day_of(copy / "any"))
        case ("packages", reference, _):
            _once(ledger, "package_forgotten", "package_disclosed", reference=reference, right=copy.stem)
        case ("answers", _, _) if ledger.last("answer_forgotten", request=copy.stem) is None:
            ledger.append("answer_forgotten", request=copy.stem)


def _once(ledger: Ledger, kind: str, made: str, **what: Any) -> None:
    """Record the end of a copy, unless a run that ended before the copy did has."""
    ended, begun = ledger.last(kind, **what), ledger.last(made, **what)
    if ended is None or (begun is not None and begun["seq"] > ended["seq"]):
        ledger.append(kind, **what)
