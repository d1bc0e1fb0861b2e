"""Groups are shown only when enough contributors stand behind them; every source row is accounted for."""

from datetime import date
from decimal import Decimal

import pytest

from jobs.anonymity.statistics import judged, running
from policy.contract import Statistic

DAY = date(2026, 3, 12)


def statistic(**changes):
    given = {"name": "sales", "of": "purchases", "by": ("service",), "contributor": "company_id", "k": 3, **changes}
    return Statistic.model_validate(given)


def safe(spark, statistic, *rows):
    frame = spark.createDataFrame(list(rows), "service string, company_id string, amount_eur decimal(18,2)")
    return {row["service"]: row["safe"] for row in judged(frame, statistic).collect()}


def test_a_group_needs_k_distinct_contributors_not_k_rows(spark):
    rows = [("promote", "a", None), ("promote", "a", None), ("promote", "b", None)]
    assert safe(spark, statistic(), *rows) == {"promote": False}
    assert safe(spark, statistic(), *rows, ("promote", "c", None)) == {"promote": True}


def test_rows_of_nobody_known_are_no_contributor(spark):
    rows = [("promote", "a", None), ("promote", "b", None), ("promote", None, None)]
    assert safe(spark, statistic(), *rows) == {"promote": False}


@pytest.mark.parametrize(("largest", "shown"), [("60.00", True), ("60.01", False)])
def test_a_sum_is_hidden_when_one_contributor_makes_up_most_of_it(spark, largest, shown):
    rest = Decimal("100.00") - Decimal(largest)
    rows = [("promote", "a", Decimal(largest)), ("promote", "b", rest - 1), ("promote", "c", Decimal("1.00"))]
    assert safe(spark, statistic(total="amount_eur", dominance=0.6), *rows) == {"promote": shown}


def test_a_contract_counts_on_both_its_first_and_its_last_day(spark):
    days = [(date(2026, 3, 12), None), (date(2026, 3, 1), date(2026, 3, 12)), (date(2026, 3, 1), date(2026, 3, 11))]
    rows = spark.createDataFrame(
        [(str(i), first, last) for i, (first, last) in enumerate(days)], "id string, f date, l date"
    )
    kept = running(rows, statistic(running=("f", "l")), DAY)
    assert sorted(row["id"] for row in kept.collect()) == ["0", "1"]
