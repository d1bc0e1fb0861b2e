"""The gate's step: judge a staged run against its contract, its source and that night's identifiers.

Green: a sealed verdict lies beside the files, and `publish` may take them. Red: the run goes to
quarantine, nothing is published, and the error names release, expectation and column.
"""

from __future__ import annotations

import json
import os
import secrets
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.parquet as pq
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from expectations.case import Case, Claimed, Finding, Recounted
from expectations.index import KnownIdentifiers, scanner
from expectations.judge import Judgement, judge
from expectations.leaks import PATTERN_LEAKS, CellLeak, known_leaks
from expectations.proof import Proof, prove
from jobs.aggregate import statistics
from jobs.keys import Keyring, field_key
from jobs.lake import Lake
from jobs.ledger import Ledger
from jobs.protect import Landing, Protected
from jobs.signals.release import signals
from jobs.subjects import without_excluded
from jobs.treatments.normalise import normalised
from jobs.verdict import JudgedFile, Verdict, staged_files, suite_version
from policy.contract import Contract
from policy.errors import PolicyError
from policy.promise import Promise
from policy.rules import NetworkPrefix, Token

NIGHTS = 28
"""How many earlier nights the volume rule looks back on."""


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
    landing = Landing(spark, lake, day)
    files = staged_files(staged)
    private = lake.private(lake.root / "staged" / ".gate") / f"{release}-{run}-{secrets.token_hex(4)}"
    known = known_identifiers(promise, contract, landing)
    rows = spark.read.parquet(*(str(staged / file.name) for file in files))
    with scanner(spark, known, private, secrets.token_bytes(24)) as scan:
        case = Case(
            contract=contract,
            day=day,
            staged=rows,
            scan=scan,
            claimed=_claimed(staged),
            recounted=recount(promise, contract, landing, rows),
            history=() if contract.findings else _history(ledger, release, day),  # quiet days are no damage
            texts=_texts(spark, staged, rows.schema),
        )
        judgement = judge(f"{release} {run}", case)
        proof = prove(case, judgement.measures, (*PATTERN_LEAKS, *_leaks_of_the_night(landing)))
    verdict = _verdict(contract, day, run, judgement, proof, files)
    return _pronounce(verdict, contract, lake, ledger)


