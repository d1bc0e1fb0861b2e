"""Every published table is searched again, with the identifiers of today.

The gate judged each night with the identifiers of that night. Who has joined since, or was renamed,
couldn't be searched for then; and whoever can write into the lake needn't ask the gate. So the
whole of each table is searched by the same scanner, with unset keys of every epoch that it holds;
what surrounds the rows, too. What is found is an incident: it stops further publication of the
release until a person has acknowledged it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from expectations.case import Case, Claimed, Finding, Recounted
from expectations.detectors import DETECTORS, KNOWN
from expectations.great import SEARCHES
from expectations.judge import judge
from expectations.leaks import PATTERN_LEAKS
from expectations.proof import prove
from expectations.searches import found_in_texts
from jobs.gate.data_docs import Page, write_page
from jobs.gate.decisions import LEAK
from jobs.gate.file_texts import texts_of
from jobs.gate.recount import LandedDay, epochs_of, leaks_of
from jobs.lake.files import globless
from jobs.lake.landing import Landing
from jobs.lake.ledger import Entry, Ledger
from jobs.lake.tables import current_files, day_of, open_table
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
RUN = r"\d{4}-\d\d-\d\d-[0-9a-f]{10}"
OWN_PATH = re.compile(
    rf"day=\d{{4}}-\d\d-\d\d/((?P<run>{RUN})-part-\d{{5}}"
    r"|kept-(?P<plan>[0-9a-f]{12})-(as-it-was-)?\d{5}(-\d{1,4})?)\.parquet",
    re.ASCII,
)
LOG = re.compile(r"_delta_log/(\d{20}\.(json|checkpoint\.parquet)|_last_checkpoint)")
PAGE = re.compile(r"_about/(\w+/)?[\w-]+\.(md|json|html)|datapackage\.json")


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
    table = Table(folder, contract, ledger.entries(release=contract.release))
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
            texts=table.texts(rows.schema),
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


class Table:
    """Everything that lies in one published folder, the files of its current version or not."""

    def __init__(self, folder: Path, contract: Contract, recorded: Iterable[Entry]) -> None:
        self._folder, self._contract = folder, contract
        table = open_table(folder, contract)
        below = [p.relative_to(folder) for p in sorted(folder.rglob("*")) if p.is_symlink() or not p.is_dir()]
        plain = [path for path in below if not (folder / path).is_symlink()]
        current = {Path(file.path) for file in current_files(table)}
        self.files = sorted(path for path in plain if path in current or OWN_PATH.fullmatch(str(path)))
        self._logs = [path for path in plain if LOG.fullmatch(str(path))]
        self._pages = [path for path in plain if PAGE.fullmatch(str(path))]
        self.strangers = len({*below} - {*self.files, *self._logs, *self._pages})
        said = (entry.get(name) for entry in recorded for name in ("run", "day", "plan", "verdict_hash"))
        self._own = {table.table_uri.rstrip("/"), str(table.metadata().id), *map(str, filter(None, said))}
        self._plans = {str(entry["plan"])[:12] for entry in recorded if entry.get("plan")}

    def rows(self, spark: SparkSession) -> DataFrame:
        """Every row of every file, as the files have them."""
        if not self.files:
            columns = self._contract.output_schema.items()
            return spark.createDataFrame([], ", ".join(f"`{name}` {kind}" for name, kind in columns))
        return spark.read.parquet(*(globless(self._folder / path) for path in self.files))

    def texts(self, schema: StructType) -> tuple[str, ...]:
        """Names, notes and statistics of the Parquet files."""
        paths = [self._folder / path for path in self.files]
        names = {path.name for path in self.files if self._is_own(str(path))}
        return tuple(sorted({*texts_of(paths, schema)} - names))

    def prose(self) -> list[str]:
        """Datasheet, data package and reports."""
        return [(self._folder / path).read_text("utf-8", "replace") for path in self._pages]

    def logged(self) -> list[str]:
        """Every word of the table's log that isn't its own."""
        return sorted(set(self._entries()))

    def _entries(self) -> Iterator[str]:
        for path in self._logs:
            if path.suffix == ".parquet":
                entries = pq.read_table(self._folder / path).to_pylist()
            else:
                entries = (self._folder / path).read_text("utf-8", "replace").splitlines()
            for entry in entries:
                yield from self._words(entry)

    def _words(self, node: Any, *, bounds: bool = False) -> Iterator[str]:
        """Every text in a log entry, keys and JSON inside it too, but what the ledger and the table have said.

        ``bounds``: within the smallest and largest values of a file, where a number may be somebody's.
        """
        if isinstance(node, dict | Pairs):
            for key, value in node.items():
                yield from self._words(key)
                yield from self._words(value, bounds=bounds or key in ("minValues", "maxValues"))
        elif isinstance(node, list | tuple):
            for value in node:
                yield from self._words(value, bounds=bounds)
        elif isinstance(node, str) and node.startswith("{") and (inner := _parsed(node)) is not None:
            yield from self._words(inner)
        elif isinstance(node, str) and node.rstrip("/") not in self._own and not self._is_own(node):
            yield node
        elif bounds and isinstance(node, int | float):
            yield str(node)

    def _is_own(self, path: str) -> bool:
        """Whether this is the name of a file that a run or a plan of the ledger has made."""
        named = OWN_PATH.fullmatch(path)
        if named is None:
            return False
        return named["run"] in self._own or (named["plan"] is not None and named["plan"] in self._plans)


class Pairs(list[tuple[str, Any]]):
    """A JSON object with all of its keys, those that are there twice too."""

    def items(self) -> Iterator[tuple[str, Any]]:
        """Key and value of each."""
        return iter(self)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=Pairs)
    except ValueError:
        return None
