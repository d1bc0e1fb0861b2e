"""The last publication as OpenLineage run events (specification 2-0-2): what was made of which columns, and how.

Made from the contract and the record, and not by Spark's listener, which sees no keyed token. Names of datasets are the
contracts' own, under namespaces of our own: no host and no path. What the standard has no facet for (k, ε, verdict) is
in a facet of our own, whose schema lies beside this file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from jobs.catalogue.frictionless import described
from jobs.catalogue.identity import name_of, tag
from jobs.catalogue.model import Column, Input, Origin, Release, Verdict

SPEC = "https://openlineage.io/spec/2-0-2/OpenLineage.json"
FACETS = "https://openlineage.io/spec/facets"
VERSIONS = {
    "ColumnLineageDatasetFacet": "1-2-0", "DatasetTypeDatasetFacet": "1-0-1", "DatasetVersionDatasetFacet": "1-0-1",
    "DocumentationDatasetFacet": "1-1-0", "DocumentationJobFacet": "1-1-0", "JobTypeJobFacet": "2-0-4",
    "NominalTimeRunFacet": "1-0-1", "OutputStatisticsOutputDatasetFacet": "1-0-2", "OwnershipDatasetFacet": "1-0-1",
    "SchemaDatasetFacet": "1-2-0", "TagsDatasetFacet": "1-0-0",
}  # fmt: skip
OWN = "IgnicloudPrivacyDatasetFacet"
OWN_SCHEMA = Path(__file__).with_name(f"{OWN}.json")
JOBS = "ignicloud"
NAMESPACES = {"platform": "ignicloud.platform", "release": "ignicloud.published"}


def run_events(release: Release) -> tuple[dict[str, Any], ...]:
    """START and COMPLETE of the last publication; nothing of a release that has none."""
    verdict = release.verdict
    if verdict is None:
        return ()
    facets = _Facets(release)
    run = {"runId": str(uuid5(NAMESPACE_URL, f"{name_of(release)}/{verdict.run}/{verdict.hash}"))}
    start = datetime.combine(verdict.day, time(), UTC)
    day = {"nominalStartTime": start.isoformat(), "nominalEndTime": (start + timedelta(days=1)).isoformat()}
    common: dict[str, Any] = {
        "producer": facets.producer,
        "schemaURL": f"{SPEC}#/$defs/RunEvent",
        "run": {**run, "facets": {"nominalTime": facets.of("NominalTimeRunFacet", **day)}},
        "job": {"namespace": JOBS, "name": f"nightly.{release.name}", "facets": facets.job()},
        "inputs": [facets.input(each) for each in release.inputs],
        "outputs": [facets.output(verdict)],
    }
    return (
        {"eventType": "START", "eventTime": verdict.began or verdict.at, **common},
        {"eventType": "COMPLETE", "eventTime": verdict.at, **common},
    )


def event_lines(release: Release) -> str:
    """The events as JSON lines, as OpenLineage's own file transport writes them."""
    return "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in run_events(release))


