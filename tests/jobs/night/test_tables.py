"""Tables through the whole night: judged by attack, published with what they cost, and never told apart by one person."""

import sqlite3
from datetime import date

import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.lake.tables import published_rows
from jobs.night.builders import ForgottenVersionError
from jobs.night.extract import extract_day
from jobs.night.protect import protect_release
from jobs.night.publish import publish_release
from jobs.night.validate import RedVerdictError, validate_release

DAY, RELEASE = date(2026, 3, 12), "service_statistics"


@pytest.fixture
def night(spark, promise, lake, platform, ledger):
    """A function that runs the release's day under a name; what it stages can be changed before it is judged."""

    def run(name, change=None):
        extract_day(promise, DAY, lake, ledger)
        made = protect_release(promise, RELEASE, DAY, name, spark, lake)
        if change is not None:
            [file] = lake.staged(RELEASE, name).glob("*.parquet")
            pq.write_table(change(pq.read_table(file)).replace_schema_metadata(None), file)
        validate_release(promise, RELEASE, DAY, name, spark, lake)
        publish_release(promise, RELEASE, DAY, name, lake)
        return made

    return run


def late(platform, rows):
    """So many rows of the day arrive late, each of somebody who was active that day."""
    with sqlite3.connect(platform) as database:
        database.execute(
            "INSERT INTO activity SELECT lower(hex(randomblob(4)))||'-0000-4000-8000-'||lower(hex(randomblob(6))), occurred_at, "
            "user_id, company_id, module, action, object_type, object_id, detail, session_id, ip, user_agent FROM activity "
            "WHERE occurred_at LIKE ? LIMIT ?", (f"{DAY}%", rows),
        )  # fmt: skip


def test_tables_are_published_with_hidden_cells_and_what_they_cost(night, lake, promise):
    made = night(f"{DAY}-0000000001")
    rows = polars.read_delta(str(lake.published(RELEASE)))
    assert rows.height == made.rows_out
    assert rows.filter(~polars.col("shown"))["row_count"].is_null().all()
    sheet = (lake.about(RELEASE) / "datasheet.md").read_text()
    for loss in made.losses:
        assert f"| {DAY} | {loss.statistic} | {loss.cells} | {loss.hidden} | {loss.percent} % | 0 |" in sheet
    assert "hidden cells lie in intervals of 40 in `row_count`" in sheet


def test_one_shown_cell_more_is_red_and_no_number_is_said(night, ledger):
    def show(table):
        rows = table.to_pylist()
        hidden = next(row for row in rows if not row["shown"] and row["statistic"] == "actions_by_sector")
        hidden |= {"shown": True, "row_count": 77, "contributors": 12, "row_count_low": None, "row_count_high": None}
        return pa.Table.from_pylist(rows, table.schema)

    with pytest.raises(RedVerdictError, match="expect_rows_balance") as caught:
        night(f"{DAY}-0000000001", show)
    assert "77" not in str(caught.value)


@pytest.mark.long
def test_a_cell_left_out_is_red(night):
    with pytest.raises(RedVerdictError, match=r"expect_hidden_cells_stay_hidden actions_by_module \(cells missing"):
        night(f"{DAY}-0000000001", lambda table: table.slice(1))


@pytest.mark.long
def test_a_late_row_leaves_the_first_version_and_the_datasheet_counts_it(night, lake, platform, ledger, promise):
    night(f"{DAY}-0000000001")
    first = polars.read_delta(str(lake.published(RELEASE)))
    late(platform, 3)
    made = night(f"{DAY}-0000000002")
    assert "actions_by_module" in made.stayed
    assert polars.read_delta(str(lake.published(RELEASE))).equals(first)
    sheet = (lake.about(RELEASE) / "datasheet.md").read_text()
    [line] = [line for line in sheet.splitlines() if line.startswith(f"| {DAY} | actions_by_module")]
    assert line.split("|")[6].strip() == "3"


def test_a_day_whose_numbers_are_lost_is_not_built_again(night, lake, spark, promise, ledger):
    night(f"{DAY}-0000000001")
    lake.published(RELEASE).rename(lake.root / "moved")
    with pytest.raises(ForgottenVersionError, match="was visible before"):
        night(f"{DAY}-0000000002")


def test_the_rows_of_a_day_are_read_from_what_readers_see(night, lake, promise):
    contract = promise.release(RELEASE)
    assert published_rows(lake.published(RELEASE), contract, lambda _: True) == []
    made = night(f"{DAY}-0000000001")
    assert len(published_rows(lake.published(RELEASE), contract, lambda day: day == DAY)) == made.rows_out
    assert published_rows(lake.published(RELEASE), contract, lambda day: day != DAY) == []
