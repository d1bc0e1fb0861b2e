"""The gate's word on one staged run: counts, names and file hashes, sealed; never a value.

`publish` believes nothing else. The seal is an HMAC under a key of the keyring, so a verdict that
somebody wrote by hand, or edited, is refused; the hashes bind it to the staged bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from expectations.case import Finding
from jobs.keys.ring import Keyring
from jobs.lake.files import sha256_of, write_atomically
from jobs.lake.memory import staged_months
from jobs.lake.parquet import reading
from jobs.lake.visible import visible_version
from jobs.lake.zones import Lake
from policy.contract import Contract
from policy.errors import PolicyError

FILE = "_verdict.json"
PROTECTED = "_protected.json"
NOTES = {FILE, PROTECTED}
NUMBERED = re.compile(r"part-[0-9]{5}\.parquet")
JUDGES = (
    "expectations/**/*.py", "expectations/**/*.yaml", "jobs/anonymity/*.py", "jobs/gate/*.py", "jobs/kernel/*.java",
    "jobs/kernel/*.py", "jobs/kernel/*.tsv", "jobs/keys/field_keys.py", "jobs/lake/landing.py", "jobs/lake/memory.py",
    "jobs/lake/tables.py", "jobs/lake/visible.py", "jobs/night/validate.py", "jobs/people/*.py", "jobs/retention/*.py",
    "jobs/signals/*.py", "jobs/treatments/*.py", "jobs/treatments/*.tsv", "policy/hierarchies.py", "policy/outputs.py",
    "policy/periods.py", "policy/privacy.py", "policy/profile.py", "policy/shapes.py", "policy/statistics.py",
)  # fmt: skip
"""Everything that has a part in a verdict."""
LIVES = timedelta(hours=24)
"""A verdict was found with the identifiers of its night; an older one is judged again."""
ROOT = Path(__file__).resolve().parents[2]


class VerdictRefusedError(PolicyError):
    """A verdict doesn't allow publication of what lies in the staged folder."""

    def __init__(self, release: str, run: str, reason: str) -> None:
        self.release, self.run, self.reason = release, run, reason
        super().__init__(f"{release} {run}: {reason}; nothing was published; run protect and validate again")


class NotStagedError(PolicyError):
    """A run is to be judged that nothing was staged for."""

    def __init__(self, release: str, run: str) -> None:
        self.release, self.run = release, run
        super().__init__(
            f"{release}: no run {run} is staged; run protect of this release, day and run first (a run that was "
            "published, or is in quarantine, is staged no more)"
        )


class StrangeFileError(PolicyError):
    """A staged folder holds something that `protect` never writes. Its name isn't shown: it could be anything."""

    def __init__(self, release: str, run: str, entries: int) -> None:
        self.release, self.run, self.entries = release, run, entries
        super().__init__(
            f"{release} {run}: {entries} entries of the staged folder are links, folders or no numbered Parquet files; "
            "nothing was published; find out who put them there, then run protect again"
        )


@dataclass(frozen=True)
class JudgedFile:
    """One staged file as the gate read it."""

    name: str
    rows: int
    sha256: str


