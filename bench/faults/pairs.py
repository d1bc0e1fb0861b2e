"""Two steps at once on one lake: one waits at a named point while the other runs; then both end.

The oracle: what is there afterwards, and what is on record, is as after the one and then the other, in one of the two
orders; each is done, or refused by a typed error; and neither waits for ever.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from bench.faults import oracle
from bench.faults.cases import CASES, Case
from bench.faults.home import CRASHED, DONE, REFUSED, Home, Run, apart, started
from bench.faults.oracle import REPEATED, TOLD, Seen
from bench.faults.trial import Outcome, Trial
from jobs.lake.faults import GO, HERE, TRIAL

TOGETHER = (
    "publish.again", "publish.other", "publish.month", "protect", "validate.green", "extract.again", "cleanup",
    "export", "expire.plan", "expire.execute", "keys.open", "keys.rotate", "keys.retire", "keys.rewrap",
    "ledger.seal", "reidentify.ask", "reidentify.decide", "reidentify.answer", "reidentify.forget",
    "rights.take-up", "rights.restrict", "rights.erase", "rights.disclose", "rights.suppress", "budget", "findings",
    "catalogue",
)  # fmt: skip
"""The steps of which every two are run at once."""

BLOCKED = 0.7
"""Seconds after which the other step is taken to wait for the first one."""


@dataclass
class Pair:
    """Two steps on one home; ``there``: the second one's own view of the home, of another mount if given."""

    first: Case
    second: Case
    home: Home
    kept: Path
    there: Home | None = None

    @property
    def name(self) -> str:
        """Both names."""
        return f"{self.first.name} + {self.second.name}"

    def prepare(self, base: Path) -> str | None:
        """Lay ready for both, and learn what either order leaves; why not, if they can't be laid ready together."""
        self.home.put_back(base)
        makes = dict.fromkeys((self.first.make, self.second.make))
        try:
            apart(lambda: [make(self.home) for make in makes] and None)
        except RuntimeError:
            return "can't be laid ready on one lake"
        self.home.keep(self.kept)
        orders = ((self.first, self.second), (self.second, self.first))
        self.serial = [self._serial(*order) for order in orders[: 1 if self.first is self.second else 2]]
        return None

    def _serial(self, *order: Case) -> Seen:
        self.home.put_back(self.kept)
        for case in order:
            with started(lambda case=case: case.step(self.home), self.home) as run:  # type: ignore[misc]
                run.go()
                run.wait()
        return apart(lambda: oracle.see(self.home))

    def points(self) -> list[str]:
        """The named points that the first one comes by."""
        trial = Trial(self.first, self.home, self.kept)
        try:
            return trial.reached()
        except RuntimeError:  # it is refused, after some of them
            return []

    def at(self, point: str) -> Outcome:
        """The first one waits at ``point`` while the second one runs."""
        self.home.put_back(self.kept)
        there = self.there or replace(self.home, prints="said-2")
        lake = self.home.lake.root
        with (
            started(lambda: self.first.step(self.home), self.home, f"{point}:wait") as first,
            started(lambda: self.second.step(there), there, use=there.use if self.there else None) as second,
        ):
            first.go()
            _until(lambda: (lake / HERE).exists() or _ended(first), 60)
            second.go()
            _until(lambda: _ended(second), BLOCKED)
            (lake / GO).touch()
            codes = (first.wait(), second.wait())
        for mark in (TRIAL, HERE, GO):
            (lake / mark).unlink(missing_ok=True)
        said = "".join(each.said.read_text(errors="replace")[-1500:] for each in (self.home, there))
        try:
            problems = apart(lambda: self._problems(codes))
        except RuntimeError:
            problems = ["what is there can't be read"]
        return Outcome(self.name, "pair", f"{point}:wait", max(codes), tuple(problems), said if problems else "")

    def _problems(self, codes: tuple[int, int]) -> list[str]:
        seen = oracle.see(self.home)
        names = (self.first.name, self.second.name)
        ends = {CRASHED: "crashed", -99: "hung"}
        found = [
            f"{name} {ends.get(code, f'ended with {code}')}"
            for name, code in zip(names, codes, strict=True)
            if code not in (DONE, REFUSED)
        ]
        found += seen.broken + (["the ledger's last line is torn"] if seen.torn else [])
        differing = [_difference(seen, serial) for serial in self.serial]
        return found + (min(differing, key=len) if all(differing) else [])


