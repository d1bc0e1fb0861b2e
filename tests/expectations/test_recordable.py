"""Everything that a verdict can say fits into the ledger: red that can't be written down would be no verdict."""

import ast
import inspect
from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest

from expectations import rules
from expectations.case import Case, Claimed, Keyed, Landed, Recounted, Unread
from expectations.detectors import DETECTORS
from expectations.great import EXPECTATIONS
from expectations.judge import _column, _findings
from expectations.leaks import PATTERN_LEAKS, STRUCTURAL_LEAKS, known_leaks
from expectations.measures import Measures
from expectations.proof import _damages
from tests.expectations.conftest import ACCOUNT

DAY = date(2026, 3, 12)


def case_of(contract):
    """Everything that a rule compares is different, so each rule says all that it can."""
    wrong = Landed("activity", date(2026, 3, 10), datetime(2026, 4, 1, tzinfo=UTC))
    early = Landed("contacts", DAY, datetime(2026, 3, 1, tzinfo=UTC))
    keyed = {"actor": Keyed(1, (1, 1)), "ip": Keyed(2, (1, 1))}
    return Case(
        contract, DAY, datetime(2026, 3, 20, tzinfo=UTC), SimpleNamespace(columns=[*contract.output_schema]), None, Claimed(9, 7, 5, 3),
        Recounted(1, 1, keyed, 1, {"first_name and family_name": 1}, 1, book={"draws of one day": 1}, left_in=1,
                  months={"classes of two months under k": 1},
                  unread={"ip": Unread(9, 9, 0.01)}), (wrong, early), (10_000,), ((), ("x",)), ("x",),
    )  # fmt: skip


def measures_of(contract):
    kinds = {kind for _, kind in texts_in(rules) if kind in DEFECTS}
    columns = [output.name for output in contract.outputs] + [statistic.name for statistic in contract.statistics]
    return Measures(
        {"x": "string"}, 1, 1,
        {(what, column): 1 for what in kinds for column in columns},
        {(column, detector): 1 for column in columns for detector in DETECTORS},
        dict.fromkeys(DETECTORS, 1), {"actor": Keyed(2, (1, 1)), "ip": Keyed(2, (9, 9))},
    )  # fmt: skip


DEFECTS = {
    "outside the vocabulary", "not the shape of a token", "outside the data day", "finer than the contract says", "groups under k",
}  # fmt: skip


def texts_in(module):
    """Every text of more than a word in the code of a module, but for its docstrings."""
    tree = ast.parse(inspect.getsource(module))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in said
            and " " in node.value
        ):
            yield module.__name__, node.value


def recordable(ledger, findings):
    ledger.append("judged", findings=[vars(finding) for finding in findings])
    return True


def test_what_every_rule_can_say_of_every_contract_is_recordable(ledger, promise):
    said = set()
    for contract in promise.contracts.values():
        case, measures = case_of(contract), measures_of(contract)
        findings = [finding for each in EXPECTATIONS for finding in each.rule(case, measures)]
        ordered = replace(measures, schema=dict(reversed(contract.output_schema.items())))
        findings += rules.columns_are_the_contracts(replace(case, file_columns=()), ordered)
        said |= {finding.detail for finding in findings}
        assert recordable(ledger, findings)
    details = {text for _, text in texts_in(rules) if not text.startswith("expect_")}
    assert details <= said, "a detail that this test never makes"


def test_every_leak_that_can_be_missed_is_recordable(ledger, promise):
    leaks = known_leaks(ACCOUNT.email, (ACCOUNT.first_name, ACCOUNT.family_name), ACCOUNT.user_id)
    kinds = {leak.kind for leak in (*PATTERN_LEAKS, *leaks, *STRUCTURAL_LEAKS)} | {
        damage.kind for contract in promise.contracts.values() for damage in _damages(case_of(contract))
    }
    kinds |= {f"{each.expectation_type}: passes in Great Expectations" for each in EXPECTATIONS}
    kinds.add("a token function that isn't HMAC-SHA-256")
    for kind in kinds:
        assert recordable(
            ledger, [SimpleNamespace(expectation="gate_proves_itself", detail=f"missed: {kind}", count=1)]
        )


def test_what_great_expectations_can_say_of_a_hand_written_one_is_recordable(ledger, promise):
    for raised in (False, True):
        result = SimpleNamespace(
            expectation_config=SimpleNamespace(type="expect_x", kwargs={"column": "jane.roe@mail.example"}),
            exception_info={"raised_exception": raised},
        )
        trial = SimpleNamespace(case=case_of(promise.release("threat_events")))
        assert recordable(ledger, _findings(result, trial))


@pytest.mark.parametrize(("column", "named"), [("kind", "kind"), ("a column of nobody's", ""), (["kind"], "")])
def test_a_hand_written_expectation_names_a_column_of_the_contract_or_none(promise, column, named):
    case = case_of(promise.release("threat_events"))
    assert _column(SimpleNamespace(kwargs={"column": column}), case) == named


@pytest.mark.parametrize("detector", DETECTORS)
def test_what_assurance_says_is_recordable(ledger, detector):
    for where in ("in the log of the table", "on the pages beside the table"):
        assert recordable(ledger, [SimpleNamespace(detail=f"{detector} {where}", count=1)])
    assert recordable(ledger, [SimpleNamespace(detail="a file that is no part of the table", count=1)])
