"""Whole nights through real Airflow, and everything that they leave behind searched for what must not be there."""

import json
import re
import sqlite3
import subprocess
import sys
from itertools import chain

import pyarrow.parquet as pq

from tests.dags.nights import DAY, EARLIER, ROOT, due
from tests.forms import files_below, where_found

PSEUDONYMISED = {"threat_events", "activity_trail"}
KEYED = PSEUDONYMISED | {"threat_signals"}
PAGE = ROOT / "docs" / "hunting.md"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADINGS = re.compile(r"^[│|] *(day|kind|occurred_at)\b.*", re.MULTILINE)


def test_every_night_is_green_but_the_one_without_a_key(nights):
    assert nights.went_well == [True, True, False], nights.printed["first"][-2000:]


def test_a_second_run_of_a_day_gives_identical_tables_and_one_more_version(nights, promise):
    for release in due(promise):
        assert set(nights.after_first[0][release]["day"]) == {DAY}, release
        assert nights.after_again[0][release].equals(nights.after_first[0][release]), release
        assert nights.after_again[1][release] == nights.after_first[1][release] + 1


def test_no_row_is_lost_or_doubled(nights):
    for entry in nights.ledger.entries("protected"):
        if entry["release"] in PSEUDONYMISED:
            assert entry["rows_in"] == entry["rows_out"] + entry["excluded"]
    events = nights.after_again[0]["threat_events"]
    assert events["event_id"].n_unique() == events.height > 150


def test_tokens_join_over_releases_of_one_domain(nights):
    events, trail = (nights.after_again[0][release]["actor"] for release in ("threat_events", "activity_trail"))
    assert set(events.drop_nulls()) & set(trail)


def test_a_release_that_cannot_be_made_stops_no_other(nights, promise):
    """Without the epoch's key two releases and the derived one are refused, the others have one more day."""
    made = {release for release in due(promise) if nights.versions()[release] > nights.after_again[1][release]}
    assert made == set(due(promise)) - KEYED
    assert all(set(nights.table(release)["day"]) == {EARLIER, DAY} for release in made)
    assert "the key of epoch 2026-01-01 was destroyed" in nights.printed["destroyed"]
    assert "failed: landing or keys aren't as they must be" in nights.printed["destroyed"], "its row of the DAG's page"
    names = ("activity_trail", "threat_events", "threat_signals")
    assert f"not published: {', '.join(f'{name} of {EARLIER}' for name in names)}" in nights.printed["destroyed"]


def test_landing_goes_once_everything_is_published_and_not_before(nights):
    assert {entry["day"] for entry in nights.ledger.entries("cleaned")} == {str(DAY)}
    assert not list(nights.lake.root.glob(f"landing/*/day={DAY}"))
    assert list(nights.lake.root.glob(f"landing/*/day={EARLIER}"))
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
        if (
            not path.is_file()
            or path.is_relative_to(nights.lake.root / "landing")
            or path.parent == nights.platform.parent
        ):
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


def test_every_command_of_the_hunt_finds_what_the_page_shows(nights):
    """docs/hunting.md, run as its reader runs it on the last night of the demo platform: what `make nightly` leaves."""
    commands = "\n".join(BLOCK.findall(PAGE.read_text("utf-8")))
    done = subprocess.run(
        [sys.executable, "-c", commands], cwd=nights.folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert (nights.folder / "stuffing.svg").stat().st_size > 1000
    headings = [re.findall(r"\w+", line.group()) for line in HEADINGS.finditer(done.stdout)]
    assert headings == [re.findall(r"\w+", line.group()) for line in HEADINGS.finditer(PAGE.read_text("utf-8"))]
    assert f"{DAY} ┆ credential_stu…" in done.stdout
    assert re.search(r"login_failed ┆ 120 ┆ 120", done.stdout)
    assert re.search(r"login_ok +┆ 2 +┆ 2", done.stdout), "the account that was taken, and the lead that came later"
    assert (nights.lake.about("threat_signals") / "reports" / f"{DAY}.html").exists(), "where the page begins"
