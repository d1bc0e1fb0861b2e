"""Publication: one commit a day, killed anywhere it loses nothing, and analysts read it with their own tools."""

import shutil
from datetime import date

import duckdb
import polars
import pyarrow as pa
import pytest
from deltalake import DeltaTable

from jobs.catalogue.describe import describe
from jobs.catalogue.frictionless import datapackage
from jobs.gate.remade import digest_of, remade_in
from jobs.gate.verdict import FILE, Verdict, VerdictRefusedError
from jobs.keys.ring import Keyring
from jobs.lake.files import sha256_of
from jobs.lake.ledger import BrokenLedgerError
from jobs.lake.tables import SchemaChangedError
from jobs.lake.visible import compared_with
from jobs.night import publish
from jobs.night.publish import LostPublicationError, NotAsJudgedError, publish_release
from tests.jobs.night.conftest import DAY, RELEASE

NEXT = date(2026, 3, 13)


def table(lake, version=None):
    return DeltaTable(lake.published(RELEASE), version=version).to_pandas().sort_values(["day", "contributors"])


def test_a_judged_run_becomes_visible_and_leaves_staged(judged, lake, ledger, promise):
    folder = judged("one", contributors=(5, 7))
    published = publish_release(promise, RELEASE, DAY, "one", lake)
    assert list(table(lake)["contributors"]) == [5, 7]
    assert set(table(lake)["day"]) == {DAY}
    assert not folder.exists()
    assert ledger.last("published")["version"] == published.version


def test_what_is_published_is_on_record_byte_for_byte_under_the_keyring_s_seal(judged, lake, ledger, promise):
    judged("one", contributors=(5, 7))
    publish_release(promise, RELEASE, DAY, "one", lake)
    root, keyring = lake.published(RELEASE), Keyring.from_environment(ledger)
    files = {str(path.relative_to(root)): sha256_of(path) for path in root.glob("day=*/*")}
    assert remade_in([ledger.last("published")], digest_of(files), keyring) == set(
        promise.release(RELEASE).output_schema
    )


def test_a_rerun_replaces_its_day_and_no_other(judged, lake, promise):
    for run, day, contributors in (("one", DAY, (5, 7)), ("two", NEXT, (9,)), ("three", DAY, (6,))):
        judged(run, day, contributors)
        publish_release(promise, RELEASE, day, run, lake)
    assert [*zip(table(lake)["day"], table(lake)["contributors"], strict=True)] == [(DAY, 6), (NEXT, 9)]


def test_a_run_that_was_judged_before_another_was_published_does_not_replace_it(judged, lake, promise):
    """Two runs at once: the older one would bring back who has objected since, or isolate somebody by the difference."""
    for run, contributors in (("one", (5,)), ("two", (9,))):
        judged(run, contributors=contributors)
    publish_release(promise, RELEASE, DAY, "two", lake)
    with pytest.raises(VerdictRefusedError, match="published anew since it was judged"):
        publish_release(promise, RELEASE, DAY, "one", lake)
    assert list(table(lake)["contributors"]) == [9]


def test_an_older_copy_of_a_run_that_was_judged_red_since_is_refused(judged, lake, ledger, promise):
    judged("one")
    last = {"verdict": "red", "verdict_hash": "0" * 64, "findings": [], "expectations": 1, "rows": 1}
    ledger.append(
        "judged", release=RELEASE, day=DAY, run="one", proof_planted=1, proof_caught=1, suite="0" * 64, **last
    )
    with pytest.raises(VerdictRefusedError, match="judged again since, red"):
        publish_release(promise, RELEASE, DAY, "one", lake)
    assert not lake.published(RELEASE).exists()


def test_a_run_that_was_judged_before_the_day_was_extracted_again_is_refused(judged, lake, promise):
    lake.land(DAY, [])
    judged("one")
    lake.land(DAY, [])
    with pytest.raises(VerdictRefusedError, match="extracted anew since it was judged"):
        publish_release(promise, RELEASE, DAY, "one", lake)


def test_days_that_were_judged_together_are_published_one_after_the_other(judged, lake, promise):
    for run, day in (("one", DAY), ("two", NEXT)):
        judged(run, day)
    for run, day in (("one", DAY), ("two", NEXT)):
        publish_release(promise, RELEASE, day, run, lake)
    assert set(table(lake)["day"]) == {DAY, NEXT}


def test_a_month_s_end_is_compared_with_all_that_there_are_and_any_other_day_with_itself(promise):
    days = march, april, today = date(2026, 3, 31), date(2026, 4, 30), DAY
    compared = compared_with(promise.release("service_statistics"), march)
    assert [compared(day) for day in days] == [True, True, False]
    compared = compared_with(promise.release("service_statistics"), today)
    assert [compared(day) for day in days] == [False, False, True]
    assert not compared_with(promise.release(RELEASE), march)(april)


