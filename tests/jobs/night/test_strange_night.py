"""One night of the platform in PostgreSQL and in SQLite, every strange value that may go on in it at once: equal tables."""

import json
import os
import sqlite3
from datetime import date
from pathlib import Path

import polars
import psycopg2
import pytest
from deltalake import DeltaTable

from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from jobs.night.extract import extract_day
from jobs.night.protect import protect_release
from jobs.night.publish import publish_release
from jobs.night.validate import validate_release
from policy.errors import ImpossibleTimeError, SeveralDriftsError, UnreadableValueError, VocabularyError

DAY, RUN = date(2026, 3, 12), "2026-03-12-strange"
SOURCES = (
    "activity", "companies", "consents", "contracts", "feedback", "legal_holds", "professional_users", "purchases",
    "security_events", "subject_requests",
)  # fmt: skip
RELEASES = ("threat_events", "service_statistics")
IDS = (
    ("security_events", "user_id"), ("subject_requests", "user_id"), ("activity", "company_id"),
    ("contracts", "company_id"), ("companies", "company_id"), ("professional_users", "user_id"),
)  # fmt: skip
SPELLINGS = (
    "upper({0})",
    "'{{' || {0} || '}}'",
    "'urn:uuid:' || {0}",
    "upper(replace({0}, '-', '')) || ''",
    "' ' || {0}",
)
LONG, SCRIPTS = "x" * 10_240, "Ζωή＠例え.テスト"

OFFSET = "datetime(occurred_at, '+2 hours') || substr(occurred_at, 20) || '+02:00'"

SQLITE = (
    "UPDATE contracts SET ended_on = '9999-12-31' WHERE ended_on IS NULL",
    "UPDATE professional_users SET closed_at = 'infinity' WHERE closed_at IS NULL",
    "UPDATE legal_holds SET lifted_on = '2201-01-01' WHERE lifted_on IS NULL",
    "UPDATE security_events SET user_id = '' WHERE user_id IS NULL",
    "UPDATE security_events SET occurred_at = replace(occurred_at, ' ', 'T') || 'Z' WHERE rowid % 5 = 1",
    f"UPDATE security_events SET occurred_at = {OFFSET} WHERE rowid % 5 = 2",
    "UPDATE activity SET occurred_at = substr(occurred_at, 1, 19) WHERE occurred_at LIKE '%.000000'",
    *(
        f"UPDATE {table} SET {column} = {spelling.format(column)} WHERE {column} <> '' AND rowid % 7 = {number}"
        for table, column in IDS
        for number, spelling in enumerate(SPELLINGS)
        if "replace" not in spelling or table != "companies"
    ),
)
POSTGRESQL = (
    "UPDATE contracts SET ended_on = 'infinity' WHERE ended_on IS NULL",
    "UPDATE professional_users SET closed_at = '9999-12-31' WHERE closed_at IS NULL",
    "UPDATE legal_holds SET lifted_on = 'infinity' WHERE lifted_on IS NULL",
    "ALTER TABLE security_events ALTER COLUMN outcome TYPE character(20)",
    "ALTER TABLE companies ALTER COLUMN sector TYPE character varying(80)",
    "UPDATE companies SET country = NULL WHERE country = ''",
)
BOTH = (
    *(
        f"UPDATE security_events SET attempted_login = '{text}' WHERE event_id = "
        f"(SELECT event_id FROM security_events WHERE kind = 'login_failed' ORDER BY event_id LIMIT 1 OFFSET {number})"
        for number, text in enumerate((LONG, SCRIPTS, "", "  ", "https://例え.example/?q=%00"))
    ),
)
REFUSED = {
    "UPDATE contracts SET ended_on = '0001-01-01'": ("contracts", "ended_on", ImpossibleTimeError),
    "UPDATE professional_users SET created_at = '9999-12-31'": ("professional_users", "created_at", None),
    "UPDATE legal_holds SET placed_on = '9999-12-31'": ("legal_holds", "placed_on", ImpossibleTimeError),
    "UPDATE activity SET module = 'Gift'": ("activity", "module", VocabularyError),
}
ONLY_SQLITE = {
    "UPDATE activity SET company_id = 'c1' WHERE occurred_at LIKE '2026-03-12%'": ("activity", "company_id", UnreadableValueError),
    "UPDATE security_events SET occurred_at = 1773309600 WHERE rowid = 1": ("security_events", "occurred_at", UnreadableValueError),
    "UPDATE companies SET name = CAST(x'FF' AS TEXT) WHERE rowid = 1": ("companies", "name", UnreadableValueError),
}  # fmt: skip


