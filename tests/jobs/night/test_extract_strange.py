"""Extraction of values that nobody thought of: refused by column, count and owner, all at once, or read right."""

import os
import sqlite3
from datetime import UTC, date, datetime, timedelta

import psycopg2
import pyarrow.parquet as pq
import pytest

from jobs.night.days import DayNotHeldError, require_over
from jobs.night.extract import extract_day
from jobs.night.plan import plan
from jobs.platform.database import PlatformError, connect
from policy.errors import (
    ColumnTypeError,
    ImpossibleTimeError,
    RequiredValueError,
    SeveralDriftsError,
    UnlistedColumnError,
    UnreadableValueError,
)

DAY = date(2026, 3, 12)


def change(path, *statements):
    with sqlite3.connect(path) as database:
        for statement in statements:
            database.execute(statement)


def some(table, rows, day=DAY):
    """The first ``rows`` rows of one day."""
    return f"rowid IN (SELECT rowid FROM {table} WHERE occurred_at LIKE '{day}%' ORDER BY rowid LIMIT {rows})"


def cells(lake, source, column):
    (path,) = lake.landed_files(source, DAY)
    return pq.read_table(path).column(column).to_pylist()


def refused(promise, lake, ledger):
    with pytest.raises((SeveralDriftsError, UnreadableValueError, RequiredValueError, ImpossibleTimeError)) as caught:
        extract_day(promise, DAY, lake, ledger)
    assert not list(lake.root.glob("landing/*/*/*"))
    return caught.value


# -- ids ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spelling",
    ["upper({})", "'{{' || {} || '}}'", "'urn:uuid:' || {}", "upper(replace({}, '-', ''))", "' ' || {}"],
)
def test_an_id_is_landed_in_one_spelling_whichever_table_writes_it_how(platform, promise, lake, ledger, spelling):
    extract_day(promise, DAY, lake, ledger)
    before = {c: sorted(map(str, cells(lake, "activity", c))) for c in ("user_id", "company_id", "object_id")}
    for column in before:
        change(platform, f"UPDATE activity SET {column} = {spelling.format(column)} WHERE rowid % 2")
    extract_day(promise, DAY, lake, ledger)
    assert {column: sorted(map(str, cells(lake, "activity", column))) for column in before} == before


@pytest.mark.parametrize("cell", ["'c-4711'", "x'00112233445566778899AABBCCDDEEFF'", "4711", "'00000000'"])
def test_an_id_that_is_no_uuid_is_refused_by_column_count_and_owner(platform, promise, lake, ledger, cell):
    change(platform, f"UPDATE activity SET company_id = {cell} WHERE {some('activity', 3)}")
    error = refused(promise, lake, ledger)
    assert (error.source, error.column, error.rows) == ("activity", "company_id", 3)
    assert "product@ignicloud.example" in str(error)
    assert "4711" not in str(error)


# -- the slice of a day ------------------------------------------------------------------------------


def test_a_day_is_sliced_by_time_whatever_the_text_looks_like(platform, promise, lake, ledger):
    inside = [
        "2026-03-12 00:00:00", "2026-03-12T00:00:00Z", "2026-03-12 23:59:59.9999999", "2026-03-12 23:59:59",
        "2026-03-13 00:59:59.999999+01:00", "2026-03-11 23:30:00-00:30", "2026-03-13T13:59:59+14:00",
    ]  # fmt: skip
    outside = [
        "2026-03-13 00:00:00",
        "2026-03-11T23:59:59.999999Z",
        "2026-03-12 00:59:59+01:00",
        "2026-03-12 23:30:00-00:30",
    ]
    change(platform, f"DELETE FROM feedback WHERE rowid > {len(inside) + len(outside)}")
    for row, moment in enumerate([*inside, *outside], start=1):
        change(platform, f"UPDATE feedback SET occurred_at = '{moment}' WHERE rowid = {row}")
    extract_day(promise, DAY, lake, ledger)
    landed = cells(lake, "feedback", "occurred_at")
    assert len(landed) == len(inside)
    assert {moment.astimezone(UTC).date() for moment in landed} == {DAY}
    with connect() as database:
        assert database.count("feedback", promise.source("feedback"), DAY) == len(inside)


