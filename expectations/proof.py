"""The gate proves itself, every run: planted leaks go through the same judges and must be named.

A staged row is copied and one leak of each kind is written over one of its cells; the checks and
searches that the real rows went through must fire on exactly that cell, and the suite's own rules
must make the finding of it. Falsified counts go through the same rules. At last all leaks together
go through Great Expectations, where every expectation must fail. One miss, and the verdict is red:
a gate that can't fail is believed by nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any

import pyarrow as pa
from pyspark.sql import functions as F

from expectations.case import Case, Finding
from expectations.detectors import proved
from expectations.judge import failing, findings_of
from expectations.leaks import STRUCTURAL_LEAKS, CellLeak
from expectations.measures import Measures, cut_units, defects
from expectations.searches import first_search, scan_columns, settled
from expectations.table_leaks import table_leaks
from policy.statistics import ROWS

NO_WORD = "no such word"
RFC_4231 = (bytes([0x0B] * 20), "Hi There", "rfc_nceffrhbtjtnejgegrljlvrulvcnvbdn")
"""Key, data and the first 16 bytes of the MAC in test case 1, b0344c61d8db38535ca8afceaf0bf12b, as a token."""
NUMBER = "planted_number"


@dataclass(frozen=True)
class Proof:
    """How many leaks were planted, and the kinds that nobody saw."""

    planted: int
    missed: tuple[str, ...]

    @property
    def caught(self) -> int:
        """Leaks that were named."""
        return self.planted - len(self.missed)


@dataclass(frozen=True)
class Planted:
    """One damaged copy of a row: the cells written over, and what must be said of which column."""

    kind: str
    cells: dict[str, Any]
    column: str
    detail: str


def prove(case: Case, measures: Measures, leaks: Sequence[CellLeak]) -> Proof:
    """Plant ``leaks``, a damaged cell for every column's own rule, and every structural leak.

    ``measures`` are those of the real rows. What the gate doesn't name is missed.
    """
    planted = [*_cell_leaks(case, leaks), *_damages(case)]
    seen, kernel_holds = _seen(case, measures, planted)
    missed = [] if kernel_holds else ["a token function that isn't HMAC-SHA-256"]
    missed += [one.kind for one, m in zip(planted, seen, strict=True) if not _is_named(one, findings_of(case, m))]
    whole = (case, _together(measures, seen))
    structural = (*STRUCTURAL_LEAKS, *table_leaks(case))
    for leak in structural:
        found = findings_of(*leak.falsify(case, measures))
        if not any(leak.is_named(finding) for finding in found):
            missed.append(leak.kind)
        whole = leak.falsify(*whole)
    broken = {finding.expectation for finding in findings_of(*whole)}
    passing = broken - failing(f"{case.contract.release} planted", *whole)
    missed += [f"{name}: passes in Great Expectations" for name in sorted(passing)]
    return Proof(len(planted) + len(structural) + len(broken) + 1, tuple(missed))


def _is_named(one: Planted, findings: Sequence[Finding]) -> bool:
    return any((finding.column, finding.detail) == (one.column, one.detail) for finding in findings)


def _cell_leaks(case: Case, leaks: Sequence[CellLeak]) -> Iterator[Planted]:
    """Leak i in one of the text columns, in turn."""
    texts = [field.name for field in case.staged.schema if field.dataType.simpleString() == "string"]
    for number, leak in enumerate(leaks if texts else ()):
        place = texts[number % len(texts)]
        yield Planted(leak.kind, {place: leak.text}, place, leak.detector)


def _damages(case: Case) -> Iterator[Planted]:
    """One damaged cell for each check that the contract gives a column; what isn't staged is red by itself."""
    units, staged = cut_units(case.contract), set(case.staged.columns)
    for output in (output for output in case.contract.outputs if output.name in staged):
        name, other_day = output.name, datetime.combine(case.day + timedelta(days=2), time())
        if output.values is not None:
            yield Planted(f"{name}: a word outside the vocabulary", {name: NO_WORD}, name, "outside the vocabulary")
        if output.token is not None or output.network is not None:
            yield Planted(f"{name}: not a token", {name: NO_WORD}, name, "not the shape of a token")
        if output.tokens is not None:
            cell = [NO_WORD] if output.type.startswith("array") else {NO_WORD: ""}
            yield Planted(f"{name}: something beside tokens", {name: cell}, name, "not the shape of a token")
        if output.type == "timestamp":
            yield Planted(f"{name}: another day", {name: other_day}, name, "outside the data day")
        if name in units:
            fine = other_day.replace(microsecond=1) if output.type == "timestamp" else case.day.replace(month=2, day=2)
            yield Planted(f"{name}: uncut", {name: fine}, name, "finer than the contract says")
    for statistic in case.contract.statistics if {"statistic", "contributors"} <= staged else ():
        cells = {"statistic": statistic.name, "shown": True, ROWS: 1, "contributors": statistic.k - 1}
        yield Planted(f"{statistic.name}: a group under k", cells, statistic.name, "groups under k")


def _seen(case: Case, measures: Measures, planted: Sequence[Planted]) -> tuple[list[Measures], bool]:
    """What is measured of each damaged copy, through the very checks and searches of the real rows.

    And whether the kernel's token of RFC 4231's data is the published one.
    """
    staged = case.staged
    first = staged.limit(1).toArrow()
    row = next(iter(first.to_pylist()), dict.fromkeys(staged.columns))
    copies = [{**row, **one.cells, NUMBER: i} for i, one in enumerate(planted)]
    rows = staged.sparkSession.createDataFrame(
        pa.Table.from_pylist(copies, first.schema.append(pa.field(NUMBER, pa.int64())))
    )
    flags, scans = defects(case, rows), scan_columns(case.contract, staged, first_search(case))
    tests = [F.coalesce(flag, F.lit(False)).alias(f"defect:{i}") for i, flag in enumerate(flags.values())]
    bits = [F.coalesce(bits, F.lit(0)).alias(f"bits:{name}") for name, bits in scans.items()]
    key, data, mac = RFC_4231
    made = F.call_function("ignicloud.token", F.lit("rfc"), F.lit(bytearray(key)), F.lit(data)).alias("rfc")
    results = sorted(rows.select(NUMBER, *tests, *bits, made).collect(), key=lambda result: result[NUMBER])
    measured = [
        replace(
            measures,
            defects={key: 1 for i, key in enumerate(flags) if result[f"defect:{i}"]},
            found={
                (name, detector): 1
                for name in scans
                for detector in proved(result[f"bits:{name}"], settled(case, name))
            },
        )
        for result in results
    ]
    return measured, bool(results) and all(result["rfc"] == mac for result in results)


def _together(measures: Measures, seen: Sequence[Measures]) -> Measures:
    """All damaged copies as one table's measures."""
    defects_seen = {key: 1 for each in seen for key in each.defects}
    return replace(measures, defects=defects_seen, found={key: 1 for each in seen for key in each.found})
