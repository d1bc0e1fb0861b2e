"""Extraction from a real PostgreSQL and from SQLite: the same rows, only what is needed, and drift stops it."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from datetime import date

import psycopg2
import pyarrow.parquet as pq
import pytest

from jobs.lake.zones import Lake, LandingChangedError, NotExtractedError
from jobs.night import extract
from jobs.night.extract import extract_day, needed_columns
from jobs.platform.database import PlatformError, connect
from policy.errors import (
    ColumnTypeError,
    MissingColumnError,
    RepeatedValueError,
    RequiredValueError,
    UnlistedColumnError,
    UnreadableValueError,
    VocabularyError,
)

DAY = date(2026, 3, 12)


@pytest.fixture(params=["sqlite", "postgresql"])
def execute(request):
    """Point the suite at the demo platform in one database of its own: a function that changes it."""
    if request.param == "sqlite":
        path = request.getfixturevalue("platform")
        return lambda statement: change_sqlite(path, statement)
    request.getfixturevalue("seeded_postgres")
    server = request.getfixturevalue("postgres_server")
    request.getfixturevalue("postgres")
    database = os.environ["PGDATABASE"]
    server.psql(f'DROP DATABASE "{database}"')
    server.psql(f'CREATE DATABASE "{database}" TEMPLATE seeded')

    def run(statement):
        with psycopg2.connect("") as connection, connection.cursor() as cursor:
            cursor.execute(statement)

    return run


def change_sqlite(path, statement):
    with sqlite3.connect(path) as connection:
        connection.execute(statement)


def landed(lake, source):
    (path,) = lake.landed_files(source, DAY)
    return pq.read_table(path)


def test_both_databases_land_the_same_rows(
    platform, seeded_postgres, postgres_server, promise, lake, ledger, monkeypatch, tmp_path
):
    extract_day(promise, DAY, lake, ledger)
    monkeypatch.setenv("IGNICLOUD_PLATFORM", "postgresql:")
    monkeypatch.setenv("PGHOST", re.search(r"host=([^&]+)", postgres_server.get_uri())[1])
    monkeypatch.setenv("PGUSER", "postgres")
    monkeypatch.setenv("PGDATABASE", seeded_postgres)
    other = Lake(tmp_path / "other")
    extract_day(promise, DAY, other, ledger)
    for source in ("activity", "security_events", "purchases", "contracts", "professional_users", "subject_requests"):
        left, right = (comparable(landed(each, source)) for each in (lake, other))
        assert left == right


def comparable(table):
    """Rows without regard to their order and to the spaces of JSON (jsonb writes its own)."""
    rows = [{n: json.loads(v) if n == "detail" and v else v for n, v in row.items()} for row in table.to_pylist()]
    return sorted(rows, key=repr)


def test_only_the_day_and_only_needed_columns_are_landed(execute, promise, lake, ledger):
    extract_day(promise, DAY, lake, ledger)
    events = landed(lake, "security_events")
    assert {time.date() for time in events.column("occurred_at").to_pylist()} == {DAY}
    assert not (lake.root / "landing" / "cookies").exists()
    assert not (lake.root / "landing" / "contacts").exists()
    assert not (lake.root / "landing" / "end_user_health").exists()
    assert "position" not in landed(lake, "professional_users").column_names


def test_landing_is_closed_to_others(execute, promise, lake, ledger):
    extract_day(promise, DAY, lake, ledger)
    assert (lake.root / "landing").stat().st_mode & 0o777 == 0o700
    assert lake.landed_files("activity", DAY)[0].stat().st_mode & 0o777 == 0o600


def test_a_rerun_replaces_the_day(execute, promise, lake, ledger):
    first = extract_day(promise, DAY, lake, ledger)
    again = extract_day(promise, DAY, lake, ledger)
    assert [m.rows for m in first] == [m.rows for m in again]
    assert len(list(lake.landing("activity", DAY).glob("*.parquet"))) == 1


@pytest.mark.parametrize(("change", "number"), [("os.rename", 1), ("os.rename", 2), ("os.remove", 1), ("os.remove", 3)])
def test_an_extraction_that_is_killed_while_it_lands_leaves_the_old_day_or_the_new_one(
    platform, promise, lake, ledger, change, number
):
    def names():
        return {source: path.name for source in before for path in lake.landed_files(source, DAY)}

    before = {manifest.source: manifest.files[0].name for manifest in extract_day(promise, DAY, lake, ledger)}
    assert names() == before
    killed = [sys.executable, "-m", "tests.jobs.night.killed", str(DAY), change, str(number)]
    subprocess.run(killed, check=False)
    assert len({names()[source] == before[source] for source in before}) == 1, "some sources of each extraction"
    after = {manifest.source: manifest.files[0].name for manifest in extract_day(promise, DAY, lake, ledger)}
    assert names() == after
    assert {path.name for path in lake.root.glob("landing/*/*/*.parquet")} == {*after.values()}


@pytest.mark.parametrize(
    ("statement", "error", "column"),
    [
        ("ALTER TABLE activity ADD COLUMN iban text", UnlistedColumnError, "iban"),
        ("ALTER TABLE activity DROP COLUMN user_agent", MissingColumnError, "user_agent"),
        ("UPDATE security_events SET kind = 'jane@mail.example' WHERE kind = 'logout'", VocabularyError, "kind"),
    ],
)
def test_drift_stops_the_run_and_names_column_and_owner(execute, promise, lake, ledger, statement, error, column):
    execute(statement)
    with pytest.raises(error, match=column) as caught:
        extract_day(promise, DAY, lake, ledger)
    assert "@ignicloud.example" in str(caught.value)
    assert "jane" not in str(caught.value)
    assert not list(lake.root.glob("landing/activity/*/manifest.json")) or "security_events" in str(caught.value)


def again(table, key):
    """A second row of one account or company, its id spelled in capitals."""
    return [
        f"CREATE TABLE one AS SELECT * FROM {table} LIMIT 1",
        f"UPDATE one SET {key} = upper({key})",
        f"INSERT INTO {table} SELECT * FROM one",
        "DROP TABLE one",
    ]


@pytest.mark.parametrize(
    ("statements", "error", "column"),
    [
        (["ALTER TABLE feedback DROP COLUMN rating", "ALTER TABLE feedback ADD COLUMN rating TEXT"], ColumnTypeError, "rating"),
        (["UPDATE purchases SET amount_eur = 'jane@mail.example'"], UnreadableValueError, "amount_eur"),
        (["DROP TABLE contracts", "CREATE TABLE contracts (contract_id UUID, company_id UUID, service TEXT, plan TEXT, started_on DATE, ended_on DATE)", "INSERT INTO contracts (contract_id) VALUES ('00000000-0000-4000-8000-000000000001')"], RequiredValueError, "company_id"),
        (again("professional_users", "user_id"), RepeatedValueError, "user_id"),
        (again("companies", "company_id"), RepeatedValueError, "company_id"),
    ],
)  # fmt: skip
def test_sqlite_enforces_no_types_so_the_extraction_does_without_showing_a_cell(
    platform, promise, lake, ledger, statements, error, column
):
    for statement in statements:
        change_sqlite(platform, statement)
    with pytest.raises(error, match=column) as caught:
        extract_day(promise, DAY, lake, ledger)
    assert "jane" not in str(caught.value)


def test_health_data_is_never_touched_even_by_a_role_that_may_not_see_it(
    execute, request, promise, lake, ledger, monkeypatch
):
    if request.node.callspec.params["execute"] == "sqlite":
        execute("DROP TABLE end_user_health")
        assert extract_day(promise, DAY, lake, ledger)
        return
    execute("DO $$ BEGIN CREATE ROLE suite LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO suite")
    execute("REVOKE ALL ON end_user_health FROM suite")
    before = reads_of_health()
    monkeypatch.setenv("PGUSER", "suite")
    extract_day(promise, DAY, lake, ledger)
    monkeypatch.setenv("PGUSER", "postgres")
    assert reads_of_health() == before


def reads_of_health():
    with psycopg2.connect("") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(
            "SELECT seq_scan + coalesce(idx_scan, 0) FROM pg_stat_user_tables WHERE relname = 'end_user_health'"
        )
        return cursor.fetchone()[0]


def test_no_column_of_a_table_that_nothing_needs_is_asked_for(promise):
    assert needed_columns(promise, "contacts") == ()
    assert "payload" in needed_columns(promise, "security_events")
    assert "rating" not in needed_columns(promise, "feedback")


@pytest.mark.parametrize("named", ["", "mysql://somewhere", "sqlite:////no/such/file.db", "postgresql:"])
def test_a_database_that_cannot_be_read_is_an_error_without_credentials(named, monkeypatch, tmp_path):
    monkeypatch.setenv("IGNICLOUD_PLATFORM", named)
    monkeypatch.setenv("PGHOST", str(tmp_path))
    monkeypatch.setenv("PGPASSWORD", "sesame-42")
    with pytest.raises(PlatformError, match="IGNICLOUD_PLATFORM") as caught, connect():
        pass
    assert "sesame" not in str(caught.value)


def test_a_day_that_was_never_extracted_is_an_error(lake):
    with pytest.raises(NotExtractedError, match="extract --day"):
        lake.landed_files("activity", DAY)


def test_a_changed_landing_file_is_noticed(execute, promise, lake, ledger):
    extract_day(promise, DAY, lake, ledger)
    path = lake.landed_files("feedback", DAY)[0]
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(LandingChangedError):
        lake.landed_files("feedback", DAY)


@pytest.mark.long
def test_a_large_table_is_streamed_in_bounded_memory(tmp_path):
    """A child process with a ceiling of address space reads 400,000 rows that wouldn't fit under it at once."""
    program = """
import os, resource, sqlite3, sys
from datetime import date
from pathlib import Path
import policy
from jobs.night.extract import _copied, _Slice
from jobs.platform.database import Days, connect
from jobs.lake.zones import Lake
folder = Path(sys.argv[1])
db = sqlite3.connect(folder / "big.db")
db.execute("CREATE TABLE feedback (feedback_id UUID, occurred_at TIMESTAMP, user_id UUID, kind TEXT, rating INTEGER, text TEXT)")
db.executemany("INSERT INTO feedback VALUES (?,?,?,?,?,?)", ((f"00000000-0000-4000-8000-{i:012x}", "2026-03-12 10:00:00.000000", f"00000000-0000-4000-8000-{i:012x}", "remark", 3, "x" * 1500) for i in range(400_000)))
db.commit(); db.close()
os.environ["IGNICLOUD_PLATFORM"] = f"sqlite:///{folder / 'big.db'}"
source = policy.load().source("feedback")
base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with connect() as platform:
    day = date(2026, 3, 12)
    piece = _Slice("feedback", "feedback", tuple(source.columns), Days.of(day))
    copy = _copied(platform, piece, source, day, Lake(folder / "lake"))
grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base) // 1024
assert (copy.rows, copy.drifts) == (400_000, [])
assert grown < 450, grown
"""
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-500:]


