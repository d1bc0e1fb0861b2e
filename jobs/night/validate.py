"""The gate's step: judge a staged run against its contract, its source and that night's identifiers.

Green: a sealed verdict lies beside the files, and `publish` may take them. Red: the run goes to
quarantine, nothing is published, and the error names release, expectation and column.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from expectations.case import Case, Claimed, Finding
from expectations.index import IndexScanner, KnownIdentifiers, scanner
from expectations.judge import Judgement, judge
from expectations.leaks import PATTERN_LEAKS
from expectations.proof import Proof, prove
from jobs.anonymity.disclosure import attacker
from jobs.gate.data_docs import Page, write_page
from jobs.gate.decisions import accepted_volume
from jobs.gate.file_texts import texts_of
from jobs.gate.left_in import erased_in, left_in, require_nobody_erased
from jobs.gate.months import month_problems
from jobs.gate.printed import printed
from jobs.gate.recount import LandedDay, leaks_of, recount
from jobs.gate.rows import rows_of
from jobs.gate.verdict import PROTECTED, JudgedFile, Verdict, memory_files, require_staged, staged_files, suite_version
from jobs.keys.heads import remember
from jobs.keys.ring import Keyring
from jobs.lake.faults import fault
from jobs.lake.files import move_folder
from jobs.lake.ledger import Ledger
from jobs.lake.memory import staged_months
from jobs.lake.visible import visible_version
from jobs.lake.zones import Lake
from jobs.night.protect import Protected
from jobs.retention.suppressed import landing_of
from policy.contract import Contract
from policy.errors import PolicyError
from policy.promise import Promise

NIGHTS = 28
"""How many earlier nights the volume rule looks back on."""

SAME_WEEKDAY = 2
"""With so many nights of the same weekday among them, those alone count: weekends are quiet by nature."""


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
        NotStagedError: nothing was staged for this run.
        ErasedSinceError: somebody was erased since the day was extracted, who is in it.
        RedVerdictError: something broke an expectation, or the gate missed a planted leak.
    """
    with lake.run_alone(release, run):
        return _validated(promise, promise.release(release), day, run, spark, lake)


def _validated(promise: Promise, contract: Contract, day: date, run: str, spark: SparkSession, lake: Lake) -> Verdict:
    release, ledger, staged = contract.release, Ledger(lake.ledger), lake.staged(contract.release, run)
    landing = LandedDay(promise, landing_of(spark, lake, day))
    require_staged(staged)
    require_nobody_erased(promise, contract, lake, staged, day)
    extraction, visible = lake.landed(day).extraction, visible_version(lake.published(release), contract, day)
    files = staged_files(staged)
    paths = [staged / file.name for file in files]
    rows = rows_of(spark, paths, contract)
    account = landing.account()
    known = landing.known_identifiers(contract, account)
    with private_scanner(known, lake) as scan:
        left = landing.exclusion(contract.purpose).left
        recounted = replace(
            recount(promise, contract, landing, rows),
            left_in=left_in(promise, contract, left, staged, day) + erased_in(promise, contract, lake, staged, day),
            months=month_problems(contract, landing, rows, staged),
        )
        case = Case(
            contract=contract,
            day=day,
            judged_at=datetime.now(UTC),
            staged=rows,
            scan=scan,
            claimed=_claimed(staged),
            recounted=recounted,
            landed=landing.copies(),
            history=_history(ledger, contract, day, recounted.rows_in),
            file_columns=tuple(tuple(pq.read_schema(path).names) for path in paths),
            texts=texts_of(paths, contract),
            printed=printed(contract, landing.landing, rows, recounted),
            attacker=attacker(contract, day) if contract.statistics else None,
        )
        judgement = judge(f"{release} {run}", case)
        proof = prove(case, judgement.measures, (*PATTERN_LEAKS, *leaks_of(account)))
    verdict = replace(
        _verdict(case, run, judgement, proof, files),
        memory=memory_files(staged),
        extraction=extraction,
        visible=visible,
    )
    return _pronounce(verdict, _page(verdict, judgement, proof), contract, lake, ledger)


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
        expectations=len(judgement.checked),
        proof_planted=proof.planted,
        proof_caught=proof.caught,
        files=files,
        rows=sum(file.rows for file in files),
        contract=case.contract.fingerprint,
        suite=suite_version(),
        judged_at=case.judged_at.isoformat(timespec="seconds"),
    )


