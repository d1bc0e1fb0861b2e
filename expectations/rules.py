"""What must hold, one pure function an expectation: a case and its measures give findings, or none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, time, timedelta
from statistics import median

from expectations.case import Case, Finding
from expectations.detectors import HASHED, KNOWN, PATTERNS
from expectations.measures import Measures
from policy.periods import RAW_KEPT

Rule = Callable[[Case, Measures], list[Finding]]

SMALLEST_JUDGED = 50
"""Nights whose usual size is below this many source rows vary too much for the volume rule."""

TIMES_SMALLER = 10


def _defects(expectation: str, what: str, measures: Measures) -> list[Finding]:
    return [Finding(expectation, where, w, count) for (w, where), count in measures.defects.items() if w == what]


def columns_are_the_contracts(case: Case, measures: Measures) -> list[Finding]:
    """Exactly the contract's columns and types, in its order, in every file.

    A name that isn't the contract's could be anybody's: such columns are counted and never named.
    """
    name, expected = "expect_columns_are_the_contracts", case.contract.output_schema
    wrong = [column for column, kind in expected.items() if measures.schema.get(column) != kind]
    findings = [Finding(name, column, "missing or of another type", 1) for column in wrong]
    extra = len({*measures.schema, *(column for columns in case.file_columns for column in columns)} - expected.keys())
    if extra:
        findings.append(Finding(name, "", "columns outside the contract", extra))
    if not findings and list(expected) != list(measures.schema):
        findings.append(Finding(name, "", "another order of columns", 1))
    others = sum(columns != tuple(expected) for columns in case.file_columns)
    return [*findings, Finding(name, "", "files with other columns", others)] if others else findings


def vocabularies_are_closed(case: Case, measures: Measures) -> list[Finding]:
    """No word outside a closed vocabulary."""
    return _defects("expect_vocabularies_are_closed", "outside the vocabulary", measures)


def tokens_have_their_shape(case: Case, measures: Measures) -> list[Finding]:
    """Every token and encrypted address has exactly its shape."""
    return _defects("expect_tokens_have_their_shape", "not the shape of a token", measures)


def rows_are_of_the_day(case: Case, measures: Measures) -> list[Finding]:
    """Every time lies in the data day, or as many days before it as the contract allows."""
    return _defects("expect_rows_are_of_the_day", "outside the data day", measures)


def times_are_cut(case: Case, measures: Measures) -> list[Finding]:
    """No time is finer than the contract says."""
    return _defects("expect_times_are_cut", "finer than the contract says", measures)


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
    """Nothing lies beside the rows that our writer doesn't write, and no identifier in it."""
    name = "expect_nothing_in_file_metadata"
    findings = [Finding(name, "", detector, count) for detector, count in measures.in_texts.items()]
    strange = len(case.texts)
    return [*findings, Finding(name, "", "texts that our writer doesn't write", strange)] if strange else findings


def tokens_map_one_to_one(case: Case, measures: Measures) -> list[Finding]:
    """Exactly the tokens of the source's identities under the key of the day's epoch, no more, no fewer.

    So equal identities have equal tokens; different ones have different tokens because the function
    is HMAC-SHA-256, which the self-proof checks on each run against RFC 4231.
    """
    name, findings = "expect_tokens_map_one_to_one", []
    for column, right in case.recounted.keyed.items():
        staged = measures.keyed.get(column)
        if staged is None or staged.filled != right.filled:
            missing = abs((staged.filled if staged else 0) - right.filled)
            findings.append(Finding(name, column, "rows with an identity and rows with a token differ", missing or 1))
        elif staged.checksum != right.checksum:
            findings.append(Finding(name, column, "not the tokens of the source under the epoch's key", right.filled))
    return findings


def addresses_are_read(case: Case, measures: Measures) -> list[Finding]:
    """No more cells than the contract's share became null because they are no address."""
    name, detail = "expect_addresses_are_read", "no address in more cells than the contract allows"
    over = {
        column: each.cells for column, each in case.recounted.unread.items() if each.cells > each.allowed * each.filled
    }
    return [Finding(name, column, detail, cells) for column, cells in over.items()]


