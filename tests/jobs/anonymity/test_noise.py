"""What a unit adds is bounded whatever it did, and the noise is the discrete Gaussian of the contract's scale."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from math import dist, exp
from random import Random

import pyarrow as pa
import pytest
from scipy.stats import chisquare

from jobs.anonymity.noise import Bounded, MechanismError, bounded_counts, domain_of, draw, half_width
from jobs.keys.field_keys import key_column
from policy.privacy import NoisyCount

DAY = date(2026, 3, 12)
COLUMNS = "event_id string, occurred_at timestamp, user_id string, ip string, kind string, outcome string"
KINDS = ("login_ok", "login_failed", "logout", "csrf_rejected", "malware_upload", "permission_denied")


@pytest.fixture
def contract(promise):
    return promise.release("attack_statistics")


@pytest.fixture
def counted(spark, promise, contract):
    """From (user, ip, kind, outcome, hour) rows to the bounded counts of each family that aren't zero."""

    def count(rows, key=b"k" * 32):
        types = {"event_id": pa.string(), "occurred_at": pa.timestamp("us", "UTC")}
        names = [part.split()[0] for part in COLUMNS.split(", ")]
        cells = [
            dict(zip(names, (str(n), datetime(2026, 3, 12, hour, 5, tzinfo=UTC), *who, kind, outcome), strict=True))
            for n, (*who, kind, outcome, hour) in enumerate(rows)
        ]
        schema = pa.schema([(name, types.get(name, pa.string())) for name in names])
        frame = spark.createDataFrame(pa.Table.from_pylist(cells, schema))
        families = bounded_counts(promise, contract, frame, key_column(key, spark), DAY)
        return {f.count.name: {cell: n for cell, n in f.cells.items() if n} for f in families}

    return count


def test_an_account_with_5000_failures_is_one_account_and_five_events(counted):
    found = counted([("u1", f"192.0.2.{n % 250}", "login_failed", "failure", 9) for n in range(5000)])
    assert found["accounts"] == {("login_failed", "failure"): 1}
    assert found["events"] == {("login_failed", "failure"): 5}
    assert sum(found["failures_by_hour"].values()) == 1


def test_a_stranger_is_counted_by_address_in_any_spelling_and_rows_of_nobody_are_one_unit(counted):
    spellings = ("2001:db8::1", "2001:DB8:0::1", "192.0.2.1", "::ffff:192.0.2.1")
    rows = [(None, ip, "login_failed", "failure", 9) for ip in spellings]
    rows += [(None, None, "login_failed", "failure", 9)] * 7
    assert counted(rows)["accounts"] == {("login_failed", "failure"): 3}


def test_a_word_outside_the_domain_is_counted_nowhere(counted):
    found = counted([("u1", None, "login_ok", None, 9), ("u2", None, "new kind", "success", 9)])
    assert found == {"accounts": {}, "events": {}, "failures_by_hour": {}}


def test_the_cells_of_a_busy_unit_are_chosen_by_the_key_the_same_each_time(counted):
    rows = [(f"u{n}", None, kind, "success", 9) for n in range(9) for kind in KINDS]
    first, again, other = counted(rows), counted(rows[::-1]), counted(rows, b"x" * 32)
    assert first == again != other
    assert sum(first["accounts"].values()) == sum(other["accounts"].values()) == 9 * 3


@pytest.mark.parametrize("seed", range(4))
def test_one_unit_more_changes_a_family_by_at_most_its_sensitivity(counted, contract, promise, seed):
    chance = Random(seed)

    def some(user, n):
        outcomes = ("success", "failure", "blocked")
        return [(user, None, chance.choice(KINDS), chance.choice(outcomes), chance.randrange(24)) for _ in range(n)]

    others = [row for user in range(5) for row in some(f"u{user}", chance.randrange(30))]
    without, with_them = counted(others), counted(others + some("they", 400))
    for count in contract.privacy.counts:
        cells = domain_of(promise, contract, count, DAY)
        one, two = ([found[count.name].get(cell, 0) for cell in cells] for found in (without, with_them))
        assert 0 < dist(one, two) <= count.sensitivity * (1 + 1e-12)


def test_cells_in_which_nobody_was_are_counted_too_so_that_they_get_noise(spark, promise, contract):
    nothing = spark.createDataFrame([], COLUMNS)
    for family in bounded_counts(promise, contract, nothing, key_column(b"k" * 32, spark), DAY):
        assert family.cells == dict.fromkeys(domain_of(promise, contract, family.count, DAY), 0)


# -- the noise


def family(scale, cells, value=0):
    count = NoisyCount(name="x", by=("kind",), counted="units", cells=1, rho=1 / (2 * scale**2))
    return Bounded(count, {(n,): value for n in range(cells)})


def test_the_noise_has_exactly_the_distribution_of_its_definition(contract):
    # Pr[X = x] is in proportion to exp(-x² / 2σ²): Canonne, Kamath, Steinke (2020), definition 1
    drawn = Counter(draw(contract, family(2, 50_000)).values())
    bins = range(-8, 9)
    weights = {x: exp(-(x**2) / 8) for x in range(-60, 61)}
    expected = [weights[x] / sum(weights.values()) for x in bins]
    observed = [drawn[x] for x in bins]
    rest = 50_000 - sum(observed)
    tail = 1 - sum(expected)
    assert chisquare([*observed, rest], [50_000 * p for p in (*expected, tail)]).pvalue > 1e-6


def test_a_number_is_within_its_half_width_of_the_count_in_19_of_20_cells(contract):
    count = family(10, 20_000, value=77)
    half = half_width(count.count)
    outside = sum(abs(number - 77) > half for number in draw(contract, count).values())
    assert half == 21  # P(|X| < 21) is the first that is at least 0.95: σ = 10
    assert 500 < outside < 800  # 3.2 % in the long run


def test_a_mechanism_that_costs_more_than_its_rho_is_not_run(contract, monkeypatch):
    monkeypatch.setattr("jobs.anonymity.noise._scale", lambda count: count.scale / 2)
    with pytest.raises(MechanismError, match="attack_statistics: drawing x would cost more than its rho"):
        draw(contract, family(2, 3))


def test_hours_are_a_closed_domain_of_24(promise, contract):
    hours = domain_of(promise, contract, contract.privacy.counts[2], DAY)
    assert len(hours) == 24
    assert hours[23] == (datetime(2026, 3, 12, 23, tzinfo=UTC),)


def test_the_noise_of_two_draws_differs(contract):
    bounded = replace(family(30, 30))
    assert draw(contract, bounded) != draw(contract, bounded)
