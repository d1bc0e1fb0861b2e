"""What leaves as metadata is what its standard's own schema takes, and says what the contract says."""

import json
from copy import deepcopy
from pathlib import Path

import jsonschema
import pytest
import yaml
from referencing import Registry, Resource

from jobs.catalogue.dcat import CONTEXT, catalogue_entry
from jobs.catalogue.odcs import contract_of, data_contract
from jobs.catalogue.openlineage import OWN, OWN_SCHEMA, event_lines, run_events
from policy.promise import load

STANDARDS = Path(__file__).resolve().parents[2] / "standards"
RELEASES = sorted(load().releases)
ODCS = json.loads((STANDARDS / "odcs-json-schema-v3.1.0.json").read_text("utf-8"))
LINEAGE = [
    json.loads(path.read_text("utf-8")) for path in (*sorted((STANDARDS / "openlineage").glob("*.json")), OWN_SCHEMA)
]
REGISTRY = Registry().with_resources((each["$id"], Resource.from_contents(each)) for each in LINEAGE)
DPV = set((STANDARDS / "dpv-2.3-terms.txt").read_text().split())


def validator(schema):
    return jsonschema.Draft202012Validator(
        schema, registry=REGISTRY, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )


def facets_of(event):
    """Every facet of an event."""
    holders = [event["run"], event["job"], *event["inputs"], *event["outputs"]]
    for holder in holders:
        for kind in ("facets", "inputFacets", "outputFacets"):
            yield from holder.get(kind, {}).items()


def problems(event):
    """What the specification, and each facet's own schema, says of an event."""
    spec = {"$ref": event["schemaURL"]}
    found = [error.message for error in validator(spec).iter_errors(event)]
    for name, facet in facets_of(event):
        schema = {"$ref": facet["_schemaURL"]}
        found += [f"{name}: {error.message}" for error in validator(schema).iter_errors(facet)]
    return found


@pytest.mark.parametrize("release", RELEASES)
def test_every_event_and_every_facet_is_valid_openlineage(night, release):
    events = run_events(night[release])
    assert [event["eventType"] for event in events] == ["START", "COMPLETE"]
    assert [problem for event in events for problem in problems(event)] == []
    assert [json.loads(line) for line in event_lines(night[release]).splitlines()] == list(events)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda e: e.pop("eventTime"),
        lambda e: e["run"].update(runId="not a uuid"),
        lambda e: e["outputs"][0]["facets"]["columnLineage"].pop("fields"),
        lambda e: e["outputs"][0]["facets"]["tags"]["tags"][0].pop("value"),
        lambda e: e["outputs"][0]["facets"]["ignicloud_privacy"].update(verdict="abc"),
        lambda e: e["outputs"][0]["facets"]["ignicloud_privacy"].update(k=1),
        lambda e: e["outputs"][0]["facets"]["ignicloud_privacy"].update(epsilonDay=0.5),
    ],
)
def test_the_control_a_spoilt_event_is_told(night, spoil):
    event = deepcopy(run_events(night["threat_events"])[-1])
    spoil(event)
    assert problems(event) != []


def test_a_keyed_token_masks_and_a_word_that_is_kept_does_not(night):
    [output] = run_events(night["threat_events"])[-1]["outputs"]
    fields = output["facets"]["columnLineage"]["fields"]
    of = {name: (f["inputFields"][0]["field"], f["inputFields"][0]["transformations"][0]) for name, f in fields.items()}
    column, how = of["actor"]
    assert (column, how["type"], how["subtype"], how["masking"]) == ("user_id", "DIRECT", "TRANSFORMATION", True)
    column, how = of["kind"]
    assert (column, how["type"], how["subtype"], how["masking"]) == ("kind", "DIRECT", "IDENTITY", False)


