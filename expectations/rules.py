"""What must hold, one pure function an expectation: a case and its measures give findings, or none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from statistics import median

from expectations.case import Case, Finding
from expectations.detectors import HASHED, KNOWN, PATTERNS
from expectations.measures import Measures

Rule = Callable[[Case, Measures], list[Finding]]

SMALLEST_JUDGED = 50
"""Nights whose usual size is below this many source rows vary too much for the volume rule."""

TIMES_SMALLER = 10


def _each(expectation: str, detail: str, counts: dict[str, int]) -> list[Finding]:
    return [Finding(expectation, column, detail, count) for column, count in counts.items()]


def columns_are_the_contracts(case: Case, measures: Measures) -> list[Finding]:
    """Exactly the contract's columns and types, in its order."""
    name, expected = "expect_columns_are_the_contracts", case.contract.output_schema
    wrong = dict.fromkeys(expected.keys() ^ measures.schema.keys(), 1)
    wrong |= {c: 1 for c in expected.keys() & measures.schema.keys() if expected[c] != measures.schema[c]}
    if not wrong and list(expected) != list(measures.schema):
        return [Finding(name, "", "another order of columns", 1)]
    return _each(name, "missing, extra or of another type", wrong)


def vocabularies_are_closed(case: Case, measures: Measures) -> list[Finding]:
    """No word outside a closed vocabulary."""
    return _each("expect_vocabularies_are_closed", "outside the vocabulary", measures.outside_vocabulary)


def tokens_have_their_shape(case: Case, measures: Measures) -> list[Finding]:
    """Every token and encrypted address has exactly its shape."""
    return _each("expect_tokens_have_their_shape", "not the shape of a token", measures.misshapen)


def rows_are_of_the_day(case: Case, measures: Measures) -> list[Finding]:
    """Every time lies in the data day."""
    return _each("expect_rows_are_of_the_day", "outside the data day", measures.off_day)


def no_personal_patterns(case: Case, measures: Measures) -> list[Finding]:
    """No cell has the shape and check digits of a personal identifier."""
    return list(_detected("expect_no_personal_patterns", PATTERNS, measures))


def no_known_identifiers(case: Case, measures: Measures) -> list[Finding]:
    """No cell holds an identifier of that night's source, in any form."""
    return list(_detected("expect_no_known_identifiers", KNOWN, measures))


def no_unkeyed_hashes(case: Case, measures: Measures) -> list[Finding]:
    """No cell holds what hashing an identifier without a key gives."""
    return list(_detected("expect_no_unkeyed_hashes", HASHED, measures))


def _detected(expectation: str, detectors: tuple[str, ...], measures: Measures) -> Iterable[Finding]:
    for (column, detector), count in measures.found.items():
        if detector in detectors:
            yield Finding(expectation, column, detector, count)


def nothing_in_file_metadata(case: Case, measures: Measures) -> list[Finding]:
    """No file name and no metadata of a file holds an identifier."""
    name = "expect_nothing_in_file_metadata"
    return [Finding(name, "", detector, count) for detector, count in measures.in_texts.items()]


def tokens_map_one_to_one(case: Case, measures: Measures) -> list[Finding]:
    """As many tokens as the source has identities, and as many rows with one: no more, no fewer."""
    name, findings = "expect_tokens_map_one_to_one", []
    for column, identities in case.recounted.identities.items():
        off = abs(measures.distinct.get(column, 0) - identities)
        empty = abs(measures.filled.get(column, 0) - case.recounted.filled[column])
        if off or empty:
            findings.append(Finding(name, column, "identities without, or with more than, one token", off or empty))
    return findings


def rows_balance(case: Case, measures: Measures) -> list[Finding]:
    """Source rows = represented + suppressed + excluded, in the claim, in the files and in landing."""
    name, claimed, recounted = "expect_rows_balance", case.claimed, case.recounted
    differences = {
        "source rows claimed and counted": claimed.rows_in - recounted.rows_in,
        "excluded rows claimed and counted": claimed.excluded - recounted.excluded,
        "represented rows claimed and staged": claimed.represented - measures.represented,
        "the balance": claimed.rows_in - claimed.represented - claimed.suppressed - claimed.excluded,
        "groups staged and recounted": recounted.differing,
    }
    return [Finding(name, "", detail, abs(difference)) for detail, difference in differences.items() if difference]


def groups_have_enough_contributors(case: Case, measures: Measures) -> list[Finding]:
    """Every shown group has at least its statistic's k distinct contributors."""
    return _each("expect_groups_have_enough_contributors", "groups under k", measures.too_few)


def volume_is_usual(case: Case, measures: Measures) -> list[Finding]:
    """A night ten times smaller than usual is held for a person: something upstream may be broken."""
    if not case.history or (usual := median(case.history)) < SMALLEST_JUDGED:
        return []
    if case.recounted.rows_in * TIMES_SMALLER > usual:
        return []
    return [Finding("expect_volume_is_usual", "", "held: ten times smaller than usual", case.recounted.rows_in)]
