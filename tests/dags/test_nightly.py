"""Whole nights through real Airflow, and everything that they leave behind searched for what must not be there.

One story, told once for all tests: a secret is planted in every column of the platform that takes
one; the first day is run as a backfill would, the second as somebody triggers it, then once more,
and at last with a destroyed key.
"""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from datetime import date
from itertools import chain
from pathlib import Path

import polars
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from jobs.keys import Keyring
from jobs.lake import Lake
from jobs.ledger import Ledger
from jobs.plan import buildable
from tests.forms import files_below, secrets_of, where_found

ROOT = Path(__file__).resolve().parents[2]
FIRST, SECOND = date(2026, 3, 11), date(2026, 3, 12)
OPEN = ("text", "json")
PSEUDONYMISED = {"threat_events", "activity_trail"}
KEYED = PSEUDONYMISED | {"threat_signals"}


class Nights:
    """A lake, an Airflow home and a platform of their own, and what each run printed."""

    def __init__(self, folder):
        self.folder, self.airflow, self.platform = folder, folder / "airflow", folder / "platform.db"
        self.lake = Lake(folder / "lake")
        self.ledger = Ledger(self.lake.ledger)
        self.printed = {}
        self.keyring = (folder / "secrets" / "keyring.json", f"file:{folder / 'secrets' / 'kek'}")
        self.environment = {
            **os.environ,
            "AIRFLOW_HOME": str(self.airflow),
            "IGNICLOUD_LAKE": str(self.lake.root),
            "IGNICLOUD_KEYRING": str(self.keyring[0]),
            "IGNICLOUD_KEK": self.keyring[1],
            "AIRFLOW_CONN_PLATFORM": json.dumps({"conn_type": "sqlite", "host": str(self.platform)}),
            "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "plugins"))),
            "PYTHONWARNINGS": "ignore",
        }

    def command(self, *words):
        """What ``airflow`` with these words printed."""
        command = [sys.executable, "-m", "airflow", *words]
        return subprocess.run(
            command,
            env=self.environment,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        ).stdout

    def run(self, name, *arguments):
        """One DAG run by ``airflow dags test``; whether it succeeded."""
        self.printed[name] = self.command("dags", "test", "nightly", *arguments)
        with sqlite3.connect(self.airflow / "airflow.db") as database:
            [state] = database.execute("SELECT state FROM dag_run ORDER BY id DESC LIMIT 1").fetchone()
        return state == "success"

    def table(self, release, version=None):
        """The rows of a published release in one order."""
        frame = polars.from_arrow(DeltaTable(self.lake.published(release), version=version).to_pyarrow_table())
        return frame.sort(frame.columns)

    def versions(self):
        """The newest version of each published release."""
        return {path.name: DeltaTable(path).version() for path in sorted((self.lake.root / "published").iterdir())}


def plant(platform, promise):
    """Write a secret into every open column of one row of every table that has rows that day."""
    secrets = []
    with sqlite3.connect(platform) as database:
        for name, source in promise.sources.items():
            where = f"WHERE \"{source.time}\" LIKE '{FIRST}%'" if source.time else ""
            for number, (column, classified) in enumerate(source.columns.items()):
                if classified.type not in OPEN or classified.values is not None or column == "subject_kind":
                    continue
                secret = f"canary{len(secrets):02d}{name}{column}".replace("_", "")
                text = json.dumps({"new_permission": secret, "title": secret}) if classified.type == "json" else secret
                changed = database.execute(
                    f'UPDATE {name} SET "{column}" = ? WHERE rowid IN '
                    f"(SELECT rowid FROM {name} {where} ORDER BY rowid LIMIT 1 OFFSET {number})",
                    (text,),
                )
                secrets += [secret] * changed.rowcount
    return secrets


@pytest.fixture(scope="module")
def nights(seeded_platform, promise, tmp_path_factory):
    from jobs.kernel.build import built

    built()
    told = Nights(tmp_path_factory.mktemp("nights"))
    told.printed["migrate"] = told.command("db", "migrate")
    shutil.copy(seeded_platform, told.platform)
    told.secrets = plant(told.platform, promise)
    told.went_well = [told.run("first", "2026-03-12T02:00:00+00:00")]
    told.went_well.append(told.run("second", "--conf", json.dumps({"day": str(SECOND)})))
    told.after_second = {release: told.table(release) for release in buildable(promise)}, told.versions()
    told.went_well.append(told.run("again", "--conf", json.dumps({"day": str(SECOND)})))
    told.after_again = {release: told.table(release) for release in buildable(promise)}, told.versions()
    ring = Keyring(*told.keyring)
    told.keys = secrets_of(ring, bytes.fromhex((told.folder / "secrets" / "kek").read_text()))
    ring.retire("threat", "2026-01-01")
    ring.destroy("threat", "2026-01-01")
    told.went_well.append(told.run("destroyed", "--conf", json.dumps({"day": str(SECOND)})))
    return told