@pytest.mark.parametrize(
    ("cell", "error"),
    [
        ("CAST(strftime('%s', occurred_at) AS INTEGER)", UnreadableValueError),
        ("strftime('%s', occurred_at) * 1000", UnreadableValueError),
        ("julianday(occurred_at)", UnreadableValueError),
        ("substr(occurred_at, 1, 10)", UnreadableValueError),
        ("substr(occurred_at, 1, 16)", UnreadableValueError),
        ("'12/03/2026 ' || substr(occurred_at, 12)", UnreadableValueError),
        ("'2026-02-30 10:00:00.000000'", UnreadableValueError),
        ("'2026-03-12 24:00:00.000000'", UnreadableValueError),
        ("CAST(occurred_at AS BLOB)", UnreadableValueError),
        ("'9999-12-31 00:00:00.000000'", ImpossibleTimeError),
        ("'infinity'", ImpossibleTimeError),
        ("'1969-12-31 23:59:59.000000'", ImpossibleTimeError),
        ("'0001-01-01T00:00:00Z'", ImpossibleTimeError),
    ],
)
def test_rows_that_lie_in_no_day_are_counted_and_refused_on_whichever_day_they_were_meant(
    platform, promise, lake, ledger, cell, error
):
    change(
        platform, f"UPDATE security_events SET occurred_at = {cell} WHERE {some('security_events', 7, '2026-03-09')}"
    )
    caught = refused(promise, lake, ledger)
    assert type(caught) is error
    assert (caught.column, caught.rows) == ("occurred_at", 7)
    assert "security-platform@ignicloud.example" in str(caught)


def test_rows_without_a_time_are_counted_and_refused(platform, promise, lake, ledger):
    change(
        platform,
        "CREATE TABLE copy AS SELECT * FROM feedback",
        "DROP TABLE feedback",
        "CREATE TABLE feedback (feedback_id UUID, occurred_at TIMESTAMP, user_id UUID, kind TEXT, rating INTEGER, text TEXT)",
        "INSERT INTO feedback SELECT * FROM copy",
        "UPDATE feedback SET occurred_at = NULL WHERE rowid <= 2",
        "UPDATE feedback SET occurred_at = '' WHERE rowid = 3",
    )
    caught = refused(promise, lake, ledger)
    assert (type(caught), caught.column, caught.rows) == (RequiredValueError, "occurred_at", 3)


# -- encodings ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["security_events.attempted_login", "professional_users.email", "companies.name"])
@pytest.mark.parametrize(
    "cell", ["CAST(x'6AFF' AS TEXT)", "CAST(x'6AEDA080' AS TEXT)", "'j' || char(0)", "x'6A616E65'"]
)
def test_a_text_that_is_none_is_refused_in_every_table_and_nothing_crashes(
    platform, promise, lake, ledger, table, cell
):
    name, column = table.split(".")
    rows = some(name, 2) if name == "security_events" else "rowid <= 2"
    change(platform, f"UPDATE {name} SET {column} = {cell} WHERE {rows}")
    caught = refused(promise, lake, ledger)
    assert (caught.source, caught.column, caught.rows) == (name, column, 2)
    assert "UTF-8" in str(caught)


# -- all at once -------------------------------------------------------------------------------------


def test_every_column_of_every_table_that_drifted_is_said_in_one_refusal(platform, promise, lake, ledger):
    change(
        platform,
        "ALTER TABLE activity ADD COLUMN iban TEXT",
        "ALTER TABLE feedback DROP COLUMN rating",
        "ALTER TABLE feedback ADD COLUMN rating DOUBLE",
        "ALTER TABLE companies DROP COLUMN city",
    )
    with pytest.raises(SeveralDriftsError) as caught:
        extract_day(promise, DAY, lake, ledger)
    drifts = {(type(drift), drift.source) for drift in caught.value.drifts}
    assert {(UnlistedColumnError, "activity"), (ColumnTypeError, "feedback")} < drifts
    assert "companies: missing city" in str(caught.value)
    assert "declared as INTEGER" in str(caught.value)


def test_everything_that_cells_hold_is_said_in_one_refusal_and_no_table_is_replaced(platform, promise, lake, ledger):
    extract_day(promise, DAY, lake, ledger)
    landed = {path: path.read_bytes() for path in lake.root.glob("landing/*/*/*")}
    change(
        platform,
        "UPDATE activity SET module = 'gift', company_id = 'c1'",
        "UPDATE purchases SET amount_eur = '1.005'",
        "UPDATE professional_users SET closed_at = '0001-01-01 00:00:00.000000' WHERE rowid <= 4",
    )
    with pytest.raises(SeveralDriftsError) as caught:
        extract_day(promise, DAY, lake, ledger)
    found = {(drift.source, drift.column) for drift in caught.value.drifts}
    assert found == {
        ("activity", "module"), ("activity", "company_id"), ("purchases", "amount_eur"), ("professional_users", "closed_at"),
    }  # fmt: skip
    assert "at most 16 digits before the point and 2 after it" in str(caught.value)
    assert {path: path.read_bytes() for path in lake.root.glob("landing/*/*/*")} == landed


# -- times in PostgreSQL -----------------------------------------------------------------------------


