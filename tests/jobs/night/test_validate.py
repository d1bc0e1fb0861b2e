"""The gate on real staged runs: what it finds is named, quarantined, on a page, and nowhere shown."""

import shutil
from datetime import date, timedelta

import polars
import pyarrow
import pyarrow.parquet as pq
import pytest

from jobs.gate.decisions import NothingHeldError, accept_volume
from jobs.gate.verdict import load_verdict
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from jobs.night import validate
from jobs.night.extract import extract_day
from jobs.night.protect import protect_release
from jobs.night.validate import RedVerdictError, comparable, validate_release

DAY, RUN, RELEASE = date(2026, 3, 12), "2026-03-12-test", "threat_events"


@pytest.fixture(scope="module")
def protected(spark, promise, seeded_platform, tmp_path_factory):
    """A lake with one landed and protected day, and its keys; tests get copies."""
    folder = tmp_path_factory.mktemp("protected")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IGNICLOUD_PLATFORM", f"sqlite:///{seeded_platform}")
        patch.setenv("IGNICLOUD_KEYRING", str(folder / "secrets" / "keyring.json"))
        patch.setenv("IGNICLOUD_KEK", f"file:{folder / 'secrets' / 'kek'}")
        lake = Lake(folder / "lake")
        extract_day(promise, DAY, lake, Ledger(lake.ledger))
        protect_release(promise, RELEASE, DAY, RUN, spark, lake)
    return folder


@pytest.fixture
def lake(protected, tmp_path, monkeypatch):
    """A copy of the protected day that this test may spoil."""
    for name in ("lake", "secrets"):
        shutil.copytree(protected / name, tmp_path / name)
    monkeypatch.setenv("IGNICLOUD_KEYRING", str(tmp_path / "secrets" / "keyring.json"))
    monkeypatch.setenv("IGNICLOUD_KEK", f"file:{tmp_path / 'secrets' / 'kek'}")
    return Lake(tmp_path / "lake")


@pytest.fixture
def email(lake):
    """The e-mail address of somebody who is on the platform that day."""
    accounts = polars.read_parquet(lake.landed_files("professional_users", DAY))
    return accounts["email"].drop_nulls().sort()[0]


def spoil(lake, change, **notes):
    """Write the staged rows anew as ``change`` makes them of their Arrow table."""
    [file] = lake.staged(RELEASE, RUN).glob("*.parquet")
    pq.write_table(change(pq.read_table(file)).replace_schema_metadata(notes or None), file)


def with_cell(column, text):
    """A change of one cell."""

    def change(table):
        place = table.schema.get_field_index(column)
        cells = [text, *table[column].to_pylist()[1:]]
        return table.set_column(place, table.schema.field(place), [cells])

    return change


def judged(promise, spark, lake):
    return validate_release(promise, RELEASE, DAY, RUN, spark, lake)


def broken(promise, spark, lake):
    """The expectations that a red verdict names; the run is in quarantine then."""
    with pytest.raises(RedVerdictError) as caught:
        judged(promise, spark, lake)
    assert not lake.staged(RELEASE, RUN).exists()
    assert lake.quarantine(RELEASE, RUN).is_dir()
    return {(f.expectation, f.column) for f in caught.value.findings}, str(caught.value)


def test_a_clean_run_is_green_sealed_on_record_and_on_a_page(promise, spark, lake, ledger):
    verdict = judged(promise, spark, lake)
    assert load_verdict(lake.staged(RELEASE, RUN)) == verdict
    assert (verdict.verdict, verdict.proof_caught) == ("green", verdict.proof_planted)
    assert ledger.last("judged", run=RUN)["verdict_hash"] == verdict.verdict_hash
    page = (lake.data_docs(RELEASE) / f"{RUN}.html").read_text()
    assert page.count(">holds<") == verdict.expectations
    assert "event_id values must never be null" in page.replace("<code>", "")
    assert f"{RUN}.html" in (lake.data_docs(RELEASE) / "index.html").read_text()