def surrogates_are_nobody(case: Case, measures: Measures) -> list[Finding]:
    """No surrogate is a company of that day, no pair of surrogate names a person of that day."""
    name, detail = "expect_surrogates_are_nobody", "a real company or person of that day"
    return [Finding(name, column, detail, count) for column, count in case.recounted.colliding.items() if count]


def rows_balance(case: Case, measures: Measures) -> list[Finding]:
    """Source rows = represented + suppressed + excluded, in claim, files and landing; nobody left out is in it.

    Of tables it isn't said by how much: the difference could be the number of a hidden cell.
    """
    name, claimed, recounted = "expect_rows_balance", case.claimed, case.recounted
    differences = {
        "source rows claimed and counted": claimed.rows_in - recounted.rows_in,
        "excluded rows claimed and counted": claimed.excluded - recounted.excluded,
        "represented rows claimed and staged": claimed.represented - measures.represented,
        "the balance": claimed.rows_in - claimed.represented - claimed.suppressed - claimed.excluded,
        "groups staged and recounted": recounted.differing,
        "rows of people who must not be in it": recounted.left_in,
    }
    broken = {detail: abs(difference) for detail, difference in differences.items() if difference}
    return [Finding(name, "", detail, 1 if case.contract.statistics else count) for detail, count in broken.items()]


def groups_have_enough_contributors(case: Case, measures: Measures) -> list[Finding]:
    """Every shown group has at least its statistic's k distinct contributors."""
    return _defects("expect_groups_have_enough_contributors", "groups under k", measures)


def hidden_cells_stay_hidden(case: Case, measures: Measures) -> list[Finding]:
    """Nobody gets a hidden cell into an interval narrower than its protection, from everything that is printed.

    The attack is made of the staged rows, of what of that day is visible already, and of the tables' totals; over its
    bounds (`jobs.anonymity.attack`) it is a finding, and so is a release of tables that nobody attacks.
    """
    name = "expect_hidden_cells_stay_hidden"
    if case.attacker is None or case.printed is None:
        return [Finding(name, "", "tables that nobody attacks", 1)] if case.contract.statistics else []
    return [Finding(name, where, what, count) for (where, what), count in case.attacker(case.printed).items()]


def classes_are_large_and_diverse(case: Case, measures: Measures) -> list[Finding]:
    """Every equivalence class of microdata has at least the contract's k rows and l sensitive values."""
    name, below = "expect_classes_are_large_and_diverse", case.recounted.small_classes
    return [Finding(name, "", "equivalence classes under k or l", below)] if below else []


def numbers_are_drawn_once(case: Case, measures: Measures) -> list[Finding]:
    """Numbers with noise are the day's one draw, paid for in the account book, of the contract's own mechanism."""
    return [Finding("expect_numbers_are_drawn_once", "", words, count) for words, count in case.recounted.book.items()]


def months_do_not_join(case: Case, measures: Measures) -> list[Finding]:
    """Nobody stands out in a month together with another published one, and each month is remembered as it is shown."""
    return [Finding("expect_months_do_not_join", "", words, count) for words, count in case.recounted.months.items()]


def landing_is_fresh(case: Case, measures: Measures) -> list[Finding]:
    """Every copy in landing is of the data day, was taken after it ended, and isn't older than landing keeps."""
    name, findings = "expect_landing_is_fresh", []
    over = datetime.combine(case.day + timedelta(days=1), time(), UTC)
    for copy in case.landed:
        problems = {
            "of another day": copy.day != case.day,
            "taken before the day was over": copy.taken_at < over,
            "older than landing keeps": case.judged_at - copy.taken_at > RAW_KEPT,
            "from the future": copy.taken_at > case.judged_at,
        }
        findings += [Finding(name, copy.source, problem, 1) for problem, holds in problems.items() if holds]
    return findings


def volume_is_usual(case: Case, measures: Measures) -> list[Finding]:
    """A night ten times smaller than usual is held for a person: something upstream may be broken."""
    if not case.history or (usual := median(case.history)) < SMALLEST_JUDGED:
        return []
    if case.recounted.rows_in * TIMES_SMALLER > usual:
        return []
    return [Finding("expect_volume_is_usual", "", "held: ten times smaller than usual", case.recounted.rows_in)]
