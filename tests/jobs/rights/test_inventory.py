"""Every place where somebody can stand has its line, for access and for erasure; a new one is missed until it has."""

import ast
from pathlib import Path

import pytest

from jobs.rights.erasure.traces import COPIES
from jobs.rights.finding.inventory import Inventory, of_a_person
from policy.base import parse, read_yaml
from policy.errors import InvalidPolicyFileError
from policy.places import FORGETS, RIGHTS, SAYS, Places
from policy.sources import OF_A_PERSON

JOBS = Path(__file__).resolve().parents[3] / "jobs"


@pytest.fixture
def inventory(promise):
    return Inventory.of(promise)


def folders_of_the_lake():
    """Every folder that any job makes or looks for right below a lake's root, as its source spells it."""
    for path in JOBS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and isinstance(node.right, ast.Constant):
                left = ast.unparse(node.left)
                if left.endswith("lake.root") or (path.name == "zones.py" and left == "self.root"):
                    yield node.right.value


def test_every_folder_that_a_job_makes_in_the_lake_has_its_line(inventory):
    assert set(folders_of_the_lake()) - inventory.zones == set()
    assert len(set(folders_of_the_lake())) >= 12


def test_every_table_release_and_export_of_the_promise_has_its_line(promise, inventory):
    names = {place.name for place in inventory.places}
    assert {f"table {name}" for name in promise.readable} <= names
    assert {f"release {name}" for name in promise.releases} <= names
    assert {f"export {name}" for name in promise.exports} <= names
    assert "table end_user_health" not in names


def test_what_access_tells_of_is_what_erasure_ends(inventory):
    told, ended = (
        {place.name for place in inventory.where(right, *deeds)}
        for right, deeds in (("access", SAYS), ("erasure", FORGETS))
    )
    assert told == ended == {place.name for place in inventory.places if place.holds_somebody}


def test_every_zone_that_erasure_ends_is_one_that_erasure_looks_into_and_no_other(inventory):
    line_by_line = {"landing", "memory", "restricted"}  # a day's sources; other people's lines stay
    ended = {place.folder.partition("/")[0] for place in inventory.where("erasure", "erased") if place.folder}
    assert {zone for zone, _ in COPIES} | line_by_line == ended - {"published"}


def test_a_table_that_names_a_person_is_told_of_and_ended_whether_or_not_it_names_a_subject(promise, inventory):
    for name, source in promise.readable.items():
        assert inventory.named(f"table {name}").holds_somebody == bool(of_a_person(source)), name


def test_a_release_with_tokens_of_a_person_is_told_of_and_ended(promise, inventory):
    for name, contract in promise.releases.items():
        tokens = {output.token for output in contract.outputs} & OF_A_PERSON
        assert inventory.named(f"release {name}").tokens >= tokens
        assert inventory.named(f"release {name}").holds_somebody == (contract.kind == "pseudonymised"), name
    assert inventory.named("release threat_signals").tokens == {"person", "email", "session"}
    assert inventory.named("export partner_threat_events").domain == "partner"


def test_a_right_that_rests_on_another_ground_does_nothing_in_a_release(inventory):
    assert inventory.named("release threat_events").rights["objection"].does == "kept_apart"
    assert inventory.named("release threat_events").rights["consent_withdrawal"].does == "nothing"
    assert inventory.named("release usage_profile").rights["objection"].does == "nothing"
    assert inventory.named("release usage_profile").rights["consent_withdrawal"].does == "left_out"


def test_the_rights_are_those_that_people_can_ask_for(promise):
    assert set(RIGHTS) == set(promise.source("subject_requests").columns["right"].values)


def test_the_table_says_of_every_place_what_each_right_does_there(inventory):
    lines = list(inventory.table())
    assert len(lines) == len(inventory.places) * 8
    assert "release threat_events: email, person, session as tokens; keys of domain threat, one for P3M" in lines


def edited(change):
    content = read_yaml(JOBS.parent / "policy", "places.yaml")
    change(content)
    return content


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda c: c["zones"]["landing"]["erasure"].update(does="nothing"), "told of it and forgotten there"),
        (lambda c: c["zones"]["landing"]["access"].update(does="nothing"), "told of it and forgotten there"),
        (lambda c: c["releases"]["events"].update(tokens=False), "told of it and forgotten there"),
        (lambda c: c["releases"].pop("microdata"), "no line for releases of shape microdata"),
        (lambda c: c["zones"]["answers"].pop("objection"), "Field required"),
        (lambda c: c["exports"]["access"].update(how="yes"), "at least 10"),
    ],
)
def test_a_place_in_access_and_not_in_erasure_or_the_other_way_round_is_refused(change, problem):
    with pytest.raises(InvalidPolicyFileError, match=problem):
        parse(Places, edited(change), "places.yaml")
