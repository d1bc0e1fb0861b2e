"""Everything that a page or a metadata file says about a release, in one place, typed and read-only.

`jobs.catalogue.describe.describe` makes a `Release` of the contracts (what was declared) and of the record and the
table (what was observed); pages, datasheet, data package, data contract, catalogue entry and lineage only render it. No
value of a row, no token, no path and no host is in it. ``as_json`` is the same as plain JSON: ``_about/release.json``
beside each table, for whoever can't import ``jobs`` (the Airflow tower), with the fields of the classes below under
their names, days as ``2026-01-31``, tuples as lists. ``MODEL`` counts up when a field goes or changes its meaning.

What answers which question: *may I use it, for what*: ``purpose``, ``terms``, ``roles``; *until when*: ``retention``
and ``leaves``; *whom do I ask*: ``owner``; *what is a column*: `Column`; *what was there*: ``days``; *can I trust it*:
``verdict``, ``guarantee``, ``limits``, ``measured``; *how do I open it*: ``reads``.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

from policy.contract import Shape
from policy.sources import Identifier

MODEL = 1

Direct = Literal["IDENTITY", "TRANSFORMATION", "AGGREGATION"]
Indirect = Literal["GROUP_BY", "JOIN", "FILTER", "CONDITIONAL"]


@dataclass(frozen=True)
class Origin:
    """One column that a published column is made of, in OpenLineage's words for how.

    ``dataset``: a table of the ``platform``, or a ``release`` that findings derive from. ``masks``: whether the value
    as it was can't be read any more.
    """

    kind: Literal["platform", "release"]
    dataset: str
    column: str
    subtype: Direct | Indirect
    masks: bool
    how: str

    @property
    def is_direct(self) -> bool:
        """Whether values come from it; else it only decides which rows there are, or where they count."""
        return self.subtype in ("IDENTITY", "TRANSFORMATION", "AGGREGATION")


@dataclass(frozen=True)
class Column:
    """One column that readers see; the last one of every table is ``day``, its partition.

    ``meaning``: what a cell says. ``missing``: what a null says; empty where there is none. ``rule``: the treatment's
    own word (`policy.rules`), ``made`` for a column of the release's own; ``treatment``: how it is made, in short;
    ``treated``: the same in a sentence. ``joins``: what it means for a join, in a sentence, and ``joins_with`` the
    columns (``release.column``) with which it joins inside an epoch. ``words``: its closed vocabulary, null where it
    has none. ``statistics``: of a long table those whose rows fill it.

    ``blank``: whether it was null, ``other`` or unknown in nearly all rows of the last published day. A number is never
    told: how many rows have no ``new_permission`` says how many permissions were changed, and with that a hidden cell
    of the statistics could be had by subtraction (`jobs.night.blanks`). Whoever may read the rows can count.
    """

    name: str
    type: str
    unit: str
    meaning: str
    missing: str
    nullable: bool
    blank: bool
    rule: str
    treatment: str
    treated: str
    joins: str
    joins_with: tuple[str, ...]
    words: tuple[str, ...] | None
    statistics: tuple[str, ...]
    identifier: Identifier | None
    origins: tuple[Origin, ...]


@dataclass(frozen=True)
class InputColumn:
    """One column that the release reads of a table or of another release.

    ``sensitivity``: what it can give away, in the word of `policy.sources.ColumnKind`; null of a release's column.
    """

    name: str
    type: str
    meaning: str
    sensitivity: str | None
    identifier: Identifier | None


@dataclass(frozen=True)
class Input:
    """One table of the platform, or one release, that it is made of."""

    kind: Literal["platform", "release"]
    name: str
    owner: str
    columns: tuple[InputColumn, ...]


@dataclass(frozen=True)
class Part:
    """One statistic or family of counts of a long table: what it counts, and the columns that its rows fill."""

    name: str
    about: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Purpose:
    """Why the release may be read (policy clause 4.1), on which ground, and its term of the Data Privacy Vocabulary."""

    name: str
    words: str
    clause: str
    lawful_basis: str
    article: str
    term: str


@dataclass(frozen=True)
class Role:
    """A role that may read it, and who that is."""

    name: str
    who: str


@dataclass(frozen=True)
class Guarantee:
    """What is promised in numbers, each null where the release promises nothing of the sort.

    ``k``: people who share what is shown of one (of statistics the smallest k). ``epsilon_day``, ``epsilon_year``: what
    a person loses at most, at ``delta``.
    """

    k: int | None = None
    l: int | None = None  # noqa: E741 (the paper's own letter)
    t: float | None = None
    epsilon_day: float | None = None
    epsilon_year: float | None = None
    delta: float | None = None


@dataclass(frozen=True)
class Day:
    """One day that readers see now. ``rows``: of the table; the counts of the source are null where they'd tell."""

    day: date
    rows: int
    version: int | None
    published_at: str | None
    rows_in: int | None
    excluded: int | None
    suppressed: int | None


@dataclass(frozen=True)
class Verdict:
    """What the gate said of the last publication: its hash, and how much was held against the rows.

    ``began``, ``at``: when its rows had been made, and when they were published (UTC, ISO 8601).
    """

    hash: str
    day: date
    run: str
    at: str
    version: int
    rows: int
    files: int
    began: str | None
    expectations: int | None
    planted: int | None
    caught: int | None


@dataclass(frozen=True)
class Reading:
    """A line that opens the table, run in the folder above it."""

    tool: str
    code: str


@dataclass(frozen=True)
class Release:
    """One release. ``contract``: the hash of its promise; ``version``: of its table, null before there is one.

    ``key``: the columns that tell every row apart (nulls alike), where there are some. ``leaves``: the day after which
    the oldest day there goes. ``decided_by``: the columns that only decide which rows there are. ``days``: newest
    first. ``limits``: what can't be told or still could; ``measured``: its risk, in words.
    """

    name: str
    title: str
    about: str
    kind: Literal["pseudonymised", "anonymised"]
    shape: Shape
    owner: str
    controller: str
    officer: str
    purpose: Purpose
    roles: tuple[Role, ...]
    terms: str
    domain: str | None
    epoch: str | None
    retention: str
    leaves: date | None
    contract: str
    version: int | None
    inputs: tuple[Input, ...]
    decided_by: tuple[Origin, ...]
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    parts: tuple[Part, ...]
    guarantee: Guarantee
    days: tuple[Day, ...]
    verdict: Verdict | None
    limits: tuple[str, ...]
    measured: tuple[str, ...]
    reads: tuple[Reading, ...]

    @property
    def rows(self) -> int:
        """Rows that readers see now."""
        return sum(day.rows for day in self.days)

    @property
    def has_primary_key(self) -> bool:
        """Whether ``key`` is one in SQL's sense: no column of it is ever null."""
        return bool(self.key) and not any(column.nullable for column in self.columns if column.name in self.key)

    def column(self, name: str) -> Column:
        """The column of this name.

        Raises:
            KeyError: there is none.
        """
        return {column.name: column for column in self.columns}[name]


def as_json(release: Release) -> dict[str, Any]:
    """The release as plain JSON, for ``_about/release.json``."""
    plain: dict[str, Any] = _plain({"model": MODEL, **asdict(release)})
    return plain


def _plain(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _plain(value) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [_plain(each) for each in node]
    return node.isoformat() if isinstance(node, date) else node
