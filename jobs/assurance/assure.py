"""Every published table is searched again, with the identifiers of today.

The gate judged each night with the identifiers of that night. Who has joined since, or was renamed,
couldn't be searched for then; and whoever can write into the lake needn't ask the gate. So the
whole of each table is searched by the same scanner, with unset keys of every epoch that it holds;
what surrounds the rows, too. What is found is an incident: it stops further publication of the
release until a person has acknowledged it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from expectations.case import Case, Claimed, Finding, Recounted
from expectations.detectors import DETECTORS, KNOWN
from expectations.great import SEARCHES
from expectations.judge import judge
from expectations.leaks import PATTERN_LEAKS
from expectations.proof import prove
from expectations.searches import found_in_texts
from jobs.assurance.own import Own
from jobs.assurance.table import Table, clear_half_written
from jobs.gate.data_docs import Page, write_page
from jobs.gate.decisions import LEAK
from jobs.gate.recount import LandedDay, epochs_of, leaks_of
from jobs.lake.landing import Landing
from jobs.lake.ledger import Ledger
from jobs.lake.tables import day_of
from jobs.lake.zones import Lake
from jobs.night.extract import landed
from jobs.night.validate import private_scanner
from policy.contract import Contract
from policy.errors import PolicyError
from policy.promise import Promise

BESIDE = "expect_nothing_beside_the_table"
LOGGED = set(DETECTORS) - {"known_name"}
PROSE = set(KNOWN) - {"known_name"}
"""What is searched for in the log, and on pages, which name their owners: names are words of the language there."""


class LeakFoundError(PolicyError):
    """Published tables hold what they mustn't: an incident each is in the ledger."""

    def __init__(self, found: Iterable[Assured]) -> None:
        self.found = tuple(found)
        named = "; ".join(
            f"{each.release}: "
            + ", ".join(f"{f.expectation} {f.column} ({f.detail}, {f.count})" for f in each.findings)
            for each in self.found
        ).replace("  ", " ")
        super().__init__(
            f"{named}. Nothing more of them is published; acknowledge in the DAG assurance, see docs/gate.md"
        )


@dataclass(frozen=True)
class Assured:
    """What a search of one published table came to."""

    release: str
    files: int
    rows: int
    findings: tuple[Finding, ...]
    planted: int
    caught: int


def assure(promise: Promise, day: date, spark: SparkSession, lake: Lake) -> Iterator[Assured]:
    """Search every published table with the identifiers that the platform has by the end of ``day``.

    A day that isn't in landing is extracted for this and leaves again. Each result is in the ledger
    before it is given out.
    """
    ledger = Ledger(lake.ledger)
    with landed(promise, day, lake, ledger):
        landing = LandedDay(promise, Landing(spark, lake, day))
        for name, contract in promise.contracts.items():
            if (lake.published(name) / "_delta_log").is_dir():
                with lake.alone(name):
                    yield _search(contract, landing, ledger)


def _search(contract: Contract, landing: LandedDay, ledger: Ledger) -> Assured:
    """One table: judged, proved, and put on record."""
    lake, day, spark = landing.landing.lake, landing.landing.day, landing.landing.spark
    folder, account = lake.published(contract.release), landing.account()
    own = Own(landing.promise, contract, lake)
    clear_half_written(folder)
    table = Table(folder, contract, ledger.entries(release=contract.release), own)
    rows = table.rows(spark)
    epochs = epochs_of(contract, (day_of(path) for path in table.files))
    known = landing.known_identifiers(contract, account, epochs)
    with private_scanner(known, lake) as scan:
        case = Case(
            contract=contract,
            day=day,
            judged_at=datetime.now(UTC),
            staged=rows,
            scan=scan,
            claimed=Claimed(0, 0, 0, 0),
            recounted=Recounted(0, 0, {}, 0),
            landed=(),
            history=(),
            file_columns=tuple(tuple(pq.read_schema(folder / path).names) for path in table.files),
            texts=table.texts(),
        )
        judgement = judge(f"{contract.release} published", case, SEARCHES, custom=None)
        proof = prove(case, judgement.measures, (*PATTERN_LEAKS, *leaks_of(account)))
        beside = {
            "in the log of the table": (found_in_texts(spark, table.logged(), scan), LOGGED),
            "on the pages beside the table": (found_in_texts(spark, table.prose(), scan, hashes=False), PROSE),
        }
    findings = (
        *judgement.findings,
        *(
            Finding(BESIDE, "", f"{detector} {where}", count)
            for where, (found, searched) in beside.items()
            for detector, count in found.items()
            if detector in searched
        ),
        *([Finding(BESIDE, "", "a file that is no part of the table", table.strangers)] if table.strangers else []),
        *(Finding("gate_proves_itself", "", f"missed: {kind}", 1) for kind in proof.missed),
    )
    made = Assured(contract.release, len(table.files), judgement.measures.rows, findings, proof.planted, proof.caught)
    run = f"assured-{day}"
    ledger.append(
        "assured", release=made.release, day=day, run=run, files=made.files, rows=made.rows, proof_planted=made.planted,
        proof_caught=made.caught, verdict="red" if findings else "green", findings=[vars(f) for f in findings],
    )  # fmt: skip
    if findings:
        ledger.append("incident", what=LEAK, release=made.release, day=day, count=sum(f.count for f in findings))
    facts: dict[str, str | int] = {"rows": made.rows, "files": made.files, "epochs": ", ".join(epochs) or "none"}
    write_page(Page(made.release, day, run, judgement.checked, findings, proof, facts), lake, ledger)
    return made
