"""What Spark does in a night and for a plan, done by pyarrow on tables of a few rows: a state machine takes many steps.

Replaced are the treatment of a day's rows (`stage`), the pass over the naming columns of a table and the rewriting of
files that lose rows (`STANDING_IN`). Everything around them is the suite's own: extraction, who is left out, the gate's
count of who is in it, verdict and publication; which rows of a file go, commits, second names, records, clearing up,
suppression lists, copies, what is kept apart, proofs and receipts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.gate.left_in import left_in
from jobs.gate.verdict import JudgedFile, Verdict, suite_version
from jobs.lake.files import sha256_of
from jobs.lake.landing import Landing
from jobs.lake.tables import current_files, day_of, folder_of
from jobs.lake.visible import visible_version
from jobs.people.exclusion import SPELLING, classes_of
from jobs.people.phones import typed_digits
from jobs.people.reading import ACCOUNTS
from jobs.people.subjects import GONE, HELD, OUT, LeftOut, registered_columns
from jobs.retention import execute as executing
from jobs.retention import scan
from jobs.retention.deadline import require_within
from jobs.retention.names import live_keys, spellings, tokens_without_spark
from jobs.retention.naming import texts_of
from jobs.retention.planner import Look
from jobs.retention.suppressed import erased_without_spark
from jobs.treatments.normalise import spelled

OUTPUTS = {
    "threat_events": {
        "event_id": ("event", "event_id", "uuid"), "actor": ("person", "user_id", "uuid"),
        "attempted_login": ("email", "attempted_login", "email"), "session_id": ("session", "session_id", "exact"),
    },
    "activity_trail": {
        "event_id": ("event", "event_id", "uuid"), "actor": ("person", "user_id", "uuid"),
        "company": ("company", "company_id", "uuid"), "session_id": ("session", "session_id", "exact"),
    },
}  # fmt: skip
"""Column of tokens → its class, the source's column, and its spelling."""


# -- a night


def stage(world, release: str, day: date, run: str) -> None:
    """Stage what landing has of a day under a green verdict: everybody's rows but those of who is left out."""
    contract, lake = world.promise.release(release), world.lake
    require_within(contract, day)
    landing = Landing(None, lake, day, lambda of, promise, purpose: erased_without_spark(promise, purpose, lake, day))
    left, source = landing.left_out(world.promise, contract.purpose), world.promise.source(contract.main_source)
    keys, said = world.keyring.of_day(contract, day), OUTPUTS[release]
    columns = tuple(column for _, column, _ in said.values())
    rows = [
        {
            output: keys.token(kind, text)
            for output, (kind, column, spelling) in said.items()
            if row[column] is not None and (text := spelled(row[column], spelling))
        }
        for row in landing.rows(contract.main_source, columns)
        if _stays(row, source, left, frozenset(registered_columns(world.promise.source(ACCOUNTS)).values()))
    ]
    folder = lake.private(lake.staged(release, run))
    path = folder / "part-00000.parquet"
    pq.write_table(world._rows(contract, day, rows), path, compression="zstd", write_statistics=False)
    assert left_in(world.promise, contract, left, folder, day) == 0
    Verdict(
        release=release, day=str(day), run=run, verdict="green", findings=(), expectations=1, proof_planted=1,
        proof_caught=1, files=(JudgedFile(path.name, len(rows), sha256_of(path)),), rows=len(rows),
        contract=contract.fingerprint, suite=suite_version(), judged_at=datetime.now(UTC).isoformat(),
        extraction=lake.landed(day).extraction, visible=visible_version(lake.published(release), contract, day),
    ).sealed(world.keyring).write(folder)  # fmt: skip


def _stays(row: Mapping[str, object], source, left: LeftOut, registered: frozenset) -> bool:
    """What `jobs.people.exclusion` says of a row; sessions of no account aren't made here."""
    marks = dict[tuple[str, str], int]()
    for kind, value, bits in left.marks():
        if key := spelled(value, SPELLING.get(kind, "exact")):
            marks[kind, key] = marks.get((kind, key), 0) | bits
    said = 0
    for column, cell in row.items():
        for kind in classes_of(source.columns[column], registered) if cell is not None else ():
            key = typed_digits(cell) if kind == "phone" else spelled(cell, SPELLING.get(kind, "exact"))
            said |= marks.get((kind, key), 0)
    return not (said & OUT or (said & GONE and not said & HELD))


