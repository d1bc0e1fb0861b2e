"""The release as an entry of a catalogue: DCAT-AP 3 in JSON-LD, with the Data Privacy Vocabulary for why and how.

Purpose, lawful basis, measures and retention are a ``dpv:Process`` (DPV 2.3, W3C Data Privacy Vocabularies and Controls
Community Group). DPV has no term for k-anonymity: it is said as a ``dpv:Anonymisation`` with a description.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jobs.catalogue.identity import name_of
from jobs.catalogue.model import Release

CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "dpv": "https://w3id.org/dpv#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
AUTHORITY = "http://publications.europa.eu/resource/authority"
PARQUET = "https://www.iana.org/assignments/media-types/application/vnd.apache.parquet"
BASES = {"legitimate_interest": "A6-1-f", "consent": "A6-1-a", "contract": "A6-1-b", "legal_obligation": "A6-1-c"}


def catalogue_entry(release: Release) -> dict[str, Any]:
    """The entry as JSON-LD; addresses of the table and the contract are relative to the file that it lies in."""
    mail = {"@id": f"mailto:{release.owner}"}
    often = "MONTHLY" if release.shape == "microdata" else "DAILY"
    entry: dict[str, Any] = {
        "@context": CONTEXT,
        "@id": name_of(release),
        "@type": "dcat:Dataset",
        "dct:identifier": release.name,
        "dct:title": _said(release.title),
        "dct:description": _said(release.about),
        "dct:publisher": {"@type": "foaf:Agent", "foaf:name": _said(release.controller)},
        "dcat:contactPoint": {"@type": "vcard:Kind", "vcard:fn": release.owner, "vcard:hasEmail": mail},
        "dcat:keyword": [_said(release.kind), _said(release.purpose.name.replace("_", " "))],
        "dct:accessRights": {"@id": f"{AUTHORITY}/access-right/NON_PUBLIC", "@type": "dct:RightsStatement"},
        "dct:accrualPeriodicity": {"@id": f"{AUTHORITY}/frequency/{often}", "@type": "dct:Frequency"},
        "dcat:distribution": {
            "@type": "dcat:Distribution",
            "dct:title": _said(f"{release.title}: the table"),
            "dct:description": _said("A Delta Lake table of Parquet files, a folder a day."),
            "dcat:accessURL": {"@id": "../"},
            "dcat:mediaType": {"@id": PARQUET, "@type": "dct:MediaType"},
            "dct:conformsTo": {"@id": "contract.yaml", "@type": "dct:Standard"},
            "dct:rights": {"@type": "dct:RightsStatement", "rdfs:label": _said(release.terms)},
        },
        "dpv:hasProcess": _process(release),
    }
    if release.days:
        span = {"dcat:startDate": _date(release.days[-1].day), "dcat:endDate": _date(release.days[0].day)}
        entry["dct:temporal"] = {"@type": "dct:PeriodOfTime", **span}
    if release.verdict is not None:
        entry["dct:modified"] = {"@value": release.verdict.at, "@type": "xsd:dateTime"}
        entry["dcat:version"] = str(release.version)
    return entry


def _process(release: Release) -> dict[str, Any]:
    purpose, personal = release.purpose, release.kind == "pseudonymised"
    why, ground = _said(f"{purpose.words} ({purpose.clause})"), f"eu-gdpr:{BASES[purpose.lawful_basis]}"
    data = {"dpv:hasPersonalData": {"@type": "dpv:PseudonymisedData"}}
    return {
        "@type": "dpv:Process",
        "dpv:hasPurpose": {"@type": f"dpv:{purpose.term}", "dct:description": why},
        "dpv:hasLegalBasis": {"@type": ground, "dct:description": _said(purpose.article)},
        "dpv:hasDataController": {"@type": "dpv:DataController", "foaf:name": _said(release.controller)},
        **(data if personal else {"dpv:hasData": {"@type": "dpv:AnonymisedData"}}),
        "dpv:hasTechnicalOrganisationalMeasure": [
            {"@type": f"dpv:{term}", "dct:description": _said(words)} for term, words in _measures(release)
        ],
        "dpv:hasStorageCondition": {
            "@type": "dpv:StorageDuration",
            "dpv:hasDuration": {"@value": release.retention, "@type": "xsd:duration"},
            "dct:description": _said("counted from the data day, then deleted and searched for"),
        },
    }  # fmt: skip


def _measures(release: Release) -> Iterator[tuple[str, str]]:
    """A term of DPV and what is meant by it here, for each measure."""
    guarantee = release.guarantee
    if release.domain is not None:
        yield (
            "DeterministicPseudonymisation",
            f"keyed tokens in domain {release.domain}, a new key every {release.epoch}",
        )
        yield "CryptographicKeyManagement", "keys are wrapped, and destroyed when no row needs them"
    if guarantee.epsilon_day is not None:
        day, year = f"ε = {guarantee.epsilon_day:g}", f"ε = {guarantee.epsilon_year:g}"
        yield "DifferentialPrivacy", f"a day costs a person {day}, a year {year}, at δ = {guarantee.delta:g}"
    if release.shape == "microdata":
        yield "Anonymisation", f"k-anonymity, k = {guarantee.k}, with l-diversity, l = {guarantee.l}"
    if release.shape == "statistics":
        yield "Anonymisation", f"cells of at least {guarantee.k} people or companies, none of which can be subtracted"
    yield "AccessControlMethod", f"read by {', '.join(role.name for role in release.roles)}"


def _said(text: str) -> dict[str, str]:
    return {"@value": text, "@language": "en"}


def _date(day: object) -> dict[str, str]:
    return {"@value": str(day), "@type": "xsd:date"}
