"""A disk that is full: a tmpfs of a few pages more than what is there, mounted as one zone while a step runs.

The step is refused and the old state stays, or it needed no more room. Then there is room, and a rerun finishes. Needs
root; where a file system can't be mounted, the cases are left out by name.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from bench.faults.home import DONE, REFUSED, started
from bench.faults.trial import Outcome, Trial

PAGES = (0, 1, 2, 4, 16)
"""Of 4 kB, that are left."""

ZONES: dict[str, tuple[str, ...]] = {
    "extract.again": ("lake/landing", "lake/ledger"),
    "protect": ("lake/staged", "lake/ledger"),
    "validate.green": ("lake/staged", "lake/ledger", "secrets"),
    "validate.red": ("lake/staged", "lake/quarantine", "lake/ledger"),
    "publish.first": ("lake/published",),
    "publish.again": ("lake/published", "lake/staged", "lake/ledger", "secrets"),
    "publish.month": ("lake/memory",),
    "keys.first": ("secrets", "lake/ledger"),
    "keys.open": ("secrets",),
    "keys.rewrap": ("secrets",),
    "ledger.seal": ("secrets",),
    "export": ("lake/exports",),
    "expire.execute": ("lake/published", "lake/ledger"),
    "expire.prove": ("lake/expiry",),
    "reidentify.answer": ("lake/answers",),
    "rights.disclose": ("lake/packages",),
    "rights.restrict": ("lake/restricted", "lake/published"),
    "rights.lift": ("lake/published",),
    "rights.rectify": ("lake/published",),
    "rights.suppress": ("lake/suppression",),
    "rights.erase": ("lake/published", "lake/suppression", "lake/expiry"),
    "budget": ("lake/budget",),
}
"""Case → the zones that it writes into."""


def can_mount() -> bool:
    """Whether a file system can be mounted here."""
    return os.geteuid() == 0 and not subprocess.call(["unshare", "--mount", "true"])


@contextmanager
def small(folder: Path, pages: int) -> Iterator[None]:
    """``folder`` on a tmpfs with so many pages left, its files and modes as they are."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = folder.with_name(f"{folder.name}.beside")
    shutil.rmtree(beside, ignore_errors=True)
    subprocess.run(["cp", "-a", folder, beside], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "small", folder], check=True)
    try:
        subprocess.run(["cp", "-a", f"{beside}/.", folder], check=True)
        shutil.rmtree(beside)
        given = os.statvfs(folder)
        used = (given.f_blocks - given.f_bfree) * given.f_frsize
        resized(folder, str(max(used + pages * 4096, 4096)))
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=False)


def resized(folder: Path, size: str) -> None:
    """Give a mounted folder another size."""
    subprocess.run(["mount", "-o", f"remount,size={size}", folder], check=True)


def full(trial: Trial) -> Iterator[Outcome]:
    """Each zone of a case, with little room and with less."""
    for zone in ZONES.get(trial.case.name, ()):
        for pages in PAGES:
            yield _with(trial, zone, pages)


def _with(trial: Trial, zone: str, pages: int) -> Outcome:
    trial.home.put_back(trial.kept)
    folder = trial.home.root / zone
    with small(folder, pages):
        with started(lambda: trial.case.step(trial.home), trial.home) as run:
            run.go()
            status = run.wait()
        said = trial.home.said.read_text(errors="replace")[-1500:]
        resized(folder, "64m")
        outcome = trial.judged("full", f"{zone}, {pages} pages", status)
    if status not in (DONE, REFUSED):
        return replace(outcome, problems=(*outcome.problems, f"ended with {status}: {said[-400:]}"), said=said)
    return outcome