def test_every_night_is_green_but_the_one_without_a_key(nights):
    assert nights.went_well == [True, True, True, False], nights.printed["first"][-2000:]


def test_each_day_of_each_release_is_published_once(nights, promise):
    for release in buildable(promise):
        days = set(nights.after_again[0][release]["day"])
        assert days == {FIRST, SECOND}, release


def test_a_second_run_of_a_day_gives_identical_tables_and_one_more_version(nights, promise):
    for release in buildable(promise):
        assert nights.after_again[0][release].equals(nights.after_second[0][release]), release
        assert nights.after_again[1][release] == nights.after_second[1][release] + 1


def test_no_row_is_lost_or_doubled(nights):
    for entry in nights.ledger.entries("protected"):
        if entry["release"] in PSEUDONYMISED:
            assert entry["rows_in"] == entry["rows_out"] + entry["excluded"]
    events = nights.after_again[0]["threat_events"]
    assert events["event_id"].n_unique() == events.height > 300


def test_tokens_join_over_days_and_releases_of_one_epoch(nights):
    events, trail = (nights.after_again[0][release] for release in ("threat_events", "activity_trail"))
    first = set(events.filter(polars.col("day") == FIRST)["actor"].drop_nulls())
    second = set(events.filter(polars.col("day") == SECOND)["actor"].drop_nulls())
    assert first & second
    assert first & set(trail["actor"])


def test_a_release_that_cannot_be_made_stops_no_other(nights, promise):
    """Without the epoch's key two releases and the derived one are refused, the others have one more version."""
    made = {release for release in buildable(promise) if nights.versions()[release] > nights.after_again[1][release]}
    assert made == set(buildable(promise)) - KEYED
    assert "the key of epoch 2026-01-01 was destroyed" in nights.printed["destroyed"]
    names = ("activity_trail", "threat_events", "threat_signals")
    assert f"not published: {', '.join(f'{name} of 2026-03-12' for name in names)}" in nights.printed["destroyed"]


def test_landing_and_staged_are_empty_once_everything_is_published(nights):
    assert {entry["day"] for entry in nights.ledger.entries("cleaned")} == {str(FIRST), str(SECOND)}
    assert not list(nights.lake.root.glob(f"landing/*/day={FIRST}"))
    assert not list(nights.lake.root.glob("staged/*/*/*"))


def test_the_ledger_holds_together_and_names_every_step(nights):
    assert nights.ledger.verify() > 0
    kinds = {entry["kind"] for entry in nights.ledger.entries()}
    assert kinds >= {"extracted", "protected", "judged", "published", "cleaned", "refused", "key_opened"}


def left_behind(nights):
    """Everything that the nights left outside landing and the platform: bytes, and what Parquet files hold."""
    for name, text in nights.printed.items():
        yield f"printed by {name}", text
    for path in nights.folder.rglob("*"):
        if not path.is_file() or path.is_relative_to(nights.lake.root / "landing") or path == nights.platform:
            continue
        yield str(path.relative_to(nights.folder)), path.read_bytes().decode("utf-8", "replace")
        if path.suffix == ".parquet":
            yield f"cells of {path.name}", json.dumps(pq.ParquetFile(path).read().to_pylist(), default=str)


def test_no_planted_secret_is_anywhere_outside_landing(nights):
    assert len(nights.secrets) > 30
    found = {
        (where, secret)
        for where, text in left_behind(nights)
        for secret in re.findall(r"canary\d\d[a-z]+", text.lower())
    }
    assert found == set()


def test_no_identifier_of_the_platform_is_anywhere_outside_landing(nights, promise):
    known = set()
    with sqlite3.connect(nights.platform) as database:
        for name, source in promise.sources.items():
            for column in source.of_kind("direct"):
                if source.columns[column].identifier in ("person", "company", "event", "session", "email", "phone"):
                    known |= {str(value).lower() for [value] in database.execute(f'SELECT "{column}" FROM {name}')}
    words = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[\w.+-]+@[\w.-]+\w|\+\d[\d ]{7,}\d|\b[\w-]{16,}\b"
    found = {
        (where, len(word))
        for where, text in left_behind(nights)
        for word in re.findall(words, text.lower())
        if word in known
    }
    assert found == set()


def test_no_key_is_anywhere_but_in_the_keyring(nights):
    printed = ((f"printed by {name}", text.encode()) for name, text in nights.printed.items())
    assert len(nights.keys) > 20
    assert where_found(nights.keys, chain(printed, files_below(nights.lake.root, nights.airflow))) == set()


def test_the_search_finds_what_lies_in_landing(nights, promise):
    """The control: where identifiers do belong, the same search sees them."""
    with sqlite3.connect(nights.platform) as database:
        [held] = database.execute("SELECT count(*) FROM activity WHERE detail LIKE '%canary%'").fetchone()
    assert held == 1
