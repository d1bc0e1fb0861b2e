"""What is searched for in which cells: each column as the bits of what the kernel's scanner finds in it.

The first search costs little and says where anything is left to look at; a second one, of those columns
alone, counts what every detector finds with all identifiers of the night indexed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from expectations.case import Case, Scanner
from expectations.detectors import DETECTORS, HASH_LIKE, HASHED, SPELT, TEXT_LIKE, TOKEN, mask, named
from policy.contract import Contract

TYPELESS = (T.TimestampType, T.DateType, T.BooleanType)
"""Types that can't hold an identifier; times are checked against the day instead."""

Search = Callable[[Column], Column]
"""From a column of text to the bits of what is found in it: one method of a `Scanner`."""


def first_search(case: Case) -> Search:
    """With the planted identifiers alone where tokens are made again, which leaves no text to most releases."""
    return case.scan.quick if case.recounted.keyed else case.scan.known


def settled(case: Case, column: str) -> int:
    """What the first search says and nobody needs to look at again.

    What a token that was made again spells, or under which key it was made, is no question; one in a row that was
    compared whole comes from a release that was judged. Nor is text, when all identifiers were searched for at once.
    """
    if column in case.recounted.keyed:
        return SPELT | TOKEN
    if case.recounted.keyed:
        return 0
    return SPELT | TEXT_LIKE | (TOKEN if case.recounted.whole else 0)


def scan_columns(contract: Contract, staged: DataFrame, search: Search) -> dict[str, Column]:
    """Every column that could hold text, as the bits of what the scanner finds in it.

    What the contract itself says is public, wherever it stands, and isn't looked at: the words of a closed
    vocabulary, the keys of a map. Numbers are searched as text, nested values as JSON with all other keys.
    """
    vocabularies = {output.name: output.values for output in contract.outputs}
    keys = {output.name: output.tokens for output in contract.outputs}
    scans = {}
    for field in staged.schema:
        if isinstance(field.dataType, TYPELESS):
            continue
        cell = F.col(field.name)
        bits = search(as_text(cell, field.dataType, keys.get(field.name) or ()))
        words = vocabularies.get(field.name)
        scans[field.name] = (
            bits if words is None else F.when(cell.isin(*words), F.lit(0).cast("bigint")).otherwise(bits)
        )
    return scans


def as_text(cell: Column, kind: T.DataType, public: Sequence[str] = ()) -> Column:
    """A cell of any type as the text that is searched; of a map without the keys that are ``public``.

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
        case T.MapType(keyType=T.StringType()) if public:
            strange = F.array_except(F.map_keys(cell), F.array(*map(F.lit, public)))
            return F.to_json(F.struct(strange.alias("1"), F.map_values(cell).alias("2")))
        case T.StructType() | T.MapType() | T.ArrayType() | T.VariantType():
            return F.to_json(cell)
    return cell.cast("string")


def counted(case: Case, suspicious: Mapping[str, int]) -> dict[tuple[str, str], int]:
    """How many cells of each suspicious column each detector fires on, all identifiers and their hashes included."""
    if not suspicious:
        return {}
    hash_like = any(bits & (HASH_LIKE | mask(*HASHED)) for bits in suspicious.values())
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
    if hashes and any(each & HASH_LIKE for each in bits):
        bits = seen(scan.thorough)
    names = [name for each in bits for name in named(each)]
    return {name: names.count(name) for name in names}
