"""A day that was searched is skipped only if it is proved that a search would find nothing; whatever changes is searched."""

import hmac
import os
import shutil
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pyspark.sql import functions as F

from expectations.detectors import DETECTORS
from expectations.leaks import PATTERN_LEAKS, known_leaks
from jobs.assurance import searched
from jobs.assurance.assure import assure
from jobs.assurance.searched import NOBODY, SAME, Receipts, Search, bits_speak, days_in, unchanged
from jobs.gate.decisions import open_incidents
from jobs.gate.recount import tokens_due
from jobs.gate.remade import digest_of, remade_columns, remade_in, remade_of
from jobs.keys.field_keys import field_key
from jobs.keys.ring import Keyring
from jobs.lake.files import sha256_of
from jobs.lake.tables import open_table, replace_day
from policy.periods import epoch_of
from tests.jobs.assurance.conftest import DAY, RELEASE, as_protect_writes

OF = DAY - timedelta(days=1)
SEARCH = Search("suite", "identifiers", DAY)
PATH = Path(f"day={OF}") / "one.parquet"


@pytest.fixture
def folder(tmp_path):
    """A day of one file, which nobody has to read as Parquet."""
    (tmp_path / PATH).parent.mkdir()
    (tmp_path / PATH).write_bytes(b"clean")
    return tmp_path


@pytest.fixture
def day(folder):
    return only(folder)


def only(folder):
    [found] = days_in(folder, [path.relative_to(folder) for path in folder.glob("day=*/*.parquet")])
    return found


def receipts(ledger, release=RELEASE):
    return Receipts(release, ledger, Keyring.from_environment(ledger))


# -- receipts --------------------------------------------------------------------------------------


def test_a_day_that_could_hold_nobody_is_skipped_whoever_has_joined(ledger, day):
    receipts(ledger).give(day, SEARCH, could_hold=False)
    assert receipts(ledger).why_skipped(day, replace(SEARCH, identifiers="others")) == NOBODY


def test_a_day_that_could_hold_somebody_is_skipped_for_the_same_identifiers_only(ledger, day):
    receipts(ledger).give(day, SEARCH, could_hold=True)
    assert receipts(ledger).why_skipped(day, SEARCH) == SAME
    assert receipts(ledger).why_skipped(day, replace(SEARCH, identifiers="others")) is None


