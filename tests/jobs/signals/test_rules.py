"""Rules are held against the contracts before a row is read; what can't be compiled is refused by name."""

from argparse import Namespace
from pathlib import Path

import pytest

from jobs.cli import signals as cli
from jobs.lake.zones import Lake
from jobs.signals.errors import (
    DroppedFieldError,
    InvalidRuleError,
    NamedIdentifierError,
    RefusedRulesError,
    UngroupableFieldError,
    UnknownFieldError,
    UnknownLogSourceError,
    UnknownWordError,
    UnsupportedSigmaError,
)
from jobs.signals.findings import findings
from jobs.signals.release import whole_day
from jobs.signals.rules import load_rules
from policy.detections import detections
from policy.errors import InvalidPolicyFileError
from tests.jobs.signals.small_events import correlation, event, rule, token

HEAD = "title: t\nname: t\nlogsource: {product: ignicloud, service: %s}\ndetection:\n"


def sigma(selection, service="threat_events", condition="selection"):
    return HEAD % service + f"    selection: {selection}\n    condition: {condition}\n"


@pytest.mark.parametrize(
    ("text", "error", "names"),
    [
        (sigma("{colour: red}"), UnknownFieldError, "colour"),
        (sigma("{payload: '/login'}"), DroppedFieldError, "payload"),
        (sigma("{user_agent: curl}"), DroppedFieldError, "user_agent"),
        (sigma("{kind: login_failled}"), UnknownWordError, "kind"),
        (sigma("{kind|re: '^logon'}"), UnknownWordError, "kind"),
        (sigma("{actor: usr_x}"), NamedIdentifierError, "actor"),
        (sigma("{attempted_login|contains: admin}"), NamedIdentifierError, "attempted_login"),
        (sigma("{ip|cidr: 203.0.113.0/24}"), UnsupportedSigmaError, "cidr"),
        (sigma("{ip|startswith: '203.0.113.'}"), NamedIdentifierError, "ip"),
        (sigma("['failed', 'denied']"), UnsupportedSigmaError, "keywords"),
        (sigma("{occurred_at|gt: 5}"), UnsupportedSigmaError, "gt"),
        (sigma("{actor|fieldref: attempted_login}"), UnsupportedSigmaError, "fieldref"),
        (sigma("{kind: login_ok}", service="sshd"), UnknownLogSourceError, "threat_events"),
        (sigma("{kind: login_ok}", condition="selection | count() > 5"), InvalidRuleError, "condition"),
        ("title: t\nname: t\nlogsource: {product: ignicloud}\n", InvalidRuleError, "Sigma 2: its detection"),
    ],
)  # fmt: skip
def test_a_rule_that_does_not_fit_is_refused_with_its_field_or_feature(compile_rules, text, error, names):
    with pytest.raises(error, match=names) as caught:
        compile_rules(text)
    assert "203.0.113" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "feature"),
    [
        (correlation("c", "event_count", ["failed"], "5m", "{lt: 3}"), "gte or gt"),
        (correlation("c", "event_count", ["failed"], "5m", "{eq: 3}"), "gte or gt"),
        (correlation("c", "event_count", ["failed"], "1M", "{gte: 3}"), "months"),
        (correlation("c", "event_count", ["failed"], "5m", "{gte: 3}", group="kind"), "kind, which isn't a token; group by one of actor"),
        (correlation("c", "value_sum", ["failed"], "5m", "{gte: 3, field: kind}"), "value_sum"),
        (correlation("c", "value_count", ["failed"], "5m", "{gte: 3, field: [actor, ip]}"), "several fields"),
        (correlation("c", "temporal", ["failed", "ok"], "5m", "failed and not ok"), "extended condition"),
        (correlation("d", "temporal", ["failed", "ok"], "5m") + correlation("c", "temporal", ["d", "ok"], "5m"), "temporal"),
        (correlation("d", "event_count", ["failed"], "5m", "{gte: 3}", "ip") + correlation("c", "temporal", ["d", "ok"], "5m"), "group-by"),
        (correlation("d", "event_count", ["failed"], "5m", "{gte: 3}") + correlation("c", "event_count", ["d"], "5m", "{gte: 2}"), "count of correlations"),
    ],
)  # fmt: skip
def test_a_correlation_that_is_not_compiled_is_refused_by_the_name_of_its_feature(compile_rules, text, feature):
    with pytest.raises((UnsupportedSigmaError, UngroupableFieldError), match=feature):
        compile_rules(rule("failed", "login_failed") + rule("ok", "login_ok") + text)


