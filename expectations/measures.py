"""Everything that the expectations need to know of a staged run, measured in as few passes as can be.

A first pass over every row and column says whether anything is wrong at all; only a red run pays
for a second one that counts what. Cells are looked at by Spark; no value reaches the driver.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from expectations.case import Case
from expectations.detectors import DETECTORS
from policy.contract import Output, Statistic
from policy.shapes import any_token_pattern, network_pattern, token_pattern

TYPELESS = (T.TimestampType, T.DateType, T.BooleanType)
"""Types that can't hold an identifier; times are checked against the day instead."""


@dataclass(frozen=True)
class Measures:
    """Counts over all staged rows; keys are column names, only counts above zero are kept."""

    schema: dict[str, str]
    rows: int
    represented: int
    outside_vocabulary: dict[str, int]
    misshapen: dict[str, int]
    off_day: dict[str, int]
    found: dict[tuple[str, str], int]
    in_texts: dict[str, int]
    distinct: dict[str, int]
    filled: dict[str, int]
    too_few: dict[str, int]


def measure(case: Case, staged: DataFrame) -> Measures:
    """Measure every row and column of ``staged`` against ``case``."""
    outputs = {o.name: o for o in case.contract.outputs if o.name in staged.columns}
    scans = scan_columns(case, staged)
    plain = {
        "rows": F.count(F.lit(1)),
        "represented": F.sum("row_count") if case.contract.statistics else F.count(F.lit(1)),
        **{f"outside:{n}": F.count_if(c) for n, o in outputs.items() if (c := outside_vocabulary(o)) is not None},
        **{f"misshapen:{n}": F.count_if(c) for n, o in outputs.items() if (c := misshapen(o)) is not None},
        **{f"off_day:{n}": F.count_if(c) for n in outputs if (c := off_day(case, staged, n)) is not None},
        **{f"filled:{n}": F.count(n) for n in _identifying(outputs)},
        **{f"too_few:{s.name}": F.count_if(_too_few(s, outputs)) for s in case.contract.statistics},
        **{f"bits:{name}": F.bit_or(bits) for name, bits in scans.items()},
    }  # fmt: skip
    row = staged.agg(*(F.coalesce(value, F.lit(0)).alias(name) for name, value in plain.items())).collect()[0].asDict()
    suspicious = {name: scans[name] for name in scans if row[f"bits:{name}"]}
    return Measures(
        schema={field.name: field.dataType.simpleString() for field in staged.schema},
        rows=row["rows"],
        represented=row["represented"],
        outside_vocabulary=_of(row, "outside"),
        misshapen=_of(row, "misshapen"),
        off_day=_of(row, "off_day"),
        found=_counted(staged, suspicious),
        in_texts={name: count for (_, name), count in _counted(case.texts, {"text": case.scan(F.col("text"))}).items()},
        distinct=_distinct(staged, _identifying(outputs)),
        filled=_of(row, "filled", keep_zero=0),
        too_few=_of(row, "too_few"),
    )


def scan_columns(case: Case, staged: DataFrame) -> dict[str, Column]:
    """Every column that could hold text, as the bits of what the scanner finds in it.

    A word of a closed vocabulary is public by contract and isn't looked at; numbers are searched
    as text, nested values as JSON with their keys.
    """
    vocabularies = {output.name: output.values for output in case.contract.outputs}
    scans = {}
    for field in staged.schema:
        if isinstance(field.dataType, TYPELESS):
            continue
        cell = F.col(field.name)
        bits = case.scan(as_text(cell, field.dataType))
        words = vocabularies.get(field.name)
        scans[field.name] = (
            bits if words is None else F.when(cell.isin(*words), F.lit(0).cast("bigint")).otherwise(bits)
        )
    return scans


