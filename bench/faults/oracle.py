"""The oracle, one for all: what readers, people and the record see of a home, and whether that may be.

Acknowledged: only the new state is visible. Not acknowledged: of each thing the old or the new one. A rerun finishes.
The ledger verifies, or ends in one torn line. Nothing is visible that wasn't judged. No byte of a raw identifier is
outside landing and what is handed to people, closed. Nothing is doubled, nothing missing, against an undisturbed run.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from deltalake import DeltaTable

from bench.faults.home import CRASHED, DONE, REFUSED, Home
from jobs.lake.commits import TornCommitError, entries
from jobs.lake.files import sha256_of
from jobs.lake.ledger import BrokenLedgerError, Entry
from jobs.lake.tables import find_table
from jobs.lake.zones import Lake
from policy.errors import PolicyError
from tests.jobs.rights.machine.kept import PEOPLE

Thing = tuple[str, ...]
"""One thing that is old or new as a whole: a day of a table, an answer, a key."""

RANDOM = {"seq", "at", "prev", "hash", "fingerprint", "sha256", "receipt", "seal", "verdict_hash", "version", "asked"}
RANDOM |= {"bytes_written", "plan", "suite", "contract", "lot", "reservation", "began", "verified", "files", "tokens"}
"""Fields of the record that say something else each time, or in each home."""

REPEATED = {"extracted", "protected", "judged", "refused", "commit_discarded", "budget_reserved", "expiry_planned"}
REPEATED |= {"key_rewrapped", "exported", "package_disclosed"}
"""What is on record each time that it is begun or done: of a copy that it is handed out, before it exists."""

TOLD = {"refused", "commit_discarded", "expiry_planned", "incident"}
"""What is on record of a run that was broken: a file that a proof can't read, too, could hold anybody."""

CLOSED = ("landing", "answers", "packages")
"""Where a raw identifier may be."""

KEY = re.compile(rb"[0-9a-f]{64}")
WORDS = tuple(word for person in PEOPLE.values() for word in (*person.words, person.session.encode()))


@dataclass
class Seen:
    """What there is."""

    things: dict[Thing, Any] = field(default_factory=dict)
    record: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    torn: bool = False
    spoilt: list[str] = field(default_factory=list)


def see(home: Home, judged: frozenset[str] = frozenset()) -> Seen:
    """Look at everything; ``judged``: hashes of files that a verdict names, if the step publishes."""
    seen = Seen()
    for release, day, rows in _tables(home, seen, judged):
        seen.things["table", release, day] = rows
    seen.things |= dict(_beside(home))
    _keys(home, seen)
    _record(home, seen)
    seen.broken += sorted({f"a raw identifier in {zone}" for zone in _raw(home.lake.root)})
    seen.broken += _said(home)
    return seen


def _tables(home: Home, seen: Seen, judged: frozenset[str]) -> Iterator[tuple[str, str, Any]]:
    for folder in sorted(home.lake.root.glob("published/[!_]*")):
        try:
            table = find_table(folder)
        except TornCommitError as torn:
            seen.spoilt.append(folder.name)
            table = DeltaTable(folder, version=torn.version - 1) if torn.version else None
        if table is None:
            continue
        rows: dict[str, Counter[str]] = {}
        for row in table.to_pyarrow_table().to_pylist():
            text = json.dumps(row, default=str, sort_keys=True)
            rows.setdefault(str(row["day"]), Counter())[text] += 1
        yield from ((folder.name, day, counted) for day, counted in rows.items())
        if judged:
            files = {sha256_of(Path(uri.removeprefix("file://"))) for uri in table.file_uris()}
            if files - judged:
                seen.broken.append("a file is visible that no verdict names")