def test_a_correlation_of_more_parts_than_a_number_has_bits_is_refused(compile_rules):
    names = [f"part{n}" for n in range(63)]
    text = "".join(rule(name, "login_ok") for name in names) + correlation("c", "temporal", names, "5m")
    with pytest.raises(UnsupportedSigmaError, match="more than 62 parts"):
        compile_rules(text)


OUTSIDE = {
    "any of several words": ("{kind: [login_failed, permission_denied]}", "selection", "threat_events"),
    "a wildcard": ("{kind: 'login_*'}", "selection", "threat_events"),
    "a prefix in capitals": ("{kind|startswith: 'LOGIN'}", "selection", "threat_events"),
    "a regular expression": ("{browser|re: '^(curl|Go-http)'}", "selection", "threat_events"),
    "a contained word": ("{route|contains: 'admin'}", "selection", "threat_events"),
    "an absent value": ("{actor: null, kind: login_failed}", "selection", "threat_events"),
    "a condition that isn't": ("{kind: login_ok}", "not selection", "threat_events"),
    "everything of a family": ("{action|endswith: '_content'}", "1 of selection*", "activity_trail"),
    "all of several parts": ("{action|contains|all: [change, permission]}", "all of them", "activity_trail"),
    "a program that asks for the administration": (
        "{browser: [curl, 'Python Requests'], route: /admin, outcome: blocked}", "selection", "threat_events"
    ),
}  # fmt: skip


@pytest.mark.parametrize("idea", OUTSIDE)
def test_rules_in_the_style_of_the_public_collection_compile(compile_rules, idea):
    selection, condition, service = OUTSIDE[idea]
    [compiled] = compile_rules(sigma(selection, service, condition))
    assert compiled.group_by == ("event_id",)


def test_words_match_whatever_their_capitals_unless_the_rule_says_cased(compile_rules, frame):
    rows = frame([event(1, 0, kind="login_failed"), event(2, 0, kind="logout")])
    for selection, found in (("{kind: Login_Failed}", 1), ("{kind: 'log*'}", 2), ("{kind|startswith: login}", 1)):
        [compiled] = compile_rules(sigma(selection))
        assert findings(rows, [compiled], whole_day(event(1, 0)["occurred_at"].date())).count() == found
    with pytest.raises(UnknownWordError):
        compile_rules(sigma("{kind|cased: Login_Failed}"))


def test_a_rule_without_a_correlation_reports_each_event(compile_rules, frame):
    [compiled] = compile_rules(sigma("{kind: malware_upload}"))
    rows = frame([event(n, n, kind="malware_upload", actor=token("person", 1)) for n in range(3)])
    found = findings(rows, [compiled], whole_day(event(0, 0)["occurred_at"].date())).collect()
    assert sorted(row["shared"]["event_id"] for row in found) == sorted(token("event", n) for n in range(3))


def test_aliases_join_fields_of_different_names(compile_rules, frame):
    text = (
        rule("failed", "login_failed")
        + rule("denied", "permission_denied")
        + correlation("c", "temporal", ["failed", "denied"], "5m", group="actor")
        .replace("    timespan", "    aliases: {actor: {failed: actor, denied: object}}\n    timespan")
        .replace("object", "session_id")
    )
    [compiled] = compile_rules(text)
    shared = token("person", 7)
    rows = frame([event(1, 0, actor=shared), event(2, 60, kind="permission_denied", session_id=shared)])
    [found] = findings(rows, [compiled], whole_day(event(0, 0)["occurred_at"].date())).collect()
    assert (found["shared"], found["events"]) == ({"actor": shared}, 2)


def test_our_own_rules_fit_our_contracts_and_every_one_is_described(promise):
    rules = load_rules(promise, promise.release("threat_signals"))
    assert [each.name for each in rules] == sorted(promise.detections.rules)
    assert len(rules) >= 12
    assert all(detection.advice for detection in promise.detections.rules.values())


def test_several_refusals_are_said_at_once_each_with_what_to_do_next(compile_rules):
    second = sigma("{colour: red}").replace("name: t", "name: second")
    with pytest.raises(RefusedRulesError) as caught:
        compile_rules(sigma("{kind: login_failled}") + "---\n" + second)
    assert [error.rule for error in caught.value.errors] == ["t", "second"]
    assert "use one of its words" in str(caught.value)
    assert "see policy/releases/threat_events.yaml" in str(caught.value)


