"""Hierarchies are checked before a row is read: nested, complete, and of levels that a contract can name."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

import policy
from policy.contract import Generalisation
from policy.errors import ContractError, InvalidPolicyFileError
from policy.hierarchies import Bands, Hierarchy, Rule, UnplacedWordsError, hierarchies
from tests.policy.test_promise import edited  # noqa: F401 (a fixture)


def test_our_own_hierarchies_place_our_own_words(promise):
    made, sources = promise.taxonomies.hierarchies, promise.sources
    for name in ("sector", "headcount_band"):
        words = made[name].words([*sources["companies"].columns[name].values, None])
        assert set(words[-1]) == {"*"}
        assert [level[-1] for level in words[:-1]] == [None] * made[name].height
    assert made["country"].words(["FR", "fr", "??"])[1] == ("Western Europe", "Western Europe", "other")


def test_dates_rise_from_the_day_to_the_year(promise):
    made = promise.taxonomies.hierarchies["date"]
    assert made.levels == ("date", "month", "quarter", "year", "*")
    assert [level[0] for level in made.words([date(2026, 5, 31)])] == ["2026-05-31", "2026-05", "2026-Q2", "2026", "*"]


@given(st.one_of(st.integers(-1000, 1000), st.decimals(-1000, 1000, places=2)), st.integers(-50, 50))
def test_a_number_lies_in_its_bands_and_they_in_each_other(number, origin):
    made = Hierarchy(
        name="n", levels=("n", "5", "20", "*"), rule=Rule(about="", bands=Bands(widths=(5, 20), origin=origin))
    )
    ends = [_ends(level[0]) for level in made.words([number])[1:3]]
    assert all(a <= number < b for a, b in ends)
    assert ends[1][0] <= ends[0][0] < ends[0][1] <= ends[1][1]


def _ends(word):
    low, high = word.split(" to under ")
    return int(low), int(high)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("x.csv", "word,group\na,A\na,B\n", "a value stands twice"),
        ("x.csv", "word,group,area\na,A,1\nb,A,2\n", "a word of group has two words above it"),
        ("x.csv", "word,group\na\n", "line 2: not as many cells as levels"),
        ("x.csv", "word,group\na,\n", "line 2: an empty cell"),
        ("x.csv", "word,word\na,b\n", "distinct names"),
        ("x.csv", "", "no CSV with a head"),
        ("x.yaml", "about: none\n", "give one of dates, bands and countries"),
        ("x.yaml", "about: down\ndates: [year, month]\n", "dates rise"),
        ("x.yaml", "about: gaps\nbands: {widths: [5, 12]}\n", "a multiple of the one before"),
    ],
)
def test_what_is_no_hierarchy_is_refused(tmp_path, name, text, says):
    (tmp_path / "hierarchies").mkdir()
    (tmp_path / "hierarchies" / name).write_text(text)
    with pytest.raises(InvalidPolicyFileError, match=says):
        hierarchies(tmp_path, {})


def test_two_files_of_one_name_are_refused(tmp_path):
    (tmp_path / "hierarchies").mkdir()
    (tmp_path / "hierarchies" / "x.csv").write_text("word,group\na,A\n")
    (tmp_path / "hierarchies" / "x.yaml").write_text("about: x\ndates: [year]\n")
    with pytest.raises(InvalidPolicyFileError, match="two files"):
        hierarchies(tmp_path, {})


@pytest.mark.parametrize(
    ("name", "values"), [("sector", ["jane.roe"]), ("date", ["2026-01-01"]), ("days_active", [float("nan"), "x"])]
)
def test_values_without_a_place_are_counted_and_never_shown(promise, name, values):
    with pytest.raises(UnplacedWordsError, match=f"{len(values)} values") as caught:
        promise.taxonomies.hierarchies[name].words(values)
    assert "jane" not in str(caught.value)


PINNED = {
    "hierarchies": {"sector": "sector", "headcount_band": "headcount_band", "region": "region"},
    "node": {"sector": "group", "headcount_band": "size", "region": "region"},
    "suppression": 0.05,
    "loss": "certainty_penalty",
}


@pytest.mark.parametrize(
    ("part", "change", "says"),
    [
        (None, {}, None),
        ("node", {"sector": "family"}, "has the levels sector, group, "),
        ("hierarchies", {"sector": "branch"}, "no hierarchy branch"),
        ("node", {"city": "group"}, "city: is a quasi-identifier without"),
    ],
)
def test_a_contract_pins_a_level_of_each_quasi_identifier(edited, part, change, says):  # noqa: F811
    given = {**PINNED, part: {**PINNED[part], **change}} if part else PINNED
    root = edited("releases/usage_profile.yaml", lambda c: c["anonymity"].update(generalisation=given))
    if says is None:
        assert policy.load(root).release("usage_profile").anonymity.generalisation == Generalisation.model_validate(
            given
        )
        return
    with pytest.raises(ContractError, match=says):
        policy.load(root)


def test_bands_take_exact_numbers():
    made = Hierarchy(name="n", levels=("n", "5", "*"), rule=Rule(about="", bands=Bands(widths=(5,))))
    assert made.words([Decimal("4.99"), 5, None])[1] == ("0 to under 5", "5 to under 10", None)
