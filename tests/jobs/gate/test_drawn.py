"""The gate tells the day's one draw from anything else that somebody could publish in its place."""

from datetime import date
from random import Random

import pytest

from jobs.anonymity import noise
from jobs.gate.drawn import book_problems
from jobs.lake.landing import Landing
from jobs.night.extract import extract_day
from jobs.night.protect import protect_release

DAY, RUN, RELEASE = date(2026, 3, 12), "drawn", "attack_statistics"


@pytest.fixture
def staged(spark, platform, lake, ledger, promise):
    """A function that stages the day's numbers and says what the gate finds in them."""
    extract_day(promise, DAY, lake, ledger)

    def stage():
        protect_release(promise, RELEASE, DAY, RUN, spark, lake)
        return spark.read.parquet(str(lake.staged(RELEASE, RUN)))

    return stage


@pytest.fixture
def problems(spark, lake, promise):
    return lambda rows: book_problems(promise, promise.release(RELEASE), Landing(spark, lake, DAY), rows)


def test_an_honest_draw_has_no_problems_nor_has_its_rerun(staged, problems):
    first = staged()
    assert problems(first) == {}
    rows = sorted(map(str, first.collect()))
    again = staged()
    assert sorted(map(str, again.collect())) == rows
    assert problems(again) == {}
    assert len(rows) == 18 + 18 + 24


def test_a_changed_number_is_found(staged, problems):
    from pyspark.sql import functions as F

    rows = staged().withColumn("estimate", F.col("estimate") + 1)
    assert problems(rows)["rows that aren't the drawn numbers"] > 0


def test_numbers_that_nobody_paid_for_are_found(staged, problems, ledger):
    rows = staged()
    lines = [line for line in ledger.path.read_text().splitlines(keepends=True) if "numbers_drawn" not in line]
    ledger.path.write_text("".join(line for line in lines if "budget_reserved" not in line))
    assert problems(rows) == {"numbers that were never drawn": 1}


@pytest.mark.long
def test_a_second_draw_is_found(staged, problems, ledger):
    rows = staged()
    ledger.append(
        "numbers_drawn",
        **{k: v for k, v in ledger.last("numbers_drawn").items() if k in ("release", "day", "reservation", "sha256")},
    )
    assert problems(rows)["draws of one day"] == 1


@pytest.mark.long
def test_more_reservations_than_a_day_may_have_are_found(staged, problems, ledger):
    rows = staged()
    entry = ledger.last("budget_reserved")
    for _ in range(2):  # the budget has room for one crash
        ledger.append("budget_reserved", **{name: entry[name] for name in ("release", "day", "rho")})
    assert problems(rows) == {"budgets overdrawn": 1}  # the day's, not the year's


@pytest.mark.long
def test_a_row_that_was_never_drawn_is_found_beside_all_that_were(staged, problems):
    rows = staged()
    assert problems(rows.union(rows.limit(1))) == {"rows that aren't the drawn numbers": 1}


def test_a_cell_of_the_closed_domain_without_a_number_is_found(staged, problems, monkeypatch):
    honest = noise.draw
    monkeypatch.setattr(noise, "draw", lambda *of: dict(list(honest(*of).items())[1:]))
    assert problems(staged())["cells that aren't the closed domain"] == 3  # one of each family


def noise_times(factor):
    """A mechanism with ``factor`` times the contract's noise, the same on each run."""
    chance = Random(5)

    def draw(contract, bounded):
        return {cell: n + round(chance.gauss(0, factor * bounded.count.scale)) for cell, n in bounded.cells.items()}

    return draw


LONG = {"marks": pytest.mark.long}


@pytest.mark.parametrize(
    "factor",
    [
        pytest.param(0, id="no noise"),
        pytest.param(0.5, id="half the noise", **LONG),
        pytest.param(3, id="three times the noise", **LONG),
    ],
)
def test_another_mechanism_is_found(staged, problems, monkeypatch, factor):
    monkeypatch.setattr(noise, "draw", noise_times(factor))
    assert problems(staged())["noise that isn't the mechanism's"] >= 1


def test_an_interval_that_is_narrower_than_the_noise_is_found(staged, problems, monkeypatch):
    honest = noise.half_width
    monkeypatch.setattr(noise, "half_width", lambda count: honest(count) // 2)
    assert problems(staged()) == {"intervals that aren't the mechanism's": 18 + 18 + 24}


@pytest.mark.parametrize("fault", [pytest.param("bounding forgotten", **LONG), "per event instead of per account"])
def test_counts_that_weren_t_bounded_are_found(staged, problems, monkeypatch, platform, fault):
    import sqlite3

    with sqlite3.connect(platform) as database:  # one account, thousands of failures: what bounding is for
        (row,) = database.execute(
            f"SELECT * FROM security_events WHERE kind = 'login_failed' AND occurred_at LIKE '{DAY}%' LIMIT 1"
        ).fetchall()
        names = [column[1] for column in database.execute("PRAGMA table_info(security_events)")]
        place = names.index("event_id")
        marks = ",".join("?" * len(names))
        for n in range(9000):
            changed = [*row[:place], f"00000000-0000-4000-8000-{n:012d}", *row[place + 1 :]]
            database.execute(f"INSERT INTO security_events VALUES ({marks})", changed)
    from jobs.night.extract import extract_day as again

    honest = noise.bounded_counts

    def unbounded(promise, contract, rows, key, day):
        for bounded in honest(promise, contract, rows, key, day):
            changes = {"cells": 10**6, "events": 10**6 if bounded.count.counted == "events" else 1}
            if fault != "bounding forgotten":
                changes = {"counted": "events", "events": 10**6}
            loose = bounded.count.model_copy(update=changes)
            privacy = contract.privacy.model_copy(update={"counts": (loose,)})
            (wrong,) = honest(promise, contract.model_copy(update={"privacy": privacy}), rows, key, day)
            yield noise.Bounded(bounded.count, wrong.cells)

    import policy
    from jobs.lake.ledger import Ledger
    from jobs.lake.zones import Lake

    lake = Lake.from_environment()
    again(policy.load(), DAY, lake, Ledger(lake.ledger))
    monkeypatch.setattr(noise, "bounded_counts", unbounded)
    assert problems(staged())["noise that isn't the mechanism's"] >= 1


def test_a_rebuilt_day_keeps_its_numbers_and_is_not_held_against_its_new_rows(
    staged, problems, platform, lake, ledger, promise
):
    import sqlite3

    first = sorted(map(str, staged().collect()))
    with sqlite3.connect(platform) as database:
        database.execute(f"DELETE FROM security_events WHERE occurred_at LIKE '{DAY}%' AND kind = 'login_ok'")
    extract_day(promise, DAY, lake, ledger)
    rows = staged()
    assert sorted(map(str, rows.collect())) == first
    assert problems(rows) == {}
