"""From rows to tables: cells counted by Spark, and days, months and versions of a whole release."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pytest
from pyspark.sql import DataFrame

from jobs.anonymity.cells import cells_of, running
from jobs.anonymity.statistics import Loss, Sources, UnfinishedSearchError, UnlistedCellError, statistics
from jobs.anonymity.tables import Face
from policy.statistics import ROWS
from tests.jobs.anonymity.small_tables import people, statistic

DAY, MONTH_END, NEXT = date(2026, 3, 12), date(2026, 3, 31), date(2026, 4, 30)


def test_a_cell_has_its_rows_its_people_its_sum_and_its_largest(spark):
    rows = [
        ("promote", who, euros)
        for who, euros in (("a", 5), ("a", 5), ("b", 90), ("c", 1), ("d", 2), ("e", 1), ("f", 1), (None, 3))
    ]
    frame = spark.createDataFrame(
        [(s, w, Decimal(e)) for s, w, e in rows], "service string, company_id string, amount_eur decimal(18,2)"
    )
    [(words, cell)] = cells_of(statistic(by=("service",), k=3), frame).items()
    assert (words, cell.row_count, cell.contributors, cell.total) == (("promote",), 8, 6, 108)
    assert sorted(each.total for each in cell.top)[-3:] == [3, 10, 90]
    assert max(each.row_count for each in cell.top) == 2
    assert not cell.is_listed
    assert not cell.negative


def test_a_contract_counts_on_both_its_first_and_its_last_day(spark):
    days = [(date(2026, 3, 12), None), (date(2026, 3, 1), date(2026, 3, 12)), (date(2026, 3, 1), date(2026, 3, 11))]
    rows = spark.createDataFrame(
        [(str(i), first, last) for i, (first, last) in enumerate(days)], "id string, f date, l date"
    )
    table = statistic(by=("id",), total=None, dominance=None, protection={}, every="month", running=("f", "l"))
    assert sorted(row["id"] for row in running(rows, table, DAY).collect()) == ["0", "1"]


def loss(numbers, faces):
    table = statistic(by=("row",), total=None, dominance=None, protection={}, every="month", running=("f", "l"))
    cells = {("sales", (word,)): people(*[1] * count) for word, count in numbers.items()}
    own = [Face("sales", (word,), as_of, *said) for word, (as_of, *said) in faces.items()]
    return Loss.of(table, own, cells, NEXT)


def test_what_hiding_costs_does_not_tell_a_hidden_cell_from_one_that_keeps_an_older_value():
    """Of 100 running contracts 3 or 4 are hidden: their share, in percent, would be their number."""
    faces = {"a": (NEXT, 77, (Decimal(77),)), "b": (MONTH_END, 19, (Decimal(19),)), "c": (NEXT,)}
    one, other = loss({"a": 77, "b": 20, "c": 3}, faces), loss({"a": 77, "b": 19, "c": 4}, faces)
    assert one == other == Loss("sales", 3, 1, 23)


def test_what_hiding_costs_is_not_said_of_late_rows_where_the_first_version_stays(made):
    first = made("feedback_topics", feedback(login=30, billing=9, mobile=2))
    again = made("feedback_topics", feedback(login=31, billing=9, mobile=3), visible=visible(first))
    assert [each.percent for each in first.losses] != [None]
    assert (again.stayed, [each.percent for each in again.losses]) == (("topics",), [None])


@dataclass(frozen=True)
class Everybody:
    """An exclusion that leaves nobody out."""

    frames: Callable[[str], DataFrame]

    def without(self, rows, source):
        return rows


@pytest.fixture
def made(spark, promise):
    """The tables of a release over these rows, beside what is visible."""

    def make(release, rows, day=DAY, visible=()):
        frames = {name: spark.createDataFrame(given, schema) for name, (given, schema) in rows.items()}
        sources = Sources(Everybody(frames.__getitem__), day, visible)
        return statistics(promise, promise.release(release), sources)

    return make


TEXTS = {"login": "password", "billing": "invoice", "mobile": "tablet"}


def feedback(**topics):
    rows = [(f"{topic}{i}", TEXTS[topic]) for topic, count in topics.items() for i in range(count)]
    return {"feedback": (rows, "user_id string, text string")}


def shown(tables):
    return {face.words[-1]: int(face.numbers[0]) for face in tables.faces if face.shown and face.numbers[0]}


def visible(tables, day=DAY):
    return [{**row, "day": day} for row in tables.rows]


def test_a_small_topic_hides_with_another_and_the_rest_is_shown(made):
    assert shown(made("feedback_topics", feedback(login=30, billing=2, mobile=9))) == {"login": 30}


def test_a_search_over_its_time_stages_nothing_and_names_release_statistic_and_owner(made, promise, monkeypatch):
    monkeypatch.setattr("jobs.anonymity.secondary.SECONDS", -1.0)
    with pytest.raises(UnfinishedSearchError, match="feedback_topics: the search for what to hide of topics") as caught:
        made("feedback_topics", feedback(login=30, billing=2, mobile=9))
    assert promise.release("feedback_topics").owner in str(caught.value)


def test_a_day_rebuilt_with_one_late_row_keeps_its_first_version_and_says_so(made):
    first = made("feedback_topics", feedback(login=30, billing=9, mobile=9))
    late = made("feedback_topics", feedback(login=31, billing=9, mobile=9), visible=visible(first))
    assert (late.rows, late.stayed, late.totals) == (first.rows, ("topics",), ())
    assert late.rows_in == first.rows_in + 1


def test_a_day_rebuilt_with_k_people_more_in_a_cell_is_replaced(made):
    first = made("feedback_topics", feedback(login=30, billing=9, mobile=9))
    late = made("feedback_topics", feedback(login=35, billing=9, mobile=9), visible=visible(first))
    assert (shown(late)["login"], late.stayed) == (35, ())


def test_a_topic_that_was_hidden_stays_hidden_though_enough_people_came_late(made):
    first = made("feedback_topics", feedback(login=30, billing=2, mobile=9))
    late = made("feedback_topics", feedback(login=30, billing=20, mobile=9), visible=visible(first))
    assert shown(late) == {"login": 30}


SCHEMA = "company_id string, service string, plan string, started_on date, ended_on date"
ACTIVITY = ([], "user_id string, company_id string, module string, action string")
PURCHASES = ([], "company_id string, user_id string, service string, amount_eur decimal(18,2)")
COMPANIES = ([], "company_id string, sector string, country string")


def contracts(*periods):
    """So many companies with a paid contract of each period."""
    rows = [
        (f"{n}-{i}", "promote", "paid", first, last)
        for n, (count, first, last) in enumerate(periods)
        for i in range(count)
    ]
    return {
        "contracts": (rows, SCHEMA), "activity": ACTIVITY, "purchases": PURCHASES, "companies": COMPANIES,
    }  # fmt: skip


def standing(tables):
    [face] = [f for f in tables.faces if f.statistic == "contracts_by_service" and f.words == ("promote", "paid")]
    return (int(face.numbers[0]), face.as_of) if face.shown else None


LONG_AGO = date(2025, 1, 1)


def test_contracts_are_counted_on_the_last_day_of_a_month_only(made):
    rows = contracts((20, LONG_AGO, None))
    assert {face.statistic for face in made("service_statistics", rows).faces} & {"contracts_by_service"} == set()
    assert standing(made("service_statistics", rows, MONTH_END)) == (20, MONTH_END)


@pytest.mark.parametrize(("joined", "says"), [(0, (20, MONTH_END)), (4, (20, MONTH_END)), (5, (25, NEXT))])
def test_a_month_in_which_fewer_than_k_joined_says_what_the_last_one_said_with_its_date(made, joined, says):
    rows = contracts((20, LONG_AGO, None), (joined, MONTH_END + timedelta(days=3), None))
    first = made("service_statistics", rows, MONTH_END)
    later = made("service_statistics", rows, NEXT, visible(first, MONTH_END))
    assert standing(later) == says


def test_four_who_leave_and_four_who_join_are_eight_who_changed(made):
    april = date(2026, 4, 10)
    rows = contracts((16, LONG_AGO, None), (4, LONG_AGO, april), (4, april, None))
    first = made("service_statistics", rows, MONTH_END)
    assert standing(made("service_statistics", rows, NEXT, visible(first, MONTH_END))) == (20, NEXT)


def test_how_many_contracts_run_is_not_in_the_counts_that_are_printed(made):
    for ended in (3, 8):
        rows = contracts((20, LONG_AGO, None), (ended, LONG_AGO, DAY), (8 - ended, LONG_AGO, None))
        printed = made("service_statistics", rows, MONTH_END).counts()
        assert (printed["rows_in"], printed["excluded"]) == (28, 0)


def test_a_month_end_is_not_rebuilt_for_one_contract_that_was_entered_late(made):
    first = made("service_statistics", contracts((20, LONG_AGO, None)), MONTH_END)
    late = made("service_statistics", contracts((21, LONG_AGO, None)), MONTH_END, visible(first, MONTH_END))
    assert (standing(late), late.stayed) == ((20, MONTH_END), ("contracts_by_service",))


def test_the_rows_of_a_day_are_in_the_contracts_columns(made, spark):
    tables = made("service_statistics", contracts((20, LONG_AGO, None)), MONTH_END)
    staged = tables.staged(spark)
    assert {f.name: f.dataType.simpleString() for f in staged.schema} == tables.contract.output_schema
    assert [tuple(row) for row in staged.collect()] == [tuple(row.values()) for row in tables.rows]
    assert tables.counts()["rows_in"] == 20
    assert all(total.value == (20 if total.statistic == "contracts_by_service" else 0) for total in tables.totals)
    assert ROWS in tables.contract.output_schema


def test_a_word_that_the_contract_does_not_list_stops_the_run(made):
    rows = contracts((20, LONG_AGO, None))
    rows["activity"] = ([("u1", "c1", "promote", "a_new_action")], ACTIVITY[1])
    with pytest.raises(UnlistedCellError, match="actions_by_module") as caught:
        made("service_statistics", rows)
    assert "a_new_action" not in str(caught.value)