@pytest.fixture
def databases(platform, seeded_postgres, postgres_server, postgres, monkeypatch):
    """The same small platform twice: for each database how to point the suite at it and how to change it."""
    database = os.environ["PGDATABASE"]
    postgres_server.psql(f'DROP DATABASE "{database}"')
    postgres_server.psql(f'CREATE DATABASE "{database}" TEMPLATE seeded')

    def in_sqlite(*statements):
        monkeypatch.setenv("IGNICLOUD_PLATFORM", f"sqlite:///{platform}")
        with sqlite3.connect(platform) as connection:
            for statement in statements:
                connection.execute(statement)

    def in_postgresql(*statements):
        monkeypatch.setenv("IGNICLOUD_PLATFORM", "postgresql:")
        with psycopg2.connect("") as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    return {"sqlite": in_sqlite, "postgresql": in_postgresql}


def published(promise, spark, lake):
    """The rows that the night makes visible, release by release, in a lake of its own under the same keys."""
    Path(os.environ["IGNICLOUD_KEYRING"]).with_name("ledger-head.json").unlink(missing_ok=True)
    extract_day(promise, DAY, lake, Ledger(lake.ledger))
    tables = {}
    for release in RELEASES:
        protect_release(promise, release, DAY, RUN, spark, lake)
        validate_release(promise, release, DAY, RUN, spark, lake)
        publish_release(promise, release, DAY, RUN, lake)
        frame = polars.from_arrow(DeltaTable(lake.published(release)).to_pyarrow_table())
        tables[release] = frame.sort(frame.columns)
    return tables


def landed(promise, lake):
    """The rows of every source in landing, as whole texts, in one order."""
    extract_day(promise, DAY, lake, Ledger(lake.ledger))
    frames = {name: polars.read_parquet(lake.landed_files(name, DAY)) for name in SOURCES}
    return {
        name: sorted(str({**row, "detail": ordered(row.get("detail"))}) for row in frames[name].to_dicts())
        for name in SOURCES
    }


def ordered(document):
    """A JSON text as jsonb has it, whatever the order of its keys."""
    return document and json.dumps(json.loads(document), sort_keys=True)


def test_what_may_go_on_lands_equal_rows(databases, promise, lake, tmp_path):
    databases["sqlite"](*BOTH, *SQLITE)
    one = landed(promise, lake)
    databases["postgresql"](*BOTH, *POSTGRESQL)
    other = landed(promise, Lake(tmp_path / "other"))
    for name in SOURCES:
        assert one[name] == other[name], name


@pytest.mark.long
def test_what_may_go_on_gives_equal_tables_and_leaves_out_the_same_people(databases, promise, spark, lake, tmp_path):
    databases["postgresql"]()
    plain = published(promise, spark, Lake(tmp_path / "plain"))
    databases["sqlite"](*BOTH, *SQLITE)
    one = published(promise, spark, lake)
    databases["postgresql"](*BOTH, *POSTGRESQL)
    other = published(promise, spark, Lake(tmp_path / "other"))
    for release in RELEASES:
        assert one[release].equals(other[release]), release
    assert one["threat_events"].height == plain["threat_events"].height
    assert one["service_statistics"].equals(plain["service_statistics"])


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_what_may_not_is_refused_by_column_and_owner_all_at_once(databases, promise, lake, ledger, database):
    wrong = REFUSED | (ONLY_SQLITE if database == "sqlite" else {})
    databases[database](*wrong)
    with pytest.raises(SeveralDriftsError) as caught:
        extract_day(promise, DAY, lake, ledger)
    expected = {(source, column, error) for source, column, error in wrong.values() if error}
    assert {(drift.source, drift.column, type(drift)) for drift in caught.value.drifts} == expected
    for source, column, _ in expected:
        assert f"{source}.{column}: " in str(caught.value)
        assert promise.source(source).owner in str(caught.value)
