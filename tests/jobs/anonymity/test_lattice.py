"""The search finds what looking at every node finds, and says why it needn't look at the others."""

from collections import Counter
from fractions import Fraction
from itertools import product

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.anonymity.classes import Roles
from jobs.anonymity.counts import Criteria, count_table
from jobs.anonymity.lattice import is_kept, look, search
from jobs.anonymity.nodes import base_of
from policy.hierarchies import EVERYTHING, Hierarchy

WORDS = {"a": "ab", "b": "ab", "c": "cd", "d": "cd"}
LETTERS = Hierarchy(
    name="letters", levels=("letter", "pair", EVERYTHING), above={w: (pair,) for w, pair in WORDS.items()}
)
TWO = Hierarchy(name="two", levels=("word", EVERYTHING), above={"x": (), "y": ()})
METRICS = ("certainty_penalty", "precision", "discernability")
CELL = st.tuples(
    st.sampled_from([*WORDS, None]), st.sampled_from(["x", "y"]), st.sampled_from([*WORDS]), st.sampled_from("stu")
)
ROLES, BY_NAME = Roles(("p", "q", "r"), ("s",)), {"p": LETTERS, "q": TWO, "r": LETTERS}


def cells(rows):
    counted = Counter(rows)
    columns = zip(*counted, strict=True)
    return pa.table(
        {n: list(c) for n, c in zip(("q0", "q1", "q2", "s0"), columns, strict=True)} | {"rows": list(counted.values())}
    )


def brute(rows, node, criteria):
    """What a node costs and suppresses by each metric, in fractions; None for rows when t can't be kept."""
    distinct = [list(dict.fromkeys(row[i] for row in rows)) for i in range(3)]
    raised = [h.words(values)[n] for h, n, values in zip(BY_NAME.values(), node, distinct, strict=True)]
    words = [dict(zip(values, level, strict=True)) for values, level in zip(distinct, raised, strict=True)]
    found = {}
    for row in rows:
        found.setdefault(tuple(words[i][row[i]] for i in range(3)), []).append(row)
    good = {
        key: group
        for key, group in found.items()
        if len(group) >= criteria.k and len({row[3] for row in group}) >= criteria.l
    }
    while criteria.t is not None and good:
        everywhere = Counter(row[3] for group in good.values() for row in group)
        near = {
            key: group
            for key, group in good.items()
            if equal(Counter(row[3] for row in group), everywhere) <= criteria.t
        }
        if len(near) == len(good):
            break
        good = near
    kept = [(key, row) for key, group in good.items() for row in group]
    suppressed, n = len(rows) - len(kept), len(rows)
    covered = Fraction(0)
    for key, _ in kept:
        for i in range(3):
            alike = sum(word == key[i] for word in words[i].values())
            covered += Fraction(alike, len(words[i])) / 3 if alike > 1 else 0
    height = sum(Fraction(level, h.height) for level, h in zip(node, BY_NAME.values(), strict=True)) / 3
    loss = {
        "certainty_penalty": (covered + suppressed) / n,
        "precision": (height * len(kept) + suppressed) / n,
        "discernability": Fraction(sum(len(g) ** 2 for g in good.values()) + suppressed * n, n * n),
    }
    return suppressed, len(kept), loss


def equal(here, everywhere):
    return (
        sum(abs(Fraction(here[w], here.total()) - Fraction(everywhere[w], everywhere.total())) for w in everywhere) / 2
    )


