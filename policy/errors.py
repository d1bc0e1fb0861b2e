"""Every way in which the promise can be broken: one class a cause, data as attributes, never a value.

A message says what is wrong, who owns it and what to do next. Messages are built from
names, counts and versions; no cell, token or key is ever passed to one of these classes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from policy.command_line import command, sayable
from policy.values import FORMS, IMPOSSIBLE, ColumnType, TimeRole

MOST_SAID = 30
"""Problems of one file that a message has."""


class PolicyError(Exception):
    """A rule of the promise would be broken; the run stops and nothing is published.

    Its message is one line in which every name is `sayable`, whoever made it up.
    ``passes``: whether it may pass by itself, so that whoever started the step should start it again.
    """

    passes = False

    def __init__(self, message: str = "") -> None:
        super().__init__(sayable(message))


class InvalidPolicyFileError(PolicyError):
    """A file under ``policy/`` doesn't have the shape that the model demands."""

    def __init__(self, file: str, problems: Iterable[str]) -> None:
        self.file, self.problems = file, tuple(problems)
        said = [f"{each[:300]} …" if len(each) > 300 else each for each in self.problems[:MOST_SAID]]
        if more := len(self.problems) - len(said):
            said.append(f"{more} more")
        super().__init__(f"policy/{file}: {'; '.join(said)}; correct the file, then run `{command('policy')}`")


class ContractError(PolicyError):
    """A release contract contradicts the sources or the register."""

    def __init__(self, release: str, column: str | None, problem: str, owner: str) -> None:
        self.release, self.column, self.problem, self.owner = release, column, problem, owner
        where = release if column is None else f"{release}.{column}"
        super().__init__(
            f"{where}: {problem}; ask {owner} to correct its contract in policy/releases or policy/exports"
        )


class UnknownReleaseError(PolicyError):
    """No contract has this name."""

    def __init__(self, release: str, known: Iterable[str]) -> None:
        self.release, self.known = release, tuple(sorted(known))
        super().__init__(f"no contract for release {release!r}; there are {', '.join(self.known)}; correct the name")


class SourceDriftError(PolicyError):
    """A table of the platform isn't what was classified, in its columns or in what they hold."""

    source: str
    owner: str


class CellDriftError(SourceDriftError):
    """A column holds cells that it must not; they are counted, never shown."""

    column: str
    rows: int


class SeveralDriftsError(PolicyError):
    """The platform drifted in more than one way; all of them are said, so that one round mends them."""

    def __init__(self, drifts: Sequence[SourceDriftError]) -> None:
        self.drifts = tuple(drifts)
        said = " ".join(f"({number}) {drift}." for number, drift in enumerate(self.drifts, start=1))
        super().__init__(f"the platform drifted in {len(self.drifts)} ways: {said}")


def refuse_all(drifts: Iterable[SourceDriftError]) -> None:
    """Stop the run if there is any drift.

    Raises:
        SourceDriftError: of the class that fits, when there is one.
        SeveralDriftsError: when there are more.
    """
    found = list(drifts)
    if len(found) > 1:
        raise SeveralDriftsError(found)
    for drift in found:
        raise drift


class UnlistedColumnError(SourceDriftError):
    """The source has columns that no one has classified (schema drift)."""

    def __init__(self, source: str, columns: Iterable[str], owner: str) -> None:
        self.source, self.columns, self.owner = source, frozenset(columns), owner
        super().__init__(
            f"{source}: unlisted {', '.join(sorted(self.columns))}; ask {owner} to classify them in policy/sources.yaml"
        )


class MissingColumnError(SourceDriftError):
    """The source has lost a column that the promise relies on (schema drift)."""

    def __init__(self, source: str, columns: Iterable[str], owner: str) -> None:
        self.source, self.columns, self.owner = source, frozenset(columns), owner
        super().__init__(
            f"{source}: missing {', '.join(sorted(self.columns))}; ask {owner} whether they were renamed, "
            "then correct policy/sources.yaml"
        )


