"""What a contract says of its risk is checked before a row is read: people's tokens, moments, columns that readers see."""

import shutil
from pathlib import Path

import pytest
import yaml

import policy
from policy.errors import ContractError, InvalidPolicyFileError
from policy.risk import Knowledge, Risk

ROOT = Path(policy.__file__).parent


@pytest.fixture
def said(tmp_path):
    """Loads the policy with another word on the risk of a release."""

    def load(risk, release="threat_events"):
        shutil.copytree(ROOT, tmp_path / "policy", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        path = tmp_path / "policy" / "releases" / f"{release}.yaml"
        path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"risk": risk}))
        return policy.load(tmp_path / "policy").release(release)

    return load


def of(*know, person="actor", **limits):
    return {"person": person, "points": {"moments": {"know": list(know), **limits}}}


def test_every_release_of_events_says_what_may_be_known(promise):
    events = [each for each in promise.releases.values() if each.shape == "events"]
    assert {each.release for each in events if each.risk is not None} == {"threat_events", "activity_trail"}
    assert all(each.risk is not None for each in events)


@pytest.mark.parametrize(
    ("risk", "column", "problem"),
    [
        (of("occurred_at", "kind", person="session_id"), "session_id", "isn't a column of people's tokens"),
        (of("occurred_at", "kind", person="user_id"), "user_id", "isn't a column of people's tokens"),
        (of("kind", "outcome"), "kind", "neither `day` nor a column of times"),
        (of("day", "payload"), "payload", "no other column that readers see"),
        (of("day", "actor"), "actor", "no other column that readers see"),
    ],
)
def test_what_nobody_could_know_by_the_columns_of_the_release_is_refused(said, risk, column, problem):
    with pytest.raises(ContractError, match=rf"threat_events\.{column}.*{problem}") as caught:
        said(risk)
    assert "security-data@ignicloud.example" in str(caught.value)


def test_a_column_goes_by_the_name_under_which_it_leaves(said):
    assert said(of("day", "route")).risk.points["moments"].know == ("day", "route")


@pytest.mark.parametrize("limits", [{"at_most": {5: 0.9}}, {"at_most": {1: 0}}, {"at_most": {1: 1.1}}])
def test_limits_are_shares_of_points_that_are_counted(said, limits):
    with pytest.raises(InvalidPolicyFileError, match="at_most"):
        said(of("occurred_at", "kind", **limits))


def test_a_release_without_tokens_has_none_to_ask_about(said):
    with pytest.raises(InvalidPolicyFileError, match="risk asks about tokens of events"):
        said(of("day", "kind", person="kind"), "attack_statistics")


def test_whether_anything_could_be_red_is_told():
    free = Risk(person="actor", points={"moments": Knowledge(know=("day", "kind"))})
    assert not free.has_limits
    assert free.model_copy(update={"linked_at_most": 0.1}).has_limits