def test_a_cell_s_number_comes_from_its_contributor_and_is_decided_by_its_groups(night):
    [output] = run_events(night["service_statistics"])[-1]["outputs"]
    fields = output["facets"]["columnLineage"]["fields"]["amount_eur"]["inputFields"]
    of = {
        (each["name"], each["field"]): [(t["type"], t["subtype"]) for t in each["transformations"]] for each in fields
    }
    assert of == {
        ("purchases", "amount_eur"): [("DIRECT", "AGGREGATION")],
        ("purchases", "service"): [("INDIRECT", "GROUP_BY")],
    }


def test_findings_come_from_the_two_releases_that_they_derive_from(night):
    event = run_events(night["threat_signals"])[-1]
    assert [(each["namespace"], each["name"]) for each in event["inputs"]] == [
        ("ignicloud.published", "threat_events"), ("ignicloud.published", "activity_trail"),
    ]  # fmt: skip
    evidence = event["outputs"][0]["facets"]["columnLineage"]["fields"]["evidence"]["inputFields"]
    assert {(each["name"], each["field"]) for each in evidence} == {
        ("threat_events", "event_id"), ("activity_trail", "event_id"),
    }  # fmt: skip


def test_each_field_is_tagged_with_treatment_class_domain_epoch_and_what_it_joins_with(night):
    [output] = run_events(night["activity_trail"])[-1]["outputs"]
    tags = [(t["key"], t["value"]) for t in output["facets"]["tags"]["tags"] if t.get("field") == "actor"]
    assert tags == [
        ("treatment", "token"), ("identifier", "person"), ("domain", "threat"), ("epoch", "P3M"),
        ("joinsWith", "threat_events.actor"), ("joinsWith", "threat_signals.shared"),
    ]  # fmt: skip


def test_what_is_promised_in_numbers_and_the_verdict_are_in_the_facet_of_our_own(night):
    def own(release):
        return run_events(night[release])[-1]["outputs"][0]["facets"]["ignicloud_privacy"]

    assert (own("usage_profile")["k"], own("usage_profile")["l"]) == (10, 3)
    assert (own("attack_statistics")["epsilonDay"], own("attack_statistics")["delta"]) == (0.43, 1e-6)
    assert own("threat_events")["verdict"] == night["threat_events"].verdict.hash
    assert not {"k", "epsilonDay"} & own("threat_events").keys()
    assert json.loads(OWN_SCHEMA.read_text())["$id"].endswith(f"{OWN}.json")


def test_a_run_keeps_its_id_however_often_it_is_told(night, described):
    once, again = (run_events(each)[0]["run"]["runId"] for each in (night["threat_events"], described("threat_events")))
    other = run_events(night["activity_trail"])[0]["run"]["runId"]
    assert once == again != other


def test_a_release_that_was_never_published_has_no_run(described):
    assert run_events(described("threat_events")) == ()
    assert event_lines(described("threat_events")) == ""


@pytest.mark.parametrize("release", RELEASES)
def test_every_data_contract_is_valid_odcs_3_1_and_has_every_column(night, release):
    contract = yaml.safe_load(data_contract(night[release]))
    assert [error.message for error in validator(ODCS).iter_errors(contract)] == []
    assert contract == contract_of(night[release])
    [table] = contract["schema"]
    assert [each["name"] for each in table["properties"]] == [column.name for column in night[release].columns]
    assert all(each["description"] for each in table["properties"])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda c: c.pop("status"),
        lambda c: c.update(apiVersion="v9"),
        lambda c: c["schema"][0]["properties"][0].update(logicalType="token"),
        lambda c: c["schema"][0]["properties"][0].update(means="?"),
    ],
)
def test_the_control_a_spoilt_contract_is_told(night, spoil):
    contract = deepcopy(contract_of(night["threat_events"]))
    spoil(contract)
    assert list(validator(ODCS).iter_errors(contract)) != []


