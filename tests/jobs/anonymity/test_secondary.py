"""The search hides until the attacker finds nothing, in a stated order, and no more than it must."""

from datetime import date
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.anonymity import secondary
from jobs.anonymity.cells import NOBODY
from jobs.anonymity.primary import is_safe
from jobs.anonymity.secondary import first_problem, suppress
from jobs.anonymity.tables import Face
from policy.statistics import ROWS
from tests.jobs.anonymity.small_tables import DAY, people, statistic

NOTHING = {}


def counts(name, by, **changes):
    """A statistic of rows alone."""
    return statistic(name, by, total=None, dominance=None, protection={ROWS: 5}, **changes)


ONE = counts("one", ("group",))


def hidden(cells, *system, bound=NOTHING):
    made = suppress(system or (ONE,), cells, DAY, bound)
    return {words for _, words in made.hidden}


def row(**cells):
    return {("one", (word,)): cell for word, cell in cells.items()}


def test_nothing_is_hidden_where_every_cell_is_safe():
    assert hidden(row(a=people(2, 2, 2), b=people(9, 9, 9), c=NOBODY)) == set()


def test_a_hidden_cell_takes_the_least_loss_with_it_and_zeros_stay():
    cells = row(a=people(1, 1), b=people(9, 9, 9), c=people(4, 4, 4), d=NOBODY)
    assert hidden(cells) == {("a",), ("c",)}


def test_of_losses_of_one_size_class_the_name_decides_so_small_changes_do_not_flicker():
    for b, c in ((9, 10), (10, 9)):
        assert hidden(row(a=people(1, 1), b=people(b, 1, 1), c=people(c, 1, 1))) == {("a",), ("b",)}


def test_a_search_over_its_time_is_no_result_however_fast_each_attack_is(monkeypatch):
    monkeypatch.setattr(secondary, "SECONDS", -1.0)
    with pytest.raises(TimeoutError):
        hidden(row(a=people(1, 1), b=people(9, 9, 9), c=people(4, 4, 4)))


def test_two_people_alone_in_their_cells_are_fewer_than_k_together_so_a_third_cell_hides():
    cells = row(a=people(40, first=1), b=people(40, first=2), c=people(9, 9, 9, first=3), d=people(8, 8, 8, first=3))
    assert len(hidden(cells)) == 3


def test_the_same_two_people_in_two_cells_are_two_in_their_known_sum_so_a_third_cell_hides():
    # neither is alone, and both intervals are wide: only the sum of the two says too much
    cells = row(a=people(20, 20), b=people(20, 20), c=people(9, 9, 9, first=3), d=people(8, 8, 8, first=3))
    assert len(hidden(cells)) == 3


def test_somebody_alone_in_a_cell_would_know_the_only_other_hidden_one_so_a_third_hides():
    cells = row(
        a=people(40, first=1), b=people(20, 20, first=2), c=people(9, 9, 9, first=4), d=people(8, 8, 8, first=4)
    )
    assert len(hidden(cells)) == 3


def test_a_sum_of_hidden_cells_that_one_contributor_dominates_hides_more():
    table = counts("one", ("group",), p=10)
    alone, small = people(100, 1, first=1), people(1, first=9)
    cells = row(a=alone, b=small, c=people(8, 8, 8, 8, first=20), d=people(30, 30, 30, first=30))
    found = suppress((table,), cells, DAY, NOTHING).hidden
    assert ("one", ("c",)) in found


def test_a_cell_that_was_hidden_in_vain_is_shown_again_and_one_that_is_needed_is_not():
    # a and the small b add up to 5, which puts a between 1 and 4; with the large c alone a is anything up to 28
    a, b = people(1, 1), people(1, 1, 1, first=10)
    assert hidden(row(a=a, b=b, c=people(9, 9, 9, first=20), d=people(9, 9, 9, first=30))) == {("a",), ("c",)}
    assert hidden(row(a=a, b=b, c=people(1, 1, 1, first=20), d=people(9, 9, 9, first=30))) == {("a",), ("b",), ("c",)}


def test_a_day_that_cannot_be_protected_shows_nothing_at_all_not_even_zeros():
    cells = row(a=people(1), b=people(1, first=4), c=NOBODY)
    assert hidden(cells) == {("a",), ("b",), ("c",)}


def test_cells_that_were_hidden_when_the_day_was_first_seen_stay_hidden():
    cells = row(a=people(9, 9, 9), b=people(9, 9, 9, first=5), c=people(9, 9, 9, first=9))
    assert hidden(cells, bound={("one", ("c",)): Face("one", ("c",), DAY)}) >= {("c",)}


