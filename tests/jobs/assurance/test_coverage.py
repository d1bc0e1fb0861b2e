"""The platform and the lake held to the promise, as numbers: what is there and not promised is red, by name or by count."""

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from deltalake import DeltaTable, Field, Schema
from deltalake.schema import PrimitiveType

from jobs import cli
from jobs.assurance.coverage import observed
from jobs.lake.tables import open_table
from jobs.platform.database import connect

DAY = date(2026, 3, 12)


@pytest.fixture
def bare_platform(tmp_path, monkeypatch, promise):
    """A database with the classified tables and no row; a function that changes it."""
    path = tmp_path / "bare.db"
    kinds = {"integer": "INTEGER", "decimal": "NUMERIC", "boolean": "BOOLEAN"}
    with closing(sqlite3.connect(path)) as connection, connection:
        for name, source in promise.readable.items():
            columns = ", ".join(f'"{c}" {kinds.get(rules.type, "TEXT")}' for c, rules in source.columns.items())
            connection.execute(f'CREATE TABLE "{name}" ({columns})')
    monkeypatch.setenv("IGNICLOUD_PLATFORM", f"sqlite:///{path}")

    def change(statement):
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(statement)

    return change


@pytest.fixture
def numbers(lake, promise, bare_platform):
    """A function that looks at everything: what is counted → number."""

    def look():
        with connect() as platform:
            return {number.what: number for number in observed(promise, lake, platform)}

    return look


@pytest.fixture
def published(lake, promise):
    for name in ("threat_events", "activity_trail", "threat_signals"):
        open_table(lake.shared(lake.published(name)), promise.release(name))
    return lake


def red(numbers):
    return {what: number.missing for what, number in numbers.items() if number.is_red}


def test_a_lake_and_a_platform_as_they_were_promised_are_whole(numbers, published):
    found = numbers()
    assert red(found) == {}
    assert len(found) == 5
    assert all(number.of > 0 for number in found.values())


def test_a_column_that_the_platform_has_got_or_lost_is_named_with_its_owner(numbers, published, bare_platform):
    bare_platform("ALTER TABLE feedback ADD COLUMN mood TEXT")
    bare_platform("ALTER TABLE feedback DROP COLUMN rating")
    assert red(numbers())["columns of the platform that are classified"] == (
        "feedback.mood: on the platform, not in policy/sources.yaml; ask product@ignicloud.example",
        "feedback.rating: in policy/sources.yaml, not on the platform; ask product@ignicloud.example",
    )


def test_lineage_that_leads_to_a_column_that_is_gone_is_red(numbers, published, bare_platform):
    bare_platform("ALTER TABLE security_events DROP COLUMN payload")
    assert red(numbers())["columns that published ones are made of and that are there"] == (
        "threat_events is made of security_events.payload, which isn't there; ask security-data@ignicloud.example",
    )


def test_a_finding_s_lineage_leads_to_the_releases_it_derives_from(numbers, lake, promise):
    open_table(lake.shared(lake.published("threat_signals")), promise.release("threat_signals"))
    missing = red(numbers())["columns that published ones are made of and that are there"]
    assert (
        "threat_signals is made of activity_trail.event_id, which isn't there; ask security-data@ignicloud.example"
        in missing
    )


def test_a_published_table_with_another_column_is_red(numbers, lake, promise):
    folder = lake.shared(lake.published("feedback_topics"))
    _, *kept = promise.release("feedback_topics").output_schema
    names = [*kept, "mood", "day"]
    DeltaTable.create(folder, Schema([Field(name, PrimitiveType("string")) for name in names]))
    assert red(numbers())["columns of published tables that are their contracts'"] == (
        "feedback_topics.mood: published, not in its contract; ask product-data@ignicloud.example",
        "feedback_topics.statistic: in its contract, not published; ask product-data@ignicloud.example",
    )


def test_a_folder_that_nobody_answers_for_is_counted_and_not_named(numbers, published, lake):
    for folder in ("published/jane_roe", "exports/jane_roe/copy", "jane_roe"):
        (lake.root / folder).mkdir(parents=True)
    found = red(numbers())
    assert found["copies that somebody answers for"] == (
        "2 folders in published/ or exports/ are of no contract; ask privacy@ignicloud.example whose they are",
    )
    assert found["folders of the lake that the rights reach"] == (
        "1 folders have no line in policy/places.yaml: no right reaches them; ask privacy@ignicloud.example",
    )
    assert "jane_roe" not in str(found)


def test_what_an_analyst_reads_beside_the_tables_is_no_copy_of_nobody(numbers, published, lake):
    (lake.published("threat_events").parent / "_catalogue").mkdir()
    assert red(numbers()) == {}


def test_the_command_prints_both_and_ends_in_2_when_a_number_is_red(published, bare_platform, capsys, ledger):
    assert cli.main(["coverage"]) == 0
    said = capsys.readouterr().out
    assert said.count("ok") == 9
    bare_platform("ALTER TABLE cookies ADD COLUMN fingerprint TEXT")
    assert cli.main(["coverage"]) == 2
    assert "MISSING  cookies.fingerprint: on the platform" in capsys.readouterr().out
    assert list(ledger.entries()) == [], "it only reads"


def test_without_a_platform_it_is_refused_after_the_numbers_that_need_none(lake, capsys, monkeypatch):
    monkeypatch.delenv("IGNICLOUD_PLATFORM", raising=False)
    assert cli.main(["coverage"]) == cli.REFUSED
    printed = capsys.readouterr()
    assert "obligations enforced" in printed.out
    assert printed.err.startswith("refused: the platform's database isn't named")


def test_no_file_of_the_lake_is_changed(numbers, published, lake):
    def state():
        return {
            path: (path.stat().st_mtime_ns, path.stat().st_size)
            for path in Path(lake.root).rglob("*")
            if path.is_file()
        }

    before = state()
    numbers()
    assert state() == before