# -- a plan


class Hits(list):
    """The rows of a table that name somebody due or held, as `jobs.retention.scan.hits` has them."""

    def cache(self):
        return self

    def unpersist(self):
        return self


def tokens(at, contract, files):
    """For `Look.tokens`: token → the names that have it."""
    forms, keys = spellings(at.promise, contract.domain, at.classes), live_keys(at.keyring, contract, days_of(files))
    made: dict[str, list] = {}
    for name, token in tokens_without_spark(at.names(contract.purpose), keys, forms):
        made.setdefault(token, []).append(name)
    return made or None


def days_of(files) -> Iterator[date]:
    return (file.day for file in files)


def hits(read, named_in, made) -> Hits:
    found = Hits()
    root, files = read
    for file in files:
        for number, row in enumerate(pq.ParquetFile(root / file.path).read(columns=list(named_in)).to_pylist()):
            names = [name for cell in row.values() for text in texts_of(cell) for name in made.get(text, ())]
            if names:
                through = min((name.through for name in names if name.through is not None), default=None)
                holds = tuple(sorted({hold for name in names for hold in name.holds}))
                subjects = {(name.identifier, name.subject) for name in names}
                found.append((file.path, number, through, holds, subjects))
    return found


def tally(found: Hits) -> list[scan.Tally]:
    groups: dict[tuple, list[int]] = {}
    for path, number, through, holds, _ in found:
        groups.setdefault((path, through, holds), []).append(number)
    return [
        scan.Tally(path, day_of(Path(path)), through, holds, len(numbers), _digest(numbers))
        for (path, through, holds), numbers in groups.items()
    ]


def _digest(numbers: list[int]) -> int:
    digest = 0
    for number in numbers:
        digest ^= int.from_bytes(hashlib.sha256(str(number).encode()).digest()[:8], "big")
    return digest


def subjects_over(found: Hits, deadline) -> tuple[int, int]:
    over = {s for _, _, through, holds, own in found if through and through < deadline.today and not holds for s in own}
    return len({n for kind, n in over if kind != "company"}), len({n for kind, n in over if kind == "company"})


def rewrite(work, contract, table, found) -> dict[Path, int]:
    """For `jobs.retention.execute._rewrite`: the same files, in the same places."""
    planned = {file.path: file for file in work.plan.table(contract.release).files if not file.dropped}
    if not planned or found is None:
        return {}
    private, root, deadline = work.at.lake.private(work.at.private / contract.release), folder_of(table), None
    deadline = work.at.deadline(contract)
    for file in current_files(table):
        if file.path in planned:
            of_file = {number: (through, holds) for path, number, through, holds, _ in found if path == file.path}
            rows = pq.ParquetFile(root / file.path).read()
            stays = [_keeps(of_file.get(n, (None, ())), file.day, deadline) for n in range(rows.num_rows)]
            day, name = file.path.split("/")
            part = (
                work.at.lake.private(private / f"_day={day.replace('=', '%3D')}" / f"_origin={name}") / "part.parquet"
            )
            pq.write_table(rows.filter(pa.array(stays)), part, compression="zstd", write_statistics=False)
    return executing._placed(work, contract.release, planned, root, private)


def _keeps(hit, day: date, deadline) -> bool:
    through, holds = hit
    return bool(holds) or not (deadline.is_past(day) or (through is not None and through < deadline.today))


STANDING_IN = [
    (Look, "tokens", tokens), (Look, "unlike", lambda *_: 0), (scan, "read_rows", lambda _, root, files: (root, files)),
    (scan, "hits", hits), (scan, "tally", tally), (scan, "subjects_over", subjects_over), (executing, "_rewrite", rewrite),
]  # fmt: skip