def test_a_margin_that_another_table_shows_hides_a_second_cell_beside_the_first():
    modules, regions = counts("modules", ("module", "action")), counts("regions", ("region", "module"))
    big = people(9, 9, 9)
    cells = {("modules", words): big for words in product("mn", "xyz")} | {
        ("regions", words): people(14, 14, 13) if words[0] == "p" else people(14, 13, 13)
        for words in product("pq", "mn")
    }
    cells["modules", ("m", "x")] = people(26, 1)
    found = suppress((modules, regions), cells, DAY, NOTHING).hidden
    assert len([key for key in found if key[0] == "modules" and key[1][0] == "m"]) == 2


def test_a_margin_that_another_table_shows_makes_two_people_of_two_cells_known_so_a_third_hides():
    # all hidden cells together are six people's; those of module m are two people's, and regions shows their sum
    modules, regions = counts("modules", ("module", "action")), counts("regions", ("region", "module"))
    rest = people(9, 9, 9, first=40)
    cells = {
        ("modules", ("m", "x")): people(20, 20), ("modules", ("m", "y")): people(20, 20), ("modules", ("m", "z")): rest,
        ("modules", ("n", "x")): people(20, 20, first=20), ("modules", ("n", "y")): people(20, 20, first=30),
        ("modules", ("n", "z")): rest,
        ("regions", ("p", "m")): people(20, 20, 9), ("regions", ("q", "m")): people(20, 20, 9, 9),
        ("regions", ("p", "n")): people(10, 10, 10, 10, 9), ("regions", ("q", "n")): people(10, 10, 10, 10, 9, 9),
    }  # fmt: skip
    found = suppress((modules, regions), cells, DAY, NOTHING).hidden
    assert {key[1] for key in found if key[0] == "modules"} == set(product("m", "xyz")) | {("n", "x"), ("n", "y")}


def added(name, places, atoms):
    """The cells of one table over a joint table of people's rows."""
    cells = {}
    for words, rows in atoms.items():
        cells.setdefault(tuple(words[place] for place in places), []).extend(rows)
    return {(name, words): people(*(n for _, n in sorted(rows))) if rows else NOBODY for words, rows in cells.items()}


LEFT, RIGHT = counts("left", ("one", "two")), counts("right", ("two", "three"))
WORDS = list(product("ab", "xyz", "pq"))


@given(st.lists(st.lists(st.integers(1, 9), max_size=5), min_size=len(WORDS), max_size=len(WORDS)))
@settings(max_examples=25)
def test_whatever_happened_nothing_weak_stays_the_same_cells_hide_and_one_more_person_changes_nothing_of_it(rows):
    def tables(rows):
        atoms, who = {}, 0
        for words, each in zip(WORDS, rows, strict=True):
            atoms[words] = [(who + i, n) for i, n in enumerate(each)]
            who += len(each)
        return added("left", (0, 1), atoms) | added("right", (1, 2), atoms)

    for day in (rows, [[*rows[0], 30], *rows[1:]]):
        cells = tables(day)
        made = suppress((LEFT, RIGHT), cells, DAY, NOTHING)
        assert made.hidden == suppress((LEFT, RIGHT), dict(reversed(cells.items())), DAY, NOTHING).hidden
        assert first_problem(made) is None
        assert all(is_safe(cell, LEFT) for key, cell in cells.items() if key not in made.hidden)


JANUARY, MARCH = date(2026, 1, 31), date(2026, 3, 31)
MONTHLY = counts("one", ("group",), every="month", running=("first", "last"))


def kept(word, said, as_of=JANUARY):
    return {("one", (word,)): Face("one", (word,), as_of, said, (Decimal(said),))}


def of_month(cells, bound):
    return suppress((MONTHLY,), cells, MARCH, bound)


def test_the_total_of_a_month_gives_nobody_the_change_of_the_only_cell_that_keeps_an_older_value():
    # 30 are said of January, and one has joined: 31 is the day's total less what is fresh, so a fresh cell hides beside it
    cells = row(a=people(*[1] * 31), b=people(*[1] * 20, first=40), c=people(*[1] * 50, first=70))
    made = of_month(cells, kept("a", 30))
    assert {words for _, words in made.hidden} == {("b",)}
    assert {face.key: face for face in made.faces()}["one", ("a",)] == kept("a", 30)["one", ("a",)]
    assert first_problem(made.hiding(frozenset())) is not None


def test_two_cells_that_keep_older_values_hide_each_others_change():
    cells = row(a=people(*[1] * 31), b=people(*[1] * 20, first=40), c=people(*[1] * 50, first=70))
    assert of_month(cells, {**kept("a", 30), **kept("b", 20)}).hidden == frozenset()


def test_a_value_of_the_same_day_is_what_is_true_now():
    cells = row(a=people(*[1] * 30), b=people(*[1] * 20, first=40))
    assert of_month(cells, kept("a", 30, MARCH)).hidden == frozenset()
