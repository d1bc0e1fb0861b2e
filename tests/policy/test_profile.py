"""A contract of microdata says what a row is, in closed words, and is refused where its parts don't fit."""

from datetime import date

import pytest

import policy
from policy.errors import ContractError, InvalidPolicyFileError
from policy.profile import CountBands
from tests.policy.test_promise import edited  # noqa: F401 (a fixture)


def test_bands_have_a_word_for_every_number_from_one_up():
    assert CountBands(edges=(1, 2, 5, 10)).words == ("1", "2-4", "5-9", "10+")


@pytest.mark.parametrize("edges", [(2, 5), (1, 1), (1, 5, 3)])
def test_bands_begin_at_one_and_rise(edges):
    with pytest.raises(ValueError, match="rise strictly"):
        CountBands(edges=edges)


def test_quasi_identifiers_leave_in_the_words_of_their_pinned_level_and_no_others(promise):
    words = {output.name: output.values for output in promise.release("usage_profile").outputs}
    assert words["sector"][:2] == ("Primary and industry", "Trade and transport")
    assert words["headcount_band"] == ("*",)
    assert "Western Europe" in words["region"]
    assert words["publish"] == ("none", "1-4", "5-19", "20+")
    assert list(words)[-1] == "main_module"


def test_microdata_are_due_on_the_last_day_of_a_month_and_other_releases_every_day(promise):
    due = {day for day in (27, 28) if promise.release("usage_profile").is_due(date(2026, 2, day))}
    assert due == {28}
    assert promise.release("threat_events").is_due(date(2026, 2, 27))


REFUSED = {
    "a month without a time": (lambda c: c["sources"]["activity"].update(occurred_at={"treat": "drop", "why": "not needed"}), "occurred_at: says in which month"),
    "a row that is nobody's": (lambda c: c["sources"]["activity"].update(user_id={"treat": "join"}), "user_id: says whose row"),
    "no way to the company": (lambda c: c["sources"]["activity"].update(company_id={"treat": "drop", "why": "not needed"}), "by not one column"),
    "a column of single rows": (lambda c: c["sources"]["activity"].update(action={"treat": "keep", "values": ["open_document"]}), "action: is a column of single rows"),
    "a count nobody called sensitive": (lambda c: c["anonymity"]["sensitive"].remove("publish"), "publish: is counted and not named sensitive"),
    "an attribute that is no quasi-identifier": (lambda c: c["anonymity"]["quasi_identifiers"].remove("region"), "region: is an attribute that is published"),
    "a hierarchy of other words": (lambda c: c["anonymity"]["generalisation"]["hierarchies"].update(region="country"), "region: .*has words that hierarchy country doesn't list"),
    "two columns of one name": (lambda c: c["profile"]["days"].update({"as": "sector"}), "sector: two columns"),
    "a source that isn't read": (lambda c: c["profile"].update({"with": "contacts"}), "makes rows of activity with contacts"),
}  # fmt: skip


@pytest.mark.parametrize("way", REFUSED)
def test_a_contract_whose_parts_do_not_fit_is_refused(edited, way):  # noqa: F811
    change, says = REFUSED[way]
    with pytest.raises(ContractError, match=says):
        policy.load(edited("releases/usage_profile.yaml", change))


@pytest.mark.parametrize("part", ["profile", "generalisation"])
def test_microdata_without_a_part_are_no_contract(edited, part):  # noqa: F811
    def change(contract):
        (contract if part in contract else contract["anonymity"]).pop(part)

    with pytest.raises(InvalidPolicyFileError, match="a generalisation, and a profile"):
        policy.load(edited("releases/usage_profile.yaml", change))
