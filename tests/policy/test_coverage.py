"""What of the promise is kept in writing, as numbers: each can be red, and then names what is missing and whom to ask."""

import subprocess
import sys
from pathlib import Path

import pytest

import policy
from policy.coverage import accounted, declared, described, enforced, reached
from tests.policy.test_promise import edited  # noqa: F401 (a fixture)

ROOT = Path(__file__).resolve().parents[2]


def without(table, word):
    return "sources.yaml", lambda content: content[table].pop(word)


def test_every_number_of_the_project_is_whole(promise):
    numbers = declared(promise)
    assert [each.what for each in numbers if each.is_red] == []
    assert all(0 < each.covered <= each.of for each in numbers)
    assert len(numbers) == 4


def test_a_source_column_without_words_is_missing_with_its_owner(edited):  # noqa: F811
    root = edited("sources.yaml", lambda content: content["contacts"]["columns"]["subject"].pop("means"))
    number = described(policy.load(root))
    assert (number.of - number.covered, number.is_red) == (1, True)
    assert number.missing == ("contacts.subject has no `means` in policy/sources.yaml; ask support@ignicloud.example",)


def test_a_table_that_no_release_reads_says_why_or_each_of_its_columns_is_missing(edited):  # noqa: F811
    number = accounted(policy.load(edited(*without("cookies", "unread"))))
    assert len(number.missing) == 6
    assert all("reaches no release and nothing says why" in each for each in number.missing)
    assert number.covered == number.of - 6


def test_a_column_that_a_contract_drops_has_said_why(promise):
    """By hand: payload's text becomes a route, purchases.stripe_customer_id is dropped, amount_eur is summed."""
    [said] = accounted(promise).said
    columns = [column for source in promise.readable.values() for column in source.columns]
    counts = [int(part.split()[0]) for part in said.split(", ") if part[0].isdigit()]
    assert sum(counts) == len(columns)


def test_a_right_that_acts_nowhere_is_missing(edited):  # noqa: F811
    def give_nothing(content):
        content["tables"]["own"]["portability"] = {"does": "nothing", "how": "nobody thought of it"}

    assert reached(policy.load(edited("places.yaml", give_nothing))).missing == (
        "portability does nothing in any place; policy/places.yaml",
    )


def test_as_many_places_times_rights_as_the_inventory_has(promise):
    from jobs.rights.finding.inventory import Inventory

    places = [place for place in Inventory.of(promise).places if place.holds_somebody]
    acts = sum(line.does != "nothing" for place in places for line in place.rights.values())
    assert (reached(promise).covered, reached(promise).of) == (acts, 7 * len(places))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"enforced": [], "not_yet": "nobody wrote it"}, "nobody wrote it; ask privacy@ignicloud.example"),
        ({"enforced": ["policy/checks.py::gone"]}, "policy/checks.py::gone doesn't exist"),
    ],
)
def test_an_obligation_that_nothing_enforces_is_missing(edited, change, says):  # noqa: F811
    promise = policy.load(edited("register.yaml", lambda content: content["obligations"][1].update(change)))
    number = enforced(promise)
    assert (number.is_red, number.of - number.covered) == (True, 1)
    assert number.missing == (f"3.1: {says}",)


def test_what_is_enforced_in_part_is_said_and_isn_t_red(edited):  # noqa: F811
    promise = policy.load(edited("register.yaml", lambda c: c["obligations"][1].update(not_yet="the rest")))
    number = enforced(promise)
    assert not number.is_red
    assert "3.1 in part: the rest" in number.said


def test_the_command_ends_in_2_when_a_number_is_red(tmp_path, edited):  # noqa: F811
    def ends(root):
        script = (
            f"import sys, policy.promise as p; p.load.__defaults__ = (__import__('pathlib').Path({str(root)!r}),); "
        )
        script += "sys.argv = ['policy', 'coverage']; from policy.__main__ import main; raise SystemExit(main())"
        done = subprocess.run(
            [sys.executable, "-B", "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout

    code, said = ends(edited("register.yaml", lambda _: None))
    assert (code, said.count("\nok") + said.startswith("ok")) == (0, 4)
    code, said = ends(edited_again(tmp_path))
    assert code == 2
    assert "RED" in said


def edited_again(tmp_path):
    """The same copy without the reason why cookies reach no release."""
    import yaml

    path = tmp_path / "policy" / "sources.yaml"
    content = yaml.safe_load(path.read_text())
    content["cookies"].pop("unread")
    path.write_text(yaml.safe_dump(content))
    return tmp_path / "policy"
