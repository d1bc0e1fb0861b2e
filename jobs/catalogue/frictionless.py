"""The release as a Frictionless data package, in the table's own folder: its one resource is the Delta table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jobs.catalogue.model import Column, Release

FRICTIONLESS = {
    "string": "string", "bigint": "integer", "timestamp": "datetime", "date": "date", "boolean": "boolean",
    "map": "object", "array": "array",
}  # fmt: skip


def datapackage(release: Release, files: Sequence[str]) -> dict[str, Any]:
    """The package as JSON (Data Package v1); ``files`` are those of the table at present.

    A table without a row has no file: then the resource is inline, its heading alone.
    """
    purpose, name = release.purpose, release.name.replace("_", "-")
    fields = [_field(column) for column in release.columns]
    data = {"path": list(files), "format": "delta"} if files else {"data": [[each["name"] for each in fields]]}
    key = {"primaryKey": list(release.key)} if release.has_primary_key else {"uniqueKeys": [list(release.key)]}
    schema = {"fields": fields} | (key if release.key else {})
    return {
        "profile": "data-package",
        "name": name,
        "title": release.title,
        "description": release.about,
        **({"version": str(release.version)} if release.version is not None else {}),
        "licenses": [{"name": f"internal-{release.kind}", "title": release.terms}],
        "contributors": [{"title": release.owner, "role": "maintainer"}],
        "keywords": [release.kind, purpose.name],
        "privacy": {
            "kind": release.kind,
            "purpose": purpose.words,
            "lawfulBasis": purpose.article,
            "roles": [role.name for role in release.roles],
            "retention": release.retention,
            "contract": release.contract,
        },
        "resources": [
            {
                "name": name,
                **data,
                "rows": release.rows,
                "days": {day.day.isoformat(): day.rows for day in reversed(release.days)},
                "schema": schema,
            }
        ],
    }


def _field(column: Column) -> dict[str, Any]:
    field: dict[str, Any] = {
        "name": column.name,
        "type": FRICTIONLESS.get(column.type.partition("<")[0], "number"),
        "description": described(column),
        "treatment": column.treatment,
    }
    constraints: dict[str, Any] = {} if column.nullable else {"required": True}
    if column.words is not None:
        constraints["enum"] = list(column.words)
    return (
        field | ({"unit": column.unit} if column.unit else {}) | ({"constraints": constraints} if constraints else {})
    )


def described(column: Column) -> str:
    """A column's meaning, and what a null says, in one line."""
    null = f"; null: {column.missing}" if column.missing else ""
    return f"{column.meaning}{null}"
