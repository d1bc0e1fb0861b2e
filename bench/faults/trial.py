"""One case: laid ready, run in peace, recorded; then broken at one place after the other, and looked at each time."""

from __future__ import annotations

import os
import pkgutil
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from bench.faults import injected, oracle, strictest
from bench.faults.cases import CASES, Case, lay_nights
from bench.faults.home import DONE, Home, apart, promise, started
from jobs.lake import faults

RERUNS = 2
"""A rerun that is refused with the way back may be followed by one that finishes."""


@dataclass(frozen=True)
class Outcome:
    """One broken run: where, how it ended, what was wrong then, or after the rerun."""

    case: str
    how: str
    where: str
    status: int
    problems: tuple[str, ...]
    said: str = ""

    @property
    def ended(self) -> str:
        """How it ended, in a word."""
        return {0: "done", 1: "crashed", 2: "refused", -6: "crashed", -9: "killed"}.get(self.status, "hung")


class _Passed(dict[str, Callable[[], None]]):
    """Arms nothing, and remembers what was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.points: set[str] = set()

    def __contains__(self, point: object) -> bool:
        self.points.add(str(point))
        return False


@dataclass
class Trial:
    """A case in a folder of the campaign."""

    case: Case
    home: Home
    kept: Path
    peace: oracle.Peace = field(init=False)
    faults: list[injected.Fault] = field(default_factory=list)

    @property
    def log(self) -> Path:
        """Where strace writes."""
        return self.home.root.with_name("calls")

    def prepare(self, base: Path) -> None:
        """Lay ready, look, run once in peace, look, and record a run."""
        self.home.put_back(base)
        apart(lambda: self.case.make(self.home) and None)
        self.home.keep(self.kept)
        judged = self.case.family == "publish"
        files = apart(lambda: oracle.judged_files(self.home.lake)) if judged else frozenset()
        before = apart(lambda: oracle.see(self.home))
        for module in apart(self._modules):
            if module not in sys.modules:
                with suppress(Exception):
                    pkgutil.resolve_name(module)
        self.home.put_back(self.kept)
        self._in_peace()
        after = apart(lambda: oracle.see(self.home, files))
        self.peace = oracle.Peace(before, after, files)
        if after.broken:
            raise RuntimeError(f"{self.case.name} in peace: {after.broken}")

    def record(self) -> list[injected.Fault]:
        """Every fault that can befall a call of this step."""
        self.home.put_back(self.kept)
        with started(lambda: self.case.step(self.home), self.home) as run, injected.traced(run, self.log):
            run.go()
            run.wait()
        self.faults = injected.faults_of(injected.calls(self.log, self.home))
        return self.faults

    def _modules(self) -> list[str]:
        self.case.step(self.home)
        return sorted(sys.modules)

    def _in_peace(self, fault: str | None = None) -> int:
        with started(lambda: self.case.step(self.home), self.home, fault) as run:
            run.go()
            status = run.wait()
        if fault is None and status != DONE:
            raise RuntimeError(f"{self.case.name} in peace: {self.home.said.read_text()}")
        return status

    # -- broken

    def broken_by(self, fault: injected.Fault) -> Iterator[Outcome]:
        """A call fails; after a kill, what a power cut at this moment may leave, too."""
        self.home.put_back(self.kept)
        with started(lambda: self.case.step(self.home), self.home) as run, injected.traced(run, self.log, fault):
            run.go()
            status = run.wait()
        if status == -99 and injected.beside_files(self.log):
            return
        if status != -9:
            yield self.judged("call", str(fault), status)
            return
        killed = self.home.root.with_name("killed")
        self.home.keep(killed)
        yield self.judged("call", str(fault), status)
        for loss in strictest.LOSSES:
            self.home.put_back(killed)
            strictest.left_by(self.home, self.kept, self.log, loss)
            yield self.judged(f"cut: {loss}", str(fault), status)

    def acknowledged(self) -> Iterator[Outcome]:
        """What a power cut may leave right after the step has said that it is done."""
        self.home.put_back(self.kept)
        with started(lambda: self.case.step(self.home), self.home) as run, injected.traced(run, self.log):
            run.go()
            status = run.wait()
        done = self.home.root.with_name("killed")
        self.home.keep(done)
        for loss in strictest.LOSSES:
            self.home.put_back(done)
            strictest.left_by(self.home, self.kept, self.log, loss)
            yield self.judged(f"cut: {loss}", "after the end", status)

    def reached(self) -> list[str]:
        """The named points that the step comes by."""
        self.home.put_back(self.kept)

        def passing() -> list[str]:
            faults._armed = passed = _Passed()
            self.case.step(self.home)
            return sorted(passed.points)

        return list(apart(passing))

    def at_point(self, point: str, action: str, cut: Callable[[], None] | None = None) -> Outcome:
        """A named point breaks; ``cut``: and the power goes."""
        self.home.put_back(self.kept)
        if cut is not None:
            os.sync()
        status = self._in_peace(f"{point}:{action}")
        if cut is not None:
            cut()
        outcome = self.judged("disk cut" if cut else "point", f"{point}:{action}", status)
        if status == DONE or (action == "kill" and status != -9):
            return replace(outcome, problems=(*outcome.problems, f"ended with {status}: it didn't break there"))
        return outcome

    def judged(self, how: str, where: str, status: int) -> Outcome:
        """Look, run again, look."""
        said = self.home.said.read_text(errors="replace")[-2000:] if self.home.said.exists() else ""
        try:
            problems = apart(lambda: self._problems_now(status))
            if not problems:
                problems = self._again()
        except RuntimeError:
            problems = ["what is there can't be read"]
        return Outcome(self.case.name, how, where, status, tuple(problems), said if problems else "")

    def _problems_now(self, status: int) -> list[str]:
        return oracle.problems_between(self.peace, oracle.see(self.home, self.peace.judged), status)

    def _problems_after(self) -> list[str]:
        return oracle.problems_after(self.peace, oracle.see(self.home, self.peace.judged))

    def _again(self) -> list[str]:
        problems: list[str] = []
        for _ in range(RERUNS):
            if apart(lambda: self.case.ended(self.home)):
                status = DONE
            else:
                with started(lambda: self.case.step(self.home), self.home) as run:
                    run.go()
                    status = run.wait()
            if status == DONE:
                return [f"rerun: {each}" for each in apart(self._problems_after)]
            problems = [f"rerun ends with {status}: {self.home.said.read_text(errors='replace')[-300:]}"]
        return problems


@dataclass
class Campaign:
    """All cases in one folder."""

    folder: Path
    only: tuple[str, ...] = ()

    def laid(self) -> Home:
        """A home, and beside it what it is put back to: ``empty``, and ``nights`` that have run."""
        home = Home(self.folder / "run")
        home.use()
        promise()
        shutil.rmtree(home.root, ignore_errors=True)
        home.root.mkdir(parents=True)
        home.keep(self.folder / "empty")
        apart(lambda: lay_nights(home))
        home.keep(self.folder / "nights")
        return home

    def trials(self) -> Iterator[Trial]:
        """Each case, laid ready and run in peace."""
        home = self.laid()
        for name, case in CASES.items():
            if not self.only or any(name.startswith(each) for each in self.only):
                trial = Trial(case, home, self.folder / f"case-{name}")
                trial.prepare(self.folder / ("nights" if case.nights else "empty"))
                yield trial

    @staticmethod
    def sampled(faults: list[injected.Fault], most: int, seed: int) -> Iterable[injected.Fault]:
        """All of a few, a seeded sample of many."""
        return faults if len(faults) <= most else sorted(Random(seed).sample(faults, most), key=str)