def _beside(home: Home) -> Iterator[tuple[Thing, Any]]:
    lake = home.lake
    for day in lake.landed_days():
        manifests = lake.landed(day).sources.values()
        rows = {m.source: _rows(lake.landed_files(m.source, day)) for m in manifests}
        if rows:
            yield ("landing", str(day)), rows
    for path in sorted(lake.root.glob("restricted/*/*/*/day=*/*.parquet")):
        yield ("apart", *path.relative_to(lake.root).parts[1:3], path.parent.name), _rows([path])
    for path in sorted(lake.root.glob("exports/*/*/day=*/manifest.json")):
        files = json.loads(path.read_text()).get("files", ())
        whole = all(sha256_of(path.parent / f["name"]) == f["sha256"] for f in files)
        yield ("export", path.parent.name), (whole, sorted(f["rows"] for f in files))
    yield from _of_people(lake)
    for path in sorted(lake.root.glob("memory/*/[!.]*")):
        pq.read_metadata(path)
    for path in sorted(lake.root.glob("expiry/*/receipt.json")):
        json.loads(path.read_text())
        yield ("receipt", _kind(path.parent.name)), True
    for zone in ("staged", "quarantine"):
        for path in sorted(lake.root.glob(f"{zone}/[!.]*/*")):
            yield (zone, *path.relative_to(lake.root).parts[1:]), True
    for path in sorted(lake.root.glob("published/*/_about/**/*.*")):
        if not path.name.startswith("."):
            yield ("page", str(path.relative_to(lake.root))), path.stat().st_size > 0


def _of_people(lake: Lake) -> Iterator[tuple[Thing, Any]]:
    for path in sorted(lake.root.glob("answers/*/[!.]*")):
        yield ("answer", path.name), json.loads(path.read_text())["found"]
    for path in sorted(lake.root.glob("packages/*/[!.]*")):
        yield ("package", path.name), sorted(zipfile.ZipFile(path).namelist())
    for path in sorted(lake.root.glob("budget/*/[!.]*")):
        yield ("draw", path.name[:10]), len(json.loads(path.read_text())["rows"])
    for path in sorted(lake.root.glob("suppression/*/[!.]*")):
        batches = json.loads(path.read_text())["batches"]
        yield ("list", path.parent.name, path.stem), {b: {k: len(v) for k, v in e.items()} for b, e in batches.items()}


def _kind(plan: str) -> str:
    return plan.partition("-")[0] if plan.startswith("request-") else "plan"


def _rows(paths: list[Path]) -> Counter[str]:
    rows: Counter[str] = Counter()
    for path in paths:
        rows.update(json.dumps(row, default=str, sort_keys=True) for row in pq.ParquetFile(path).read().to_pylist())
    return rows


def _keys(home: Home, seen: Seen) -> None:
    ring = home.keyring
    if not ring.path.exists():
        return
    for entry in ring.entries():
        seen.things["key", entry.domain, entry.epoch] = entry.state
    for provider in ("kek", "kek-2"):
        try:
            type(ring)(ring.path, f"file:{ring.path.with_name(provider)}").verify()
            return
        except PolicyError:
            continue
    seen.broken.append("no key-encryption key opens the keyring")


def _record(home: Home, seen: Seen) -> None:
    try:
        for _ in home.ledger.chain():
            pass
    except BrokenLedgerError as error:
        lines = home.ledger.path.read_bytes().splitlines(keepends=True)
        seen.torn = error.line == len(lines) and not lines[-1].endswith(b"\n")
        if not seen.torn:
            seen.broken.append("the ledger breaks in the middle")
            return
    for entry in home.ledger.entries():
        seen.record[_line(entry)] += 1


def _line(entry: Entry) -> str:
    said = {name: cell for name, cell in entry.items() if name not in RANDOM}
    if said["kind"] == "refused":
        said = {"kind": "refused"}
    return json.dumps(said, sort_keys=True)


def _raw(root: Path) -> Iterator[str]:
    """Zones in which some byte of somebody is that may not be there; a Parquet file's cells are looked at, too."""
    for path in root.rglob("*"):
        zone = path.relative_to(root).parts[0]
        if path.is_file() and zone not in CLOSED and zone != "locks":
            content = path.read_bytes().lower()
            if path.suffix == ".parquet" and content[-4:] == b"par1":
                content += repr(pq.ParquetFile(path).read().to_pylist()).lower().encode()
            if any(word in content for word in WORDS):
                yield zone
        elif path.is_file() and zone in CLOSED and path.stat().st_mode & 0o077:
            yield f"{zone}, open"