@dataclass(frozen=True)
class Verdict:
    """Green or red, on exactly these files, under exactly this contract and suite.

    ``extraction`` names the landing, ``visible`` the published version of the day, beside which they were judged.
    ``memory``: of microdata, what lies beside the rows and becomes the memory of their months (`jobs.lake.memory`).
    """

    release: str
    day: str
    run: str
    verdict: Literal["green", "red"]
    findings: tuple[Finding, ...]
    expectations: int
    proof_planted: int
    proof_caught: int
    files: tuple[JudgedFile, ...]
    rows: int
    contract: str
    suite: str
    judged_at: str
    extraction: str | None = None
    visible: str = ""
    memory: tuple[JudgedFile, ...] = ()
    seal: str = ""

    @property
    def verdict_hash(self) -> str:
        """SHA-256 of everything but the seal, in hex."""
        return hashlib.sha256(self.content()).hexdigest()

    def content(self) -> bytes:
        """The canonical bytes that the seal covers."""
        unsealed = asdict(replace(self, seal=""))
        return json.dumps(unsealed, sort_keys=True, separators=(",", ":")).encode()

    def sealed(self, keyring: Keyring) -> Verdict:
        """The same verdict under the keyring's seal."""
        return replace(self, seal=keyring.seal("verdict", self.content()))

    def write(self, folder: Path) -> None:
        """Lay the verdict beside the files that it names."""
        write_atomically(folder / FILE, json.dumps(asdict(self), indent=1), 0o600)

    def require_passed(self, folder: Path, contract: Contract, day: date, run: str, now: datetime) -> None:
        """This verdict lets exactly the files of ``folder`` be published as ``day``.

        Raises:
            VerdictRefusedError: it is red, hand-made, old, of another run, contract or suite, or a
                file was added, removed or changed since.
        """
        for reason in self._objections(folder, contract, day, run, now):
            raise VerdictRefusedError(contract.release, run, reason)

    def require_newest(self, lake: Lake, contract: Contract, day: date) -> None:
        """Nothing has happened to the day since it was judged: another run's rows would replace newer ones.

        What was judged before a wish came in would bring back who has objected; tables that were compared with one
        version may isolate somebody beside another.

        Raises:
            VerdictRefusedError: the day was extracted, or published, anew.
        """
        landed = lake.landed(day).extraction
        if landed not in (None, self.extraction):
            raise VerdictRefusedError(contract.release, self.run, "the day was extracted anew since it was judged")
        if visible_version(lake.published(contract.release), contract, day) != self.visible:
            reason = "the day, or a month's end, was published anew since it was judged"
            raise VerdictRefusedError(contract.release, self.run, reason)

    def _objections(self, folder: Path, contract: Contract, day: date, run: str, now: datetime) -> list[str]:
        if not Keyring.from_environment().has_sealed("verdict", self.content(), self.seal):
            return ["the verdict isn't sealed by the gate"]
        age = now - datetime.fromisoformat(self.judged_at)
        checks = {
            "the verdict is red": self.verdict != "green" or bool(self.findings),
            "the gate didn't prove itself": self.proof_planted == 0 or self.proof_caught != self.proof_planted,
            "the verdict is of another release, day or run": (self.release, self.day, self.run)
            != (contract.release, day.isoformat(), run),
            "the verdict is too old, or from the future": not timedelta() <= age <= LIVES,
            "the contract has changed since": self.contract != contract.fingerprint,
            "the gate has changed since": self.suite != suite_version(),
            "the staged files aren't those that were judged": staged_files(folder) != self.files
            or memory_files(folder) != self.memory,
        }
        return [reason for reason, holds in checks.items() if holds]


def load_verdict(folder: Path) -> Verdict:
    """The verdict that lies in a staged folder.

    Raises:
        VerdictRefusedError: there is none, or it can't be read.
    """
    try:
        content: dict[str, Any] = json.loads((folder / FILE).read_text("utf-8"))
        findings = tuple(Finding(**finding) for finding in content.pop("findings"))
        files, memory = (tuple(JudgedFile(**file) for file in content.pop(name)) for name in ("files", "memory"))
        return Verdict(**content, findings=findings, files=files, memory=memory)
    except (OSError, ValueError, TypeError, KeyError):
        raise VerdictRefusedError(folder.parent.name, folder.name, "there is no readable verdict") from None


def require_staged(folder: Path) -> None:
    """`protect` has finished this run, and nobody has taken it away.

    Raises:
        NotStagedError: it hasn't, or somebody has.
    """
    if not os.path.lexists(folder / PROTECTED):
        raise NotStagedError(folder.parent.name, folder.name)


def staged_files(folder: Path) -> tuple[JudgedFile, ...]:
    """Every file of a staged run but the suite's own two notes and the memory of months, with its rows and hash.

    Raises:
        StrangeFileError: there is a link, a folder, or a file of another name than `protect` gives.
    """
    entries = sorted(folder.iterdir())
    whole = [path for path in entries if path.is_file() and not path.is_symlink()]
    files = [path for path in whole if NUMBERED.fullmatch(path.name)]
    notes = [path for path in whole if path.name in NOTES]
    strange = len(entries) - len(files) - len(notes) - len(staged_months(whole)) + folder.is_symlink()
    if strange:
        raise StrangeFileError(folder.parent.name, folder.name, strange)
    return tuple(map(_judged, files))


def memory_files(folder: Path) -> tuple[JudgedFile, ...]:
    """What is staged beside the rows of a month, each with its rows and hash; nothing beside other releases."""
    return tuple(_judged(path) for _, path in staged_months(folder.iterdir()))


def _judged(path: Path) -> JudgedFile:
    import pyarrow.parquet as pq

    with reading(path):
        return JudgedFile(path.name, pq.read_metadata(path).num_rows, sha256_of(path))


def suite_version() -> str:
    """SHA-256 over everything that judges: the expectations, the scanner and what they count with, as they are now."""
    judges = sorted(path for pattern in JUDGES for path in ROOT.glob(pattern))
    digest = hashlib.sha256()
    for path in judges:
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
