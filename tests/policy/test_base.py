"""YAML as people write it by mistake: refused by place, without a line of the file, or read; never without end."""

import pytest

from policy.base import Model, parse, read_documents, read_yaml
from policy.errors import InvalidPolicyFileError

ADDRESS = "203.0.113.77"
BOMB = "\n".join(
    ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]", *(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 7))]
)


def refused(tmp_path, text, read=read_yaml):
    (tmp_path / "file.yaml").write_text(text, "utf-8")
    with pytest.raises(InvalidPolicyFileError) as caught:
        read(tmp_path, "file.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    "cell",
    ["2026-13-45", "2026-01-01 25:00:00", "2026-01-01T00:00:00+99:99", "9" * 5000, "!!int x", "!!float x", "!!timestamp x", "!!int ''", "!!bool x"],
)  # fmt: skip
@pytest.mark.parametrize("read", [read_yaml, read_documents])
def test_a_cell_that_can_not_be_what_it_says_is_refused_by_its_place(tmp_path, cell, read):
    assert "line 2, column 4: a date, a time or a number that there can't be" in refused(
        tmp_path, f"a: 1\nb: {cell}\n", read
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[" * 3000 + "]" * 3000, "more than 30 collections"),
        ("a: " + "{a: " * 2000 + "}" * 2000, "more than 30 collections"),
        ("a: &x [*x]", "an alias of nothing, or of what it is part of"),
        ("a: *x", "an alias of nothing"),
        (BOMB, "100000 cells"),
        ('a: "\\ud800"', "half of a character"),
        ("a: \0", "isn't YAML"),
        ('a: "\\U00110000"', "isn't YAML"),
        ("? [a]\n: b", "a key that is a collection"),
    ],
)
def test_what_has_no_end_or_no_meaning_is_refused(tmp_path, text, problem):
    assert problem in refused(tmp_path, text)


def test_a_word_that_stands_for_a_finished_part_is_that_part(tmp_path):
    (tmp_path / "file.yaml").write_text("a: &x {b: [1]}\nc: *x\n")
    assert read_yaml(tmp_path, "file.yaml") == {"a": {"b": [1]}, "c": {"b": [1]}}


@pytest.mark.parametrize(
    "text",
    [f"- network: {ADDRESS}\n - a: b: c", f"{ADDRESS}: 1\n{ADDRESS}: 2", f"a: !{ADDRESS} x", f"a: '{ADDRESS}", f"a: *{ADDRESS}"],
)  # fmt: skip
def test_no_line_of_a_file_is_in_its_refusal(tmp_path, text):
    assert ADDRESS not in refused(tmp_path, text)


def test_a_key_that_is_no_word_of_a_policy_is_not_shown():
    with pytest.raises(InvalidPolicyFileError, match="a key that is no name") as caught:
        parse(Model, {ADDRESS: 1}, "indicators/attackers.yml")
    assert ADDRESS not in str(caught.value)


def test_a_refusal_names_thirty_problems_and_counts_the_others():
    error = InvalidPolicyFileError("file.yaml", (f"problem {n}" for n in range(300)))
    assert "problem 29; 270 more" in str(error)
    assert len(error.problems) == 300


def test_no_refusal_has_a_character_that_a_terminal_obeys():
    assert str(InvalidPolicyFileError("a", ["\x1b[31m\n\u202e\udcff"])).isprintable()