def test_a_file_that_was_changed_in_place_and_looks_as_before_is_searched(ledger, folder, day):
    receipts(ledger).give(day, SEARCH, could_hold=False)
    before = (folder / PATH).stat()
    (folder / PATH).write_bytes(b"leaky")
    os.utime(folder / PATH, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = (folder / PATH).stat()
    assert (after.st_size, after.st_mtime_ns, after.st_ino) == (before.st_size, before.st_mtime_ns, before.st_ino)
    assert receipts(ledger).why_skipped(only(folder), SEARCH) is None


def test_a_file_of_another_name_and_one_more_are_searched(ledger, folder, day):
    receipts(ledger).give(day, SEARCH, could_hold=False)
    (folder / PATH).rename(folder / PATH.with_name("two.parquet"))
    assert receipts(ledger).why_skipped(only(folder), SEARCH) is None
    (folder / PATH).write_bytes(b"clean")
    assert receipts(ledger).why_skipped(only(folder), SEARCH) is None
    (folder / PATH.with_name("two.parquet")).unlink()
    assert receipts(ledger).why_skipped(only(folder), SEARCH) == NOBODY


def test_another_suite_searches_everything(ledger, day):
    receipts(ledger).give(day, SEARCH, could_hold=False)
    assert receipts(ledger).why_skipped(day, replace(SEARCH, suite="another")) is None


def test_a_receipt_lives_thirteen_weeks(ledger, day):
    receipts(ledger).give(day, SEARCH, could_hold=False)
    for days, proved in ((91, NOBODY), (92, None), (-1, None)):
        assert receipts(ledger).why_skipped(day, replace(SEARCH, on=DAY + timedelta(days=days))) == proved


def test_a_receipt_that_was_edited_or_moved_to_another_day_or_release_is_none(ledger, day):
    receipts(ledger).give(day, SEARCH, could_hold=True)
    given = {name: ledger.last("searched")[name] for name in (*searched.SEALED, "seal")}
    others = replace(SEARCH, identifiers="others")
    forgeries = (
        {"could_hold": False},
        {"identifiers": "others"},
        {"could_hold": False, "seal": Keyring.from_environment().seal("verdict", b"")},
        {"could_hold": False, "seal": ""},
    )
    for forged in forgeries:
        ledger.append("searched", **{**given, **forged})
        assert ledger.verify()
        assert receipts(ledger).why_skipped(day, others) is None
    ledger.append("searched", **{**given, "day": str(DAY)})
    assert receipts(ledger).why_skipped(replace(day, day=DAY), SEARCH) is None
    ledger.append("searched", **{**given, "release": "service_statistics"})
    assert receipts(ledger, "service_statistics").why_skipped(day, SEARCH) is None


def test_a_receipt_of_another_keyring_is_none(ledger, day, tmp_path, monkeypatch):
    receipts(ledger).give(day, SEARCH, could_hold=False)
    monkeypatch.setenv("IGNICLOUD_KEYRING", str(tmp_path / "another" / "keyring.json"))
    assert Receipts(RELEASE, ledger, Keyring.from_environment()).why_skipped(day, SEARCH) is None


def test_an_older_ledger_that_is_put_back_proves_no_newer_bytes(ledger, folder, day):
    receipts(ledger).give(day, SEARCH, could_hold=False)
    older = ledger.path.read_bytes()
    (folder / PATH).write_bytes(b"leaky")
    receipts(ledger).give(only(folder), SEARCH, could_hold=True)
    ledger.path.write_bytes(older)
    assert receipts(ledger).why_skipped(only(folder), SEARCH) is None


def test_a_file_that_was_touched_while_it_was_searched_gets_no_receipt(folder, day):
    assert [*unchanged(folder, [day])] == [day]
    aside = folder / "aside"
    (folder / PATH).rename(aside)
    assert [*unchanged(folder, [day])] == []
    aside.rename(folder / PATH)
    assert [*unchanged(folder, [day])] == [], "put back, and yet another time of change"


# -- what the gate has made again ------------------------------------------------------------------


def test_what_publish_says_holds_for_exactly_these_files_and_under_its_seal(lake, ledger, promise):
    contract, keyring = promise.release("threat_events"), Keyring.from_environment(ledger)
    files = {"day=2026-03-11/a.parquet": "0" * 64}
    said = {"release": contract.release, "day": str(OF), **remade_of(contract, OF, files, keyring)}
    assert remade_in([said], digest_of(files), keyring) == set(remade_columns(contract)) > {"actor"}
    assert not remade_in([said], digest_of({**files, "day=2026-03-11/b.parquet": "1" * 64}), keyring)
    assert not remade_in([{**said, "day": str(DAY)}], digest_of(files), keyring)
    assert not remade_in([{**said, "remade": [*said["remade"], "route"]}], digest_of(files), keyring)
    assert not remade_in([{"release": contract.release, "day": str(OF)}], digest_of(files), keyring)


def test_the_columns_that_count_as_made_again_are_those_that_the_gate_makes_again(promise, spark, lake, ledger):
    events = [c for c in promise.contracts.values() if c.shape == "events"]
    assert events
    for contract in events:
        keys = Keyring.from_environment(ledger).of_day(contract, DAY).on(spark)
        assert set(remade_columns(contract)) == tokens_due(contract, keys).keys()


# -- the whole assurance ---------------------------------------------------------------------------


def assured(promise, spark, lake):
    [made] = assure(promise, DAY, spark, lake)
    return made


def joins(platform, email="ottilie.newcomer@firm.example"):
    with sqlite3.connect(platform) as database:
        newest = "user_id = (SELECT max(user_id) FROM professional_users)"
        database.execute(f"UPDATE professional_users SET email = ? WHERE {newest}", (email,))
        return database.execute(f"SELECT user_id FROM professional_users WHERE {newest}").fetchone()[0]


def test_a_day_of_closed_words_is_searched_once_and_its_leak_is_found_though_the_file_looks_the_same(
    promise, spark, lake, ledger, table, platform
):
    first = assured(promise, spark, lake)
    assert (first.days, first.rows, first.skipped, first.findings) == (1, 1, {NOBODY: 0, SAME: 0}, ())
    joins(platform)
    second = assured(promise, spark, lake)
    assert (second.days, second.rows, second.skipped) == (0, 0, {NOBODY: 1, SAME: 0})
    assert second.caught == second.planted > 80, "the search proves itself without a row"
    assert ledger.last("assured")["skipped"] == second.skipped
    [everything] = assure(promise, DAY, spark, lake, "nothing")
    assert (everything.days, everything.skipped) == (1, {NOBODY: 0, SAME: 0})
    [file] = table.glob("day=*/*.parquet")
    before = file.stat()
    file.unlink()
    as_protect_writes(spark, promise.release(RELEASE), file, topic="Vasco")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    third = assured(promise, spark, lake)
    assert [(f.column, f.detail) for f in third.findings] == [("topic", "outside the vocabulary")]
    assert open_incidents(ledger)
    assert assured(promise, spark, lake).days == 1, "what was red has no receipt"


def test_a_number_that_could_be_somebody_s_is_searched_for_whoever_joins(promise, spark, lake, table, platform):
    [file] = table.glob("day=*/*.parquet")
    file.unlink()
    as_protect_writes(spark, promise.release(RELEASE), file, row_count=12_345_678)
    assert assured(promise, spark, lake).findings == ()
    assert assured(promise, spark, lake).skipped == {NOBODY: 0, SAME: 1}
    joins(platform)
    assert assured(promise, spark, lake).days == 1


def published_tokens(spark, lake, contract, actor):
    """A day of one event whose tokens are these, and its files with their SHA-256."""
    folder = lake.shared(lake.published(contract.release))
    target = Path(f"day={OF}") / f"{OF}-0123456789-part-00001.parquet"
    lake.shared((folder / target).parent)
    schema = ", ".join(f"{name} {kind}" for name, kind in contract.output_schema.items())
    row = dict.fromkeys(contract.output_schema) | {"event_id": f"evt_{'c' * 32}", "actor": actor}
    spark.createDataFrame([tuple(row.values())], schema).coalesce(1).write.option(
        "parquet.column.statistics.enabled", "false"
    ).parquet(str(folder / ".out"))
    [made] = (folder / ".out").glob("*.parquet")
    made.rename(folder / target)
    shutil.rmtree(folder / ".out")
    said = {"run": f"{OF}-0123456789", "day": str(OF)}
    replace_day(open_table(folder, contract), OF, {target: 1}, said)
    return said, {str(target): sha256_of(folder / target)}


def unset_token(contract, person):
    key = field_key(bytes(32), contract.domain, epoch_of(OF, contract.epoch), "person")
    letters = "cbdefghijklnrtuv"
    return "usr_" + "".join(letters[b >> 4] + letters[b & 15] for b in hmac.digest(key, person.encode(), "sha256")[:16])


def test_tokens_are_searched_for_whoever_joins_unless_the_gate_has_made_them_again(
    promise, spark, lake, ledger, platform
):
    contract, newcomer = promise.release("threat_events"), "ffffffff-ffff-4fff-8fff-ffffffffffff"
    said, _ = published_tokens(spark, lake, contract, unset_token(contract, newcomer))
    noted = {"release": contract.release, **said, "version": 1, "rows": 1, "files": 1, "verdict_hash": "0" * 64}
    ledger.append("published", **noted)
    assert assured(promise, spark, lake).findings == ()
    assert assured(promise, spark, lake).skipped == {NOBODY: 0, SAME: 1}
    with sqlite3.connect(platform) as database:
        person = database.execute("SELECT max(user_id) FROM professional_users").fetchone()[0]
        database.execute("UPDATE professional_users SET user_id = ? WHERE user_id = ?", (newcomer, person))
    found = {(f.column, f.detail) for f in assured(promise, spark, lake).findings}
    assert ("actor", "hashed_unset_key") in found


def test_tokens_that_the_gate_has_made_again_are_searched_once(promise, spark, lake, ledger, platform):
    contract, keyring = promise.release("threat_events"), Keyring.from_environment(ledger)
    said, files = published_tokens(spark, lake, contract, f"usr_{'b' * 32}")
    noted = {"release": contract.release, **said, "version": 1, "rows": 1, "files": 1, "verdict_hash": "0" * 64}
    ledger.append("published", **noted, **remade_of(contract, OF, files, keyring))
    assert assured(promise, spark, lake).findings == ()
    joins(platform)
    assert assured(promise, spark, lake).skipped == {NOBODY: 1, SAME: 0}


def test_a_scanner_that_finds_what_is_planted_and_never_says_where_somebody_could_stand_proves_nothing(spark):
    leaks = (*PATTERN_LEAKS, *known_leaks("a.b@firm.example", ("Ada", "Byron"), "252bbfa9-2a62-4d0a-b056-e8d2c85c7a5a"))

    class Staged:
        sparkSession = spark

    class Case:
        staged = Staged

        def __init__(self, extra):
            found = {leak.text: 1 << DETECTORS.index(leak.detector) | extra for leak in leaks}
            table = F.create_map(*(F.lit(each) for pair in found.items() for each in pair))
            self.scan = type("Scan", (), {"known": staticmethod(lambda cell: table[cell])})

    assert bits_speak(Case(searched.ASKING), leaks)
    assert not bits_speak(Case(0), leaks)
    assert not bits_speak(Case(searched.ASKING), ())