def _verdict(
    contract: Contract,
    day: date,
    run: str,
    judgement: Judgement,
    proof: Proof,
    files: tuple[JudgedFile, ...],
) -> Verdict:
    missed = (Finding("gate_proves_itself", "", f"missed: {kind}", 1) for kind in proof.missed)
    findings = (*judgement.findings, *missed)
    return Verdict(
        release=contract.release,
        day=day.isoformat(),
        run=run,
        verdict="red" if findings else "green",
        findings=findings,
        expectations=judgement.expectations,
        proof_planted=proof.planted,
        proof_caught=proof.caught,
        files=files,
        rows=sum(file.rows for file in files),
        contract=contract.fingerprint,
        suite=suite_version(),
        judged_at=datetime.now(UTC).isoformat(timespec="seconds"),
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


# -- what the gate finds out by itself ------------------------------------------------------------


def known_identifiers(promise: Promise, contract: Contract, landing: Landing) -> KnownIdentifiers:
    """Every direct identifier that landing holds for the day, and both orders of each full name."""
    by_class: dict[str, DataFrame] = {}

    def add(identifier: str, values: DataFrame) -> None:
        by_class[identifier] = by_class[identifier].union(values) if identifier in by_class else values

    for name, source in promise.readable.items():
        if not (landing.lake.landing(name, landing.day) / "manifest.json").exists():
            continue
        frame = landing.frame(name)
        for column in source.of_kind("direct"):
            identifier = source.columns[column].identifier
            if column in frame.columns and identifier is not None:
                add(identifier, frame.select(F.col(column).cast("string").alias("value")))
    people = landing.frame("professional_users")
    for first, second in (("first_name", "family_name"), ("family_name", "first_name")):
        add("full_name", people.select(F.concat_ws(" ", first, second).alias("value")))
    domain, epoch = contract.domain or contract.release, contract.epoch or ""
    return KnownIdentifiers(by_class, lambda identifier: field_key(bytes(32), domain, epoch, identifier))


def recount(promise: Promise, contract: Contract, landing: Landing, staged: DataFrame) -> Recounted:
    """Rows, exclusions and identities as landing has them, counted without `protect`'s help."""
    if contract.statistics:
        fresh = statistics(promise, contract, landing.frame, landing.wishes(), landing.day)
        counts, shown = fresh.counts(), fresh.shown
        same = staged.columns == shown.columns
        differing = staged.exceptAll(shown).count() + shown.exceptAll(staged).count() if same else 1
        return Recounted(counts["rows_in"], counts["excluded"], {}, {}, differing)
    if contract.findings is not None:
        return _recounted_findings(signals(promise, contract, landing), staged)
    source = contract.main_source
    raw = landing.frame(source)
    terms = promise.register.purposes[contract.purpose]
    kept = without_excluded(raw, promise.source(source).subject, contract.purpose, terms, landing.wishes())
    identities = {
        rule.output or name: _identity(name, rule)
        for name, rule in contract.columns.items()
        if isinstance(rule, Token) or (isinstance(rule, NetworkPrefix) and rule.keep == "address")
    }
    named = kept.select(*(column.alias(name) for name, column in identities.items())).cache()
    counts = (
        named.agg(
            F.count(F.lit(1)).alias("rows"),
            *(F.count(name).alias(f"filled:{name}") for name in identities),
            *(F.count_distinct(name).alias(f"distinct:{name}") for name in identities),
        )
        .collect()[0]
        .asDict()
    )
    named.unpersist()
    rows_in = raw.count()
    return Recounted(
        rows_in=rows_in,
        excluded=rows_in - counts["rows"],
        identities={name: counts[f"distinct:{name}"] for name in identities},
        filled={name: counts[f"filled:{name}"] for name in identities},
        differing=0,
    )


def _recounted_findings(fresh: DataFrame, staged: DataFrame) -> Recounted:
    """Findings are recounted by finding them again; Spark compares no maps, so rows are compared as JSON."""
    again = fresh.select(F.to_json(F.struct("*")).alias("finding")).cache()
    there = staged.select(F.to_json(F.struct("*")).alias("finding"))
    differing = there.exceptAll(again).count() + again.exceptAll(there).count()
    found = again.count()
    again.unpersist()
    return Recounted(found, 0, {}, {}, differing)


def _identity(name: str, rule: Token | NetworkPrefix) -> Column:
    """What must have exactly one token: the normalised value; of addresses only real ones."""
    if isinstance(rule, Token):
        return normalised(F.col(name), rule.normalise)
    canonical = normalised(F.col(name), "address")
    return F.when(canonical.rlike(r"^[0-9.]+$|:"), canonical)


def _claimed(staged: Path) -> Claimed:
    noted = Protected(**json.loads((staged / "_protected.json").read_text("utf-8")))
    return Claimed(noted.rows_in, noted.represented, noted.suppressed, noted.excluded)


def _texts(spark: SparkSession, staged: Path, schema: StructType) -> DataFrame:
    """File names, key-value metadata and column statistics: where an identifier could lie beside the rows.

    Spark's note of the schema is left out where it is the schema, whose names are checked one by one.
    """
    texts = []
    for file in staged_files(staged):
        metadata = pq.read_metadata(staged / file.name)
        notes = (value.decode("utf-8", "replace") for value in (metadata.metadata or {}).values())
        texts += [file.name, *(note for note in notes if not _is_schema(note, schema))]
        for group in range(metadata.num_row_groups):
            for column in range(metadata.num_columns):
                seen = metadata.row_group(group).column(column).statistics
                if seen is not None and seen.has_min_max and isinstance(seen.min, str):
                    texts += [seen.min, seen.max]
    return spark.createDataFrame([(text,) for text in texts], "text string")


def _is_schema(note: str, schema: StructType) -> bool:
    try:
        noted = StructType.fromJson(json.loads(note))
    except (ValueError, KeyError, TypeError):
        return False
    return [(f.name, f.dataType) for f in noted] == [(f.name, f.dataType) for f in schema]


def _history(ledger: Ledger, release: str, day: date) -> tuple[int, ...]:
    """Source rows of the nights that were published before, the newest of each day."""
    published = {(e["day"], e["run"]) for e in ledger.entries("published", release=release) if e["day"] != str(day)}
    rows = {
        e["day"]: e["rows_in"]
        for e in ledger.entries("protected", release=release)
        if (e["day"], e["run"]) in published
    }
    return tuple(rows[each] for each in sorted(rows)[-NIGHTS:])


def _leaks_of_the_night(landing: Landing) -> tuple[CellLeak, ...]:
    """The known leaks of one account of the night; its identifiers stay in this process."""
    people = landing.frame("professional_users")
    whole = people.dropna(subset=["email", "first_name", "family_name", "user_id"])
    distinctive = whole.where(
        (F.length("email") >= 12) & (F.length("first_name") >= 4) & (F.length("family_name") >= 4)
    )
    person = distinctive.orderBy("user_id").limit(1).collect()
    if not person:
        return ()
    account = person[0]
    return known_leaks(account["email"], (account["first_name"], account["family_name"]), account["user_id"])
