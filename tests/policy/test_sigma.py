"""Each feature of Sigma 2 is accepted, or refused by its name with what to do instead, before a parser reads it."""

from pathlib import Path

import pytest
import yaml

from policy.detections import detections
from policy.errors import InvalidPolicyFileError
from policy.modifiers import ACCEPTED_MODIFIERS, REFUSED_MODIFIERS
from policy.sigma import ACCEPTED_TYPES, REFUSED_TYPES, refusals

PAGE = Path(__file__).parents[2] / "docs" / "signals.md"
ID = "b7057227-8d68-443f-8432-6a48812d8bd7"


def rule(**detection):
    return {"name": "t", "detection": detection or {"selection": {"kind": "login_ok"}, "condition": "selection"}}


def counting(**changed):
    whole = {"type": "event_count", "rules": ["a"], "group-by": ["actor"], "timespan": "5m", "condition": {"gte": 3}}
    return {"name": "t", "correlation": {key: value for key, value in (whole | changed).items() if value is not None}}


def ordered(**changed):
    return counting(**{"type": "temporal_ordered", "rules": ["a", "b"], "condition": None, **changed})


def said(document):
    return " / ".join(f"{each.feature}: {each.instead}" for each in refusals(document))


@pytest.mark.parametrize("modifier", REFUSED_MODIFIERS)
def test_a_refused_modifier_is_named_with_its_reason_wherever_it_stands(modifier):
    reason, instead = REFUSED_MODIFIERS[modifier]
    for selection in ({f"kind|{modifier}": "x"}, [{"kind": "a"}, {f"kind|contains|{modifier}": "x"}]):
        assert f"the modifier {modifier} on kind ({reason}): {instead}" in said(rule(selection=selection))


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("kind|re|contains", "x", "re with another modifier"),
        ("kind|contains|re", "x", "re with another modifier"),
        ("kind|re|cased", "x", "re with another modifier"),
        ("kind|i", "x", "i without re"),
        ("kind|contains|startswith", "x", "two of contains"),
        ("kind|contains|contains", "x", "a modifier twice"),
        ("kind|exists", "yes", "exists on kind with more than"),
        ("kind|exists|neq", True, "exists on kind with more than"),
        ("kind|contains|all", ["x"], "all on kind with one value"),
        ("kind|contains|all|neq", ["x", "y"], "all with neq"),
        ("kind|like", "x", "modifier like on kind, which Sigma doesn't have"),
        ("|contains", "x", "keywords"),
        ("kind", [], "empty list"),
        ("kind|re", 5, "no text"),
        ("kind|re", ["a", "(?<n>curl)"], "named group: write"),
        ("kind|re|i", "curl\\z", "an anchor other than"),
    ],
)
def test_modifiers_in_company_that_changes_their_meaning_are_refused(key, value, named):
    assert named in said(rule(selection={key: value}))


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({"filter": {"rules": ["a"]}}, "Sigma filters"),
        ({"action": "global"}, "an action of a collection"),
        (counting() | {"generate": True}, "generate outside the correlation: write it below `correlation`"),
        (counting() | rule(), "a detection and a correlation in one document"),
        (rule(timeframe="5m", selection={"kind": "a"}), "timeframe"),
        (rule(selection="word"), "keywords"),
        (rule(selection=["one", "two"]), "keywords"),
        ({"correlation": "x"}, "a correlation without keys"),
        (counting(type="near"), "a type that Sigma doesn't have"),
        (counting(type="value_count"), "value_count of no field"),
        (counting(type="value_count", condition={"gte": 3, "field": ["actor", "ip"]}), "several fields"),
        (counting(condition={"gte": 3, "field": "actor"}), "a field in event_count"),
        (counting(condition={"gte": 3, "lte": 5}), "a range of counts"),
        (counting(condition={"lt": 3}), "gte or gt"),
        (counting(condition={"eq": 3}), "gte or gt"),
        (counting(condition={"neq": 3}), "gte or gt"),
        (counting(condition={"gte": 0}), "a whole number"),
        (counting(condition={"gte": 2.5}), "a whole number"),
        (counting(condition={"gte": True}), "a whole number"),
        (counting(condition={"gte": "3"}), "a whole number"),
        (counting(condition={"gte": 10**30}), "a whole number"),
        (counting(condition={"gt": -1}), "a whole number"),
        (counting(condition={"gte": 3, "percentile": 90}), "percentile"),
        (counting(condition=None), "a count without a number"),
        (counting(timespan=None), "no timespan"),
        (counting(timespan="5"), "no timespan"),
        (counting(timespan="0m"), "a timespan of nothing"),
        (counting(timespan="1M"), "months or years"),
        (counting(timespan="91d"), "above 90 days"),
        (counting(timespan="\u0661m"), "no timespan"),
        (counting(rules=[]), "a correlation of no rules"),
        (counting(rules=["a", "a"]), "a twice in rules"),
        (counting(rules=[5]), "rules that aren't all text"),
        (counting(**{"group-by": None}), "without group-by"),
        (counting(**{"group-by": ["actor", "actor"]}), "actor twice in group-by: name it once"),
        (counting(generate="yes"), "a generate that is neither"),
        (counting(ordered=True), "ordered, which Sigma 2 replaced: write type: temporal_ordered"),
        (counting(window="5m"), "window in its correlation, which Sigma doesn't have"),
        (counting(aliases=["actor"]), "aliases that aren't names"),
        (counting(aliases={"who": {"a": "actor"}}), "the alias who, which isn't in group-by"),
        (counting(aliases={"actor": {"a": None}}), "the alias actor with no field for a"),
        (ordered(type="temporal", ordered=True), "ordered, which Sigma 2 replaced"),
        (ordered(condition="a and not b"), "an extended condition"),
        (ordered(condition={"gte": 1}), "other than all of its parts"),
        (ordered(rules=["a"]), "a temporal correlation of one part"),
    ],
)  # fmt: skip
def test_a_feature_that_would_be_ignored_or_crash_is_refused_by_its_name(document, named):
    assert named in said(document)


