"""The promise is checked before a row is read: every contradiction stops it, by name."""

import shutil
from pathlib import Path

import pytest
import yaml

import policy
from policy.errors import (
    BrokenEvidenceError,
    ContractError,
    ForbiddenSourceError,
    InvalidPolicyFileError,
    TransferRefusedError,
    UnknownReleaseError,
)
from policy.trace import trace

ROOT = Path(policy.__file__).parent


@pytest.fixture
def edited(tmp_path):
    """A copy of the policy in which one file was changed."""
    shutil.copytree(ROOT, tmp_path / "policy", ignore=shutil.ignore_patterns("*.py", "__pycache__"))

    def edit(file, change):
        path = tmp_path / "policy" / file
        content = yaml.safe_load(path.read_text())
        change(content)
        path.write_text(yaml.safe_dump(content))
        return tmp_path / "policy"

    return edit


def test_the_promise_of_the_project_holds_together(promise):
    assert set(promise.releases) == {
        "threat_events", "activity_trail", "threat_signals", "attack_statistics", "usage_profile",
        "service_statistics", "feedback_topics",
    }  # fmt: skip


def test_a_source_column_that_a_contract_forgets_stops_the_load(edited):
    root = edited("releases/threat_events.yaml", lambda c: c["columns"].pop("payload"))
    with pytest.raises(
        ContractError, match=r"threat_events.payload: of security_events, neither kept, treated nor dropped"
    ) as caught:
        policy.load(root)
    assert "security-data@ignicloud.example" in str(caught.value)


@pytest.mark.parametrize(
    ("column", "rule", "says"),
    [
        ("attempted_login", {"treat": "keep"}, "direct can't be kept"),
        ("payload", {"treat": "keep", "values": ["a"]}, "free_text can't be kept"),
        ("user_agent", {"treat": "keep"}, "without a closed vocabulary"),
        ("kind", {"treat": "keep", "values": ["login_ok", "new_word"]}, "words that the source's hasn't"),
        ("user_id", {"treat": "token", "class": "company"}, "the source says person"),
        ("kind", {"treat": "truncate_time", "to": "day"}, "needs timestamp"),
        ("kind", {"treat": "drop", "why": "no", "as": "x"}, None),
        ("session_id", {"treat": "network_prefix"}, "only addresses"),
        ("kind", {"treat": "keep", "values": ["login_ok"], "as": "day"}, "partition column"),
        ("kind", {"treat": "keep", "values": ["login_ok"], "as": "outcome"}, "under one name"),
    ],
)
def test_a_rule_that_would_let_something_through_is_refused(edited, column, rule, says):
    root = edited("releases/threat_events.yaml", lambda c: c["columns"].update({column: rule}))
    if says is None:
        with pytest.raises(InvalidPolicyFileError):
            policy.load(root)
        return
    with pytest.raises(ContractError, match=says) as caught:
        policy.load(root)
    assert caught.value.column in (column, rule.get("as"))


def test_an_unknown_treatment_is_refused_with_its_place(edited):
    root = edited("releases/threat_events.yaml", lambda c: c["columns"].update(kind={"treat": "rot13"}))
    with pytest.raises(InvalidPolicyFileError, match=r"columns\.kind.*rot13"):
        policy.load(root)


def test_health_data_cannot_be_the_source_of_anything(edited):
    def read_health(contract):
        contract.update(source="end_user_health", columns={"end_user_id": {"treat": "drop", "why": "none"}})

    with pytest.raises(ForbiddenSourceError, match=r"1\.3, 2\.2"):
        policy.load(edited("releases/threat_events.yaml", read_health))


def test_two_purposes_never_share_a_domain(edited):
    root = edited("releases/activity_trail.yaml", lambda c: c.update(purpose="administration"))
    with pytest.raises(ContractError, match="shares domain threat"):
        policy.load(root)


def test_nothing_pseudonymised_is_kept_longer_than_the_relationship_allows(edited):
    root = edited("releases/threat_events.yaml", lambda c: c["retention"].update(keep="P19M"))
    with pytest.raises(ContractError, match=r"8\.1"):
        policy.load(root)


def test_an_anonymised_release_without_any_threshold_is_refused(edited):
    root = edited("releases/attack_statistics.yaml", lambda c: c.pop("privacy"))
    with pytest.raises(ContractError, match="without a threshold"):
        policy.load(root)


def test_the_gate_cannot_be_switched_off_by_a_contract(edited):
    root = edited("releases/threat_events.yaml", lambda c: c["gate"].update(patterns=False))
    with pytest.raises(InvalidPolicyFileError, match="patterns"):
        policy.load(root)


def test_a_key_that_stands_twice_in_a_file_is_an_error(edited, tmp_path):
    root = edited("register.yaml", lambda c: None)
    path = root / "releases" / "threat_events.yaml"
    path.write_text(path.read_text() + "\nowner: someone@else.example\n")
    with pytest.raises(InvalidPolicyFileError, match="owner stands twice"):
        policy.load(root)


@pytest.mark.parametrize(
    ("recipient", "says"),
    [
        ({"country": "US", "mechanism": "privacy_shield"}, "C-311/18"),
        ({"country": "US", "mechanism": "adequacy"}, "no adequacy decision"),
        ({"country": "US", "mechanism": "dpf", "recorded_on": "2023-07-09"}, "10 July 2023"),
        ({"country": "GB", "mechanism": "adequacy", "recorded_on": "2021-06-01"}, "before the adequacy decision"),
        ({"country": "CH", "mechanism": "eea"}, "isn't in the EEA"),
    ],
)
def test_a_transfer_without_a_valid_mechanism_stops_everything(edited, recipient, says):
    root = edited("register.yaml", lambda c: c["recipients"]["threat_partner"].update(recipient))
    with pytest.raises(TransferRefusedError, match=says):
        policy.load(root)


def test_an_unknown_release_is_refused_with_the_known_ones(promise):
    with pytest.raises(UnknownReleaseError, match="threat_events"):
        promise.release("threat_evants")


def test_the_trace_covers_every_clause_and_its_evidence_exists(promise):
    printed = "\n".join(trace(promise))
    for clause in ("1.3", "2.2", "3.1", "4.1", "4.2", "5.1", "5.2", "6.2", "7.1", "7.2", "8.1", "9.1", "10.3", "11.2"):
        assert clause in printed
    assert "NOT YET" in printed


def test_evidence_that_does_not_exist_breaks_the_trace(edited):
    def invent(register):
        register["obligations"][0]["enforced"] = ["jobs/night/extract.py::no_such_function"]

    with pytest.raises(BrokenEvidenceError, match="no_such_function"):
        list(trace(policy.load(edited("register.yaml", invent)), ROOT.parent))


def test_surrogate_pools_that_are_no_json_are_refused_by_name(edited):
    root = edited("sources.yaml", lambda _: None)
    (root / "surrogates" / "en_GB.json").write_text("{")
    with pytest.raises(InvalidPolicyFileError, match=r"surrogates/en_GB.json: isn't JSON"):
        policy.load(root)
