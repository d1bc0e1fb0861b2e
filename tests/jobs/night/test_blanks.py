"""A column that says nothing is said: in the night's table and on the datasheet, by column and share."""

from datetime import date

import pytest

from jobs.night.blanks import counted, counting, nearly_blank
from jobs.night.datasheet import datasheet
from jobs.night.protect import write_counting
from jobs.night.summary import night_table

DAY, RUN = date(2026, 3, 12), "2026-03-12-test"


def counts_of(contract, frame):
    """What is counted in these rows."""
    row = frame.agg(*(each.alias(name) for name, each in counting(contract).items())).collect()[0]
    return counted(row.asDict())


def test_null_other_and_unknown_say_nothing(spark, promise):
    contract = promise.release("threat_events")
    rows = [(None, "other"), ("usr_c", "unknown"), ("usr_d", "Firefox")]
    names = [output.name for output in contract.outputs]
    frame = spark.createDataFrame(rows, "actor string, browser string")
    frame = frame.selectExpr(*(name if name in ("actor", "browser") else f"'word' AS {name}" for name in names))
    assert counts_of(contract, frame) == {"actor": (1, 3), "browser": (2, 3)}


def test_a_group_weighs_as_many_rows_as_stand_behind_it_and_counts_in_its_own_statistic(spark, promise):
    contract = promise.release("service_statistics")
    rows = [
        ("actions_by_sector", "other", None, None, 90),
        ("actions_by_sector", "B Mining", None, None, 10),
        ("actions_by_module", None, "monitor", "open_document", 7),
    ]
    named = "statistic string, sector string, module string, action string, row_count long"
    frame = spark.createDataFrame(rows, named)
    others = {group for statistic in contract.statistics for group in statistic.by} - {"sector", "module", "action"}
    frame = frame.selectExpr("*", *(f"CAST(NULL AS STRING) AS {name}" for name in others))
    assert counts_of(contract, frame) == {"sector": (90, 100)}


def test_writing_counts_on_the_way_even_when_there_is_no_row(spark, promise, tmp_path):
    contract = promise.release("feedback_topics")
    rows = spark.createDataFrame(
        [("topics", "other", 9, 7)], "statistic string, topic string, row_count long, contributors long"
    )
    assert write_counting(rows, contract, tmp_path / "one") == {"topic": (9, 9)}
    assert write_counting(rows.where("row_count > 9").coalesce(1), contract, tmp_path / "none") == {}


@pytest.mark.parametrize(
    ("column", "rows", "said"),
    [("browser", 94, False), ("browser", 95, True), ("new_permission", 99, False), ("new_permission", 100, True)],
)
def test_nearly_every_row_is_95_in_100_unless_the_contract_knows_better(promise, column, rows, said):
    assert bool(nearly_blank(promise.release("activity_trail"), {column: (rows, 100)})) is said


@pytest.fixture
def a_night(lake, ledger):
    """The record of a night in which one column said nothing and one something."""
    staged = {"release": "activity_trail", "day": DAY, "run": RUN, "rows_in": 400, "rows_out": 400}
    ledger.append(
        "protected", **staged, suppressed=0, excluded=0, epoch="2026-01-01", contract="c",
        blank={"new_permission": (400, 400), "browser": (100, 400)},
    )  # fmt: skip
    ledger.append(
        "published", release="activity_trail", day=DAY, run=RUN, version=0, rows=400, files=1, verdict_hash="v"
    )


def test_the_nights_table_names_the_column_its_share_and_whom_to_ask(a_night, lake, promise):
    said = night_table(promise, DAY, lake).partition("Columns that say nothing:")[2]
    assert "activity_trail.new_permission: null, other or unknown in 100.0 % of 400 rows" in said
    assert "product-data@ignicloud.example" in said
    assert "browser" not in said


def test_the_datasheet_shows_every_columns_share(a_night, ledger, promise):
    lines = datasheet(promise, promise.release("activity_trail"), ledger).splitlines()
    shares = {line.split("|")[1].strip(): line.split("|")[-2].strip() for line in lines if line.startswith("| `")}
    assert (shares["`new_permission`"], shares["`browser`"], shares["`actor`"]) == ("100.0 %", "25.0 %", "")