def test_an_identifier_in_a_closed_column_is_found_and_shown_nowhere(promise, spark, lake, ledger, email, capfd):
    spoil(lake, with_cell("kind", email))
    found, message = broken(promise, spark, lake)
    assert {(name, "kind") for name in ("expect_vocabularies_are_closed", "expect_no_known_identifiers")} <= found
    page = (lake.data_docs(RELEASE) / f"{RUN}.html").read_text()
    assert ">broken<" in page
    said = capfd.readouterr()
    for text in (message, page, ledger.path.read_text(), said.out, said.err):
        assert email.lower() not in text.lower()


SPOILED = {
    "a row too many": (lambda table: polars.concat([polars.from_arrow(table)] * 2).to_arrow(), "expect_rows_balance"),
    "another day": (
        lambda table: (
            polars.from_arrow(table)
            .with_columns(polars.col("occurred_at") + timedelta(days=1))
            .to_arrow()
            .cast(table.schema)
        ),
        "expect_rows_are_of_the_day",
    ),
    "somebody else's token": (
        lambda table: with_cell("actor", next(filter(None, table["actor"].to_pylist()[1:])))(table),
        "expect_tokens_map_one_to_one",
    ),
    "no column of the contract's": (
        lambda table: table.rename_columns([f"{name}.x" for name in table.column_names]),
        "expect_columns_are_the_contracts",
    ),
    "an extra column": (
        lambda table: table.append_column("email", table["actor"]),
        "expect_columns_are_the_contracts",
    ),
}


@pytest.mark.parametrize("way", SPOILED)
def test_a_spoiled_run_is_red_and_says_why(promise, spark, lake, way):
    change, expectation = SPOILED[way]
    spoil(lake, change)
    assert expectation in {name for name, _ in broken(promise, spark, lake)[0]}


LONG = pytest.mark.long
NAMES = ("jane.roe@firm.example", pytest.param("a`b", marks=LONG), pytest.param("Actor", marks=LONG))


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_foreign_column_is_counted_and_shown_nowhere(promise, spark, lake, ledger, name, capfd):
    spoil(lake, lambda table: table.append_column(name, table["actor"]))
    found, message = broken(promise, spark, lake)
    assert ("expect_columns_are_the_contracts", "") in found
    page = (lake.data_docs(RELEASE) / f"{RUN}.html").read_text()
    said = capfd.readouterr()
    for text in (message, page, ledger.path.read_text(), said.out, said.err):
        assert name not in text.replace("<code>", "")


def test_the_name_of_a_foreign_column_is_searched(promise, spark, lake, ledger, email):
    spoil(lake, lambda table: table.append_column(email, table["actor"]))
    broken(promise, spark, lake)
    assert {"email", "known"} <= {f["detail"] for f in ledger.last("judged", run=RUN)["findings"]}


@pytest.mark.parametrize("column", [pytest.param("occurred_at", marks=LONG), pytest.param("kind", marks=LONG), "actor"])
def test_a_column_of_another_type_is_named_and_its_cells_are_not(promise, spark, lake, column, capfd):
    secret = "somebody's secret 4711"

    def change(table):
        place = table.schema.get_field_index(column)
        kind, cell = (pyarrow.string(), secret) if column == "occurred_at" else (pyarrow.int64(), 4711)
        cells = pyarrow.array([cell] * table.num_rows, kind)
        return table.set_column(place, pyarrow.field(column, kind), cells)

    spoil(lake, change)
    found, message = broken(promise, spark, lake)
    assert ("expect_columns_are_the_contracts", column) in found
    said = capfd.readouterr()
    assert "4711" not in message + said.out + said.err


def test_files_that_differ_in_a_type_are_red_and_no_crash(promise, spark, lake):
    [file] = lake.staged(RELEASE, RUN).glob("*.parquet")
    table = pq.read_table(file)
    place = table.schema.get_field_index("kind")
    other = table.set_column(place, pyarrow.field("kind", pyarrow.int64()), pyarrow.array([1] * table.num_rows))
    pq.write_table(other, file.with_name("part-00009.parquet"))
    assert ("expect_columns_are_the_contracts", "kind") in broken(promise, spark, lake)[0]


