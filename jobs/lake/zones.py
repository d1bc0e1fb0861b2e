"""Where data lies, who may look there, and how it becomes visible.

Zones in one direction: ``landing → staged → published``; beside them ``quarantine`` and ``exports``, ``budget``,
``memory``, ``restricted``, ``suppression``, ``answers`` and ``packages``, ``ledger`` and ``expiry``. All but published,
ledger and expiry are closed to everyone but the jobs (0700, policy clause 5.1). What becomes visible does so by one
atomic step: a day's manifest replaced in landing, one Delta commit in published. An interrupted step leaves the old
state.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4
from zlib import crc32

from jobs.lake.faults import fault
from jobs.lake.files import flush, is_of_the_future, make_folder, sha256_of
from jobs.lake.manifest import DayManifest, Manifest
from jobs.lake.root import usable
from policy.command_line import command
from policy.errors import PolicyError

PRIVATE, SHARED = 0o700, 0o750

CATALOGUE = "_catalogue"
"""What stands beside the published tables: the page that leads to theirs."""

DAYS = "_days"
"""What stands beside the sources in landing: each day's manifest."""


class NotExtractedError(PolicyError):
    """A step asks for a day that landing doesn't hold."""

    def __init__(self, source: str, day: date) -> None:
        self.source, self.day = source, day
        super().__init__(
            f"{source} of {day} isn't in landing; run `{command('jobs', 'extract', '--day', str(day))}` first"
        )


class LandingChangedError(PolicyError):
    """A landing file isn't the one that was extracted."""

    def __init__(self, source: str, day: date, file: str) -> None:
        self.source, self.day, self.file = source, day, file
        super().__init__(f"{source} of {day}: {file} differs from its manifest; extract the day again")