@pytest.mark.parametrize("kind", REFUSED_TYPES)
def test_a_correlation_over_numbers_is_refused_by_its_type(kind):
    assert f"a correlation of type {kind}" in said(counting(type=kind, condition={"gte": 3, "field": "kind"}))


@pytest.mark.parametrize(
    "document",
    [
        rule(), counting(), counting(condition={"gt": 0}), counting(rules="a"), counting(**{"group-by": "actor"}),
        counting(type="value_count", condition={"gte": 3, "field": "ip"}), counting(timespan="90d", generate=True),
        counting(aliases={"actor": {"a": "session_id"}}), ordered(), ordered(condition={"gte": 2}), ordered(type="temporal"),
        rule(selection={"kind|re|i": "^log", "route|windash": "/a", "actor|exists": False, "kind|contains|all": ["a", "b"], "kind|neq": "c"}),
        rule(selection=[{"kind": "a"}, {"kind": None}], condition="1 of them"),
    ],
)  # fmt: skip
def test_the_rest_of_sigma_passes(document):
    assert said(document) == ""


def written(folder, *documents):
    (folder / "signals").mkdir()
    (folder / "signals" / "t.yml").write_text("---\n".join(map(yaml.safe_dump, documents)))
    return folder


DESCRIBED = {"title": "t", "description": "d", "level": "high", "tags": ["attack.t1110"], "falsepositives": ["none"]}


@pytest.mark.parametrize("reference", ["a", ID, ID.upper(), "{" + ID + "}"])
def test_a_rule_that_a_correlation_names_by_name_or_id_reports_nothing_itself(tmp_path, reference):
    correlation = DESCRIBED | counting(rules=[reference], timespan="25h")
    read = detections(written(tmp_path, rule() | {"name": "a", "id": ID}, correlation))
    assert (set(read.rules), read.reach) == ({"t"}, 2)


@pytest.mark.parametrize(
    ("documents", "named"),
    [
        ([rule() | {"name": "a"}, DESCRIBED | counting(rules=["b"])], "rule t refers to b, which is the name or id of no rule"),
        ([rule() | {"name": "a", "id": ID}, DESCRIBED | counting(rules=["a", ID])], "refers to a rule twice"),
        ([rule() | {"name": "a", "id": ID}, rule() | {"name": "b", "id": ID.upper()}], "rules a and b share their id"),
        ([rule() | {"name": "a"}, DESCRIBED | counting(ordered=True)], "rule t uses ordered, .*: write type: temporal_ordered"),
        ([rule(selection={"browser|re": "curl\\z"}) | {"name": "a"}], "rule a uses a regular expression of browser"),
    ],
)  # fmt: skip
def test_what_the_check_of_the_promise_refuses_names_rule_reason_and_next_step(tmp_path, documents, named):
    with pytest.raises(InvalidPolicyFileError, match=named):
        detections(written(tmp_path, *documents))


def test_the_page_lists_every_modifier_and_type_as_the_code_has_them():
    rows = [line.split(" | ") for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]
    listed = {row[0].strip("| `"): " | ".join(row[1:]).strip(" |") for row in rows}
    accepted = {name: f"accepted: {meaning}" for name, meaning in ACCEPTED_MODIFIERS.items()}
    refused = {name: f"refused: {why}; {instead}" for name, (why, instead) in REFUSED_MODIFIERS.items()}
    assert {name: text for name, text in listed.items() if name in accepted | refused} == accepted | refused
    assert all(listed[kind].startswith("accepted") for kind in ACCEPTED_TYPES)
    assert all(listed[kind].startswith("refused") for kind in REFUSED_TYPES)