def _said(home: Home) -> list[str]:
    """What a run printed has nobody's identifier, no token and no key in it."""
    if not home.said.exists():
        return []
    said = home.said.read_bytes().lower()
    found = []
    if any(word in said for word in WORDS):
        found.append("an identifier was printed")
    if re.search(rb"\b(usr|eml|ses|org|evt)_[cbdefghijklnrtuv]{32}\b", said):
        found.append("a token was printed")
    kek = home.root / "secrets" / "kek"
    if kek.exists() and kek.read_bytes().strip() and kek.read_bytes().strip().lower() in said:
        found.append("a key was printed")
    return found


@dataclass(frozen=True)
class Peace:
    """What there was before, and after a run that nothing disturbed."""

    before: Seen
    after: Seen
    judged: frozenset[str] = frozenset()


def judged_files(lake: Lake) -> frozenset[str]:
    """The hashes of all files that a verdict names or that are visible already."""
    named = {
        file["sha256"]
        for path in lake.root.glob("staged/*/*/_verdict.json")
        for file in json.loads(path.read_text())["files"]
    }
    seen = {
        sha256_of(Path(uri.removeprefix("file://")))
        for folder in lake.root.glob("published/[!_]*")
        if (whole := [version for version, path in entries(folder).items() if path.stat().st_size])
        for uri in DeltaTable(folder, version=max(whole)).file_uris()
    }
    return frozenset(named | seen)


def problems_between(peace: Peace, seen: Seen, status: int) -> list[str]:
    """What is wrong with what is seen after a disturbed run."""
    found = list(seen.broken)
    if status not in (DONE, CRASHED, REFUSED, -9, -6):
        found.append("hung" if status == -99 else f"ended with {status}")
    if seen.torn and status == DONE:
        found.append("acknowledged, and the ledger's last line is torn")
    found += _compared(peace, seen, old_is_fine=status != DONE, passing=True)
    if status == DONE:
        found += _recorded(peace.after.record, seen.record)
    return found


def problems_after(peace: Peace, seen: Seen) -> list[str]:
    """What is wrong once the step was run again."""
    found = list(seen.broken)
    if seen.torn:
        found.append("after the rerun the ledger's last line is torn")
    return found + _compared(peace, seen, old_is_fine=False, passing=False) + _recorded(peace.after.record, seen.record)


def _compared(peace: Peace, seen: Seen, *, old_is_fine: bool, passing: bool) -> list[str]:
    found = []
    before, after = peace.before.things, peace.after.things
    if not old_is_fine:
        found += [f"{name}: a torn entry in the log of an acknowledged table" for name in seen.spoilt]
    for thing in sorted({*before, *after, *seen.things}):
        may = [after.get(thing)] + ([before.get(thing)] if old_is_fine else [])
        if seen.things.get(thing) not in may and not (thing[0] in PASSING and passing):
            found.append(f"{' '.join(thing[:2])}: {_difference(seen.things.get(thing), after.get(thing))}")
    return found


PASSING = ("staged", "quarantine", "apart", "page")
"""Seen by no reader: a run may leave something in between, or a power cut bring it back; a rerun makes it whole."""


def _difference(found: Any, wanted: Any) -> str:
    if isinstance(found, Mapping) and isinstance(wanted, Mapping):
        return "neither the old nor the new rows"
    return "missing" if found is None else "there, and shouldn't be" if wanted is None else "neither old nor new"


def _recorded(wanted: Counter[str], found: Counter[str]) -> list[str]:
    said = []
    for line in sorted({*wanted, *found}):
        kind = json.loads(line)["kind"]
        if kind in TOLD or (kind in REPEATED and found[line] >= wanted[line] > 0):
            continue
        if found[line] != wanted[line]:
            said.append(f"on record {found[line]} times instead of {wanted[line]}: {kind}")
    return said
