"""What datasheets of anonymised releases say of themselves: guaranteed against whom, in numbers, and what isn't."""

import pytest

from jobs.catalogue.describe import limits

TABLES = [
    "fewer than {k} distinct contributors",
    "would let its second largest estimate its largest within 10 %",
    "Guaranteed against whoever has everything that this suite prints",
    "changes a cell by nobody or by at least k further people",
    "Not guaranteed: the last one of a cell, against who knows all the others from elsewhere",
]


@pytest.mark.parametrize(
    ("release", "says"),
    [
        ("service_statistics", [line.format(k=10) for line in TABLES]),
        ("service_statistics", ["in intervals of 5 in `row_count` and 500 in `amount_eur`, or wider"]),
        ("service_statistics", ["could be any of 5 numbers", "a cell that was hidden in one month and not in another"]),
        ("feedback_topics", [line.format(k=5) for line in TABLES]),
        (
            "attack_statistics",
            ["ε = 0.43 at δ = 1e-06", "more than 1.5 times", "every day of a year loses up to ε = 11.1"],
        ),
        ("attack_statistics", ["within 63 of the bounded count", "with 5 events at most", "several accounts"]),
    ],
)
def test_a_datasheet_says_what_is_guaranteed_against_whom_and_what_is_not(promise, release, says):
    said = "\n".join(limits(promise.release(release)))
    assert [words for words in says if words not in said] == []


@pytest.mark.parametrize("release", ["service_statistics", "feedback_topics", "attack_statistics"])
def test_no_datasheet_of_numbers_promises_a_count_of_those_who_are_left_out(promise, release):
    said = limits(promise.release(release))
    assert said[0].endswith("and nothing here says how many.")
    assert any(line.startswith("Not guaranteed: ") for line in said)
    assert ("month" in " ".join(said)) == (release == "service_statistics")
