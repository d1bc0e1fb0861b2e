"""A column that says nothing is said: in the night's table and on the datasheet, by its name and no number."""

from datetime import date

import pytest

from jobs.catalogue.datasheet import datasheet
from jobs.catalogue.describe import describe
from jobs.catalogue.record import Record
from jobs.night.blanks import counted, counting, silent
from jobs.night.protect import Protected, recorded, write_counting
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
    assert silent(promise.release("activity_trail"), {column: (rows, 100)}) == ((column,) if said else ())


@pytest.mark.parametrize("changed", [3, 8])
def test_the_record_does_not_say_how_many_permissions_were_changed(spark, promise, tmp_path, changed):
    """With that number and the shown cells of `actions_by_module`, a hidden one was had by subtraction."""
    contract = promise.release("activity_trail")
    rows = spark.range(20).selectExpr(
        *(f"'word' AS {output.name}" for output in contract.outputs if output.name != "new_permission"),
        f"IF(id < {changed}, 'public', NULL) AS new_permission",
    )
    counts = write_counting(rows, contract, tmp_path)
    assert counts == {"new_permission": (20 - changed, 20)}
    staged = Protected("activity_trail", str(DAY), RUN, 20, 20, 20, 0, 0, "e", "c", silent(contract, counts))
    said = recorded(staged, contract)
    assert {name: content for name, content in said.items() if isinstance(content, int | dict | list)} == {
        "rows_in": 20, "rows_out": 20, "suppressed": 0, "excluded": 0, "unread_wishes": 0,
    }  # fmt: skip
    assert said["silent"] == ()


@pytest.fixture
def a_night(lake, ledger):
    """The record of a night in which one column said nothing and one something."""
    staged = {"release": "activity_trail", "day": DAY, "run": RUN, "rows_in": 400, "rows_out": 400}
    ledger.append(
        "protected", **staged, suppressed=0, excluded=0, epoch="2026-01-01", contract="c",
        silent=("new_permission",),
    )  # fmt: skip
    ledger.append(
        "published", release="activity_trail", day=DAY, run=RUN, version=0, rows=400, files=1, verdict_hash="v"
    )


def test_the_nights_table_names_the_column_and_whom_to_ask(a_night, lake, promise):
    said = night_table(promise, DAY, lake).partition("Columns that say nothing:")[2]
    assert "activity_trail.new_permission: null, other or unknown in nearly every row" in said
    assert "product-data@ignicloud.example" in said
    assert "browser" not in said


def test_the_datasheet_names_it_too(a_night, lake, ledger, promise):
    contract = promise.release("activity_trail")
    lines = (
        datasheet(describe(promise, contract, lake, ledger), contract, Record("activity_trail", ledger))
        .partition("## Open it")[0]
        .splitlines()
    )
    said = {line.split("|")[1].strip(): line.split("|")[-2].strip() for line in lines if line.startswith("| `")}
    assert (said["`new_permission`"], said["`browser`"], said["`actor`"]) == ("nearly all", "", "")
