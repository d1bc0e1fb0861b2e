"""Every published table is searched again, with the identifiers of today.

The gate judged each night with the identifiers of that night. Who has joined since, or was renamed,
couldn't be searched for then; and whoever can write into the lake needn't ask the gate. So the
whole of each table is searched by the same scanner, with unset keys of every epoch that it holds;
what surrounds the rows, too. What is found is an incident: it stops further publication of the
release until a person has acknowledged it. What was searched before and can hold nobody new is skipped, if that is
proved (`jobs.assurance.searched`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from expectations.case import Case, Claimed, Finding, Recounted
from expectations.detectors import DETECTORS, KNOWN
from expectations.great import SEARCHES
from expectations.judge import Judgement, judge
from expectations.leaks import PATTERN_LEAKS, CellLeak
from expectations.proof import Proof, prove
from expectations.searches import found_in_texts
from jobs.assurance.own import Own
from jobs.assurance.searched import (
    NOBODY,
    SAME,
    Day,
    Receipts,
    Search,
    bits_speak,
    could_hold,
    days_in,
    holds_tokens,
    identifiers_of,
    search_version,
    unchanged,
)
from jobs.assurance.table import Table, clear_half_written
from jobs.gate.data_docs import Page, write_page
from jobs.gate.decisions import LEAK
from jobs.gate.recount import LandedDay, epochs_of, leaks_of
from jobs.keys.ring import Keyring
from jobs.lake.landing import Landing
from jobs.lake.ledger import Ledger
from jobs.lake.tables import day_of
from jobs.lake.zones import Lake
from jobs.night.extract import landed
from jobs.night.validate import private_scanner
from policy.contract import Contract
from policy.errors import PolicyError
from policy.periods import now
from policy.promise import Promise

Skipping = Literal["proved", "nothing"]

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
    """What a search of one published table came to.

    ``files``, ``days`` and ``rows``: that were searched; ``skipped``: days, by what proves that they needn't be.
    """

    release: str
    files: int
    days: int
    rows: int
    skipped: dict[str, int]
    findings: tuple[Finding, ...]
    planted: int
    caught: int


def assure(
    promise: Promise, day: date, spark: SparkSession, lake: Lake, skipping: Skipping = "proved"
) -> Iterator[Assured]:
    """Search every published table with the identifiers that the platform has by the end of ``day``.

    A day that isn't in landing is extracted for this and leaves again. Each result is in the ledger
    before it is given out. ``skipping``: days of which it is proved that a search would find nothing, or none.
    """
    ledger = Ledger(lake.ledger)
    keyring = Keyring.from_environment(ledger)
    with landed(promise, day, lake, ledger):
        landing = LandedDay(promise, Landing(spark, lake, day))
        for name, contract in promise.contracts.items():
            if (lake.published(name) / "_delta_log").is_dir():
                with lake.alone(name):
                    yield _search(contract, landing, Receipts(name, ledger, keyring), skipping)


def _search(contract: Contract, landing: LandedDay, receipts: Receipts, skipping: Skipping) -> Assured:
    """One table: judged, proved, and put on record."""
    lake, day, spark, ledger = landing.landing.lake, landing.landing.day, landing.landing.spark, receipts.ledger
    folder, account = lake.published(contract.release), landing.account()
    own = Own(landing.promise, contract, lake)
    clear_half_written(folder)
    table = Table(folder, contract, ledger.entries(release=contract.release), own)
    epochs = epochs_of(contract, (day_of(path) for path in table.files))
    known = landing.known_identifiers(contract, account, epochs)
    search = Search(search_version(contract), identifiers_of(landing, known.unset_keys), now().date())
    due, skipped = _due(table, days_in(folder, table.files), receipts, search, skipping)
    files = [path for each in due for path in each.files]
    with private_scanner(known, lake) as scan:
        case = Case(
            contract=contract,
            day=day,
            judged_at=datetime.now(UTC),
            staged=table.rows(spark, files),
            scan=scan,
            claimed=Claimed(0, 0, 0, 0),
            recounted=Recounted(0, 0, {}, 0),
            landed=(),
            history=(),
            file_columns=tuple(tuple(pq.read_schema(folder / path).names) for path in files),
            texts=table.texts(files),
        )
        judgement = judge(f"{contract.release} published", case, SEARCHES, custom=None)
        leaks = leaks_of(account)
        proof = prove(case, judgement.measures, (*PATTERN_LEAKS, *leaks))
        beside = {
            "in the log of the table": (found_in_texts(spark, table.logged(), scan), LOGGED),
            "on the pages beside the table": (found_in_texts(spark, table.prose(), scan, hashes=False), PROSE),
        }
        findings = _findings(judgement, table, beside, proof)
        held = set[date]() if findings else _could_hold(case, due, table, receipts, leaks)
    made = Assured(
        contract.release, len(files), len(due), judgement.measures.rows, skipped, findings, proof.planted, proof.caught
    )
    run = f"assured-{day}"
    ledger.append(
        "assured", release=made.release, day=day, run=run, files=made.files, rows=made.rows, days=made.days,
        skipped=skipped, proof_planted=made.planted, proof_caught=made.caught, verdict="red" if findings else "green",
        findings=[vars(f) for f in findings],
    )  # fmt: skip
    if findings:
        ledger.append("incident", what=LEAK, release=made.release, day=day, count=sum(f.count for f in findings))
    else:
        for each in unchanged(folder, due):
            receipts.give(each, search, could_hold=each.day in held)
    facts: dict[str, str | int] = {
        "rows searched": made.rows,
        "files searched": made.files,
        "days searched": made.days,
        **{f"days skipped: {why}": count for why, count in skipped.items()},
        "epochs": ", ".join(epochs) or "none",
    }
    write_page(Page(made.release, day, run, judgement.checked, findings, proof, facts), lake, ledger)
    return made


def _due(
    table: Table, days: Sequence[Day], receipts: Receipts, search: Search, skipping: Skipping
) -> tuple[list[Day], dict[str, int]]:
    """The days that must be searched; and how many needn't be, by what proves it. One with a strange file must be."""
    due, skipped = [], dict.fromkeys((NOBODY, SAME), 0)
    for each in days:
        own = skipping == "proved" and all(table.is_own(str(path)) for path in each.files)
        why = receipts.why_skipped(each, search) if own else None
        if why is None:
            due.append(each)
        else:
            skipped[why] += 1
    return due, skipped


def _could_hold(
    case: Case, due: Sequence[Day], table: Table, receipts: Receipts, leaks: Sequence[CellLeak]
) -> set[date]:
    """Those of the days that were searched in which somebody could stand of whom nobody knows today."""
    remade = {each.day: receipts.remade(each) for each in due}
    if not bits_speak(case, leaks):
        return {*remade}
    open_ones = {day for day, columns in remade.items() if holds_tokens(case.contract, columns)}
    files = [path for each in due if each.day not in open_ones for path in each.files]
    rows = table.rows(case.staged.sparkSession, files)
    return open_ones | (could_hold(case, rows, remade) if files else set())


def _findings(
    judgement: Judgement, table: Table, beside: Mapping[str, tuple[dict[str, int], set[str]]], proof: Proof
) -> tuple[Finding, ...]:
    """What was found in the rows and the files, in what lies beside them, and what the proof missed."""
    return (
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