def test_a_day_of_which_a_refused_extraction_left_a_folder_is_extracted_when_somebody_needs_it(
    lake, ledger, promise, monkeypatch
):
    days = []
    monkeypatch.setattr(extract, "_extracted", lambda _, day, *__: days.append(day))
    lake.private(lake.landing("activity", DAY))
    with extract.landed(promise, DAY, lake, ledger):
        pass
    assert days == [DAY]


def test_a_step_that_borrows_a_day_takes_away_only_what_it_extracted_itself(platform, promise, lake, ledger):
    with extract.landed(promise, DAY, lake, ledger):
        assert lake.landed_days() == [DAY]
    assert lake.landed_days() == []
    with extract.landed(promise, DAY, lake, ledger):
        extract_day(promise, DAY, lake, ledger)  # a night's own, meanwhile
    assert lake.landed_files("activity", DAY)
    with extract.landed(promise, DAY, lake, ledger):
        pass
    assert lake.landed_files("activity", DAY)


def test_of_an_extraction_that_fails_half_way_no_copy_stays(platform, promise, lake, ledger, monkeypatch):
    copied, made = extract._copied, []

    def second_fails(*arguments):
        if made:
            raise KeyboardInterrupt
        made.append(copied(*arguments))
        return made[0]

    monkeypatch.setattr(extract, "_copied", second_fails)
    with pytest.raises(KeyboardInterrupt):
        extract_day(promise, DAY, lake, ledger)
    assert not list(lake.root.glob("landing/*/*/*"))
