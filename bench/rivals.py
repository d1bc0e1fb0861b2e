"""The same release as most people would make it, and as DuckDB and Polars make it, to the same bytes of each cell."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from policy.contract import Contract
from policy.rules import Token
from policy.shapes import LETTERS, PREFIXES

Keys = dict[str, bytes]
"""Field keys by identifier class: plain bytes, which is what makes these ways unfit for real keys."""

HEX = "0123456789abcdef"
LOWER = frozenset({"uuid"})


def tokens_of(contract: Contract) -> dict[str, Token]:
    """The contract's token columns, by source column."""
    return {name: rule for name, rule in contract.columns.items() if isinstance(rule, Token)}


# -- as most people would write it: a pandas UDF a column, hmac a row -----------------------------


def usual(raw: DataFrame, contract: Contract, keys: Keys) -> DataFrame:
    """The release by pandas UDFs; equal to ours cell for cell."""
    columns = []
    for name, rule in contract.columns.items():
        if isinstance(rule, Token):
            columns.append(_pandas_token(F.col(name), rule, keys[rule.identifier]).alias(rule.output or name))
        elif name == "occurred_at":
            columns.append(F.date_trunc("minute", name).alias(name))
        elif name == "detail":
            columns.append(F.get_json_object(name, "$.new_permission").alias("new_permission"))
        elif rule.published:
            columns.append(F.col(name))
    return raw.select(*columns)


def _pandas_token(column: Column, rule: Token, key: bytes) -> Column:
    prefix, lower, letters = PREFIXES[rule.identifier], rule.normalise in LOWER, str.maketrans(HEX, LETTERS)

    @F.pandas_udf("string")  # type: ignore[call-overload,untyped-decorator,unused-ignore]
    def token(values: pd.Series) -> pd.Series:
        def one(value: str) -> str:
            text = value.strip().lower() if lower else value.strip()
            return f"{prefix}_{hmac.digest(key, text.encode(), 'sha256').hex()[:32].translate(letters)}"

        return values.map(one, na_action="ignore")

    return token(column)


# -- DuckDB: HMAC by its own sha256 -----------------------------------------------------------------


def in_duckdb(files: list[str], to: Path, contract: Contract, keys: Keys, cores: int) -> None:
    """The release by DuckDB's SQL, into one Parquet file."""
    with duckdb.connect(config={"threads": cores}) as session:
        session.execute("SET TimeZone = 'UTC'")
        columns = ", ".join(_duckdb_columns(contract, keys))
        session.execute(
            f"COPY (SELECT {columns} FROM read_parquet({files})) TO '{to}' (FORMAT parquet, COMPRESSION zstd)"
        )


def duckdb_tokens(files: list[str], contract: Contract, keys: Keys, cores: int) -> None:
    """The tokens alone, looked at and thrown away."""
    with duckdb.connect(config={"threads": cores}) as session:
        tokens = (f"max({_duckdb_token(name, rule, keys)})" for name, rule in tokens_of(contract).items())
        session.execute(f"SELECT {', '.join(tokens)} FROM read_parquet({files})").fetchall()


def _duckdb_columns(contract: Contract, keys: Keys) -> list[str]:
    columns = []
    for name, rule in contract.columns.items():
        if isinstance(rule, Token):
            columns.append(f"{_duckdb_token(name, rule, keys)} AS {rule.output or name}")
        elif name == "occurred_at":
            columns.append(f"date_trunc('minute', {name}) AS {name}")
        elif name == "detail":
            columns.append("json_extract_string(detail, '$.new_permission') AS new_permission")
        elif rule.published:
            columns.append(name)
    return columns


def _duckdb_token(name: str, rule: Token, keys: Keys) -> str:
    """RFC 2104 over DuckDB's sha256, which takes and gives text: bytes go in as blobs, hex comes out."""
    key = keys[rule.identifier].ljust(64, b"\0")
    inner, outer = (f"unhex('{bytes(byte ^ pad for byte in key).hex()}')" for pad in (0x36, 0x5C))
    value = f"lower(trim({name}))" if rule.normalise in LOWER else f"trim({name})"
    digest = f"sha256({outer} || unhex(sha256({inner} || encode({value}))))"
    return f"'{PREFIXES[rule.identifier]}_' || translate(left({digest}, 32), '{HEX}', '{LETTERS}')"


# -- Polars: it has no keyed hash, so Python's over the distinct values of each batch -----------------


def in_polars(files: list[str], to: Path, contract: Contract, keys: Keys) -> None:
    """The release by Polars' streaming engine, into one Parquet file."""
    pl.scan_parquet(files).select(_polars_columns(contract, keys)).sink_parquet(to, compression="zstd")


def polars_tokens(files: list[str], contract: Contract, keys: Keys) -> None:
    """The tokens alone, looked at and thrown away."""
    tokens = [_polars_token(name, rule, keys).max() for name, rule in tokens_of(contract).items()]
    pl.scan_parquet(files).select(tokens).collect(engine="streaming")


def _polars_columns(contract: Contract, keys: Keys) -> list[pl.Expr]:
    columns = []
    for name, rule in contract.columns.items():
        if isinstance(rule, Token):
            columns.append(_polars_token(name, rule, keys).alias(rule.output or name))
        elif name == "occurred_at":
            columns.append(pl.col(name).dt.truncate("1m"))
        elif name == "detail":
            columns.append(pl.col(name).str.json_path_match("$.new_permission").alias("new_permission"))
        elif rule.published:
            columns.append(pl.col(name))
    return columns


def _polars_token(name: str, rule: Token, keys: Keys) -> pl.Expr:
    prefix, key, letters = PREFIXES[rule.identifier], keys[rule.identifier], str.maketrans(HEX, LETTERS)

    def tokens(values: pl.Series) -> pl.Series:
        made = [
            None if v is None else f"{prefix}_{hmac.digest(key, v.encode(), 'sha256').hex()[:32].translate(letters)}"
            for v in values
        ]
        return pl.Series(values.name, made, pl.String)

    text = pl.col(name).str.strip_chars()
    return (text.str.to_lowercase() if rule.normalise in LOWER else text).map_batches(tokens, pl.String)


# -- are they equal? --------------------------------------------------------------------------------


def digest_of(files: list[str], columns: list[str]) -> str:
    """A hash of the rows of Parquet files, whatever their order.

    Raises:
        ValueError: there is no column to compare, so any files would be equal.
    """
    if not columns:
        raise ValueError("no column to compare")
    cells = ", ".join(f"{name}::VARCHAR" for name in columns)
    with duckdb.connect() as session:
        session.execute("SET TimeZone = 'UTC'")
        seen: Any = session.execute(
            f"SELECT count(*), sum(hash(row({cells}))::HUGEINT) FROM read_parquet({files})"
        ).fetchone()
    return hashlib.sha256(repr(seen).encode()).hexdigest()
