"""Small rules and small events: what the tests of the compiler are made of."""

from datetime import UTC, datetime, timedelta

from policy.shapes import LETTERS, PREFIXES

START = datetime(2026, 3, 1, tzinfo=UTC)
COLUMNS = (
    "release string, event_id string, occurred_at timestamp, actor string, attempted_login string, session_id string, "
    "ip string, kind string, outcome string, route string, browser string, action string, module string, object string, "
    "object_type string, new_permission string, company string, network string, account_is_closed string, "
    "network_is_new string, address_is_known_attacker string"
)
NAMES = [column.split()[0] for column in COLUMNS.split(", ")]


def token(kind, number):
    """A made-up token: right in shape, of nobody."""
    digits = "".join(LETTERS[int(digit, 16)] for digit in f"{number:032x}")
    return f"{PREFIXES[kind]}_{digits}"


def event(number, seconds, **cells):
    """One event, ``seconds`` after the start."""
    row = {"release": "threat_events", "event_id": token("event", number), "kind": "login_failed", **cells}
    return {**dict.fromkeys(NAMES), **row, "occurred_at": START + timedelta(seconds=seconds)}


def rule(name, kind):
    """A Sigma rule for one kind of security event."""
    return (
        f"title: {name}\nname: {name}\nlogsource: {{product: ignicloud, service: threat_events}}\n"
        f"detection:\n    selection:\n        kind: {kind}\n    condition: selection\n---\n"
    )


def correlation(name, kind, rules, timespan, condition="", group="actor"):
    """A Sigma correlation."""
    tail = f"    condition: {condition}\n" if condition else ""
    return (
        f"title: {name}\nname: {name}\ncorrelation:\n    type: {kind}\n    rules: [{', '.join(rules)}]\n"
        f"    group-by: [{group}]\n    timespan: {timespan}\n{tail}---\n"
    )
