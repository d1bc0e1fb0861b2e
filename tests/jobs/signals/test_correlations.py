"""Every correlation type agrees with a plain reading of the Sigma specification, event by event."""

from collections import defaultdict
from datetime import timedelta
from itertools import product

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.signals.findings import Period, findings
from tests.jobs.signals.small_events import START, correlation, event, rule, token

RULES = (
    rule("failed", "login_failed")
    + rule("succeeded", "login_ok")
    + rule("rejected", "csrf_rejected")
    + correlation("many", "event_count", ["failed"], "3m", "{gte: 3}")
    + correlation("different", "value_count", ["failed", "rejected"], "3m", "{gt: 2, field: attempted_login}")
    + correlation("together", "temporal", ["failed", "succeeded", "rejected"], "2m")
    + correlation("in_order", "temporal_ordered", ["failed", "rejected", "succeeded"], "2m")
    + correlation("burst", "event_count", ["failed"], "1m", "{gte: 2}")
    + correlation("burst_then_success", "temporal_ordered", ["burst", "succeeded"], "2m")
    + correlation("burst_and_success", "temporal", ["burst", "succeeded"], "2m")
    + correlation("success_then_burst", "temporal_ordered", ["succeeded", "burst"], "2m")
    + correlation("burst_between", "temporal_ordered", ["succeeded", "burst", "rejected"], "2m")
)
KINDS = ("login_failed", "login_ok", "csrf_rejected")
BEGINS, ENDS = 180, 480
PERIOD = Period(START + timedelta(seconds=BEGINS), START + timedelta(seconds=ENDS))

moments = st.tuples(
    st.integers(0, 15).map(lambda step: step * 30), st.sampled_from(KINDS), st.sampled_from((1, 2, 3, 4, None))
)
accounts = st.lists(st.lists(moments, max_size=14), min_size=30, max_size=40)


def windows(name, events):
    """Every fulfilling window of one rule in one account's events: where it ends, and since when it holds."""
    times = {kind: [at for at, k, *_ in events if k == kind] for kind in KINDS}
    failed, succeeded, rejected = (times[kind] for kind in KINDS)
    if name == "many":
        return [(at, at - 180) for at in failed if sum(at - 180 <= each <= at for each in failed) >= 3]
    if name == "different":
        counted = [(at, login) for at, kind, login in events if kind != "login_ok" and login is not None]
        return [(at, at - 180) for at, _ in counted if len({v for t, v in counted if at - 180 <= t <= at}) > 2]
    if name == "together":
        ends = [at for at, *_ in events if all(any(at - 120 <= t <= at for t in times[kind]) for kind in KINDS)]
        return [(at, at - 120) for at in ends]
    if name == "in_order":
        chains = [(c, a) for c in succeeded for b in rejected for a in failed if c - 120 <= a <= b <= c]
        return [(end, end - 120) for end, _ in chains]
    bursts = [at for at in failed if sum(at - 60 <= each <= at for each in failed) >= 2]
    if name == "burst_and_success":
        return [
            (end, min(max(held), max(b for b in bursts if b <= end) - 60))
            for end in {*bursts, *succeeded}
            if (held := [at for at in succeeded if end - 120 <= at <= end])
            and any(end - 120 <= b <= end for b in bursts)
        ]
    order = {
        "burst_then_success": (bursts, succeeded),
        "success_then_burst": (succeeded, bursts),
        "burst_between": (succeeded, bursts, rejected),
    }[name]
    return [(end, since) for end in order[-1] if (since := in_order(order, bursts, end)) is not None]


def in_order(parts, bursts, end):
    """Since when the latest chain that ends at ``end`` holds events: its beginning, or its burst's own minute."""
    chains = [chain for chain in product(*parts) if list(chain) == sorted(chain) and chain[-1] == end]
    held = [chain for chain in chains if end - 120 <= chain[0]]
    if not held:
        return None
    burst = max(chain[parts.index(bursts)] for chain in chains)
    return min(max(chain[0] for chain in held), burst - 60)


PARTS = {
    "many": ("login_failed",),
    "different": ("login_failed", "csrf_rejected"),
    "together": KINDS,
    "in_order": KINDS,
    "burst_then_success": ("login_failed", "login_ok"),
    "burst_and_success": ("login_failed", "login_ok"),
    "success_then_burst": ("login_failed", "login_ok"),
    "burst_between": KINDS,
}


def expected(name, events):
    """The findings of one account: the events of overlapping windows that end in the period."""
    found, fulfilled = [], windows(name, events)
    spans = sorted((since, end) for end, since in fulfilled if BEGINS <= end < ENDS)
    part = sorted((at, number) for number, (at, kind, *_) in enumerate(events) if kind in PARTS[name])
    covered = [
        (at, number, min(s for s, e in spans if s <= at <= e))
        for at, number in part
        if any(s <= at <= e for s, e in spans)
    ]
    for at, number, _ in covered:
        joined = found and any(s <= found[-1][-1][0] and at <= e for s, e in spans)
        (found[-1] if joined else found.append([]) or found[-1]).append((at, number))
    return sorted(
        (each[0][0], each[-1][0], len(each), any(end in [at for at, _ in each] and end < BEGINS for end, _ in fulfilled))
        for each in found
    )  # fmt: skip


def seen(frame, compile_rules, rows):
    found = defaultdict(list)
    for row in findings(frame(rows), compile_rules(RULES), PERIOD).collect():
        first, last = (
            (row[name].astimezone(START.tzinfo) - START).total_seconds() for name in ("first_seen", "last_seen")
        )
        found[row["rule"], row["shared"]["actor"]].append((first, last, row["events"], row["continues"]))
    return {key: sorted(each) for key, each in found.items()}


def rows_of(accounts):
    return [
        event(100 * place + number, at, actor=token("person", place), kind=kind,
              attempted_login=None if login is None else token("email", login))
        for place, events in enumerate(accounts)
        for number, (at, kind, login) in enumerate(events)
    ]  # fmt: skip


@settings(max_examples=4, derandomize=True, suppress_health_check=list(HealthCheck))
@given(accounts)
def test_spark_finds_exactly_what_a_reader_of_the_specification_finds(frame, compile_rules, accounts):
    truth = {
        (name, token("person", place)): found
        for name in PARTS
        for place, events in enumerate(accounts)
        if (found := expected(name, events))
    }
    assert seen(frame, compile_rules, rows_of(accounts)) == truth


@settings(max_examples=2, derandomize=True, suppress_health_check=list(HealthCheck))
@given(accounts, st.randoms(use_true_random=False))
def test_order_partitions_and_repetitions_of_rows_change_nothing(frame, compile_rules, accounts, random):
    rows = rows_of(accounts)
    shuffled = [*rows, *random.sample(rows, len(rows) // 2)]
    random.shuffle(shuffled)
    again = lambda some: frame(some).repartition(7)  # noqa: E731
    assert seen(again, compile_rules, shuffled) == seen(frame, compile_rules, rows)


def test_a_window_includes_both_of_its_edges_and_not_a_second_more(frame, compile_rules):
    at_edges = [event(n, 200 + s, actor=token("person", 1)) for n, s in enumerate((0, 90, 180))]
    beyond = [event(10 + n, 200 + s, actor=token("person", 2)) for n, s in enumerate((0, 90, 181))]
    found = seen(frame, compile_rules, at_edges + beyond)
    assert {actor for name, actor in found if name == "many"} == {token("person", 1)}


def test_events_without_a_group_join_nothing(frame, compile_rules):
    assert seen(frame, compile_rules, [event(n, 200, actor=None) for n in range(9)]) == {}