class ColumnTypeError(SourceDriftError):
    """A source column has another type than the one it was classified with (schema drift)."""

    def __init__(
        self, source: str, column: str, expected: str, found: str, spellings: Sequence[str], owner: str
    ) -> None:
        self.source, self.column, self.expected, self.found, self.owner = source, column, expected, found, owner
        self.spellings = tuple(spellings)
        super().__init__(
            f"{source}.{column}: type {found} where policy/sources.yaml says {expected} "
            f"(declared as {' or '.join(spellings)}); ask {owner} to declare or reclassify it"
        )


class VocabularyError(CellDriftError):
    """A closed column holds words outside its vocabulary; they are counted, never shown."""

    def __init__(self, source: str, column: str, rows: int, owner: str) -> None:
        self.source, self.column, self.rows, self.owner = source, column, rows, owner
        super().__init__(
            f"{source}.{column}: {rows} rows outside the closed vocabulary; "
            f"ask {owner} to name the new words in policy/sources.yaml"
        )


class RequiredValueError(CellDriftError):
    """A column that says when a row happened or whose it is holds nulls."""

    def __init__(self, source: str, column: str, rows: int, owner: str) -> None:
        self.source, self.column, self.rows, self.owner = source, column, rows, owner
        super().__init__(f"{source}.{column}: {rows} rows without the required value; ask {owner} to repair them")


class RepeatedValueError(CellDriftError):
    """A column of which a table has each value once holds one again; the further rows are counted, never shown."""

    def __init__(self, source: str, column: str, rows: int, owner: str) -> None:
        self.source, self.column, self.rows, self.owner = source, column, rows, owner
        super().__init__(
            f"{source}.{column}: {rows} rows repeat the value of another row, and a row of {source} is found by it; "
            f"ask {owner} to repair them"
        )


class UnreadableValueError(CellDriftError):
    """A column holds cells that aren't of its declared type (SQLite enforces none); they are counted, never shown."""

    def __init__(self, source: str, column: str, expected: ColumnType, rows: int, owner: str) -> None:
        self.source, self.column, self.expected, self.rows, self.owner = source, column, expected, rows, owner
        super().__init__(
            f"{source}.{column}: {rows} rows hold no {expected}, which is {FORMS[expected]}; ask {owner} to repair them"
        )


class ImpossibleTimeError(CellDriftError):
    """A column of times holds moments that can't have been; they are counted, never shown."""

    def __init__(self, source: str, column: str, role: TimeRole, rows: int, owner: str) -> None:
        self.source, self.column, self.role, self.rows, self.owner = source, column, role, rows, owner
        super().__init__(f"{source}.{column}: {rows} rows {IMPOSSIBLE[role]}; ask {owner} to repair them")


class ForbiddenSourceError(PolicyError):
    """Somebody asked for a table that this policy puts out of scope (clauses 1.3, 2.2)."""

    def __init__(self, source: str, clause: str) -> None:
        self.source, self.clause = source, clause
        super().__init__(f"{source} is out of scope (clause {clause}) and is never read; remove the reference to it")


class UnknownSourceError(PolicyError):
    """The promise doesn't classify this table."""

    def __init__(self, source: str) -> None:
        self.source = source
        super().__init__(f"no source {source!r}; classify every column of it in policy/sources.yaml first")


class TransferRefusedError(PolicyError):
    """A recipient's copy has no valid mechanism under GDPR chapter V (clauses 5.2, 6.2)."""

    def __init__(self, recipient: str, country: str, reason: str) -> None:
        self.recipient, self.country, self.reason = recipient, country, reason
        super().__init__(
            f"recipient {recipient} ({country}): {reason}; record a valid mechanism in policy/register.yaml"
        )


class BrokenEvidenceError(PolicyError):
    """The trace names a place in the code that isn't there."""

    def __init__(self, clause: str, evidence: str) -> None:
        self.clause, self.evidence = clause, evidence
        super().__init__(f"clause {clause}: evidence {evidence} doesn't exist; correct policy/register.yaml")
