"""Each rule of the suite: an honest night breaks none, each kind of damage breaks exactly its own."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from expectations import rules
from expectations.case import Case, Claimed, Keyed, Landed, Recounted, Unread
from expectations.great import EXPECTATIONS
from expectations.measures import Measures

DAY = date(2026, 3, 12)
NOW = datetime(2026, 3, 13, 2, tzinfo=UTC)
RIGHT = Keyed(2, (7, 8))


@pytest.fixture
def case(promise):
    contract = promise.release("threat_events")
    return Case(
        contract=contract,
        day=DAY,
        judged_at=NOW,
        staged=None,
        scan=None,
        claimed=Claimed(3, 2, 0, 1),
        recounted=Recounted(3, 1, {"actor": RIGHT}, 0),
        landed=(Landed("security_events", DAY, datetime(2026, 3, 13, 1, tzinfo=UTC)),),
        history=(100, 20, 30),
        file_columns=(tuple(contract.output_schema),),
        texts=(),
    )


@pytest.fixture
def measures(case):
    return Measures(case.contract.output_schema, 2, 2, {}, {}, {}, {"actor": RIGHT})


def found(case, measures):
    return {(f.expectation, f.column) for each in EXPECTATIONS for f in each.rule(case, measures)}


def test_an_honest_night_breaks_nothing(case, measures):
    assert found(case, measures) == set()


@pytest.mark.parametrize(
    ("what", "where", "expectation"),
    [
        ("outside the vocabulary", "kind", "expect_vocabularies_are_closed"),
        ("not the shape of a token", "actor", "expect_tokens_have_their_shape"),
        ("outside the data day", "occurred_at", "expect_rows_are_of_the_day"),
        ("finer than the contract says", "occurred_at", "expect_times_are_cut"),
        ("groups under k", "topics", "expect_groups_have_enough_contributors"),
    ],
)
def test_a_defect_of_rows_breaks_its_rule(case, measures, what, where, expectation):
    assert found(case, replace(measures, defects={(what, where): 1})) == {(expectation, where)}


@pytest.mark.parametrize(
    ("detector", "expectation"),
    [
        ("email", "expect_no_personal_patterns"),
        ("known_hex", "expect_no_known_identifiers"),
        ("hashed_md5", "expect_no_unkeyed_hashes"),
    ],
)
def test_what_the_scanner_finds_breaks_its_rule(case, measures, detector, expectation):
    assert found(case, replace(measures, found={("route", detector): 1})) == {(expectation, "route")}


def test_columns_are_compared_by_name_type_and_order(case, measures):
    schema = measures.schema
    name = "expect_columns_are_the_contracts"
    assert found(case, replace(measures, schema={**schema, "ip_raw": "string"})) == {(name, "")}
    assert found(case, replace(measures, schema={**schema, "kind": "int"})) == {(name, "kind")}
    assert found(case, replace(measures, schema=dict(reversed(schema.items())))) == {(name, "")}


def test_a_column_that_is_not_the_contracts_is_counted_and_never_named(case, measures):
    named = replace(measures, schema={**measures.schema, "jane.roe@mail.example": "string", "b": "int"})
    [finding] = rules.columns_are_the_contracts(case, named)
    assert (finding.column, finding.detail, finding.count) == ("", "columns outside the contract", 2)


def test_what_our_writer_does_not_write_is_a_finding_whatever_it_says(case, measures):
    broken = replace(case, texts=("anything",))
    assert found(broken, measures) == {("expect_nothing_in_file_metadata", "")}


def test_a_single_file_with_another_column_is_seen(case, measures):
    columns = tuple(case.contract.output_schema)
    broken = replace(case, file_columns=(columns, (*columns, "email")))
    assert found(broken, measures) == {("expect_columns_are_the_contracts", "")}


@pytest.mark.parametrize("staged", [Keyed(1, (7, 8)), Keyed(2, (7, 9)), Keyed(2, (6, 8))])
def test_tokens_must_be_the_right_ones_as_many_and_as_different(case, measures, staged):
    assert found(case, replace(measures, keyed={"actor": staged})) == {("expect_tokens_map_one_to_one", "actor")}


def test_a_token_column_that_is_missing_is_seen(case, measures):
    assert found(case, replace(measures, keyed={})) == {("expect_tokens_map_one_to_one", "actor")}


@pytest.mark.parametrize(
    "claimed", [Claimed(4, 3, 0, 1), Claimed(3, 3, 0, 0), Claimed(3, 1, 1, 1), Claimed(3, 2, 1, 1)]
)
def test_rows_must_balance(case, measures, claimed):
    assert found(replace(case, claimed=claimed), measures) == {("expect_rows_balance", "")}


def test_a_group_that_landing_does_not_give_is_seen(case, measures):
    broken = replace(case, recounted=replace(case.recounted, differing=1))
    assert found(broken, measures) == {("expect_rows_balance", "")}


@pytest.mark.parametrize(
    ("cells", "filled", "red"), [(0, 0, False), (1, 100, False), (2, 100, True), (1, 99, True), (259, 265, True)]
)
def test_addresses_that_are_lost_are_red_over_the_contracts_share(case, measures, cells, filled, red):
    lossy = replace(case, recounted=replace(case.recounted, unread={"ip": Unread(cells, filled, 0.01)}))
    assert found(lossy, measures) == ({("expect_addresses_are_read", "ip")} if red else set())


def test_a_class_under_k_or_l_is_seen(case, measures):
    broken = replace(case, recounted=replace(case.recounted, small_classes=1))
    assert found(broken, measures) == {("expect_classes_are_large_and_diverse", "")}


@pytest.mark.parametrize(
    "copy",
    [
        Landed("activity", DAY - timedelta(days=1), NOW - timedelta(hours=1)),
        Landed("activity", DAY, datetime(2026, 3, 12, 23, 59, tzinfo=UTC)),
        Landed("activity", DAY, NOW + timedelta(seconds=1)),
    ],
)
def test_landing_must_be_of_the_day_and_whole(case, measures, copy):
    assert found(replace(case, landed=(copy,)), measures) == {("expect_landing_is_fresh", "activity")}


def test_landing_older_than_seven_days_is_not_believed(case, measures):
    at = datetime(2026, 3, 13, tzinfo=UTC)
    copy = Landed("activity", DAY, at)
    fresh = replace(case, landed=(copy,), judged_at=at + timedelta(days=7))
    stale = replace(fresh, judged_at=at + timedelta(days=7, seconds=1))
    assert (found(fresh, measures), found(stale, measures)) == (set(), {("expect_landing_is_fresh", "activity")})


@pytest.mark.parametrize(
    ("history", "rows", "held"),
    [((), 3, False), ((49, 49), 1, False), ((100, 100, 1_000), 11, False), ((100, 100, 1_000), 10, True)],
)
def test_a_night_ten_times_smaller_than_the_median_is_held(case, measures, history, rows, held):
    small = replace(case, history=history, recounted=replace(case.recounted, rows_in=rows))
    assert bool(rules.volume_is_usual(small, measures)) == held


def test_identifiers_beside_the_rows_break_their_rule(case, measures):
    broken = replace(measures, in_texts={"email": 1})
    assert found(case, broken) == {("expect_nothing_in_file_metadata", "")}


def test_the_gates_page_lists_every_expectation_in_the_suites_order():
    page = (Path(__file__).resolve().parents[2] / "docs" / "gate.md").read_text("utf-8")
    listed = re.findall(r"^\| `(expect_\w+)` \|", page, re.MULTILINE)
    assert listed == [each.expectation_type for each in EXPECTATIONS]