CRITERIA = st.builds(Criteria, st.integers(1, 4), st.integers(1, 3), st.sampled_from([None, None, 0.25, 0.5]))


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=60, deadline=None)
@given(rows=st.lists(CELL, min_size=1, max_size=30), criteria=CRITERIA, limit=st.sampled_from([0, 0.1, 0.3]))
def test_the_search_finds_what_looking_at_every_node_finds(metric, rows, criteria, limit):
    base = base_of(cells(rows), ROLES, criteria, BY_NAME)
    nodes = list(product(range(3), range(2), range(3)))
    all_looks = [(node, *brute(rows, node, criteria)) for node in nodes]
    ranked = sorted(
        (loss[metric], sum(node), node) for node, out, kept, loss in all_looks if out <= limit * len(rows) and kept
    )
    found = search(base, metric, limit)
    assert found.proved
    assert found.nodes == len(nodes)
    told = [each.node for each in ([found.best] if found.best else []) + list(found.runners_up)]
    assert told == [node for *_, node in ranked[:4]]
    if found.best:
        assert found.best.loss == pytest.approx(float(ranked[0][0]))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(CELL, min_size=1, max_size=30),
    CRITERIA,
    st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(0, 2)),
)
def test_a_look_at_a_node_counts_what_a_counter_counts(rows, criteria, node):
    base = base_of(cells(rows), ROLES, criteria, BY_NAME)
    here, (suppressed, kept, loss) = look(base, "certainty_penalty", node), brute(rows, node, criteria)
    assert (here.suppressed, here.rows, here.loss) == (
        suppressed,
        kept,
        pytest.approx(float(loss["certainty_penalty"])),
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(CELL, min_size=2, max_size=30), st.randoms(use_true_random=False))
def test_the_order_of_cells_says_nothing(rows, random):
    criteria = Criteria(2, 2)
    one, other = (
        search(base_of(cells(each), ROLES, criteria, BY_NAME), "precision", 0.1)
        for each in (rows, random.sample(rows, len(rows)))
    )
    assert (one.best, one.runners_up) == (other.best, other.runners_up)


ZIPS = Hierarchy(name="zip", levels=("zip", "ten", "hundred", EVERYTHING), above={
    z: (f"{z[:4]}*", f"{z[:3]}**") for z in ("02138", "02139", "02141", "02142")})  # fmt: skip
RACES = Hierarchy(name="race", levels=("race", EVERYTHING), above={"black": (), "white": ()})


def test_sweeney_s_private_table_has_two_minimal_generalisations_of_precision_a_half_and_three_quarters():
    """Sweeney, "Achieving k-anonymity privacy protection using generalization and suppression" (2002), figures 2 and 3."""
    people = list(product(("black", "white"), ("02138", "02139", "02141", "02142")))
    table = pa.table({"q0": [r for r, _ in people], "q1": [z for _, z in people], "rows": [1] * 8})
    zips = ZIPS.model_copy(
        update={"levels": ("zip", "ten", EVERYTHING), "above": {z: a[:1] for z, a in ZIPS.above.items()}}
    )
    base = base_of(table, Roles(("race", "zip")), Criteria(2), {"race": RACES, "zip": zips})
    found = search(base, "precision", 0.0)
    assert (found.best.node, 1 - found.best.loss) == ((0, 1), 0.75)
    assert [(each.node, 1 - each.loss) for each in found.runners_up] == [((1, 0), 0.5), ((0, 2), 0.5), ((1, 1), 0.25)]
    assert [look(base, "precision", node).smallest for node in ((0, 1), (1, 0), (0, 2), (1, 1))] == [2, 2, 4, 4]


def test_what_is_published_keeps_what_the_gate_recounts():
    rows = [*[("a", "x", "a", s) for s in "sstu"], *[("b", "x", "a", s) for s in "stuu"], ("c", "y", "d", "s")]
    criteria = Criteria(4, 3, 0.5)
    base = base_of(cells(rows), ROLES, criteria, BY_NAME)
    best = search(base, "certainty_penalty", 0.2).best
    assert (best.suppressed, best.node) == (1, (0, 0, 0))
    kept = pa.table({n: [row[i] for row in rows[:8]] for i, n in enumerate(("p", "q", "r", "s"))})
    assert count_table(kept, ROLES, criteria).below == 0


def test_nothing_holds_when_even_one_class_of_everybody_is_too_small():
    base = base_of(cells([("a", "x", "a", "s")] * 3), ROLES, Criteria(5), BY_NAME)
    found = search(base, "precision", 0.5)
    assert (found.best, found.proved, found.looked_at < found.nodes) == (None, True, True)
    assert not is_kept(base, look(base, "precision", (2, 1, 2)), 1)
