"""How many tokens a few of their own points single out: by hand, and against a count that looks at every set."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest

from jobs.anonymity import unicity as module
from jobs.anonymity.unicity import Unicity, unicity

MINUTE = 60


def moments(spark, rows):
    """Rows of (epoch, token, minute, words)."""
    names = ("epoch", "kind", "token", "at", "words")
    made = [(epoch, "moments", token, minute * MINUTE, words) for epoch, token, minute, words in rows]
    schema = pa.schema({name: pa.int64() if name == "at" else pa.string() for name in names})
    return spark.createDataFrame(pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in made], schema))


THREE = [("three", token, minute, word) for token, minute, word in
         (("a", 0, "x"), ("a", 1, "y"), ("b", 0, "x"), ("b", 2, "z"), ("c", 0, "x"), ("c", 1, "y"))]  # fmt: skip
ALIKE = [("alike", token, minute, "x") for token in "abc" for minute in range(5)]
APART = [("apart", token, 10 * place + minute, "x") for place, token in enumerate("abc") for minute in range(5)]
PAIRS = [
    ("pairs", token, 0, word)
    for token, words in zip("abcde", ("xy", "xp", "xq", "yr", "ys"), strict=True)
    for word in words
]
TABLES = 15


def random_rows(number):
    rng = np.random.default_rng(number)
    tokens, span = int(rng.integers(2, 9)), int(rng.integers(2, 40))
    events = rng.integers(0, (tokens, span, 2), (int(rng.integers(tokens, 6 * tokens)), 3))
    return [(f"{number:03d}", f"t{token}", int(minute), f"w{word}") for token, minute, word in events]


ALL = [*THREE, *ALIKE, *APART, *PAIRS, *(row for number in range(TABLES) for row in random_rows(number))]
"""Every table of this file, each an epoch of its own: asked about in one run."""


@pytest.fixture(scope="module")
def found(spark):
    """What was found in each."""
    return unicity(moments(spark, ALL), {"moments": (5, 10, 15)})


def of(found, epoch, cut=0):
    return [each for each in found if (each.epoch, each.cut) == (epoch, cut)]


def test_of_three_people_who_share_points_only_who_has_a_point_or_a_pair_alone_is_singled_out(found):
    """a: {x, y}, b: {x, z}, c: {x, y}: one point finds b by z only, in some of the draws; two find b, never a or c."""
    one, two, three, four = of(found, "three")
    assert one.share in [pytest.approx(n / 15) for n in range(6)], "b alone, in so many of five draws"
    assert (two.share, two.error, two.tokens) == (pytest.approx(1 / 3), pytest.approx(0), 3)
    assert (three.share, four.share) == (two.share, two.share), "nobody has more than two"
    assert (two.fewer, three.fewer, two.undecided) == (0, 1, 0)


def test_people_who_all_do_the_same_are_never_singled_out_and_people_who_share_nothing_always(found):
    assert [each.share for each in of(found, "alike")] == [0, 0, 0, 0]
    assert [each.share for each in of(found, "apart")] == [1, 1, 1, 1]
    assert [each.share for each in of(found, "apart", 10)] == [1, 1, 1, 1], "each has ten minutes alone"
    assert [each.share for each in of(found, "apart", 15)] != [1, 1, 1, 1]


def test_order_repeats_and_rows_of_nobody_change_nothing(spark, found):
    noise = [("alike", None, 1, "x"), ("alike", "a", 9, None)]
    again = moments(spark, [*noise, *ALL[::-1], *THREE, *ALIKE]).repartition(3)
    assert unicity(again, {"moments": (5, 10, 15)}) == found


def mean_over_all_sets(rows, cut, points):
    """The share that unicity estimates: over all sets of so many points of each token, not drawn ones."""
    traces = {}
    for _, token, minute, word in rows:
        traces.setdefault(token, set()).add((minute, word))
    coarse = {token: {(m - m % max(cut, 1), w) for m, w in trace} for token, trace in traces.items()}
    found = []
    for token, trace in traces.items():
        others = [seen for name, seen in coarse.items() if name != token]
        sets = list(combinations(sorted(trace), min(points, len(trace))))
        alone = [not any({(m - m % max(cut, 1), w) for m, w in known} <= seen for seen in others) for known in sets]
        found.append(sum(alone) / len(alone))
    return sum(found) / len(found)


def test_the_mean_over_many_tables_is_that_over_all_sets_of_points(found):
    tables = [[row for row in ALL if row[0] == f"{number:03d}"] for number in range(TABLES)]
    for cut in (0, 5, 15):
        for points in (1, 2, 3, 4):
            ours = np.mean([of(found, rows[0][0], cut)[points - 1].share for rows in tables])
            all_sets = np.mean([mean_over_all_sets(rows, cut, points) for rows in tables])
            assert ours == pytest.approx(all_sets, abs=0.06), (cut, points)


def test_knowing_more_never_finds_fewer_and_coarser_times_never_more(found):
    """The points are the same: a law for each table, and not only on average."""
    by = {(each.epoch, each.cut, each.points): each.share for each in found}
    for (epoch, cut, points), share in by.items():
        assert share <= by.get((epoch, cut, points + 1), 1) + 1e-12
        assert share <= by[epoch, {15: 5, 10: 5}.get(cut, 0), points] + 1e-12


def test_what_is_bounded_is_told_and_not_called_safe(spark, found, monkeypatch):
    """a alone has both x and y, each of which two others have, too; of those only one is looked at here."""
    _, exact, *_ = of(found, "pairs")
    assert (exact.share, exact.undecided) == (1, 0)
    monkeypatch.setattr(module, "LOOKED_AT", (1, 1))
    monkeypatch.setattr(module, "ASKED", 100)
    many = [("many", f"t{n}", n, "x") for n in range(1_000)]
    bounded = unicity(moments(spark, [*PAIRS, *many]), {"moments": ()})
    _, pair, *_ = of(bounded, "pairs")
    assert (pair.share, pair.undecided, pair.at_most) == (pytest.approx(0.8), pytest.approx(0.2), 1)
    [one, *_] = of(bounded, "many")
    assert replace(one, error=0.0) == Unicity("many", "moments", 0, 1, 1_000, 1.0, 0.0, 0.0, 0.0)