@pytest.fixture
def execute(seeded_postgres, postgres_server, postgres):
    """Run statements in a copy of the small platform that lies in PostgreSQL."""
    database = os.environ["PGDATABASE"]
    postgres_server.psql(f'DROP DATABASE "{database}"')
    postgres_server.psql(f'CREATE DATABASE "{database}" TEMPLATE seeded')

    def run(*statements):
        with psycopg2.connect("") as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    return run


@pytest.mark.parametrize("end", ["infinity", "9999-12-31", "2201-01-01", "294276-12-31"])
def test_an_end_that_never_comes_is_no_end(execute, promise, lake, ledger, end):
    execute(f"UPDATE contracts SET ended_on = '{end}'", f"UPDATE professional_users SET closed_at = '{end}'")
    extract_day(promise, DAY, lake, ledger)
    assert set(cells(lake, "contracts", "ended_on")) == {None}
    assert set(cells(lake, "professional_users", "closed_at")) == {None}


@pytest.mark.parametrize("moment", ["-infinity", "0001-01-01", "4713-01-01 BC", "1969-12-31"])
def test_a_time_before_1970_is_refused_in_beginnings_and_ends(execute, promise, lake, ledger, moment):
    execute(f"UPDATE contracts SET ended_on = '{moment}'", f"UPDATE subject_requests SET received_at = '{moment}'")
    caught = refused(promise, lake, ledger)
    assert {(drift.source, drift.column) for drift in caught.drifts} == {
        ("contracts", "ended_on"),
        ("subject_requests", "received_at"),
    }
    assert "billing@ignicloud.example" in str(caught)


@pytest.mark.parametrize("moment", ["infinity", "9999-12-31", "in three days"])
def test_a_beginning_that_lies_ahead_is_refused(execute, promise, lake, ledger, moment):
    ahead = (datetime.now(UTC) + timedelta(days=3)).date() if moment == "in three days" else moment
    execute(f"UPDATE legal_holds SET placed_on = '{ahead}'")
    caught = refused(promise, lake, ledger)
    assert (type(caught), caught.column) == (ImpossibleTimeError, "placed_on")


def test_events_in_no_day_are_counted_in_postgresql_too(execute, promise, lake, ledger):
    five = "event_id IN (SELECT event_id FROM activity LIMIT 5)"
    execute(f"UPDATE activity SET occurred_at = 'infinity' WHERE {five}")
    caught = refused(promise, lake, ledger)
    assert (type(caught), caught.column, caught.rows) == (ImpossibleTimeError, "occurred_at", 5)


# -- days --------------------------------------------------------------------------------------------


def test_a_day_must_be_over(platform, promise, lake, ledger):
    today = datetime.now(UTC).date()
    for day in (today, today + timedelta(days=1), date.max):
        with pytest.raises(DayNotHeldError, match="isn't over"):
            extract_day(promise, day, lake, ledger)
        with pytest.raises(DayNotHeldError, match="isn't over"):
            plan(promise, day, ledger)
    assert not list(lake.root.glob("landing/*/*"))


def test_yesterday_is_over_the_moment_that_utc_says_so():
    require_over(DAY, datetime(2026, 3, 13, tzinfo=UTC))
    with pytest.raises(DayNotHeldError, match="up to 2026-03-11"):
        require_over(DAY, datetime.fromisoformat("2026-03-13T00:30:00+01:00"))


@pytest.mark.parametrize("day", [date(2020, 1, 1), date(2026, 3, 7)])
def test_a_day_before_the_platforms_first_event_is_refused(platform, promise, lake, ledger, day):
    with pytest.raises(DayNotHeldError, match="from 2026-03-08"):
        extract_day(promise, day, lake, ledger)


@pytest.mark.parametrize("day", [date(1969, 12, 31), date(1, 1, 2), date.min])
def test_a_day_before_1970_is_refused_before_anything_is_counted_back_from_it(platform, promise, lake, ledger, day):
    for refusing in (lambda: extract_day(promise, day, lake, ledger), lambda: plan(promise, day, ledger)):
        with pytest.raises(DayNotHeldError, match="before every event"):
            refusing()


def test_a_platform_without_any_event_has_no_day(platform, promise, lake, ledger):
    change(platform, *(f"DELETE FROM {name}" for name, source in promise.readable.items() if source.time))
    with pytest.raises(DayNotHeldError, match="no event"):
        extract_day(promise, DAY, lake, ledger)


def test_a_file_that_is_no_database_is_said_and_a_path_may_be_written_in_any_way(tmp_path, monkeypatch, platform):
    other = tmp_path / "my 100% platform #1?.db"
    monkeypatch.setenv("IGNICLOUD_PLATFORM", f"sqlite:///{other}")
    other.write_text("id,name\n")
    with pytest.raises(PlatformError, match="another sort of file"), connect():
        pass
    other.write_bytes(platform.read_bytes())
    with connect() as database:
        assert database.describe("activity")
