"""Hand-written expectations stand beside the generated ones, and whatever they meet stays unsaid."""

from dataclasses import replace

import pytest

from expectations import judge as judging
from expectations.case import Finding
from expectations.great import EXPECTATIONS
from expectations.judge import judge
from expectations.suites import InvalidSuiteError

SECRET = "jane.roe@firm.example"


@pytest.fixture
def rows(case, spark):
    """One row whose kind is an identifier."""
    columns = case.contract.output_schema
    schema = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    row = {**dict.fromkeys(columns), "kind": SECRET}
    return replace(case, staged=spark.createDataFrame([tuple(row.values())], schema))


@pytest.fixture
def custom(tmp_path):
    """A function that writes the hand-written expectations of the case's release."""

    def write(text):
        (tmp_path / "threat_events.yaml").write_text(text)
        return tmp_path

    return write


def test_one_file_adds_an_expectation_to_a_release(rows, custom):
    folder = custom("- expect: expect_column_values_to_not_be_null\n  with: {column: event_id}\n")
    judgement = judge("one more", rows, custom=folder)
    assert len(judgement.checked) == len(EXPECTATIONS) + 1
    assert judgement.checked[-1].demand == "event_id values must never be null."
    assert Finding("expect_column_values_to_not_be_null", "event_id", "failed", 1) in judgement.findings


@pytest.mark.parametrize(
    "expectation",
    [
        "expect_column_values_to_be_in_set\n  with: {column: kind, value_set: [login_ok]}",
        "expect_column_mean_to_be_between\n  with: {column: kind, min_value: 1}",
        "expect_column_values_to_match_regex\n  with: {column: no_such_column, regex: x}",
        "expect_column_value_lengths_to_be_between\n  with: {column: kind, max_value: 3}",
    ],
    ids=["fails", "meets a text where a number should be", "names no column", "counts letters"],
)
def test_a_broken_one_is_a_finding_without_what_it_met(rows, custom, expectation, capfd, caplog):
    judgement = judge("broken", rows, custom=custom(f"- expect: {expectation}\n"))
    name = expectation.partition("\n")[0]
    assert [finding.detail for finding in judgement.findings if finding.expectation == name]
    said = capfd.readouterr()
    assert SECRET not in f"{judgement.checked}{judgement.findings}{said.out}{said.err}{caplog.text}"


@pytest.mark.parametrize("text", ["- expect", "- {with: {}}", "expect: x", "- {"])
def test_a_file_of_another_form_is_refused(rows, custom, text):
    with pytest.raises(InvalidSuiteError, match=r"expectations/custom/threat_events.yaml"):
        judge("unreadable", rows, custom=custom(text))


def test_an_unknown_expectation_stops_the_run(rows, custom):
    with pytest.raises(Exception, match="expect_no_such_thing"):
        judge("unknown", rows, custom=custom("- expect: expect_no_such_thing\n"))
    assert judging.TRIALS == {}