def test_publishing_the_same_run_again_changes_nothing(judged, lake, promise):
    judged("one")
    first = publish_release(promise, RELEASE, DAY, "one", lake)
    assert publish_release(promise, RELEASE, DAY, "one", lake) == first
    assert DeltaTable(lake.published(RELEASE)).version() == first.version


@pytest.mark.parametrize("crash", ["copy_atomically", "replace_day", "_verify", "write_about"])
def test_killed_anywhere_the_old_day_or_the_new_one_is_visible_and_a_retry_finishes(
    judged, lake, promise, monkeypatch, crash
):
    judged("one", contributors=(5,))
    publish_release(promise, RELEASE, DAY, "one", lake)
    judged("two", contributors=(8, 9))

    def killed(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(publish, crash, killed)
        with pytest.raises(KeyboardInterrupt):
            publish_release(promise, RELEASE, DAY, "two", lake)
    assert list(table(lake)["contributors"]) in ([5], [8, 9])
    publish_release(promise, RELEASE, DAY, "two", lake)
    assert list(table(lake)["contributors"]) == [8, 9]
    assert DeltaTable(lake.published(RELEASE)).version() == 2


@pytest.mark.parametrize("visible", [False, True], ids=["nothing was visible", "the run was visible already"])
def test_a_file_swapped_after_it_was_checked_is_not_published_and_takes_nothing_with_it(
    judged, lake, promise, monkeypatch, visible
):
    path = judged("one") / "part-00000.parquet"
    if visible:
        with monkeypatch.context() as patch:
            patch.setattr(publish, "_verify", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                publish_release(promise, RELEASE, DAY, "one", lake)
    before = table(lake) if visible else None
    checked = Verdict.require_passed

    def swap(self, *given):
        checked(self, *given)
        path.write_bytes(path.read_bytes() + b"x")

    monkeypatch.setattr(Verdict, "require_passed", swap)
    with pytest.raises(NotAsJudgedError, match="part-00000"):
        publish_release(promise, RELEASE, DAY, "one", lake)
    assert table(lake).equals(before) if visible else table(lake).empty
    assert not list(lake.published(RELEASE).rglob(".*.parquet"))


def test_what_the_ledger_says_and_the_table_lost_is_published_again_from_what_is_staged(judged, lake, promise):
    judged("one")
    publish_release(promise, RELEASE, DAY, "one", lake)
    shutil.rmtree(lake.published(RELEASE))
    judged("one", contributors=(5, 8))
    publish_release(promise, RELEASE, DAY, "one", lake)
    assert list(table(lake)["contributors"]) == [5, 8]


def test_what_the_ledger_says_and_neither_table_nor_staged_has_is_refused_with_the_way_back(judged, lake, promise):
    judged("one")
    publish_release(promise, RELEASE, DAY, "one", lake)
    (lake.published(RELEASE) / "_delta_log" / f"{1:020d}.json").unlink()
    with pytest.raises(LostPublicationError, match=r"version 1.* run the day's protect, validate and publish again"):
        publish_release(promise, RELEASE, DAY, "one", lake)


def test_a_run_that_was_judged_anew_is_published_anew(judged, lake, promise):
    for contributors in ((5,), (6, 7)):
        judged("one", contributors=contributors)
        publish_release(promise, RELEASE, DAY, "one", lake)
    assert list(table(lake)["contributors"]) == [6, 7]
    assert list(table(lake, 1)["contributors"]) == [5], "what was visible was written over"


def test_a_publication_that_a_later_run_replaced_is_believed(judged, lake, promise):
    for run in ("one", "two"):
        judged(run)
        publish_release(promise, RELEASE, DAY, run, lake)
    assert publish_release(promise, RELEASE, DAY, "one", lake).version == 1
    assert DeltaTable(lake.published(RELEASE)).version() == 2


def test_a_table_of_other_columns_is_left_alone(judged, lake, promise):
    judged("one")
    DeltaTable.create(lake.shared(lake.published(RELEASE)), pa.schema([("x", pa.string())]))
    with pytest.raises(SchemaChangedError, match=promise.release(RELEASE).owner):
        publish_release(promise, RELEASE, DAY, "one", lake)


def test_the_log_of_a_table_remembers_no_value(judged, lake, promise):
    judged("one", contributors=(7_654_321,))
    publish_release(promise, RELEASE, DAY, "one", lake)
    log = b"".join(path.read_bytes() for path in (lake.published(RELEASE) / "_delta_log").rglob("*.json"))
    assert b"7654321" not in log
    assert b"minValues" not in log


def test_analysts_open_it_with_polars_and_duckdb_and_read_what_it_is(judged, lake, promise):
    judged("one", contributors=(5, 7))
    publish_release(promise, RELEASE, DAY, "one", lake)
    where = lake.published(RELEASE)
    assert polars.scan_delta(str(where)).filter(polars.col("day") == DAY).collect().height == 2
    dataset = DeltaTable(where).to_pyarrow_dataset()  # noqa: F841 (DuckDB finds it by its name)
    assert duckdb.sql("SELECT sum(contributors) FROM dataset").fetchall() == [(12,)]
    assert (
        "`topics`: a cell is hidden that has fewer than 5 distinct contributors"
        in (where / "_about" / "datasheet.md").read_text()
    )


def test_the_data_package_is_valid_frictionless_and_names_every_column(judged, lake, promise):
    import json

    judged("one")
    publish_release(promise, RELEASE, DAY, "one", lake)
    package = json.loads((lake.published(RELEASE) / "datapackage.json").read_text())
    [resource] = package["resources"]
    assert package["profile"] == "data-package"
    assert [path.partition("/")[0] for path in resource["path"]] == [f"day={DAY}"]
    assert [f["name"] for f in resource["schema"]["fields"]] == [*promise.release(RELEASE).output_schema, "day"]


def test_nothing_is_published_on_top_of_a_ledger_that_lost_an_entry(judged, lake, ledger, promise):
    for run, day in (("one", DAY), ("two", NEXT)):
        judged(run, day)
        publish_release(promise, RELEASE, day, run, lake)
    judged("three", DAY)
    ledger.path.write_text("".join(ledger.path.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(BrokenLedgerError, match="was sealed, and it ends with entry"):
        publish_release(promise, RELEASE, DAY, "three", lake)
    assert {file.name.partition("-")[0] for file in lake.published(RELEASE).glob("day=*/*")} == {"one", "two"}


def test_the_paths_of_the_data_package_stay_in_its_folder_and_lead_to_what_is_there_now(judged, lake, promise):
    """Data Package, resource `path`: relative, and without ``..``; `frictionless validate` refuses others."""
    import json

    about = lake.shared(lake.about(RELEASE))
    (about / "datapackage.json").write_text("of an older version")
    for run, day in (("one", DAY), ("two", DAY), ("three", NEXT)):
        judged(run, day)
        publish_release(promise, RELEASE, day, run, lake)
    folder = lake.published(RELEASE)
    [resource] = json.loads((folder / "datapackage.json").read_text())["resources"]
    of_runs = zip(resource["path"], (f"day={DAY}/two-", f"day={NEXT}/three-"), strict=True)
    assert all(path.startswith(run) for path, run in of_runs)
    assert all((folder / path).is_file() and not path.startswith(("/", "..")) for path in resource["path"])
    assert not (about / "datapackage.json").exists()


def test_a_data_package_of_a_table_without_a_row_is_valid_too(lake, ledger, promise):
    release = describe(promise, promise.release(RELEASE), lake, ledger)
    [resource] = datapackage(release, [])["resources"]
    assert resource["data"] == [[*promise.release(RELEASE).output_schema, "day"]]
    assert not {"path", "format"} & resource.keys()


def test_what_the_datasheet_says_to_open_it_with_works(judged, lake, promise, monkeypatch, capsys):
    judged("one", contributors=(5, 7))
    publish_release(promise, RELEASE, DAY, "one", lake)
    monkeypatch.chdir(lake.published(RELEASE).parent)
    sheet = (lake.published(RELEASE) / "_about" / "datasheet.md").read_text()
    blocks = [block.split("```")[0] for block in sheet.split("```python\n")[1:]]
    names = {}
    for block in blocks:
        exec(block, names)  # the page's own lines
    assert len(blocks) == 3
    assert names["frame"].shape[0] == 2
    assert names["lazy"].collect().height == 2
    assert capsys.readouterr().out.count(str(DAY)) >= 4, "the day that the examples read isn't there"


def test_what_was_judged_anew_while_it_was_published_stays_staged(judged, lake, promise, monkeypatch):
    judged("one", contributors=(5,))
    with monkeypatch.context() as patch:
        patch.setattr(publish, "write_about", lambda *_: judged("one", contributors=(6, 7)))
        publish_release(promise, RELEASE, DAY, "one", lake)
    assert list(table(lake)["contributors"]) == [5]
    publish_release(promise, RELEASE, DAY, "one", lake)
    assert list(table(lake)["contributors"]) == [6, 7]


def test_what_was_protected_anew_and_not_judged_stays_staged(judged, lake, promise):
    judged("one", contributors=(5,))
    publish_release(promise, RELEASE, DAY, "one", lake)
    folder = judged("one", contributors=(6, 7))
    (folder / FILE).unlink()
    publish_release(promise, RELEASE, DAY, "one", lake)
    assert (folder / "part-00000.parquet").exists()