class _Facets:
    """The facets of one release's events, each with its producer and the address of its schema."""

    def __init__(self, release: Release) -> None:
        self.release, self.producer = release, tag(release, "pseudonymisation-suite")

    def of(self, facet: str, **content: Any) -> dict[str, Any]:
        """A facet of the standard."""
        schema = f"{FACETS}/{VERSIONS[facet]}/{facet}.json#/$defs/{facet}"
        return {"_producer": self.producer, "_schemaURL": schema, **content}

    def job(self) -> dict[str, Any]:
        batch = {"processingType": "BATCH", "integration": "IGNICLOUD", "jobType": "NIGHT"}
        return {
            "jobType": self.of("JobTypeJobFacet", **batch),
            "documentation": self.of("DocumentationJobFacet", description=self.release.about),
        }

    def input(self, given: Input) -> dict[str, Any]:
        """A table or a release that was read, with what its columns can give away."""
        fields = [{"name": c.name, "type": c.type, "description": c.meaning} for c in given.columns]
        tags = [
            {"key": key, "value": value, "field": column.name, "source": "CONTRACT"}
            for column in given.columns
            for key, value in (("sensitivity", column.sensitivity), ("identifier", column.identifier))
            if value is not None
        ]
        owners = [{"name": f"team:{given.owner}", "type": "OWNER"}]
        return {
            "namespace": NAMESPACES[given.kind],
            "name": given.name,
            "facets": {
                "schema": self.of("SchemaDatasetFacet", fields=fields),
                "ownership": self.of("OwnershipDatasetFacet", owners=owners),
                **({"tags": self.of("TagsDatasetFacet", tags=tags)} if tags else {}),
            },
        }

    def output(self, verdict: Verdict) -> dict[str, Any]:
        """The release, with its lineage column by column, its tags and its guarantees."""
        release, columns = self.release, self.release.columns
        tags = [*self._tags(), *(each for column in columns for each in self._field_tags(column))]
        owners = [{"name": f"team:{release.owner}", "type": "OWNER"}]
        fields = [{"name": c.name, "type": c.type, "description": described(c)} for c in columns]
        lineage = {column.name: {"inputFields": _fields(column.origins)} for column in columns if column.origins}
        return {
            "namespace": NAMESPACES["release"],
            "name": release.name,
            "facets": {
                "schema": self.of("SchemaDatasetFacet", fields=fields),
                "documentation": self.of("DocumentationDatasetFacet", description=release.about),
                "ownership": self.of("OwnershipDatasetFacet", owners=owners),
                "datasetType": self.of("DatasetTypeDatasetFacet", datasetType="TABLE"),
                "version": self.of("DatasetVersionDatasetFacet", datasetVersion=str(verdict.version)),
                "columnLineage": self.of(
                    "ColumnLineageDatasetFacet", fields=lineage, dataset=_fields(release.decided_by)
                ),
                "tags": self.of("TagsDatasetFacet", tags=tags),
                "ignicloud_privacy": self._privacy(verdict),
            },
            "outputFacets": {
                "outputStatistics": self.of(
                    "OutputStatisticsOutputDatasetFacet", rowCount=verdict.rows, fileCount=verdict.files
                )
            },
        }  # fmt: skip

    def _tags(self) -> Iterator[dict[str, str]]:
        release = self.release
        told = {"kind": release.kind, "purpose": release.purpose.name, "retention": release.retention}
        yield from ({"key": key, "value": value, "source": "CONTRACT"} for key, value in told.items())

    def _field_tags(self, column: Column) -> Iterator[dict[str, str]]:
        release, keyed = self.release, column.identifier is not None or column.rule in ("network_prefix", "surrogate")
        told = {
            "treatment": column.rule,
            "identifier": column.identifier,
            "domain": release.domain if keyed else None,
            "epoch": release.epoch if keyed else None,
        }
        joins = [("joinsWith", other) for other in column.joins_with]
        for key, value in (*told.items(), *joins):
            if value is not None:
                yield {"key": key, "value": value, "field": column.name, "source": "CONTRACT"}

    def _privacy(self, verdict: Verdict) -> dict[str, Any]:
        """The facet of our own: what is promised in numbers, and the verdict that these rows passed under."""
        release, guarantee = self.release, self.release.guarantee
        numbers = {
            "k": guarantee.k,
            "l": guarantee.l,
            "t": guarantee.t,
            "epsilonDay": guarantee.epsilon_day,
            "epsilonYear": guarantee.epsilon_year,
            "delta": guarantee.delta,
        }
        gate = {"expectations": verdict.expectations, "leaksPlanted": verdict.planted, "leaksCaught": verdict.caught}
        schema = f"{tag(release, f'schema/1-0-0/{OWN}.json')}#/$defs/{OWN}"
        told = {"kind": release.kind, "contract": release.contract, "verdict": verdict.hash, **numbers, **gate}
        return {"_producer": self.producer, "_schemaURL": schema} | {n: v for n, v in told.items() if v is not None}


def _fields(origins: tuple[Origin, ...]) -> list[dict[str, Any]]:
    """The columns that something is made of, each once, with all that is done to it."""
    done: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for origin in origins:
        how: dict[str, Any] = {"type": "DIRECT" if origin.is_direct else "INDIRECT", "subtype": origin.subtype}
        how |= {"description": origin.how, "masking": origin.masks}
        done.setdefault((NAMESPACES[origin.kind], origin.dataset, origin.column), []).append(how)
    return [
        {"namespace": space, "name": name, "field": field, "transformations": hows}
        for (space, name, field), hows in done.items()
    ]
