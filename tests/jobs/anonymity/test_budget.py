"""The account book: reserved before a number exists, stored before anybody sees it, never drawn twice."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from jobs.anonymity.budget import AccountBook, BudgetSpentError, LostDrawError
from jobs.lake.tables import open_table, replace_day

DAY = date(2026, 3, 12)


@pytest.fixture
def book(promise, lake, ledger):
    return AccountBook.of(promise.release("attack_statistics"), lake, ledger)


class Drawing:
    """Draws other numbers each time, and remembers how often."""

    def __init__(self):
        self.times = 0

    def __call__(self):
        self.times += 1
        return [{"statistic": "accounts", "estimate": self.times}]


@pytest.fixture
def drawing():
    return Drawing()


def killed(*_, **__):
    raise KeyboardInterrupt


def test_a_rerun_and_a_rebuilt_day_get_the_stored_numbers(book, drawing, ledger):
    first = book.numbers(DAY, "landing 1", drawing)
    assert book.numbers(DAY, "landing 2", drawing) == first
    assert drawing.times == 1
    assert [entry["kind"] for entry in ledger.entries()] == ["budget_reserved", "numbers_drawn"]


def test_a_crash_before_the_numbers_are_stored_costs_the_reservation_and_shows_nothing(book, drawing, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("jobs.anonymity.budget.write_atomically", killed)
        with pytest.raises(KeyboardInterrupt):
            book.numbers(DAY, "landing", drawing)
    assert book.stored(DAY) is None
    book.numbers(DAY, "landing", drawing)
    day, year = book.spent(DAY)
    assert (day.draws, year.draws) == (2, 2)
    assert day.epsilon == pytest.approx(0.6217, abs=1e-4)  # 2 · 0.005 at 1e-6


def test_a_crash_after_the_numbers_are_stored_never_gives_a_second_draw(book, drawing, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(AccountBook, "_record", killed)
        with pytest.raises(KeyboardInterrupt):
            book.numbers(DAY, "landing", drawing)
    assert book.numbers(DAY, "landing", drawing).rows[0]["estimate"] == 1
    assert (drawing.times, book.spent(DAY)[0].draws) == (1, 1)


@pytest.mark.parametrize("entries", [0, 1])
def test_an_older_ledger_that_was_put_back_gives_no_second_draw(book, drawing, ledger, entries):
    first = book.numbers(DAY, "landing", drawing)
    lines = ledger.path.read_text().splitlines(keepends=True)
    ledger.path.write_text("".join(lines[:entries]))
    if entries:  # the reservation is there: the numbers are recorded once more
        assert book.numbers(DAY, "landing", drawing) == first
    else:
        with pytest.raises(LostDrawError, match=r"or the ledger, from a copy.*security-data"):
            book.numbers(DAY, "landing", drawing)
    assert drawing.times == 1
    assert book.numbers(DAY + timedelta(1), "landing", drawing).rows[0]["estimate"] == 2


def test_a_day_that_readers_see_is_not_drawn_when_book_and_ledger_are_lost(book, drawing, lake):
    root = lake.shared(lake.published("attack_statistics"))
    table, file = open_table(root, book.contract), Path(f"day={DAY}") / "part-00000.parquet"
    lake.shared(root / file.parent)
    (root / file).write_bytes(b"rows")
    replace_day(table, DAY, {file: 1}, {})
    with pytest.raises(LostDrawError):
        book.numbers(DAY, "landing", drawing)
    assert drawing.times == 0


def test_a_third_reservation_of_a_day_is_refused(book, drawing, ledger):
    for _ in range(2):
        ledger.append("budget_reserved", release="attack_statistics", day=DAY, rho=0.005)
    with pytest.raises(
        BudgetSpentError, match=r"the day's privacy budget is spent: ε 0.62 is reserved, 0.65 allowed.*security-data"
    ):
        book.numbers(DAY, "landing", drawing)
    assert drawing.times == 0


def test_a_year_is_over_when_its_budget_is_spent_and_the_next_one_begins(book, drawing, ledger):
    for n in range(380):
        ledger.append(
            "budget_reserved", release="attack_statistics", day=date(2026, 1, 1) + timedelta(n % 300), rho=0.005
        )
    with pytest.raises(BudgetSpentError, match="the year's privacy budget is spent") as refused:
        book.numbers(date(2026, 12, 31), "landing", drawing)
    assert refused.value.spent.left < 0.05
    assert book.numbers(date(2027, 1, 1), "landing", drawing).rows


@pytest.mark.parametrize("damage", ["gone", "changed"])
def test_numbers_that_are_lost_are_not_drawn_again(book, drawing, lake, damage):
    book.numbers(DAY, "landing", drawing)
    (path,) = lake.budget("attack_statistics").glob("*.json")
    path.unlink() if damage == "gone" else path.write_text(path.read_text() + " ")
    with pytest.raises(LostDrawError, match="mustn't be drawn again"):
        book.numbers(DAY, "landing", drawing)
    assert drawing.times == 1


def test_the_book_is_closed_to_others(book, drawing, lake):
    book.numbers(DAY, "landing", drawing)
    (path,) = lake.budget("attack_statistics").glob("*.json")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_the_command_says_what_is_spent_and_what_is_left(book, drawing, lake, capsys):
    from jobs import cli

    book.numbers(DAY, "landing", drawing)
    assert cli.main(["budget", "--year", "2026"]) == 0
    said = capsys.readouterr().out
    assert "attack_statistics, 2026: 1 draws reserved" in said
    assert "ε 0.430 of 11.3 at δ 1e-06, left 10.870" in said
    assert "ε 0.4299 (closed formula 0.5307) of 0.65 a day" in said