def test_a_red_run_that_cannot_be_written_down_is_in_quarantine(promise, spark, lake, monkeypatch):
    def full(*_):
        raise OSError(28, "")

    spoil(lake, with_cell("kind", "no such word"))
    monkeypatch.setattr(validate, "_record", full)
    with pytest.raises(OSError, match="28"):
        judged(promise, spark, lake)
    assert not lake.staged(RELEASE, RUN).exists()
    assert lake.quarantine(RELEASE, RUN).is_dir()


def test_a_run_that_is_red_twice_is_in_quarantine_twice(promise, spark, lake):
    spoil(lake, with_cell("kind", "no such word"))
    shutil.copytree(lake.staged(RELEASE, RUN), lake.root / "again")
    broken(promise, spark, lake)
    (lake.root / "again").rename(lake.staged(RELEASE, RUN))
    broken(promise, spark, lake)


def test_tokens_under_another_key_are_on_record(promise, spark, lake, ledger):
    def under_another_key(table):
        place = table.schema.get_field_index("actor")
        cells = [token and f"usr_{'c' * 32}" for token in table["actor"].to_pylist()]
        return table.set_column(place, table.schema.field(place), [cells])

    spoil(lake, under_another_key)
    broken(promise, spark, lake)
    details = {finding["detail"] for finding in ledger.last("judged", run=RUN)["findings"]}
    assert "not the tokens of the source under the epoch's key" in details


def test_an_identifier_in_a_files_metadata_is_found(promise, spark, lake, email):
    spoil(lake, lambda table: table, made_by=email)
    assert ("expect_nothing_in_file_metadata", "") in broken(promise, spark, lake)[0]


@pytest.fixture
def usual(ledger):
    """A history of nights that were twenty times as large."""
    for back in range(1, 4):
        day, run = DAY - timedelta(days=back), f"{DAY - timedelta(days=back)}-test"
        ledger.append("protected", release=RELEASE, day=day, run=run, rows_in=20_000, rows_out=1, suppressed=0,
                      excluded=0, epoch=None, contract="")  # fmt: skip
        ledger.append("published", release=RELEASE, day=day, run=run, version=1, rows=1, files=1, verdict_hash="")


@pytest.fixture
def ledger(lake):
    return Ledger(lake.ledger)


def test_a_quiet_sunday_is_compared_with_sundays():
    sunday = date(2026, 3, 15)
    weekdays = {sunday - timedelta(days=back): 1_000 for back in range(1, 7)}
    earlier = {sunday - timedelta(days=7): 20, sunday - timedelta(days=14): 30, sunday - timedelta(days=35): 40}
    assert comparable(weekdays | earlier, sunday) == (40, 30, 20)
    assert comparable(weekdays, sunday) == (1_000,) * 6


def test_a_night_long_ago_says_nothing_of_today():
    daily = {date(2026, 3, 12) - timedelta(days=back): back for back in range(1, 60)}
    assert comparable(daily, date(2026, 3, 12)) == (28, 21, 14, 7)


def test_a_night_ten_times_too_small_is_held_until_a_person_accepts_it(promise, spark, lake, ledger, usual):
    with pytest.raises(NothingHeldError):
        accept_volume(RELEASE, DAY, "ana", ledger)
    assert broken(promise, spark, lake)[0] == {("expect_volume_is_usual", "")}
    lake.quarantine(RELEASE, RUN).rename(lake.staged(RELEASE, RUN))
    rows = accept_volume(RELEASE, DAY, "ana", ledger)
    assert judged(promise, spark, lake).verdict == "green"
    assert ledger.last("volume_accepted")["by"] == "ana"
    ledger.append("volume_accepted", release=RELEASE, day=DAY, rows=rows + 1, by="ana")
    assert broken(promise, spark, lake)[0] == {("expect_volume_is_usual", "")}