def test_a_rule_without_a_name_is_refused_by_its_title(compile_rules):
    with pytest.raises(InvalidRuleError, match="rule t: has no name"):
        compile_rules(sigma("{kind: login_ok}").replace("name: t\n", ""))


@pytest.mark.parametrize("spelling", ["b7057227-8d68-443f-8432-6a48812d8bd7", "B70572278D68443F84326A48812D8BD7"])
def test_a_correlation_may_name_its_rules_by_id_and_they_report_nothing_themselves(compile_rules, spelling):
    by_id = rule("failed", "login_failed").replace("title", "id: b7057227-8d68-443f-8432-6a48812d8bd7\ntitle")
    [compiled] = compile_rules(by_id + correlation("many", "event_count", [spelling], "5m", "{gte: 3}"))
    assert (compiled.name, compiled.roles[0].selections[0].name) == ("many", "failed")


def test_an_alias_may_name_its_rules_by_id(compile_rules):
    by_id = rule("failed", "login_failed").replace("title", "id: b7057227-8d68-443f-8432-6a48812d8bd7\ntitle")
    aliased = correlation("c", "temporal", ["failed", "ok"], "5m").replace(
        "    timespan", "    aliases: {actor: {b7057227-8d68-443f-8432-6a48812d8bd7: session_id}}\n    timespan"
    )
    compiled = next(each for each in compile_rules(by_id + rule("ok", "login_ok") + aliased) if each.name == "c")
    assert [role.selections[0].fields for role in compiled.roles] == [("session_id",), ("actor",)]


@pytest.mark.parametrize("named", ["nobody", "burst"])
def test_an_alias_for_what_is_no_single_event_of_the_correlation_is_refused(compile_rules, named):
    text = correlation("burst", "event_count", ["failed"], "1m", "{gte: 2}") + correlation(
        "c", "temporal", ["burst", "ok"], "5m"
    ).replace("    timespan", f"    aliases: {{actor: {{{named}: session_id}}}}\n    timespan")
    with pytest.raises(InvalidRuleError, match=f"names {named}, which is no single event"):
        compile_rules(rule("failed", "login_failed") + rule("ok", "login_ok") + text)


def test_values_of_a_time_are_counted(compile_rules, frame):
    text = rule("failed", "login_failed") + correlation(
        "c", "value_count", ["failed"], "5m", "{gte: 2, field: occurred_at}"
    )
    rows = [event(n, 60 * (n // 2), actor=token("person", 1)) for n in range(4)]
    [found] = findings(frame(rows), compile_rules(text), whole_day(rows[0]["occurred_at"].date())).collect()
    assert (found["events"], found["distinct_values"]) == (4, 2)


@pytest.mark.parametrize(
    ("missing", "line"),
    [
        ("level", "level: high"),
        ("technique", "tags: [attack.t1110]"),
        ("falsepositives", "falsepositives: [none known]"),
        ("response in lines", "response: ['look']"),
    ],
)
def test_a_reporting_rule_must_say_what_a_reader_needs(tmp_path, missing, line):
    whole = sigma("{kind: malware_upload}") + (
        "description: d\nlevel: high\ntags: [attack.t1110]\nfalsepositives: [none known]\nresponse: ['look']\n"
    )
    (tmp_path / "signals").mkdir()
    (tmp_path / "signals" / "t.yml").write_text(whole)
    assert set(detections(tmp_path).rules) == {"t"}
    without = "response: [{look: there}]" if missing.startswith("response") else ""
    (tmp_path / "signals" / "t.yml").write_text(whole.replace(line, without))
    with pytest.raises(InvalidPolicyFileError, match=missing):
        detections(tmp_path)


def test_the_check_prints_each_rule_with_what_it_reports_and_needs_no_spark(monkeypatch, capsys):
    monkeypatch.setattr("jobs.spark.session.spark", None)
    assert cli.run(Namespace(action="check"), Lake(Path("nowhere"))) == 0
    printed = capsys.readouterr().out
    assert "credential_stuffing_succeeded  critical       T1078      by network" in printed
    assert "rules fit the contracts; try one on a published day: " in printed
    assert "python -m jobs signals test RULE --day DAY" in printed


def test_adding_a_rule_is_adding_one_file(promise, tmp_path):
    (tmp_path / "new.yml").write_text(sigma("{kind: malware_upload}"))
    [added] = load_rules(promise, promise.release("threat_signals"), tmp_path)
    assert added.name == "t"