def as_text(cell: Column, kind: T.DataType) -> Column:
    """A cell of any type as the text that is searched.

    Fractions stand behind a comma, where no phone number goes on; bytes are hex, which the scanner decodes;
    nested values are JSON with their keys.
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


def outside_vocabulary(output: Output) -> Column | None:
    """Whether a cell of a closed column is none of its words; null is allowed."""
    return None if output.values is None else ~F.col(output.name).isin(*output.values)


def misshapen(output: Output) -> Column | None:
    """Whether a cell of a token or network column hasn't exactly the shape of one; null is allowed."""
    if output.token is not None:
        return ~F.col(output.name).rlike(token_pattern(output.token))
    if output.tokens is not None:
        return _misshapen_inside(output)
    return None if output.network is None else ~F.col(output.name).rlike(network_pattern(output.network))


def _misshapen_inside(output: Output) -> Column:
    """Whether a map or array holds anything but tokens, or a map has another key than its contract's."""
    cell, shape = F.col(output.name), any_token_pattern()

    def strange(value: Column) -> Column:
        return ~F.coalesce(value.rlike(shape), F.lit(False))

    if output.type.startswith("array"):
        return F.exists(cell, strange)
    keys = F.exists(F.map_keys(cell), lambda key: ~key.isin(*(output.tokens or ())))
    return keys | F.exists(F.map_values(cell), strange)


def off_day(case: Case, staged: DataFrame, name: str) -> Column | None:
    """Whether a time lies outside the data day, or before the days that its column may reach back to."""
    if not isinstance(staged.schema[name].dataType, T.TimestampType):
        return None
    back = next(output.days_before for output in case.contract.outputs if output.name == name)
    return ~F.to_date(name).between(F.lit(case.day - timedelta(days=back)), F.lit(case.day))


def _too_few(statistic: Statistic, outputs: dict[str, Output]) -> Column:
    """Whether a group is shown that too few stand behind; nobody can be told without both columns."""
    if not {"statistic", "contributors"} <= outputs.keys():
        return F.lit(True)
    return (F.col("statistic") == statistic.name) & (F.coalesce("contributors", F.lit(0)) < statistic.k)


def _identifying(outputs: dict[str, Output]) -> list[str]:
    """Columns that must map one to one: tokens, and addresses kept whole."""
    return [name for name, output in outputs.items() if output.token is not None or output.network == "address"]


def _of(row: dict[str, int], group: str, keep_zero: int = 1) -> dict[str, int]:
    return {n.removeprefix(f"{group}:"): c for n, c in row.items() if n.startswith(f"{group}:") and c >= keep_zero}


def _counted(rows: DataFrame, scans: dict[str, Column]) -> dict[tuple[str, str], int]:
    """How many cells of each suspicious column each detector fires on."""
    if not scans:
        return {}
    bits = rows.select(*(scan.alias(name) for name, scan in scans.items()))
    each = [
        F.count_if(F.col(column).bitwiseAND(F.lit(1 << place).cast("bigint")) != 0).alias(f"{column}:{name}")
        for column in scans
        for place, name in enumerate(DETECTORS)
    ]
    row = bits.agg(*each).collect()[0].asDict()
    return {(c, n): row[f"{c}:{n}"] for c in scans for n in DETECTORS if row[f"{c}:{n}"]}


def _distinct(rows: DataFrame, columns: list[str]) -> dict[str, int]:
    """Exact numbers of distinct values of several columns, in one job over 64-bit hashes."""
    if not columns:
        return {}
    hashes = F.array(
        *(
            F.struct(F.lit(n).alias("column"), F.xxhash64(n).alias("hash"), F.col(n).isNotNull().alias("filled"))
            for n in columns
        )
    )
    cells = rows.select(F.explode(hashes).alias("cell")).where("cell.filled").select("cell.column", "cell.hash")
    counted = {row["column"]: row["count"] for row in cells.distinct().groupBy("column").count().collect()}
    return {name: counted.get(name, 0) for name in columns}


class Trial:
    """One case while it is judged: its measures are taken once and shared by all expectations."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self._measures: Measures | None = None

    def measures(self) -> Measures:
        """The measures of the staged rows."""
        if self._measures is None:
            self._measures = measure(self.case, self.case.staged)
        return self._measures


TRIALS: dict[str, Trial] = {}
"""Trials under way, by name: expectations carry the name alone, for their arguments are echoed."""