def _page(verdict: Verdict, judgement: Judgement, proof: Proof) -> Page:
    facts: dict[str, str | int] = {
        "rows": verdict.rows,
        "judged at": verdict.judged_at,
        "contract": verdict.contract,
        "suite": verdict.suite,
        "verdict": verdict.verdict_hash,
        **{file.name: f"{file.rows} rows, SHA-256 {file.sha256}" for file in verdict.files},
    }
    day = date.fromisoformat(verdict.day)
    return Page(verdict.release, day, verdict.run, judgement.checked, judgement.findings, proof, facts)


def _pronounce(verdict: Verdict, page: Page, contract: Contract, lake: Lake, ledger: Ledger) -> Verdict:
    """Seal and record the verdict, write its page; a red run leaves the staged zone, on record or not."""
    staged = lake.staged(verdict.release, verdict.run)
    keyring = Keyring.from_environment(ledger)
    sealed = verdict.sealed(keyring)
    sealed.write(staged)
    fault("validate.before_record")
    try:
        _record(verdict, ledger)
        fault("validate.after_record")
        remember(ledger, keyring)
        write_page(page, lake, ledger)
    finally:
        if verdict.verdict == "red":
            quarantine = lake.quarantine(verdict.release, verdict.run)
            lake.private(quarantine.parent)
            move_folder(staged, quarantine)  # in the place of the same run, judged before
            for _, path in staged_months(quarantine.iterdir()):  # of people, and nobody mends a contract by it
                path.unlink()
    if verdict.verdict == "green":
        return sealed
    fault("validate.before_quarantine_record")
    ledger.append("quarantined", release=verdict.release, day=verdict.day, run=verdict.run)
    raise RedVerdictError(verdict, contract.owner)


def _record(verdict: Verdict, ledger: Ledger) -> None:
    ledger.append(
        "judged",
        release=verdict.release,
        day=verdict.day,
        run=verdict.run,
        verdict=verdict.verdict,
        findings=[vars(finding) for finding in verdict.findings],
        expectations=verdict.expectations,
        proof_planted=verdict.proof_planted,
        proof_caught=verdict.proof_caught,
        verdict_hash=verdict.verdict_hash,
        suite=verdict.suite,
        rows=verdict.rows,
    )


# -- what lies beside the rows --------------------------------------------------------------------


def _claimed(staged: Path) -> Claimed:
    noted = Protected(**json.loads((staged / PROTECTED).read_text("utf-8")))
    return Claimed(noted.rows_in, noted.represented, noted.suppressed, noted.excluded)


def _history(ledger: Ledger, contract: Contract, day: date, rows_in: int) -> tuple[int, ...]:
    """Source rows of the nights that were published before and are like this one, the newest of each day.

    None for findings, whose quiet days are no damage, and for a night whose size a person has accepted.
    """
    release = contract.release
    accepted = accepted_volume(release, day, ledger)
    if contract.findings is not None or (accepted is not None and rows_in >= accepted):
        return ()
    published = {(e["day"], e["run"]) for e in ledger.entries("published", release=release) if e["day"] != str(day)}
    rows = {
        date.fromisoformat(e["day"]): e["rows_in"]
        for e in ledger.entries("protected", release=release)
        if (e["day"], e["run"]) in published
    }
    return comparable(rows, day)


def comparable(rows: Mapping[date, int], day: date) -> tuple[int, ...]:
    """The source rows of the latest nights, oldest first; only those of the day's weekday if there are enough."""
    latest = sorted(rows)[-NIGHTS:]
    alike = [each for each in latest if each.weekday() == day.weekday()]
    return tuple(rows[each] for each in (alike if len(alike) >= SAME_WEEKDAY else latest))