def _difference(seen: Seen, serial: Seen) -> list[str]:
    """What isn't as in one of the orders."""
    said = [
        f"{' '.join(map(str, thing))}: {'missing' if thing not in seen.things else 'other than after either order'}"
        for thing in sorted({*seen.things, *serial.things})
        if seen.things.get(thing) != serial.things.get(thing)
    ]
    found, wanted = _said(seen.record), _said(serial.record)
    return said + [
        f"on record {found[line]} times instead of {wanted[line]}: {json.loads(line)['kind']}"
        for line in sorted({*found, *wanted})
        if found[line] != wanted[line]
    ]


OWN_DOING = ("beside", "leftovers")
"""Counts of what a step itself took away: the other may have been first."""

BY_CHANCE = TOLD | {"cleaned"}
"""What is on record of a run that was refused; and that a raw copy went, if nobody has landed the next one since."""


def _said(record: Counter[str]) -> Counter[str]:
    said = Counter[str]()
    for line, times in record.items():
        entry = json.loads(line)
        if entry["kind"] not in BY_CHANCE:
            same = json.dumps({name: cell for name, cell in entry.items() if name not in OWN_DOING}, sort_keys=True)
            said[same] += 1 if entry["kind"] in REPEATED else times
    return said


def _ended(run: Run) -> bool:
    """Whether a run has ended, without waiting for it."""
    return os.waitid(os.P_PID, run.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _until(happened: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not happened() and time.monotonic() < until:
        time.sleep(0.005)


def pairs(folder: Path, home: Home, only: tuple[str, ...], most: int, seed: int) -> Iterator[Outcome]:
    """Every two of `TOGETHER` at once, at ``most`` points of each; ``only``: how the names of pairs begin."""
    for name in TOGETHER:
        for other in TOGETHER:
            pair = Pair(CASES[name], CASES[other], home, folder / "pair")
            if (only and not any(pair.name.startswith(each) for each in only)) or _is_apart(name, other):
                continue
            yield from _of_pair(pair, folder, most, seed)


def _is_apart(*names: str) -> bool:
    """A rewrap ends what else runs under the old key: it is refused, and run again under the new one (limits.md)."""
    return "keys.rewrap" in names and not all(name.startswith("keys.") for name in names)


def _of_pair(pair: Pair, folder: Path, most: int, seed: int) -> Iterator[Outcome]:
    nights = pair.first.nights and pair.second.nights
    problem = pair.prepare(folder / ("nights" if nights else "empty"))
    if problem is not None:
        print(f"{pair.name}: left out, {problem}", flush=True)
        return
    points = pair.points()
    if len(points) > most:
        points = sorted(Random(f"{seed} {pair.name}").sample(points, most))
    for point in points:
        yield pair.at(point)


class NoSecondViewError(RuntimeError):
    """There is no second mount of the lake here."""


def two_views(folder: Path, home: Home, seed: int, most: int = 4) -> Iterator[Outcome]:
    """Two steps on two mount points of one lake, as two hosts have it.

    Raises:
        NoSecondViewError: where nobody may mount.
    """
    view = folder / "view"
    view.mkdir(exist_ok=True)
    home.root.mkdir(exist_ok=True)
    mounting = ["mount", "--bind", home.root, view]
    if os.geteuid() != 0 or subprocess.run(mounting, check=False, capture_output=True).returncode:
        raise NoSecondViewError("needs root, and a bind mount")
    try:
        for name, other in (("ledger.append", "ledger.seal"), ("keys.open", "keys.rotate"), ("publish.again",) * 2):
            pair = Pair(CASES[name], CASES[other], home, folder / "pair", Home(view, "said-2"))
            for outcome in _of_pair(pair, folder, most, seed):
                yield replace(outcome, how="pair, two mounts")
    finally:
        with suppress(OSError):
            subprocess.run(["umount", "--lazy", view], check=False, capture_output=True)
        shutil.rmtree(view, ignore_errors=True)
