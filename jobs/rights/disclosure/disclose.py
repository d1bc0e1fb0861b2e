"""What somebody asked for, in one closed file: everything known of them, or what they provided (GDPR art. 15, 20).

A ZIP with a JSON and a CSV file for each table and a summary to read: what, why, on which basis, until when, who
received it. It lies in the lake's folder ``packages/<reference>/`` (0700, the file 0600) for a week. That it is
disclosed is on record before it has its name: counts and a hash, nobody's name. Entries are stored, not compressed,
so that a search of the lake's bytes finds who is in them.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal

from jobs.lake.copies import forget_copy, is_older
from jobs.lake.faults import fault
from jobs.lake.files import BLOCK, becoming, clear_left_over, made_atomically, sha256_of
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from jobs.rights.disclosure.rows import Known, Part, Row
from jobs.rights.disclosure.summary import Kept, summary
from jobs.rights.finding.found import Findings
from policy.command_line import command
from policy.errors import PolicyError
from policy.periods import RAW_KEPT

Asked = Literal["access", "portability"]

FORMULA = re.compile(r"(?!\+[\d ]+\Z)[=+\-@\t\r]")
"""How a cell begins that a spreadsheet would calculate: where somebody may have written anything, a CSV cell is quoted.

A telephone number of digits alone calculates nothing, and stays as it is.
"""


class AmberError(PolicyError):
    """Nothing is disclosed before a person has looked at what was found, or wasn't."""

    def __init__(self, reference: str, reasons: tuple[str, ...]) -> None:
        self.reference, self.reasons = reference, reasons
        super().__init__(
            f"request {reference}: {'; '.join(reasons)}; nothing was disclosed; look at the release and its source; "
            f"then `{command('jobs', 'request', 'find', reference)}` and, if what is found then may be given, "
            f"`{command('jobs', 'request', 'approve', reference, '--by', '…', '--found', '…')}`"
        )


@dataclass(frozen=True)
class Disclosed:
    """What a package holds, in numbers; ``path`` names its request and nobody."""

    path: Path
    rows: int
    tables: int
    releases: int
    sha256: str


@dataclass(frozen=True)
class Wish:
    """Which package, for which request, and whether a person has approved findings that are amber."""

    reference: str
    right: Asked
    approved: bool = False


def disclose(wish: Wish, known: Known, findings: Findings, now: datetime) -> Disclosed:
    """Write the package; a run that was killed is finished by the next, and one that is there stays.

    Guarantee: the file is whole and on record, or it isn't there; nothing of the person is in the result, the ledger
    or a message.

    Raises:
        AmberError: what was found waits for a person.
        SourceDriftError, SeveralDriftsError: a table of the platform has drifted.
    """
    if findings.state == "amber" and not wish.approved:
        raise AmberError(wish.reference, findings.amber)
    ledger, path = Ledger(known.lake.ledger), known.lake.packages(wish.reference) / f"{wish.right}.zip"
    last = ledger.last("package_disclosed", reference=wish.reference, right=wish.right)
    if last is not None and path.exists() and sha256_of(path) == last["sha256"]:
        return Disclosed(path, last["rows"], last["tables"], last["releases"], last["sha256"])
    known.lake.private(path.parent)
    with made_atomically(path, 0o600) as file:
        kept = _written(file, wish, known, findings, now)
        made = Disclosed(
            path,
            sum(each.rows for each in kept),
            sum(each.name.startswith("platform/") for each in kept),
            sum(each.name.startswith("published/") for each in kept),
            _sha256(file),
        )
        counts = {"rows": made.rows, "tables": made.tables, "releases": made.releases, "sha256": made.sha256}
        fault("disclose.before_record")
        ledger.append("package_disclosed", reference=wish.reference, right=wish.right, **counts)
        fault("disclose.after_record")
    return made


def forget(lake: Lake, now: datetime) -> int:
    """Delete every package that has expired; how many went.

    That it is forgotten is on record first: a run that ends in between is finished by the next. Half a package, of a
    run that was killed, goes at once.
    """
    ledger, gone = Ledger(lake.ledger), 0
    folder = lake.packages("*")
    clear_left_over(path for path in folder.parent.glob("*/.*") if becoming(path) is not None)
    for path in sorted(folder.parent.glob("*/*.zip")):
        if is_older(path, now, RAW_KEPT):
            forget_copy(path, lake, ledger)
            gone += 1
    return gone


# -- the file --------------------------------------------------------------------------------------


def _written(file: BinaryIO, wish: Wish, known: Known, findings: Findings, now: datetime) -> list[Kept]:
    kept = []
    with zipfile.ZipFile(file, "w") as package:
        for part in known.parts(wish.right):
            with _entry(package, f"{part.name}.json", now) as entry:
                rows = _json(part, entry)
            with _entry(package, f"{part.name}.csv", now) as entry:
                _csv(part, entry)
            kept.append(Kept(part.name, rows, part.columns))
        page = summary(known.promise, wish.right, kept, findings, Ledger(known.lake.ledger), now)
        with _entry(package, "summary.html", now) as entry:
            entry.write(page.encode())
    return kept


def _entry(package: zipfile.ZipFile, name: str, now: datetime) -> Any:
    info = zipfile.ZipInfo(name, now.timetuple()[:6])
    info.external_attr, info.compress_type = 0o600 << 16, zipfile.ZIP_STORED
    return package.open(info, "w", force_zip64=True)


def _json(part: Part, entry: Any) -> int:
    """One array of objects, a row a line; how many."""
    count = 0
    entry.write(b"[")
    for row in part.rows():
        entry.write(b",\n" if count else b"\n")
        entry.write(json.dumps({n: _plain(row[n]) for n in part.columns}, ensure_ascii=False).encode())
        count += 1
    entry.write(b"\n]\n")
    return count


def _csv(part: Part, entry: Any) -> None:
    """RFC 4180, with the columns' names first."""
    entry.write(_line(part.columns))
    for row in part.rows():
        entry.write(_line([_cell(name, row, part) for name in part.columns]))


def _line(cells: Sequence[Any]) -> bytes:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue().encode()


def _cell(name: str, row: Row, part: Part) -> Any:
    cell = _plain(row[name])
    if isinstance(cell, dict | list):
        return json.dumps(cell, ensure_ascii=False)
    return f"'{cell}" if name in part.careful and FORMULA.match(str(cell)) else cell


def _plain(cell: Any) -> Any:
    """A cell as JSON knows it: times in ISO 8601, decimals as text."""
    if cell is None or isinstance(cell, bool | int | float | str | dict | list):
        return cell
    return cell.isoformat() if hasattr(cell, "isoformat") else str(cell)


def _sha256(file: BinaryIO) -> str:
    """SHA-256 of what was written so far, in hex."""
    digest = hashlib.sha256()
    file.flush()
    file.seek(0)
    while block := file.read(BLOCK):
        digest.update(block)
    return digest.hexdigest()
