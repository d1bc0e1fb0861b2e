"""Everything that the expectations need to know of a staged run, measured in as few passes as can be.

Rows are checked and cells searched in one pass (`expectations.searches` says with what); only where that
leaves something to look at, a second one counts what. Cells are looked at by Spark; no value reaches the driver.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from expectations.case import Case, Keyed
from expectations.searches import counted, first_search, found_in_texts, scan_columns, settled
from policy.contract import Contract, Output
from policy.rules import TruncateDate, TruncateTime
from policy.shapes import SHAPES, network_shapes, token_shape
from policy.statistics import ROWS, Statistic

Flags = dict[tuple[str, str], Column]
"""Kind of defect and column (or statistic) → whether a row has it; null is no."""


@dataclass(frozen=True)
class Measures:
    """Counts over all staged rows. Defects and finds are keyed by what and where; only counts above zero are kept."""

    schema: dict[str, str]
    rows: int
    represented: int
    defects: dict[tuple[str, str], int]
    found: dict[tuple[str, str], int]
    in_texts: dict[str, int]
    keyed: dict[str, Keyed]


def measure(case: Case) -> Measures:
    """Measure every row and column of the staged run."""
    staged, outputs = case.staged, _outputs(case.contract, case.staged)
    flags, scans = defects(case, staged), scan_columns(case.contract, staged, first_search(case))
    keyed = [name for name, output in outputs.items() if output.token is not None or output.network is not None]
    checksums = {name: keyed_sums(F.col(name), case.recounted.seed) for name in keyed}
    represented = F.sum(ROWS) if ROWS in outputs and case.contract.statistics else F.count(F.lit(1))
    sums = {
        "rows": F.count(F.lit(1)),
        "represented": represented,
        **{f"defect:{what}:{where}": F.count_if(flag) for (what, where), flag in flags.items()},
        **{f"bits:{name}": F.bit_or(bits) for name, bits in scans.items()},
        **{f"{part}:{name}": each for name, parts in checksums.items() for part, each in parts.items()},
    }
    row = staged.agg(*(F.coalesce(each, F.lit(0)).alias(name) for name, each in sums.items())).collect()[0].asDict()
    suspicious = {name: bits for name in scans if (bits := row[f"bits:{name}"] & ~settled(case, name))}
    return Measures(
        schema={field.name: field.dataType.simpleString() for field in staged.schema},
        rows=row["rows"],
        represented=row["represented"],
        defects={key: row[f"defect:{key[0]}:{key[1]}"] for key in flags if row[f"defect:{key[0]}:{key[1]}"]},
        found=counted(case, suspicious),
        in_texts=found_in_texts(staged.sparkSession, case.texts, case.scan),
        keyed={name: keyed_of(row, name) for name in keyed},
    )


# -- what can be wrong with a row ------------------------------------------------------------------


def defects(case: Case, staged: DataFrame) -> Flags:
    """Every check of single rows that the contract gives."""
    flags: Flags = {}
    for name, output in _outputs(case.contract, staged).items():
        cell, is_time = F.col(name), isinstance(staged.schema[name].dataType, T.TimestampType)
        unit = cut_units(case.contract).get(name)
        if output.values is not None:
            flags["outside the vocabulary", name] = ~cell.isin(*output.values)
        if output.token is not None:
            flags["not the shape of a token", name] = ~_has_shape(cell, token_shape(output.token))
        if output.tokens is not None:
            flags["not the shape of a token", name] = _misshapen_inside(output)
        if output.network is not None:
            flags["not the shape of a token", name] = ~_has_shape(cell, *network_shapes(output.network))
        if is_time:
            first = case.day - timedelta(days=output.days_before)
            flags["outside the data day", name] = ~F.to_date(cell).between(F.lit(first), F.lit(case.day))
        if unit is not None:
            flags["finer than the contract says", name] = cell != (
                F.date_trunc(unit, cell) if is_time else F.trunc(cell, unit)
            )
    for statistic in case.contract.statistics:
        flags["groups under k", statistic.name] = _too_few(statistic, staged)
    return flags


def _has_shape(cell: Column, *shapes: str) -> Column:
    """Whether a cell is, from end to end, a token of one of these shapes; null if it is null."""
    return F.call_function("ignicloud.shape", cell).isin(*shapes)


def _misshapen_inside(output: Output) -> Column:
    """Whether a map or array holds anything but tokens, or a map has another key than its contract's."""
    cell = F.col(output.name)

    def strange(value: Column) -> Column:
        return ~F.coalesce(_has_shape(value, *SHAPES), F.lit(False))

    if output.type.startswith("array"):
        return F.exists(cell, strange)
    keys = F.exists(F.map_keys(cell), lambda key: ~key.isin(*(output.tokens or ())))
    return keys | F.exists(F.map_values(cell), strange)


def cut_units(contract: Contract) -> dict[str, str]:
    """The unit to which each output column with a time or date is cut."""
    rules = ((name, rule) for columns in contract.inputs.values() for name, rule in columns.items())
    return {rule.output or name: rule.to for name, rule in rules if isinstance(rule, TruncateTime | TruncateDate)}


def _too_few(statistic: Statistic, staged: DataFrame) -> Column:
    """Whether a cell is shown that too few stand behind, and somebody; nobody can be told without these columns."""
    if not {"statistic", "shown", ROWS, "contributors"} <= set(staged.columns):
        return F.lit(True)
    somebody = F.coalesce("shown", F.lit(True)) & (F.coalesce(ROWS, F.lit(1)) > 0)
    return (F.col("statistic") == statistic.name) & somebody & (F.coalesce("contributors", F.lit(0)) < statistic.k)


def _outputs(contract: Contract, staged: DataFrame) -> dict[str, Output]:
    return {output.name: output for output in contract.outputs if output.name in staged.columns}


# -- what all cells of a token column come to ------------------------------------------------------


def keyed_sums(token: Column, seed: int) -> dict[str, Column]:
    """The parts of a `Keyed` as aggregates over a column of tokens; neither needs a shuffle."""
    digest = F.when(token.isNotNull(), F.xxhash64(F.lit(seed).cast("bigint"), token))
    return {
        "filled": F.count(token),
        "sum": F.sum(F.shiftrightunsigned(digest, 31)),
        "xor": F.bit_xor(digest),
    }


def keyed_of(row: dict[str, int], name: str) -> Keyed:
    """The `Keyed` of one column from a row of `keyed_sums`; an empty table has zeros."""
    filled, total, xor = (row[f"{part}:{name}"] or 0 for part in ("filled", "sum", "xor"))
    return Keyed(filled, (total, xor))


class Trial:
    """One case while it is judged: its measures are taken once and shared by all expectations."""

    def __init__(self, case: Case, measures: Measures | None = None) -> None:
        self.case = case
        self._measures = measures

    def measures(self) -> Measures:
        """The measures of the staged rows."""
        if self._measures is None:
            self._measures = measure(self.case)
        return self._measures


TRIALS: dict[str, Trial] = {}
"""Trials under way, by name: expectations carry the name alone, for their arguments are echoed."""
