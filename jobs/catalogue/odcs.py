"""The release as a data contract: Open Data Contract Standard 3.1.0 (Bitol, Linux Foundation AI & Data)."""

from __future__ import annotations

from typing import Any

import yaml

from jobs.catalogue.frictionless import described
from jobs.catalogue.identity import name_of
from jobs.catalogue.model import Column, Release
from policy.periods import months_of

LOGICAL = {
    "string": "string", "bigint": "integer", "timestamp": "timestamp", "date": "date", "boolean": "boolean",
    "map": "object", "array": "array",
}  # fmt: skip


def data_contract(release: Release) -> str:
    """The contract as YAML. Its version is the beginning of the promise's hash: nobody can forget to count it up."""
    return yaml.safe_dump(contract_of(release), sort_keys=False, allow_unicode=True, width=110)


def contract_of(release: Release) -> dict[str, Any]:
    """The contract as JSON."""
    own = {"contract": release.contract, "pseudonymisationDomain": release.domain, "epoch": release.epoch}
    own |= {"lawfulBasis": release.purpose.article, "kind": release.kind}
    own |= {name: number for name, number in vars(release.guarantee).items() if number is not None}
    return {
        "version": release.contract[:12],
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": name_of(release),
        "name": release.title,
        "tenant": release.controller,
        "status": "active",
        "tags": [release.kind, release.purpose.name],
        "description": {
            "purpose": release.purpose.words,
            "usage": release.terms,
            "limitations": "\n".join((*release.limits, *release.measured)),
        },
        "schema": [_table(release)],
        "support": [{"channel": "owner", "tool": "email", "url": f"mailto:{release.owner}"}],
        "team": {"members": [{"username": release.owner, "role": "owner"}]},
        "roles": [{"role": role.name, "access": "read", "description": role.who} for role in release.roles],
        "slaProperties": [
            {"property": "retention", "value": months_of(release.retention), "unit": "months", "driver": "regulatory"},
            {"property": "frequency", "value": 1, "unit": "months" if release.shape == "microdata" else "days"},
        ],
        "customProperties": [{"property": name, "value": value} for name, value in own.items() if value is not None],
    }


def _table(release: Release) -> dict[str, Any]:
    key = {name: place for place, name in enumerate(release.key if release.has_primary_key else (), start=1)}
    apart = {"metric": "duplicateValues", "arguments": {"properties": list(release.key)}, "mustBe": 0}
    held = [{"type": "text", "description": each} for each in release.limits if each.startswith("Guaranteed")]
    return {
        "name": release.name,
        "logicalType": "object",
        "physicalType": "table",
        "physicalName": release.name,
        "description": release.about,
        "properties": [_property(release, column, key.get(column.name)) for column in release.columns],
        "quality": [*held, *([{"type": "library", **apart}] if release.key else [])],
    }


def _property(release: Release, column: Column, place: int | None) -> dict[str, Any]:
    kind = LOGICAL.get(column.type.partition("<")[0], "number")
    made = sorted({f"{origin.dataset}.{origin.column}" for origin in column.origins if origin.is_direct})
    said: dict[str, Any] = {
        "name": column.name,
        "logicalType": kind,
        "physicalType": column.type,
        "description": described(column),
        "required": not column.nullable,
        "transformDescription": column.treated,
    }
    said |= {"items": {"logicalType": "string"}} if kind == "array" else {}
    said |= {"transformSourceObjects": made} if made else {}
    said |= {"primaryKey": True, "primaryKeyPosition": place} if place else {}
    said |= {"partitioned": True, "partitionKeyPosition": 1} if column is release.columns[-1] else {}
    said["tags"] = [column.rule, *([column.identifier] if column.identifier else []), *column.statistics]
    if column.words is not None:
        valid = {"metric": "invalidValues", "arguments": {"validValues": list(column.words)}, "mustBe": 0}
        said["quality"] = [{"type": "library", **valid}]
    own = {"unit": column.unit, "joinsWith": list(column.joins_with)}
    told = [{"property": name, "value": value} for name, value in own.items() if value]
    return said | ({"customProperties": told} if told else {})
