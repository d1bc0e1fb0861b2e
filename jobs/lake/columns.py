"""A table's columns in Delta's terms: their types, and what each says as its ``comment``."""

from __future__ import annotations

from deltalake import Field, Schema
from deltalake.schema import ArrayType, MapType, PrimitiveType

from policy.contract import Contract, Output

PARTITION = "day"


def schema_of(contract: Contract) -> Schema:
    """The table's columns, each with what it says as its ``comment``, which Spark and catalogues show."""
    columns = [(output.name, output.type, said(output)) for output in contract.outputs]
    return Schema([_field(*column) for column in (*columns, (PARTITION, "date", "the data day (UTC), the partition"))])


def said(output: Output) -> str:
    """What a column says, and what a null does, in one line."""
    unit, null = (f" ({output.unit})" if output.unit else ""), (f"; null: {output.missing}" if output.missing else "")
    return f"{output.means}{unit}{null}"


def _field(name: str, spark_type: str, comment: str) -> Field:
    return Field(name, _type(spark_type), nullable=True, metadata={"comment": comment})


def are_alike(one: Schema, other: Schema) -> bool:
    """Whether two tables have the same columns; other words about them are no other table."""
    columns = ([(field.name, field.type, field.nullable) for field in each.fields] for each in (one, other))
    return next(columns) == next(columns)


def _type(spark_type: str) -> PrimitiveType | ArrayType | MapType:
    """Spark SQL's name of a type, arrays and maps of simple types included, in Delta's terms."""
    if spark_type.startswith("array<"):
        return ArrayType(_type(spark_type[6:-1]), contains_null=True)
    if spark_type.startswith("map<"):
        key, _, value = spark_type[4:-1].partition(",")
        return MapType(_type(key), _type(value), value_contains_null=True)
    return PrimitiveType({"bigint": "long"}.get(spark_type, spark_type))
