"""The attacker's intervals: the published examples by hand, and against every filling of small tables."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations.case import Total
from jobs.anonymity import attack as attack_module
from jobs.anonymity.attack import Attack, UnfinishedAttackError, is_narrow
from jobs.anonymity.tables import Face, present
from policy.statistics import ROWS
from tests.jobs.anonymity.small_tables import DAY, EUR, faces, interval, statistic, total

# Two blocks of four hidden cells and one between them (a pattern of Fischetti & Salazar-González 2001, and of the test
# tables of sdcTable): at least two in each row and column. The sums of rows 1 and 2 less those of columns 1 and 2 are the
# one between them: 47.
FOUR = {
    ("1", "1"): 11, ("1", "2"): 20, ("1", "3"): 47, ("1", "4"): 30,
    ("2", "1"): 25, ("2", "2"): 16, ("2", "3"): 80, ("2", "4"): 90,
    ("3", "1"): 50, ("3", "2"): 70, ("3", "3"): 40, ("3", "4"): 22,
    ("4", "1"): 60, ("4", "2"): 65, ("4", "3"): 35, ("4", "4"): 18,
}  # fmt: skip
BLOCKS = {(r, c) for r, c in product("1234", repeat=2) if (r in "12") == (c in "12")}
NINE = BLOCKS | {("1", "3")}


def four_by_four(hidden):
    table = statistic()
    sums = [total(table, FOUR, row=one) for one in "1234"] + [total(table, FOUR, column=one) for one in "1234"]
    return interval([(table, FOUR, hidden)], sums, ("1", "3"))


def test_nine_hidden_cells_two_in_each_row_and_column_still_give_one_exactly():
    assert four_by_four(NINE) == (47, 47)


def test_one_more_hidden_cell_leaves_it_between_0_and_78():
    # up: x11 can lose 11, then x12 and x21 20 more for x22: 47 + 31; down: x31 has 50 to lose
    assert four_by_four(NINE | {("3", "1")}) == (0, 78)


def linked(hidden):
    """Sales by region and service, and by region and sector: they share the regions."""
    first = statistic("by_service", ("region", "service"))
    second = statistic("by_sector", ("region", "sector"))
    services = {("n", "a"): 3, ("n", "b"): 7, ("s", "a"): 20, ("s", "b"): 9}
    sectors = {("n", "x"): 4, ("n", "y"): 6, ("s", "x"): 14, ("s", "y"): 15}
    return first, services, second, sectors, hidden


def test_two_tables_each_safe_alone_give_a_cell_exactly_together():
    first, services, second, sectors, hidden = linked({("n", "a"), ("s", "a")})
    alone = interval([(first, services, hidden)], [total(first, services)], ("n", "a"))
    assert alone == (0, 23)
    totals = [total(first, services), total(second, sectors)]
    together = [(first, services, hidden), (second, sectors, set())]
    assert interval(together, totals, ("n", "a")) == (3, 3)
    more = [(first, services, hidden | {("n", "b")}), (second, sectors, set())]
    assert interval(more, totals, ("n", "a")) == (0, 10)


def test_whoever_knows_the_total_gets_a_single_hidden_cell():
    table, cells = statistic(by=("row",)), {("a",): 5, ("b",): 9}
    assert interval([(table, cells, {("a",)})], [total(table, cells)], ("a",)) == (5, 5)
    assert interval([(table, cells, {("a",)})], [], ("a",))[1] > 10**9


def test_a_hidden_cell_of_rows_has_at_least_one_row_unless_nothing_is_shown():
    table = statistic(by=("row",))
    for hidden, expected in (({("a",), ("b",)}, (1, 13)), ({("a",), ("b",), ("c",)}, (0, 23))):
        cells = {("a",): 5, ("b",): 9, ("c",): 9}
        seen = faces(table, cells, hidden)
        found = Attack([table], ROWS, seen, [Total(table.name, ROWS, (), Decimal(23))]).interval((table.name, ("a",)))
        assert tuple(map(int, found)) == expected


def test_contributors_that_are_shown_say_how_many_a_hidden_cell_must_have():
    # 50 people are in the north by service, of whom 30 are shown by sector: at least 20 are in the other sector
    first, second = statistic("by_service", ("region", "service")), statistic("by_sector", ("region", "sector"))
    seen = [
        Face(first.name, ("n", "a"), DAY, 50, (Decimal(50), Decimal(0))),
        Face(first.name, ("n", "b"), DAY),
        Face(second.name, ("n", "x"), DAY, 30, (Decimal(45), Decimal(0))),
        Face(second.name, ("n", "y"), DAY),
    ]
    low, _ = Attack([first, second], ROWS, seen, []).interval((second.name, ("n", "y")))
    assert low == 20


def test_of_a_standing_count_that_keeps_an_older_value_all_but_k_less_one_are_still_there():
    # 9 were in a, so 7 at least still are: of the 10 in a and b at most 3 are in b, and at most 9 in a
    table = statistic(by=("row",), total=None, dominance=None, protection={}, every="month", running=("f", "l"))
    before = faces(table, {("a",): 9, ("b",): 1, ("c",): 50}, {("b",)})
    before[0] = replace(before[0], contributors=9, as_of=date(2026, 2, 28))
    attack = Attack([table], ROWS, present(before, [table], DAY), [Total(table.name, ROWS, (), Decimal(60))])
    assert [tuple(map(int, attack.interval((table.name, (word,))))) for word in "ab"] == [(7, 9), (1, 3)]
    daily = statistic(by=("row",))
    assert present(before, [daily], DAY) == before


def test_somebody_who_knows_one_cell_gets_the_other_of_two():
    table, cells = statistic(by=("row",)), {("a",): 5, ("b",): 9, ("c",): 9}
    one, other = (table.name, ("a",)), (table.name, ("b",))
    attack = Attack([table], EUR, faces(table, cells, {("a",), ("b",)}), [total(table, cells)])
    assert (attack.determined([]), attack.determined([one])) == (set(), {other})
    wider = Attack([table], EUR, faces(table, cells, set(cells)), [total(table, cells)])
    assert wider.determined([one]) == set()


def test_an_attack_over_its_time_is_no_result(monkeypatch):
    monkeypatch.setattr(attack_module, "SECONDS", -1.0)
    with pytest.raises(UnfinishedAttackError, match="isn't finished") as caught:
        four_by_four(NINE)
    assert caught.value.statistic == "sales"


def test_numbers_that_contradict_each_other_are_no_result():
    table, cells = statistic(by=("row",)), {("a",): 5, ("b",): 9}
    with pytest.raises(UnfinishedAttackError, match="no values that fit"):
        interval([(table, cells, {("a",)})], [Total(table.name, EUR, (), Decimal(3))], ("a",))


# -- against every filling ------------------------------------------------------------------------

WORDS = [("a", "b"), ("x", "y"), ("p", "q")]
ATOMS = list(product(*WORDS))
LEFT, RIGHT = statistic("left", ("one", "two")), statistic("right", ("two", "three"))
GROUPS = ("one", "two", "three")


def added(table, atoms):
    """The table that these numbers of atoms add up to."""
    places = [GROUPS.index(group) for group in table.by]
    cells = {}
    for atom, value in zip(ATOMS, atoms, strict=True):
        words = tuple(atom[place] for place in places)
        cells[words] = cells.get(words, 0) + value
    return cells


def fillings(size, places):
    """Every way to put ``size`` into ``places``."""
    if places == 1:
        yield (size,)
        return
    for first in range(size + 1):
        yield from ((first, *rest) for rest in fillings(size - first, places - 1))


@given(st.lists(st.integers(0, 2), min_size=8, max_size=8), st.sets(st.integers(0, 7), min_size=1))
@settings(max_examples=40)
def test_intervals_are_those_of_all_integer_fillings_of_the_joint_table(atoms, hidden):
    """Brute force over what could be behind two linked tables of four cells each, cell by cell of the finest table."""
    size = min(sum(atoms), 6)
    atoms = atoms if sum(atoms) == size else [1, 1, 1, 1, 1, 1, 0, 0]
    tables = [(table, added(table, atoms)) for table in (LEFT, RIGHT)]
    keys = [(table.name, words) for table, cells in tables for words in cells]
    secret = {keys[place] for place in hidden}
    fitting = [
        {(table.name, words): value for table in (LEFT, RIGHT) for words, value in added(table, filling).items()}
        for filling in fillings(sum(atoms), len(ATOMS))
    ]
    true = {(table.name, words): value for table, cells in tables for words, value in cells.items()}
    fitting = [cells for cells in fitting if all(cells[key] == true[key] for key in keys if key not in secret)]
    seen = [f for table, cells in tables for f in faces(table, cells, {w for w in cells if (table.name, w) in secret})]
    attack = Attack([LEFT, RIGHT], EUR, seen, [total(table, cells) for table, cells in tables])
    for key in secret:
        values = [cells[key] for cells in fitting]
        assert tuple(map(int, attack.interval(key))) == (min(values), max(values))


@pytest.mark.parametrize(
    ("interval", "kept", "narrow"),
    [
        ((0, 10), None, False),  # as wide as its protection
        ((0, 9), None, True),
        ((5, 7), 4, False),  # k numbers fit
        ((5, 6), 4, True),
        ((4, 4), 4, False),  # nobody has come or gone
    ],
)
def test_an_interval_is_narrow_below_its_protection_and_of_a_kept_value_below_k_numbers(interval, kept, narrow):
    face = None if kept is None else Face("sales", ("a",), DAY, kept, (Decimal(kept),))
    assert is_narrow(tuple(map(Decimal, interval)), statistic(by=("row",)), EUR, face) == narrow
