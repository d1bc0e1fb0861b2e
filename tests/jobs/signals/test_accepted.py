"""A rule that is accepted runs, on nothing and on some events, and means what a reader of Sigma reads."""

import re
from collections import Counter

import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from jobs.signals.errors import RefusedRulesError, SignalError
from jobs.signals.findings import findings
from jobs.signals.release import whole_day
from policy.modifiers import ACCEPTED_MODIFIERS, REFUSED_MODIFIERS
from policy.sigma import ACCEPTED_TYPES, REFUSED_TYPES
from tests.jobs.signals.small_events import START, event, token

LAW = settings(max_examples=3, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
VALUES = (
    "login_ok", "LOGIN_FAILED", "login_*", "*out", "l?gout", "failure", "/admin", "-admin", "curl", "Go-http*", "*", "", "no word",
    "^log", "(in|out)$", r"^[a-z]+_ok$", "(?<n>curl)", r"curl\z", "%kinds%", True, False, 5, None,
)  # fmt: skip
FIELDS = (
    "kind",
    "kind",
    "outcome",
    "browser",
    "route",
    "actor",
    "session_id",
    "account_is_closed",
    "colour",
    "payload",
)
MODIFIERS = (*ACCEPTED_MODIFIERS, *REFUSED_MODIFIERS)
ROWS = [
    event(n, 600 + 7 * n, actor=token("person", n % 3) if n % 4 else None, session_id=token("session", n % 2),
          attempted_login=token("email", n % 5), network=f"ip4_{n % 2}", kind=kind, outcome=outcome, route=route,
          browser=browser, account_is_closed=("false", "true")[n % 2], object=token("object", n))
    for n, (kind, outcome, route, browser) in enumerate([
        ("login_ok", "success", "/login", "Chrome"), ("login_failed", "failure", "/login", "curl"),
        ("logout", "success", None, "Go-http-client"), ("permission_denied", "blocked", "/admin", "other"),
        ("malware_upload", "blocked", "/upload", None), ("login_failed", "failure", "/login", "Mobile Safari"),
    ] * 3)
]  # fmt: skip

keys = st.tuples(st.sampled_from(FIELDS), st.lists(st.sampled_from(MODIFIERS), max_size=2)).map(
    lambda key: "|".join((key[0], *key[1]))
)
values = st.sampled_from(VALUES) | st.lists(st.sampled_from(VALUES), max_size=3)
likely = st.sampled_from([
    {"kind": "login_ok"}, {"kind|startswith": "login"}, {"kind|re": "^log"}, {"kind|neq": ["logout", "login_ok"]},
    {"kind|contains|all": ["log", "in"]}, {"actor|exists": True}, {"actor": None, "kind": "l*"}, {"kind|cased": "Login_ok"},
    {"browser|re|i": "^(CURL|go)"}, {"route|windash": "/admin"}, {"account_is_closed": True}, {"kind|endswith": ["OUT", "denied"]},
])  # fmt: skip
selections = likely | st.dictionaries(keys, values, min_size=1, max_size=2)
conditions = st.sampled_from(
    ["one", "not one", "one and not two", "1 of them", "all of them", "(one or two) and two", "three"]
)
rules = st.builds(
    lambda one, two, condition: {
        "logsource": {"product": "ignicloud", "service": "threat_events"},
        "detection": {"one": one, "two": two, "condition": condition},
    },
    selections, likely, conditions,
)  # fmt: skip
SINGLE = "b7057227-8d68-443f-8432-6a48812d8bd7"
PARTS = ("single", SINGLE.upper(), "other", "count")
counts = st.fixed_dictionaries({
    "type": st.sampled_from(("event_count", "value_count")),
    "rules": st.lists(st.sampled_from(PARTS[:3]), min_size=1, max_size=2, unique=True),
    "condition": st.sampled_from(({"gte": 1}, {"gt": 1}, {"gte": 2, "field": "kind"}, {"gte": 2, "field": "occurred_at"},
                                  {"gte": 1, "field": "actor"})),
})  # fmt: skip
orders = st.fixed_dictionaries({
    "type": st.sampled_from(("temporal", "temporal_ordered")),
    "rules": st.lists(st.sampled_from(PARTS), min_size=2, max_size=3, unique=True),
})  # fmt: skip
places = st.fixed_dictionaries({
    "group-by": st.just(["actor"]) | st.lists(st.sampled_from(("actor", "network", "session_id")), min_size=1, max_size=2),
    "timespan": st.sampled_from(("30s", "10m", "90d")),
})  # fmt: skip
strange = st.just({}) | st.fixed_dictionaries({}, optional={
    "type": st.sampled_from((*ACCEPTED_TYPES, *REFUSED_TYPES, "near")),
    "rules": st.sampled_from(([], ["nobody"], "single", ["single", "single"], ["t", "single"], [5, "other"])),
    "condition": st.sampled_from(({"gte": 2**31}, {"gte": True}, {"lte": 9}, {"gte": 1, "lt": 5}, "single or other", {}, 5)),
    "group-by": st.sampled_from(([], "actor", ["actor", "actor"], ["kind"], ["colour"], ["object"], ["event_id"], [None])),
    "timespan": st.sampled_from(("0m", "1M", "13w", "5", 60, None)),
    "aliases": st.sampled_from(({"actor": {"single": "session_id"}}, {"actor": {"nobody": "ip"}}, {"actor": "session_id"}, [])),
    "generate": st.sampled_from((True, False, "yes")),
    "ordered": st.just(True),
})  # fmt: skip
correlations = st.tuples(places, counts | orders, strange).map(lambda parts: parts[0] | parts[1] | parts[2])


def refused_or(compile_rules, documents):
    """The rules, or None when they are refused by a typed error that names one of them."""
    try:
        return compile_rules("---\n".join(map(yaml.safe_dump, documents)))
    except (SignalError, RefusedRulesError) as error:
        refused = str(error)
    assert re.search(r"rule (t|single|other|count)\b", refused)
    return None


def named(name, rest):
    return {"title": name, "name": name, **rest}


def run_on(frame, rows, compiled):
    return findings(frame(rows), compiled, whole_day(START.date())).collect()


@LAW
@given(st.lists(rules, min_size=60, max_size=80))
def test_an_accepted_rule_finds_the_events_that_a_reader_of_sigma_finds(compile_rules, frame, documents):
    accepted, truth = [], Counter()
    for number, document in enumerate(documents):
        name = f"t{number}"
        if refused_or(compile_rules, [named("t", document)]) is not None:
            accepted += compile_rules(yaml.safe_dump(named(name, document)))
            truth += Counter({(name, row["event_id"]): 1 for row in ROWS if reads(document["detection"], row)})
    assert len(accepted) >= 5
    assert run_on(frame, [], accepted) == []
    assert Counter((row["rule"], row["shared"]["event_id"]) for row in run_on(frame, ROWS, accepted)) == truth


@LAW
@given(st.lists(correlations, min_size=120, max_size=150))
def test_an_accepted_correlation_runs_on_nothing_and_on_some_events(compile_rules, frame, documents):
    source = {"logsource": {"product": "ignicloud", "service": "threat_events"}}
    single = named("single", {"id": SINGLE, **source, "detection": {"a": {"kind": "login_failed"}, "condition": "a"}})
    other = named("other", {**source, "detection": {"a": {"kind|startswith": "l"}, "condition": "a"}})
    inner = {
        "type": "event_count",
        "rules": ["single"],
        "group-by": ["actor"],
        "timespan": "1m",
        "condition": {"gte": 2},
    }
    parts = [single, other, named("count", {"correlation": inner})]
    accepted = {
        number: [rule for rule in found if rule.name == "t"]
        for number, correlation in enumerate(documents)
        if (found := refused_or(compile_rules, [*parts, named("t", {"correlation": correlation})])) is not None
    }
    together = [rule for found in accepted.values() for rule in found]
    assert len(together) >= 3
    assert run_on(frame, [], together) == []
    assert all(row["events"] >= 1 for row in run_on(frame, ROWS, together))


def reads(detection, row):
    """Sigma's condition as its specification says it, over one event."""
    truth = {name: all(holds(key, value, row) for key, value in detection[name].items()) for name in ("one", "two")}
    said = detection["condition"].replace("1 of them", "one or two").replace("all of them", "one and two")
    return eval(said, {}, truth)


def holds(key, value, row):
    """One item: any of its values, all of them, or none of them."""
    field, *modifiers = key.split("|")
    single = [matches(each, modifiers, row[field]) for each in (value if isinstance(value, list) else [value])]
    together = all(single) if "all" in modifiers else any(single)
    return not together if "neq" in modifiers else together


def matches(value, modifiers, cell):
    if "exists" in modifiers or value is None:
        return (cell is not None) is (value is True)
    if cell is None:
        return False
    if "re" in modifiers:
        small = re.IGNORECASE if {"i", "ignorecase"} & set(modifiers) else re.NOFLAG
        return re.search(value, cell, small) is not None
    spellings = {re.sub(r"\B[-/]\b", dash, str(value)) for dash in "-/–—―"} if "windash" in modifiers else {str(value)}
    before, after = {"contains": (".*", ".*"), "startswith": ("", ".*"), "endswith": (".*", "")}.get(
        next((m for m in modifiers if m in ("contains", "startswith", "endswith")), ""), ("", "")
    )
    small = re.NOFLAG if "cased" in modifiers else re.IGNORECASE
    forms = (re.escape(each).replace(r"\*", ".*").replace(r"\?", ".") for each in spellings)
    return any(re.fullmatch(before + form + after, cell, small) for form in forms)
