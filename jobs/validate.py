"""The gate's step: judge a staged run against its contract, its source and that night's identifiers.

Green: a sealed verdict lies beside the files, and `publish` may take them. Red: the run goes to
quarantine, nothing is published, and the error names release, expectation and column.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from pyspark import __version__ as VERSION
from pyspark.sql import SparkSession
from pyspark.sql.types import StructType

from expectations.case import Case, Claimed, Finding
from expectations.index import IndexScanner, KnownIdentifiers, scanner
from expectations.judge import Judgement, judge
from expectations.leaks import PATTERN_LEAKS
from expectations.proof import Proof, prove
from jobs.keys import Keyring
from jobs.lake import Lake
from jobs.ledger import Ledger
from jobs.protect import Landing, Protected
from jobs.recount import LandedDay, leaks_of, recount
from jobs.verdict import NUMBERED, JudgedFile, Verdict, staged_files, suite_version
from policy.contract import Contract
from policy.errors import PolicyError
from policy.promise import Promise

NIGHTS = 28
"""How many earlier nights the volume rule looks back on."""

SPARKS_NOTES = {"org.apache.spark.sql.parquet.row.metadata", "org.apache.spark.version", VERSION}


class RedVerdictError(PolicyError):
    """The gate found something; the run is in quarantine and nothing was published."""

    def __init__(self, verdict: Verdict, owner: str) -> None:
        self.release, self.findings, self.owner = verdict.release, verdict.findings, owner
        named = "; ".join(
            f"{f.expectation} {f.column} ({f.detail}, {f.count})".replace("  ", " ") for f in verdict.findings
        )
        super().__init__(
            f"{verdict.release} of {verdict.day} is red: {named}. Nothing was published, run {verdict.run} is in "
            f"quarantine; ask {owner}, and see docs/gate.md for what each expectation means"
        )


def validate_release(promise: Promise, release: str, day: date, run: str, spark: SparkSession, lake: Lake) -> Verdict:
    """Judge one staged run and write the verdict beside it.

    Raises:
        RedVerdictError: something broke an expectation, or the gate missed a planted leak.
    """
    contract, ledger, staged = promise.release(release), Ledger(lake.ledger), lake.staged(release, run)
    landing = LandedDay(promise, Landing(spark, lake, day))
    files = staged_files(staged)
    rows = spark.read.parquet(*(str(staged / file.name) for file in files))
    account = landing.account()
    known = landing.known_identifiers(contract, account)
    with private_scanner(known, lake) as scan:
        case = Case(
            contract=contract,
            day=day,
            judged_at=datetime.now(UTC),
            staged=rows,
            scan=scan,
            claimed=_claimed(staged),
            recounted=recount(promise, contract, landing, rows),
            landed=landing.copies(),
            history=() if contract.findings else _history(ledger, release, day),  # quiet days are no damage
            file_columns=tuple(tuple(pq.read_schema(staged / file.name).names) for file in files),
            texts=texts_of([staged / file.name for file in files], rows.schema),
        )
        judgement = judge(f"{release} {run}", case)
        proof = prove(case, judgement.measures, (*PATTERN_LEAKS, *leaks_of(account)))
    verdict = _verdict(case, run, judgement, proof, files)
    return _pronounce(verdict, contract, lake, ledger)


@contextmanager
def private_scanner(known: KnownIdentifiers, lake: Lake) -> Iterator[IndexScanner]:
    """A scanner whose index lies in the staged zone, closed to others, under a random key of this block."""
    folder = lake.private(lake.root / "staged" / ".gate") / secrets.token_hex(8)
    with scanner(known, folder, secrets.token_bytes(24)) as scan:
        yield scan


def _verdict(case: Case, run: str, judgement: Judgement, proof: Proof, files: tuple[JudgedFile, ...]) -> Verdict:
    missed = (Finding("gate_proves_itself", "", f"missed: {kind}", 1) for kind in proof.missed)
    findings = (*judgement.findings, *missed)
    return Verdict(
        release=case.contract.release,
        day=case.day.isoformat(),
        run=run,
        verdict="red" if findings else "green",
        findings=findings,
        expectations=judgement.expectations,
        proof_planted=proof.planted,
        proof_caught=proof.caught,
        files=files,
        rows=sum(file.rows for file in files),
        contract=case.contract.fingerprint,
        suite=suite_version(),
        judged_at=case.judged_at.isoformat(timespec="seconds"),
    )


def _pronounce(verdict: Verdict, contract: Contract, lake: Lake, ledger: Ledger) -> Verdict:
    """Seal and record the verdict; a red run leaves the staged zone."""
    staged = lake.staged(verdict.release, verdict.run)
    sealed = verdict.sealed(Keyring.from_environment(ledger.key_changed))
    sealed.write(staged)
    named = {"release": verdict.release, "day": verdict.day, "run": verdict.run}
    ledger.append(
        "judged",
        **named,
        verdict=verdict.verdict,
        findings=[vars(finding) for finding in verdict.findings],
        expectations=verdict.expectations,
        proof_planted=verdict.proof_planted,
        proof_caught=verdict.proof_caught,
        verdict_hash=verdict.verdict_hash,
        suite=verdict.suite,
        rows=verdict.rows,
    )
    if verdict.verdict == "green":
        return sealed
    quarantine = lake.quarantine(verdict.release, verdict.run)
    lake.private(quarantine.parent)
    os.replace(staged, quarantine)  # noqa: PTH105 (a folder, and it must be one step)
    ledger.append("quarantined", **named)
    raise RedVerdictError(verdict, contract.owner)


# -- what lies beside the rows --------------------------------------------------------------------


def _claimed(staged: Path) -> Claimed:
    noted = Protected(**json.loads((staged / "_protected.json").read_text("utf-8")))
    return Claimed(noted.rows_in, noted.represented, noted.suppressed, noted.excluded)


def texts_of(files: Sequence[Path], schema: StructType) -> tuple[str, ...]:
    """File names, key-value metadata and column statistics: where an identifier could lie beside the rows.

    Spark's note of the schema is left out where it is the schema, whose names are checked one by
    one, and so is a name that only numbers the file.
    """
    texts: set[str] = set()
    for file in files:
        metadata = pq.read_metadata(file)
        notes = (note.decode("utf-8", "replace") for item in (metadata.metadata or {}).items() for note in item)
        texts |= {note for note in notes if note not in SPARKS_NOTES and not _is_schema(note, schema)}
        texts |= set() if NUMBERED.fullmatch(file.name) else {file.name}
        for group in range(metadata.num_row_groups):
            for column in range(metadata.num_columns):
                seen = metadata.row_group(group).column(column).statistics
                if seen is not None and seen.has_min_max:
                    texts |= {_text(seen.min), _text(seen.max)}
    return tuple(sorted(texts))


def _text(bound: Any) -> str:
    return bound.decode("utf-8", "replace") if isinstance(bound, bytes) else str(bound)


def _is_schema(note: str, schema: StructType) -> bool:
    """Whether a note is the very schema: same names and types, and no field carries a remark."""
    try:
        noted = StructType.fromJson(json.loads(note))
    except (ValueError, KeyError, TypeError):
        return False
    same = [(f.name, f.dataType.simpleString()) for f in noted] == [(f.name, f.dataType.simpleString()) for f in schema]
    return same and not any(f.metadata for f in noted)


def _history(ledger: Ledger, release: str, day: date) -> tuple[int, ...]:
    """Source rows of the nights that were published before, the newest of each day."""
    published = {(e["day"], e["run"]) for e in ledger.entries("published", release=release) if e["day"] != str(day)}
    rows = {
        e["day"]: e["rows_in"]
        for e in ledger.entries("protected", release=release)
        if (e["day"], e["run"]) in published
    }
    return tuple(rows[each] for each in sorted(rows)[-NIGHTS:])
