"""The gate is weakened on purpose, one detector at a time, and its self-proof says which."""

from dataclasses import dataclass, replace

import pytest
from pyspark.sql import functions as F

from expectations import great, judge, proof
from expectations.case import Printed
from expectations.detectors import DETECTORS, DIGEST_LIKE, HASHED, KNOWN, TEXT_LIKE, mask
from expectations.leaks import PATTERN_LEAKS, known_leaks
from expectations.measures import measure
from jobs.anonymity.disclosure import attacker
from tests.expectations.conftest import ACCOUNT

LEAKS = (
    *PATTERN_LEAKS,
    *known_leaks(ACCOUNT.email, (ACCOUNT.first_name, ACCOUNT.family_name), ACCOUNT.user_id),
)


OF_TABLES = (great.ExpectGroupsHaveEnoughContributors, great.ExpectHiddenCellsStayHidden)
"""Rules that have nothing to find in rows of events."""


@dataclass(frozen=True)
class Blind:
    """A scanner that never names some detectors."""

    scan: object
    to: tuple[str, ...] = ()

    def quick(self, cell):
        return self.scan.quick(cell).bitwiseAND(F.lit(~mask(*self.to)).cast("bigint"))

    known = thorough = quick


@dataclass(frozen=True)
class Silent(Blind):
    """A scanner that doesn't say where there is something to search."""

    bits: int = 0

    def quick(self, cell):
        return self.scan.quick(cell).bitwiseAND(F.lit(~self.bits).cast("bigint"))

    known = thorough = quick


@pytest.fixture
def measures(case):
    return measure(case)


def test_a_whole_gate_names_every_leak(case, measures):
    proved = proof.prove(case, measures, LEAKS)
    assert (proved.missed, proved.planted >= 80) == ((), True)


def test_a_scanner_that_is_blind_is_found_out_for_every_kind(case, measures):
    assert {leak.detector for leak in LEAKS} == set(DETECTORS)
    missed = proof.prove(replace(case, scan=Blind(case.scan, DETECTORS)), measures, LEAKS).missed
    assert {leak.kind for leak in LEAKS} <= set(missed)


@pytest.mark.parametrize(("bits", "kinds"), [(TEXT_LIKE, KNOWN), (DIGEST_LIKE, HASHED)])
def test_a_scanner_that_does_not_say_where_to_search_for_all_is_found_out(case, measures, bits, kinds):
    missed = proof.prove(replace(case, scan=Silent(case.scan, bits=bits)), measures, LEAKS).missed
    assert set(missed) == {leak.kind for leak in LEAKS if leak.detector in kinds}


@pytest.mark.parametrize("detector", ["phone", "known_hex", "hashed_unset_key"])
def test_a_scanner_blind_to_one_detector_is_found_out_for_its_kinds(case, measures, detector):
    missed = proof.prove(replace(case, scan=Blind(case.scan, (detector,))), measures, LEAKS).missed
    assert set(missed) == {leak.kind for leak in LEAKS if leak.detector == detector}


@pytest.mark.parametrize(
    "expectation",
    [each for each in great.EXPECTATIONS if each not in OF_TABLES],
    ids=lambda each: each.expectation_type,
)
def test_a_rule_that_finds_nothing_is_found_out(case, measures, expectation, monkeypatch):
    monkeypatch.setattr(expectation, "rule", staticmethod(lambda case, measures: []))
    assert proof.prove(case, measures, LEAKS).missed


def test_an_expectation_taken_out_of_the_suite_is_found_out(case, measures, monkeypatch):
    kept = tuple(e for e in great.EXPECTATIONS if e is not great.ExpectNoUnkeyedHashes)
    monkeypatch.setattr(judge, "EXPECTATIONS", kept)
    assert "sha256 in base64" in proof.prove(case, measures, LEAKS).missed


def test_an_expectation_that_great_expectations_passes_is_found_out(case, measures, monkeypatch):
    monkeypatch.setattr(great.ExpectNoKnownIdentifiers, "_validate", lambda *_, **__: {"success": True, "result": {}})
    assert proof.prove(case, measures, LEAKS).missed == ("expect_no_known_identifiers: passes in Great Expectations",)


def test_a_token_function_that_is_no_hmac_is_found_out(case, measures, monkeypatch):
    key, data, _ = proof.RFC_4231
    monkeypatch.setattr(proof, "RFC_4231", (key, data + "!", proof.RFC_4231[2]))
    assert proof.prove(case, measures, LEAKS).missed == ("a token function that isn't HMAC-SHA-256",)


def test_a_check_of_rows_that_is_left_out_is_found_out(case, measures, monkeypatch):
    monkeypatch.setattr(proof, "defects", lambda case, staged: {})
    missed = proof.prove(case, measures, LEAKS).missed
    assert {"kind: a word outside the vocabulary", "actor: not a token", "occurred_at: uncut"} <= set(missed)


@pytest.fixture
def tables(case, promise, spark):
    """A staged run of a release of tables, with its attacker."""
    contract = promise.release("feedback_topics")
    schema = ", ".join(f"{name} {kind}" for name, kind in contract.output_schema.items())
    printed = Printed((), (), ())
    staged = spark.createDataFrame([], schema)
    return replace(case, contract=contract, staged=staged, printed=printed, attacker=attacker(contract, case.day))


def test_every_leak_of_tables_is_named(tables):
    assert proof.prove(tables, measure(tables), LEAKS).missed == ()


@pytest.mark.parametrize(
    ("expectation", "missed"),
    [
        (great.ExpectGroupsHaveEnoughContributors, {"topics: a group under k"}),
        (
            great.ExpectHiddenCellsStayHidden,
            {"one shown cell more", "one total more", "a cell left out", "a day rebuilt with one person more"},
        ),
    ],
)
def test_a_rule_of_tables_that_finds_nothing_is_found_out(tables, monkeypatch, expectation, missed):
    monkeypatch.setattr(expectation, "rule", staticmethod(lambda case, measures: []))
    assert missed <= set(proof.prove(tables, measure(tables), LEAKS).missed)