@dataclass(frozen=True)
class Lake:
    """The folder that holds every zone."""

    root: Path

    @classmethod
    def from_environment(cls) -> Lake:
        """The lake at ``IGNICLOUD_LAKE``, or ``lake`` beside the project's folders.

        Raises:
            UnusableLakeError: that can't be a lake.
        """
        default = Path(__file__).resolve().parents[2] / "lake"
        return cls(usable(Path(os.environ.get("IGNICLOUD_LAKE") or default)))

    def landing(self, source: str, day: date) -> Path:
        """Raw copies of one source and day."""
        return self.root / "landing" / source / f"day={day}"

    def staged(self, release: str, run: str) -> Path:
        """Protected rows of one run that nobody has judged yet."""
        return self.root / "staged" / release / run

    def quarantine(self, release: str, run: str) -> Path:
        """A staged run whose verdict was red."""
        return self.root / "quarantine" / release / run

    def published(self, release: str) -> Path:
        """The Delta table that analysts read."""
        return self.root / "published" / release

    def about(self, release: str) -> Path:
        """Datasheet and data package of a release; hidden from Delta's vacuum by its underscore."""
        return self.published(release) / "_about"

    @property
    def catalogue(self) -> Path:
        """The page that leads to those beside the tables; nobody is in it."""
        return self.published(CATALOGUE)

    def expiry(self, plan: str) -> Path:
        """One retention plan with its receipt: counts, file names and hashes only; kept always."""
        return self.root / "expiry" / plan

    def exports(self, recipient: str, release: str) -> Path:
        """Copies for one recipient outside the group, until they are handed over; closed."""
        return self.root / "exports" / recipient / release

    def budget(self, release: str) -> Path:
        """The numbers that a release with a privacy budget has drawn, each day's once; closed."""
        return self.root / "budget" / release

    def memory(self, release: str) -> Path:
        """Under which shown words each person is in the published months of microdata; closed."""
        return self.root / "memory" / release

    @property
    def restricted(self) -> Path:
        """Rows that a restriction keeps apart, a folder each release and request; closed."""
        return self.root / "restricted"

    @property
    def suppression(self) -> Path:
        """Suppression lists of those who were erased, a file each domain and epoch; closed, and without identity."""
        return self.root / "suppression"

    @property
    def answers(self) -> Path:
        """Answers to re-identifications: a folder each requester, closed, for a day."""
        return self.root / "answers"

    def packages(self, reference: str) -> Path:
        """What one data subject asked for, until it is handed over; closed, for a week."""
        return self.root / "packages" / reference

    @property
    def ledger(self) -> Path:
        """The append-only record; everyone may read it."""
        return self.root / "ledger"

    def data_docs(self, release: str) -> Path:
        """The pages of a release's verdicts: counts and names only, so they lie with the ledger."""
        return self.ledger / "data_docs" / release

    def private(self, folder: Path) -> Path:
        """``folder``, made with every new parent below the root closed to others (0700).

        Its zone is closed anew if somebody has opened it, or made it before the suite did.
        """
        zone = self.root / folder.relative_to(self.root).parts[0]
        if zone.is_dir() and zone.stat().st_mode & 0o077:
            zone.chmod(PRIVATE)
        return self._make(folder, PRIVATE)

    def shared(self, folder: Path) -> Path:
        """``folder``, made readable for the lake's group (0750)."""
        return self._make(folder, SHARED)

    def _make(self, folder: Path, mode: int) -> Path:
        make_folder(self.root, SHARED)
        make_folder(folder, mode)
        return folder

    @contextmanager
    def alone(self, what: str) -> Iterator[None]:
        """Let one process at a time change ``what``: a release's table, or the run of a step."""
        folder = self.private(self.root / "locks")
        with os.fdopen(os.open(folder / what, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def run_alone(self, release: str, run: str) -> AbstractContextManager[None]:
        """Let one process at a time stage, judge or publish ``run``: a task that is started anew waits for the old one.

        One of sixteen locks of the release: runs are many, and their locks would stay. Whoever needs the release's
        table too takes that lock first (`alone`).
        """
        return self.alone(f"{release}.run{crc32(run.encode()) % 16}")

    # -- landing -------------------------------------------------------------------------------

    def landing_alone(self, day: date) -> AbstractContextManager[None]:
        """Let one process at a time extract ``day``, or take it away."""
        return self.alone(f"landing-{day}")

    def land(self, day: date, manifests: Iterable[Manifest]) -> None:
        """Make these sources, whose files are already written into their folders, the day's one content.

        Guarantee: readers see all of the old sources or all of the new ones, after a kill or a power cut, too.
        Files that the manifest doesn't name are removed afterwards.
        """
        made = DayManifest(uuid4().hex, {manifest.source: manifest for manifest in manifests})
        for source in made.sources:
            flush(self.landing(source, day))
        self.private(self._of_day(day).parent)
        fault("landing.before_manifest")
        made.write(self._of_day(day))
        fault("landing.after_manifest")
        kept = {self.landing(name, day) / file.name for name, each in made.sources.items() for file in each.files}
        for path in {*self.root.glob(f"landing/*/day={day}/*")} - {*kept, self._of_day(day)}:
            path.unlink()

    def landed(self, day: date) -> DayManifest:
        """What landing holds of ``day``: nothing before its extraction has ended."""
        return DayManifest.read(self._of_day(day))

    def manifest(self, source: str, day: date) -> Manifest:
        """What landing holds of ``source`` for ``day``.

        Raises:
            NotExtractedError: nothing.
        """
        manifest = self.landed(day).sources.get(source)
        if manifest is None:
            raise NotExtractedError(source, day)
        return manifest

    def has_landed(self, source: str, day: date) -> bool:
        """Whether landing holds ``source`` of ``day``."""
        return source in self.landed(day).sources

    def _of_day(self, day: date) -> Path:
        return self.landing(DAYS, day) / "manifest.json"

    def landed_files(self, source: str, day: date) -> list[Path]:
        """The day's files, byte for byte as they were extracted.

        Raises:
            NotExtractedError: the day isn't in landing.
            LandingChangedError: a file is missing or was changed.
        """
        folder, paths = self.landing(source, day), []
        for file in self.manifest(source, day).files:
            path = folder / file.name
            if not path.is_file() or sha256_of(path) != file.sha256:
                raise LandingChangedError(source, day, file.name)
            paths.append(path)
        return paths

    def landed_days(self) -> list[date]:
        """Every day of which landing holds anything, oldest first."""
        return sorted({date.fromisoformat(path.name[4:]) for path in self.root.glob("landing/*/day=*")})

    def landed_since(self, day: date) -> date:
        """The UTC date on which the oldest landing copy of ``day`` was begun; long ago if a clock went before."""
        folders = self.root.glob(f"landing/*/day={day}")
        found = [path for folder in folders for path in (folder, *folder.iterdir())]
        if any(map(is_of_the_future, found)):
            return date.min
        oldest = min(path.stat().st_mtime for path in found)
        return datetime.fromtimestamp(oldest, UTC).date()

    def leave(self, day: date, extraction: str | None) -> list[str]:
        """Delete every landing copy of ``day`` if it is still of this extraction; the sources whose copy went."""
        gone: list[str] = []
        with self.landing_alone(day):
            if self.landed(day).extraction != extraction:
                return gone
            self._of_day(day).unlink(missing_ok=True)
            fault("landing.half_gone")
            for folder in sorted(self.root.glob(f"landing/*/day={day}")):
                shutil.rmtree(folder)
                flush(folder.parent)
                gone.append(folder.parent.name)
        return [source for source in gone if source != DAYS]
