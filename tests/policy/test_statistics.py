"""What a contract may promise of tables is checked before a row is read."""

from datetime import date

import pytest
from pydantic import ValidationError

import policy
from policy.errors import ContractError
from policy.statistics import Statistic, is_acyclic, margins, systems
from tests.policy.test_promise import edited  # noqa: F401 (a fixture)

SALES = {
    "name": "sales", "of": "purchases", "by": ("bought",), "contributor": "company_id", "k": 5, "total": "amount_eur",
    "dominance": {"share": 0.6}, "protection": {"amount_eur": 500},
}  # fmt: skip


def by(*groups, **changes):
    return Statistic(name="_".join(groups), of="x", by=groups, contributor="c", k=3, **changes)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"dominance": None}, "a total has a dominance or a p % rule"),
        ({"dominance": {"largest": 5, "share": 0.6}}, "fewer contributors than k"),
        ({"protection": {}}, "must be for the total"),
        ({"protection": {"amount_eur": 500, "contributors": 3}}, "for nothing else"),
        ({"protection": {"amount_eur": 500, "row_count": 4}}, "of rows at least k"),
        ({"protection": {"amount_eur": 0}}, "above zero"),
        ({"every": "month"}, "taken every month"),
        ({"running": ("started_on", "ended_on")}, "taken every month"),
        ({"every": "month", "running": ("started_on", "ended_on")}, "counted, not summed"),
    ],
)
def test_rules_that_protect_nothing_are_refused(changes, says):
    with pytest.raises(ValidationError, match=says):
        Statistic.model_validate(SALES | changes)


def test_a_hidden_count_lies_in_an_interval_of_k_rows_at_least():
    assert Statistic.model_validate(SALES).width("row_count") == 5
    assert Statistic.model_validate(SALES).width("amount_eur") == 500


@pytest.mark.parametrize(
    ("day", "due"), [(date(2026, 2, 28), True), (date(2028, 2, 28), False), (date(2026, 3, 30), False)]
)
def test_a_standing_count_is_due_on_the_last_day_of_its_month(day, due):
    assert by("a", every="month", running=("f", "l")).is_due(day) == due
    assert by("a").is_due(day)


def test_tables_over_the_same_rows_are_one_system_and_share_their_margins():
    first, second, third = by("a", "b"), by("b", "c"), by("a", every="month", running=("f", "l"))
    assert systems([first, second, third]) == [(first, second), (third,)]
    assert margins((first, second)) == [(), ("b",)]
    assert margins((first,)) == [()]


@pytest.mark.parametrize(
    ("tables", "acyclic"),
    [
        (["ab", "bc"], True),
        (["ab", "bc", "cd"], True),
        (["a", "b", "c"], True),
        (["ab", "bc", "ca"], False),
        (["abc", "ab", "bc", "ca"], True),
        (["ab", "bc", "cd", "da"], False),
    ],
)
def test_a_ring_of_tables_is_told(tables, acyclic):
    assert is_acyclic([by(*table) for table in tables]) == acyclic


BASE = {"of": "activity", "contributor": "user_id", "k": 10}


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"name": "actions", "by": ["action"], **BASE}, "has no groups that actions_by_module hasn't"),
        ({"name": "ring", "with": "companies", "by": ["action", "region"], **BASE}, "in a ring"),
        ({"name": "wide", "with": "companies", "by": ["sector", "region", "module"], **BASE}, "1000 at most|hasn't"),
    ],
)
def test_tables_that_no_attack_can_judge_are_refused(edited, more, says):  # noqa: F811
    root = edited("releases/service_statistics.yaml", lambda c: c["statistics"].append(more))
    with pytest.raises(ContractError, match=says):
        policy.load(root)


def test_more_linked_cells_than_can_be_attacked_are_refused(edited):  # noqa: F811
    wide = {"name": "wide", "with": "companies", "by": ["sector", "action", "module"], **BASE}

    def change(contract):
        contract["statistics"] = [wide]

    with pytest.raises(ContractError, match="has 1100 linked cells; the gate attacks 1000 at most"):
        policy.load(edited("releases/service_statistics.yaml", change))


def test_two_releases_of_one_source_are_refused_for_they_leave_out_other_people(edited):  # noqa: F811
    unused = policy.load().sources["activity"].columns.keys() - {"user_id", "module"}

    def change(contract):
        contract["sources"]["activity"] = {
            **{name: {"treat": "drop", "why": "not needed"} for name in unused},
            "user_id": {"treat": "count"},
            "module": {"treat": "keep"},
        }  # fmt: skip
        contract["statistics"].append(
            {"name": "modules", "of": "activity", "by": ["module"], "contributor": "user_id", "k": 5}
        )

    with pytest.raises(ContractError, match="tables over one source are one release"):
        policy.load(edited("releases/feedback_topics.yaml", change))


def test_a_group_of_numbers_has_no_closed_set_of_cells(edited):  # noqa: F811
    def change(contract):
        contract["sources"]["feedback"]["rating"] = {"treat": "keep"}
        contract["statistics"] = [
            {"name": "ratings", "of": "feedback", "by": ["rating"], "contributor": "user_id", "k": 5}
        ]

    with pytest.raises(ContractError, match="without a closed vocabulary"):
        policy.load(edited("releases/feedback_topics.yaml", change))


PAID = {"of": "contracts", "by": ["plan"], "contributor": "company_id", "k": 5}


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"name": "plans", **PAID}, "counts contracts every day, of which most rows stay"),
        ({"name": "begun", **PAID, "every": "month", "running": ["ended_on", "started_on"]}, "at other times"),
        (
            {"name": "busy", **BASE, "by": ["sector"], "with": "companies", "every": "month", "running": ["a", "b"]},
            "counts activity every month, whose rows are of one day each",
        ),
    ],
)
def test_a_row_that_a_day_and_a_month_would_both_count_is_refused(edited, more, says):  # noqa: F811
    root = edited("releases/service_statistics.yaml", lambda c: c["statistics"].append(more))
    with pytest.raises(ContractError, match=says):
        policy.load(root)
