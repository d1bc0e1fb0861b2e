"""A published column without words is refused: what a cell means, and what a null does."""

import pytest

import policy
from policy.errors import ContractError
from policy.rules import Vocabulary
from tests.policy.test_promise import edited  # noqa: F401 (a fixture)


def wordless(word, column="session_id"):
    """A change of sources.yaml that takes a word of a column away."""
    return "sources.yaml", lambda content: content["security_events"]["columns"][column].pop(word)


def overridden(words):
    """A change of a contract that gives a column other words."""
    return "releases/threat_events.yaml", lambda content: content["columns"]["outcome"].update(words)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (wordless("means"), r"threat_events\.session_id: has no words that say what a cell means"),
        (wordless("missing"), r"threat_events\.session_id: can be null, and no words say what that means"),
        (overridden({"means": "outcome"}), "has no words that say what a cell means"),
    ],
)
def test_a_published_column_without_words_is_refused_with_its_owner_and_where_they_go(edited, change, says):  # noqa: F811
    with pytest.raises(ContractError, match=says) as caught:
        policy.load(edited(*change))
    assert "policy/sources.yaml" in str(caught.value)
    assert "@ignicloud.example" in str(caught.value)


def test_a_column_that_is_never_null_needs_no_words_for_a_null(edited):  # noqa: F811
    kind = next(
        o
        for o in policy.load(edited("register.yaml", lambda _: None)).release("threat_events").outputs
        if o.name == "kind"
    )
    assert (kind.nullable, kind.missing) == (False, "")


def test_a_contract_s_words_stand_before_the_source_s(edited):  # noqa: F811
    promise = policy.load(edited(*overridden({"means": "how the attempt ended", "missing": "it has not ended"})))
    [outcome] = [o for o in promise.release("threat_events").outputs if o.name == "outcome"]
    assert (outcome.means, outcome.missing) == ("how the attempt ended", "it has not ended")


def test_what_is_taken_out_of_a_text_means_something_else_than_the_text(edited):  # noqa: F811
    def silence(content):
        del content["columns"]["detail"]["means"]

    with pytest.raises(ContractError, match=r"activity_trail\.new_permission: has no words"):
        policy.load(edited("releases/activity_trail.yaml", silence))


def test_every_column_of_every_contract_says_what_a_null_means_where_there_can_be_one(promise):
    outputs = [output for contract in promise.contracts.values() for output in contract.outputs]
    assert outputs
    assert [o.name for o in outputs if o.nullable != bool(o.missing)] == []


def test_each_statistic_s_columns_are_those_that_its_rows_fill(promise):
    """Held against the contract itself: a group, or a number, of exactly the statistics that name it."""
    contract = promise.release("service_statistics")
    of = {output.name: set(output.of) for output in contract.outputs}
    for statistic in contract.statistics:
        filled = {name for name, statistics in of.items() if statistic.name in statistics}
        assert set(statistic.by) | {"statistic", "shown", "row_count", "as_of"} <= filled
        assert ("amount_eur" in filled) == (statistic.total == "amount_eur")
    assert of["bought"] == {"sales_by_service"}


def test_an_address_that_cannot_be_read_is_null_as_one_that_is_not_there(promise):
    [ip] = [output for output in promise.release("threat_events").outputs if output.name == "ip"]
    assert ip.missing == "no address is recorded, or what is there is no address"


def test_a_word_of_a_json_field_needs_words_of_its_own(promise):
    rule = promise.release("activity_trail").columns["detail"]
    assert isinstance(rule, Vocabulary)
    assert rule.means
    assert rule.missing
