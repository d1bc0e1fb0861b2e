"""The gate's attacker on what is printed: planted leaks are named, and a weakened attacker is found out by them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from expectations.case import Case, Claimed, Printed, Recounted
from expectations.rules import hidden_cells_stay_hidden
from expectations.table_leaks import planted_tables, table_leaks
from jobs.anonymity import disclosure
from jobs.anonymity.attack import Attack, UnfinishedAttackError
from jobs.anonymity.disclosure import attacker, weaknesses
from jobs.anonymity.tables import faces_of, rows_of
from jobs.lake.ledger import _recordable

DAY, MONTH_END = date(2026, 3, 12), date(2026, 3, 31)
RELEASES = [("service_statistics", DAY), ("service_statistics", MONTH_END), ("feedback_topics", DAY)]


def case_of(promise, release, day):
    contract = promise.release(release)
    return Case(
        contract=contract, day=day, judged_at=datetime(2026, 4, 1, 2, tzinfo=UTC), staged=None, scan=None,
        claimed=Claimed(0, 0, 0, 0), recounted=Recounted(0, 0, {}, 0), landed=(), history=(), file_columns=(), texts=(),
        printed=Printed((), (), ()), attacker=attacker(contract, day),
    )  # fmt: skip


def found(case):
    return hidden_cells_stay_hidden(case, None)


@pytest.fixture(params=RELEASES, ids=lambda given: f"{given[0]} {given[1]}")
def case(request, promise):
    return case_of(promise, *request.param)


def planted(case):
    due = [statistic for statistic in case.contract.statistics if statistic.is_due(case.day)]
    return planted_tables(case, due)


def test_the_planted_tables_themselves_are_clean(case):
    honest, _ = planted(case).printing({})(case, None)
    assert found(honest) == []


def test_every_planted_leak_is_named(case):
    leaks = list(table_leaks(case))
    assert {leak.kind for leak in leaks} >= {"one shown cell more", "one total more"}
    for leak in leaks:
        spoiled, _ = leak.falsify(case, None)
        named = [finding for finding in found(spoiled) if leak.is_named(finding)]
        assert named, leak.kind
        assert _recordable([vars(finding) for finding in named]), "a detail that the ledger wouldn't take"


WEAKENED = {
    "an attacker that solves nothing": ("_attacked", lambda *_: disclosure.Weak(), {"one shown cell more", "one total more"}),
    "missing cells that nobody misses": ("_unclosed", lambda *_: disclosure.Weak(), {"a cell left out"}),
    "versions that nobody compares": ("isolates", lambda *_: False, {"a day rebuilt with one person more"}),
}  # fmt: skip


@pytest.mark.parametrize("way", WEAKENED)
def test_a_weakened_attacker_is_found_out(promise, monkeypatch, way):
    name, instead, missed = WEAKENED[way]
    case = case_of(promise, "service_statistics", DAY)
    monkeypatch.setattr(disclosure, name, instead)
    unseen = set()
    for leak in table_leaks(case):
        spoiled, _ = leak.falsify(case, None)
        if not any(leak.is_named(finding) for finding in found(spoiled)):
            unseen.add(leak.kind)
    assert unseen == missed


def test_an_attacker_who_forgets_the_totals_is_found_out(promise, monkeypatch):
    case, honest = case_of(promise, "service_statistics", DAY), Attack.__init__
    monkeypatch.setattr(
        Attack, "__init__", lambda self, system, number, faces, totals: honest(self, system, number, faces, ())
    )
    kinds = {leak.kind for leak in table_leaks(case) if not any(map(leak.is_named, found(leak.falsify(case, None)[0])))}
    assert "one total more" in kinds


def test_an_attacker_who_takes_last_months_values_for_this_ones_is_found_out(promise, monkeypatch):
    case = case_of(promise, "service_statistics", MONTH_END)
    monkeypatch.setattr(disclosure, "present", lambda faces, *_: faces)
    kinds = {leak.kind for leak in table_leaks(case) if not any(map(leak.is_named, found(leak.falsify(case, None)[0])))}
    assert kinds == {"a month's only older value"}


def test_an_attack_that_is_not_finished_is_red(case, monkeypatch):
    def unfinished(*_):
        raise UnfinishedAttackError("sales", "isn't finished")

    monkeypatch.setattr(Attack, "interval", unfinished)
    honest, _ = planted(case).printing({})(case, None)
    assert {finding.detail for finding in found(honest)} == {"hidden cells whose attack was not finished"}


def test_tables_that_nobody_attacks_are_red(case):
    from dataclasses import replace

    assert [f.detail for f in found(replace(case, attacker=None))] == ["tables that nobody attacks"]


def test_an_interval_that_says_more_than_the_tables_is_red(promise):
    case = case_of(promise, "feedback_topics", DAY)
    tables = planted(case)
    narrower = {**tables.rows[tables.hidden[0]], "row_count_high": tables.value + 5}
    spoiled, _ = tables.printing({tables.hidden[0]: narrower})(case, None)
    assert [f.detail for f in found(spoiled)] == ["intervals other than the tables give"]


def test_a_version_that_stays_is_not_attacked_with_totals_of_another(promise):
    contract, case = promise.release("feedback_topics"), case_of(promise, "feedback_topics", DAY)
    tables = planted(case)
    honest, _ = tables.printing({}, visible=tables.rows)(case, None)
    other = Printed(honest.printed.rows, honest.printed.visible, ())
    assert weaknesses(contract, DAY, other) == {}
    assert weaknesses(contract, DAY, Printed(other.rows, (), ())) != {}


def test_rows_and_faces_tell_the_same_and_half_a_row_is_none(promise):
    contract, case = promise.release("service_statistics"), case_of(promise, "service_statistics", MONTH_END)
    rows = [dict.fromkeys(contract.output_schema) | row for row in planted(case).rows]
    faces = faces_of(contract, rows, MONTH_END)
    assert rows_of(contract, faces) == rows
    shown = next(row for row in rows if row["statistic"] == "actions_by_sector" and row["shown"])
    for damage in (
        {"shown": None},
        {"row_count": None},
        {"row_count_low": 3},
        {"amount_eur": Decimal(1)},
        {"shown": False},
    ):
        with pytest.raises(ValueError, match=r"no statistic|half of its numbers"):
            faces_of(contract, [shown | damage], MONTH_END)
