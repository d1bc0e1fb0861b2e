"""A closed month on its way: landed with what it counts, made, judged, published with its memory, and left as it is."""

import shutil
import sqlite3
from dataclasses import replace
from datetime import date

import polars
import pyarrow.parquet as pq
import pytest

from jobs.lake.ledger import Ledger
from jobs.lake.memory import Memory, name_of
from jobs.lake.zones import Lake
from jobs.night.extract import extract_day
from jobs.night.protect import NotDueError, protect_release
from jobs.night.publish import publish_release
from jobs.night.summary import night_table
from jobs.night.validate import RedVerdictError, validate_release

LAST, RUN, RELEASE = date(2026, 3, 31), "2026-03-31-test", "usage_profile"


@pytest.fixture(scope="module")
def small(promise):
    """The promise for a small platform: classes of three people, as many left out as must be."""
    contract = promise.release(RELEASE)
    given = contract.anonymity.generalisation.model_copy(update={"suppression": 0.9})
    anonymity = contract.anonymity.model_copy(update={"k": 3, "l": 2, "generalisation": given})
    return replace(
        promise, releases={**promise.releases, RELEASE: contract.model_copy(update={"anonymity": anonymity})}
    )


@pytest.fixture(scope="module")
def staged(spark, small, seeded_platform, tmp_path_factory):
    """A lake with the month of the small platform staged, and its keys; tests get copies."""
    folder = tmp_path_factory.mktemp("month")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IGNICLOUD_PLATFORM", f"sqlite:///{seeded_platform}")
        patch.setenv("IGNICLOUD_KEYRING", str(folder / "secrets" / "keyring.json"))
        patch.setenv("IGNICLOUD_KEK", f"file:{folder / 'secrets' / 'kek'}")
        lake = Lake(folder / "lake")
        extract_day(small, LAST, lake, Ledger(lake.ledger))
        protect_release(small, RELEASE, LAST, RUN, spark, lake)
    return folder


@pytest.fixture
def lake(staged, tmp_path, monkeypatch):
    """A copy of the staged month that this test may spoil."""
    for name in ("lake", "secrets"):
        shutil.copytree(staged / name, tmp_path / name)
    monkeypatch.setenv("IGNICLOUD_KEYRING", str(tmp_path / "secrets" / "keyring.json"))
    monkeypatch.setenv("IGNICLOUD_KEK", f"file:{tmp_path / 'secrets' / 'kek'}")
    return Lake(tmp_path / "lake")


def rows_of(lake):
    return polars.concat([polars.read_parquet(path) for path in lake.staged(RELEASE, RUN).glob("part*")])


def remembered(lake):
    return polars.read_parquet(lake.staged(RELEASE, RUN) / name_of(LAST))


def red(small, spark, lake):
    with pytest.raises(RedVerdictError) as caught:
        validate_release(small, RELEASE, LAST, RUN, spark, lake)
    assert not (lake.quarantine(RELEASE, RUN) / name_of(LAST)).exists(), "people stay nowhere"
    return {(finding.expectation, finding.detail) for finding in caught.value.findings}


def test_a_month_lands_with_the_columns_that_are_counted_and_no_others(lake, small):
    month, day = lake.manifest("activity.month", LAST), lake.manifest("activity", LAST)
    assert set(month.columns) == {"occurred_at", "user_id", "company_id", "module"}
    assert (month.rows > 100, day.rows) == (True, 0)


def test_no_month_lands_on_another_day(platform, lake, promise, ledger):
    extract_day(promise, date(2026, 3, 12), lake, ledger)
    assert not lake.has_landed("activity.month", date(2026, 3, 12))


def test_each_row_is_a_consenting_person_in_a_class_of_k_and_remembered_as_it_is_shown(lake, seeded_platform):
    rows, memory = rows_of(lake), remembered(lake)
    with sqlite3.connect(seeded_platform) as platform:
        [agreed] = platform.execute(
            "SELECT count(DISTINCT a.user_id) FROM activity a JOIN consents c USING (user_id)"
            " WHERE purpose = 'needs_and_interests' AND withdrawn_at IS NULL AND occurred_at >= '2026-03-01'"
        ).fetchone()
    assert 0 < len(rows) <= agreed
    quasi = ["sector", "headcount_band", "region"]
    assert rows.group_by(quasi).len()["len"].min() >= 3
    assert rows.select(quasi).sort(quasi).equals(memory.select(quasi).sort(quasi))
    assert memory["_person"].n_unique() == len(memory)


def test_the_order_of_rows_is_that_of_their_words(lake):
    rows = rows_of(lake)
    assert rows.equals(rows.sort(rows.columns, nulls_last=False))


def test_a_month_is_published_once_with_its_memory_and_its_datasheet(small, spark, lake, ledger):
    verdict = validate_release(small, RELEASE, LAST, RUN, spark, lake)
    assert verdict.proof_caught == verdict.proof_planted
    publish_release(small, RELEASE, LAST, RUN, lake)
    contract = small.release(RELEASE)
    assert list(Memory(contract, lake).months()) == [LAST]
    sheet = (lake.about(RELEASE) / "datasheet.md").read_text()
    assert "27 nodes" in sheet
    assert "k-anonymity" in sheet
    with pytest.raises(NotDueError, match="is published, once; its first version stays"):
        protect_release(small, RELEASE, LAST, RUN, spark, lake)
    assert f"{RELEASE} " in night_table(small, LAST, lake)


def test_nothing_that_everybody_reads_says_how_many_were_left_out_or_excluded(lake, small):
    said = Ledger(lake.ledger).last("protected", release=RELEASE)
    assert said["excluded"] is None
    assert said["rows_in"] == said["rows_out"]
    assert said["suppressed"] % 3 == 0
    assert said["cost"]["loss"] == round(said["cost"]["loss"], 2)


def test_one_flipped_row_turns_the_gate_red(small, spark, lake):
    [path, *_] = lake.staged(RELEASE, RUN).glob("part*")
    rows = polars.read_parquet(path)
    first = rows["days_active"][0]
    other = next(word for word in ("1", "2-4") if word != first)
    changed = rows.with_columns(days_active=polars.Series([other, *rows["days_active"][1:]]))
    pq.write_table(changed.to_arrow().cast(pq.read_schema(path).remove_metadata()), path)
    assert ("expect_rows_balance", "groups staged and recounted") in red(small, spark, lake)


@pytest.mark.long
def test_a_memory_without_somebody_who_is_shown_turns_the_gate_red(small, spark, lake):
    path = lake.staged(RELEASE, RUN) / name_of(LAST)
    pq.write_table(pq.read_table(path).slice(1), path)
    found = {detail for name, detail in red(small, spark, lake) if name == "expect_months_do_not_join"}
    assert found == {
        "people remembered otherwise than landing has them",
        "rows that aren't remembered as they are shown",
    }
