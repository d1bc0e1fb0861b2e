"""One page of Markdown that an analyst reads first: what it is, its columns, how to open it, its counts, its limits.

Made from the contract and the ledger, so it can't promise what the night didn't do. It follows the questions of Gebru
et al., "Datasheets for Datasets" (2021), as far as they concern a reader of a table.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobs.catalogue.datasheet_microdata import microdata_counts
from jobs.catalogue.datasheet_tables import table_counts
from jobs.catalogue.model import Column, Release
from jobs.catalogue.record import Record
from jobs.lake.ledger import Entry
from policy.contract import Contract


def datasheet(release: Release, contract: Contract, record: Record) -> str:
    """The page of ``release``, which ``contract`` promises and ``record`` has the counts of."""
    purpose = release.purpose
    return DATASHEET.format(
        title=release.title,
        about=release.about,
        kind=release.kind,
        words=purpose.words,
        article=purpose.article,
        clause=purpose.clause,
        roles=", ".join(role.name for role in release.roles),
        keep=release.retention,
        owner=release.owner,
        terms=release.terms,
        columns="\n".join(map(_column, release.columns)),
        parts="".join(_parts(release)),
        reads="\n".join(f"**{read.tool}**\n```python\n{read.code}\n```" for read in release.reads),
        counts=_counts(contract, _latest(contract.release, record), record),
        limits="\n".join(f"- {limit}" for limit in (*release.limits, *release.measured)),
    )


def _column(column: Column) -> str:
    """A line of the table of columns."""
    kind = f"{column.type}, {column.unit}" if column.unit else column.type
    words = ", ".join(column.words) if column.words is not None else ""
    null, blank = column.missing or "never", "nearly all" if column.blank else ""
    return f"| `{column.name}` | {kind} | {column.meaning} | {null} | {column.treatment} | {words} | {blank} |"


def _parts(release: Release) -> Iterator[str]:
    """Which columns the rows of each statistic fill; nothing for a table whose rows are all of one sort."""
    if release.parts:
        yield "\n## What its rows are\n| statistic | what it counts | columns that its rows fill |\n|---|---|---|\n"
    for part in release.parts:
        yield f"| `{part.name}` | {part.about} | {', '.join(f'`{name}`' for name in part.columns)} |\n"


def _counts(contract: Contract, latest: list[Entry], record: Record) -> str:
    """One line a day, in the way of the release's shape."""
    if contract.statistics:
        return table_counts(contract, latest, record)
    if contract.anonymity is not None:
        return microdata_counts([(entry, record.staged(entry)) for entry in latest])
    return event_counts(latest, record)


def _latest(release: str, record: Record) -> list[Entry]:
    """The last publication of each of the last thirty days that have one, newest day first."""
    by_day = {entry["day"]: entry for entry in record.entries("published", release=release)}
    return [by_day[day] for day in sorted(by_day, reverse=True)[:30]]


def event_counts(latest: list[Entry], record: Record) -> str:
    """One line a day: source rows, excluded, suppressed and published ones."""
    headings = "| day | source rows | excluded | suppressed | published rows | version |\n|---|---|---|---|---|---|\n"
    return headings + "\n".join(_count(entry, record) for entry in latest)


def _count(entry: Entry, record: Record) -> str:
    staged = record.staged(entry)
    cells = (entry["day"], *(staged.get(name, "") for name in ("rows_in", "excluded", "suppressed")), entry["rows"])
    return f"| {' | '.join(str(cell) for cell in (*cells, entry['version']))} |"


DATASHEET = """\
# {title}

{about}

**{kind}** · *{words}* (policy clause {clause}; {article}) · readers: {roles} · kept {keep} · ask {owner}

{terms}

## Columns
*Blank* says of a column that it is null, `other` or unknown in nearly all rows of the last published day.

| column | type | what it says | null says | how it is made | words | blank |
|---|---|---|---|---|---|---|
{columns}
{parts}
## Open it
From the folder above the table:

{reads}

## Counts
{counts}

## Limits
{limits}
"""
