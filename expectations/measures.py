"""Everything that the expectations need to know of a staged run, measured in as few passes as can be.

A first pass over every row and column says whether anything is wrong at all; only a red run pays
for a second one that counts what. Cells are looked at by Spark; no value reaches the driver.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from expectations.case import Case, Keyed, Scanner
from expectations.detectors import DETECTORS, DIGEST_LIKE, HASHED, SPELT, TEXT_LIKE, mask, named
from policy.contract import Contract, Output, Statistic
from policy.rules import TruncateDate, TruncateTime
from policy.shapes import SHAPES, network_shapes, token_shape

TYPELESS = (T.TimestampType, T.DateType, T.BooleanType)
"""Types that can't hold an identifier; times are checked against the day instead."""

Search = Callable[[Column], Column]
"""From a column of text to the bits of what is found in it: one method of a `Scanner`."""

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
    represented = F.sum("row_count") if "row_count" in outputs and case.contract.statistics else F.count(F.lit(1))
    sums = {
        "rows": F.count(F.lit(1)),
        "represented": represented,
        **{f"defect:{what}:{where}": F.count_if(flag) for (what, where), flag in flags.items()},
        **{f"bits:{name}": F.bit_or(bits) for name, bits in scans.items()},
        **{f"{part}:{name}": each for name in keyed for part, each in keyed_sums(F.col(name)).items()},
    }
    row = staged.agg(*(F.coalesce(each, F.lit(0)).alias(name) for name, each in sums.items())).collect()[0].asDict()
    suspicious = {name: bits for name in scans if (bits := row[f"bits:{name}"] & ~settled(case, name))}
    return Measures(
        schema={field.name: field.dataType.simpleString() for field in staged.schema},
        rows=row["rows"],
        represented=row["represented"],
        defects={key: row[f"defect:{key[0]}:{key[1]}"] for key in flags if row[f"defect:{key[0]}:{key[1]}"]},
        found=_counted(case, suspicious),
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
    """Whether a group is shown that too few stand behind; nobody can be told without both columns."""
    if not {"statistic", "contributors"} <= set(staged.columns):
        return F.lit(True)
    return (F.col("statistic") == statistic.name) & (F.coalesce("contributors", F.lit(0)) < statistic.k)


def _outputs(contract: Contract, staged: DataFrame) -> dict[str, Output]:
    return {output.name: output for output in contract.outputs if output.name in staged.columns}


# -- what can be found in a cell -------------------------------------------------------------------


def first_search(case: Case) -> Search:
    """With the planted identifiers alone where tokens are made again, which leaves no text to most releases."""
    return case.scan.quick if case.recounted.keyed else case.scan.known


def settled(case: Case, column: str) -> int:
    """What the first search says and nobody needs to look at again.

    Whether a token that was made again spells something is no question, nor is text when all identifiers
    were searched for at once.
    """
    if column in case.recounted.keyed:
        return SPELT
    return 0 if case.recounted.keyed else SPELT | TEXT_LIKE


def scan_columns(contract: Contract, staged: DataFrame, search: Search) -> dict[str, Column]:
    """Every column that could hold text, as the bits of what the scanner finds in it.

    A word of a closed vocabulary is public by contract and isn't looked at; numbers are searched
    as text, nested values as JSON with their keys.
    """
    vocabularies = {output.name: output.values for output in contract.outputs}
    scans = {}
    for field in staged.schema:
        if isinstance(field.dataType, TYPELESS):
            continue
        cell = F.col(field.name)
        bits = search(as_text(cell, field.dataType))
        words = vocabularies.get(field.name)
        scans[field.name] = (
            bits if words is None else F.when(cell.isin(*words), F.lit(0).cast("bigint")).otherwise(bits)
        )
    return scans


def as_text(cell: Column, kind: T.DataType) -> Column:
    """A cell of any type as the text that is searched.

    Fractions stand behind a comma, where no phone number goes on; bytes are hex, which the scanner
    decodes; nested values are JSON with their keys.
    """
    match kind:
        case T.StringType():
            return cell
        case T.DecimalType():
            return F.translate(cell.cast("string"), ".", ",")
        case T.DoubleType() | T.FloatType():
            return F.translate(F.format_string("%.3f", cell), ".", ",")
        case T.BinaryType():
            return F.hex(cell)
        case T.StructType() | T.MapType() | T.ArrayType() | T.VariantType():
            return F.to_json(cell)
    return cell.cast("string")


def _counted(case: Case, suspicious: Mapping[str, int]) -> dict[tuple[str, str], int]:
    """How many cells of each suspicious column each detector fires on, all identifiers and their hashes included."""
    if not suspicious:
        return {}
    hash_like = any(bits & (DIGEST_LIKE | mask(*HASHED)) for bits in suspicious.values())
    scans = scan_columns(case.contract, case.staged, case.scan.thorough if hash_like else case.scan.known)
    bits = case.staged.select(*(scans[name].alias(name) for name in suspicious))
    each = [
        F.count_if(F.col(column).bitwiseAND(F.lit(1 << place).cast("bigint")) != 0).alias(f"{column}:{name}")
        for column in suspicious
        for place, name in enumerate(DETECTORS)
    ]
    row = bits.agg(*each).collect()[0].asDict()
    return {(c, n): row[f"{c}:{n}"] for c in suspicious for n in DETECTORS if row[f"{c}:{n}"]}


def found_in_texts(spark: SparkSession, texts: Sequence[str], scan: Scanner, *, hashes: bool = True) -> dict[str, int]:
    """In how many of these texts, which aren't cells, each detector fires, with unkeyed hashes of all or not."""
    if not texts:
        return {}
    rows = spark.createDataFrame(pa.table({"text": texts}))

    def seen(search: Callable[[Column], Column]) -> list[int]:
        return [row["bits"] for row in rows.select(search(F.col("text")).alias("bits")).collect()]

    bits = seen(scan.known)
    if hashes and any(each & DIGEST_LIKE for each in bits):
        bits = seen(scan.thorough)
    names = [name for each in bits for name in named(each)]
    return {name: names.count(name) for name in names}


# -- what all cells of a token column come to ------------------------------------------------------


def keyed_sums(token: Column) -> dict[str, Column]:
    """The parts of a `Keyed` as aggregates over a column of tokens; neither needs a shuffle."""
    digest = F.when(token.isNotNull(), F.xxhash64(token))
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