def test_a_contract_names_who_may_read_until_when_and_the_key_where_there_is_one(night):
    contract = contract_of(night["feedback_topics"])
    assert [role["role"] for role in contract["roles"]] == ["business_analyst"]
    assert contract["slaProperties"][0] == {
        "property": "retention",
        "value": 60,
        "unit": "months",
        "driver": "regulatory",
    }
    key = [each["name"] for each in contract["schema"][0]["properties"] if each.get("primaryKey")]
    assert key == ["statistic", "topic", "day"]
    for release in ("usage_profile", "service_statistics"):
        assert not any(each.get("primaryKey") for each in contract_of(night[release])["schema"][0]["properties"])


def test_cells_whose_groups_can_be_null_are_told_apart_by_a_rule_and_no_primary_key(night):
    [table] = contract_of(night["service_statistics"])["schema"]
    [rule] = [each for each in table["quality"] if each["type"] == "library"]
    assert (rule["metric"], rule["mustBe"]) == ("duplicateValues", 0)
    assert rule["arguments"]["properties"][:3] == ["day", "statistic", "module"]


def test_a_contract_s_version_changes_with_its_promise_and_with_nothing_else(night, promise, lake, ledger, described):
    from jobs.catalogue.describe import describe

    before = contract_of(night["threat_events"])["version"]
    assert contract_of(described("threat_events"))["version"] == before
    contract = promise.release("threat_events").model_copy(update={"title": "Another"})
    assert contract_of(describe(promise, contract, lake, ledger))["version"] != before


def terms(node):
    """Every compact name of an entry: its types, its properties and what it points to."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "@context":
                continue
            yield from [value] if key in ("@type", "@id") else ([] if key.startswith("@") else [key])
            yield from terms(value)
    elif isinstance(node, list):
        for each in node:
            yield from terms(each)


def full(term):
    prefix, _, name = term.partition(":")
    return CONTEXT[prefix] + name if prefix in CONTEXT else term


@pytest.mark.parametrize("release", RELEASES)
def test_every_term_of_the_data_privacy_vocabulary_exists_in_it(night, release):
    used = {full(term) for term in terms(catalogue_entry(night[release]))}
    of_dpv = {term for term in used if term.startswith("https://w3id.org/dpv")}
    assert len(of_dpv) >= 12
    assert of_dpv - DPV == set()


def test_the_control_an_invented_term_is_told():
    assert full("dpv:KAnonymity") not in DPV
    assert full("eu-gdpr:A6-1-f") in DPV


def test_every_purpose_and_basis_that_the_register_could_name_has_a_term(promise):
    from jobs.catalogue.dcat import BASES

    named = {f"dpv:{purpose.term}" for purpose in promise.register.purposes.values()}
    named |= {f"eu-gdpr:{article}" for article in BASES.values()}
    assert {full(each) for each in named} - DPV == set()


@pytest.mark.parametrize("release", RELEASES)
def test_an_entry_has_what_dcat_ap_3_obliges_to(night, release):
    """DCAT-AP 3.0, mandatory: title and description of a dataset, access URL of a distribution, name of an agent."""
    entry = catalogue_entry(night[release])
    assert entry["@type"] == "dcat:Dataset"
    assert entry["dct:title"]["@value"]
    assert entry["dct:description"]["@value"]
    assert entry["dcat:distribution"]["dcat:accessURL"] == {"@id": "../"}
    assert entry["dct:publisher"]["foaf:name"]["@value"] == "Ignilife France SAS"
    assert {term.partition(":")[0] for term in terms(entry) if ":" in term} - {
        *CONTEXT,
        "tag",
        "http",
        "https",
        "mailto",
    } == set()
    assert entry["dct:temporal"]["dcat:endDate"]["@value"] == "2026-03-12"


def test_measures_are_those_that_the_release_has(night):
    def measures(release):
        process = catalogue_entry(night[release])["dpv:hasProcess"]
        return {each["@type"].partition(":")[2] for each in process["dpv:hasTechnicalOrganisationalMeasure"]}

    assert {"DeterministicPseudonymisation", "CryptographicKeyManagement"} <= measures("threat_events")
    assert "DifferentialPrivacy" in measures("attack_statistics")
    assert "Anonymisation" in measures("usage_profile")
    assert "Anonymisation" not in measures("threat_events")
