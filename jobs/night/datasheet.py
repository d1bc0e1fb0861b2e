"""What an analyst needs beside the rows: a Frictionless data package and a one-page datasheet.

Both are made from the contract and the ledger, so they can't promise what the night didn't do.
The data package follows the Frictionless Data Package standard, the datasheet the questions of
Gebru et al., "Datasheets for Datasets" (2021), as far as they concern a reader of a table.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

from jobs.lake.files import write_atomically
from jobs.lake.ledger import Entry, Ledger
from jobs.lake.tables import PARTITION, current_files, open_table
from jobs.lake.zones import Lake
from jobs.night.datasheet_microdata import microdata_counts, microdata_guarantees
from jobs.night.datasheet_noise import noise_guarantees
from jobs.night.datasheet_risk import risk_measured
from jobs.night.datasheet_tables import table_counts, table_guarantees
from policy.contract import Contract, Output
from policy.promise import Promise

PACKAGE = "datapackage.json"
FRICTIONLESS = {
    "string": "string", "bigint": "integer", "timestamp": "datetime", "date": "date", "boolean": "boolean",
    "map": "object", "array": "array",
}  # fmt: skip


def write_about(promise: Promise, contract: Contract, lake: Lake, ledger: Ledger) -> None:
    """Replace both pages of one release by what is true after its last publication, or deletion.

    The data package lies in the table's own folder: its paths may not lead out of the folder that it is in.
    """
    folder, about = lake.published(contract.release), lake.shared(lake.about(contract.release))
    with lake.alone(contract.release):
        files = [file.path for file in current_files(open_table(folder, contract))]
        write_atomically(folder / PACKAGE, json.dumps(datapackage(promise, contract, files), indent=1) + "\n")
        write_atomically(about / "datasheet.md", datasheet(promise, contract, ledger))
        (about / PACKAGE).unlink(missing_ok=True)  # where it lay before


def datapackage(promise: Promise, contract: Contract, files: Sequence[str]) -> dict[str, Any]:
    """The release as a Frictionless data package; its one resource is the Delta table, ``files`` of it at present.

    A table without a row has no file: then the resource is inline, its heading alone.
    """
    purpose = promise.register.purposes[contract.purpose]
    partition = {"name": PARTITION, "type": "date", "description": "the data day (UTC); the table's partition"}
    fields = [*(_field(output) for output in contract.outputs), partition]
    return {
        "profile": "data-package",
        "name": contract.release.replace("_", "-"),
        "title": contract.title,
        "description": contract.about,
        "contributors": [{"title": contract.owner, "role": "maintainer"}],
        "keywords": [contract.kind, contract.purpose],
        "privacy": {
            "kind": contract.kind,
            "purpose": purpose.words,
            "lawfulBasis": purpose.article,
            "roles": list(purpose.roles),
            "retention": contract.retention.keep,
            "contract": contract.fingerprint,
        },
        "resources": [
            {
                "name": contract.release.replace("_", "-"),
                **(
                    {"path": list(files), "format": "delta"} if files else {"data": [[each["name"] for each in fields]]}
                ),
                "schema": {"fields": fields},
            }
        ],
    }


def _field(output: Output) -> dict[str, Any]:
    field: dict[str, Any] = {
        "name": output.name,
        "type": FRICTIONLESS.get(output.type.partition("<")[0], "number"),
        "description": output.note,
    }
    if output.values is not None:
        field["constraints"] = {"enum": list(output.values)}
    return field


def datasheet(promise: Promise, contract: Contract, ledger: Ledger) -> str:
    """One page of Markdown: what it is, its columns, how to open it, its counts and its limits."""
    purpose = promise.register.purposes[contract.purpose]
    latest = _latest(contract.release, ledger)
    silent = _staged(latest[0], ledger).get("silent", ()) if latest else ()
    rows = "\n".join(
        f"| `{o.name}` | {o.type} | {o.note} | {_words(o)} | {_silence(silent, o)} |" for o in contract.outputs
    )
    return DATASHEET.format(
        title=contract.title,
        about=contract.about,
        kind=contract.kind,
        words=purpose.words,
        article=purpose.article,
        clause=purpose.clause,
        roles=", ".join(purpose.roles),
        keep=contract.retention.keep,
        owner=contract.owner,
        columns=rows,
        release=contract.release,
        counts=_counts(contract, latest, ledger),
        limits="\n".join(f"- {limit}" for limit in (*limits(contract), *risk_measured(contract, ledger))),
    )


def _counts(contract: Contract, latest: list[Entry], ledger: Ledger) -> str:
    """One line a day, in the way of the release's shape."""
    if contract.statistics:
        return table_counts(contract, latest, ledger)
    if contract.anonymity is not None:
        return microdata_counts([(entry, _staged(entry, ledger)) for entry in latest])
    return event_counts(latest, ledger)


def limits(contract: Contract) -> list[str]:
    """What this release can't tell, or still could: in words for its readers."""
    left_out = "Rows of people who objected, or whose data is restricted, aren't in it"
    if contract.statistics:
        return [f"{left_out}, and nothing here says how many.", *table_guarantees(contract)]
    if contract.privacy is not None:
        return [f"{left_out}, and nothing here says how many.", *noise_guarantees(contract.privacy)]
    if contract.anonymity is not None:
        return [f"{left_out}, and nothing here says how many.", *microdata_guarantees(contract)]
    said = [f"{left_out}; the counts say how many."]
    if contract.kind == "pseudonymised":
        said += [
            f"Pseudonymised is still personal data (GDPR recital 26): use it for `{contract.purpose}` only.",
            f"Tokens join inside domain `{contract.domain}` and one epoch of {contract.epoch}, nowhere else.",
            "Rare behaviour can still single somebody out for a reader who knows it from elsewhere.",
        ]
    return said


def _words(output: Output) -> str:
    return ", ".join(output.values) if output.values is not None else ""


def _latest(release: str, ledger: Ledger) -> list[Entry]:
    """The last publication of each of the last thirty days that have one, newest day first."""
    by_day = {entry["day"]: entry for entry in ledger.entries("published", release=release)}
    return [by_day[day] for day in sorted(by_day, reverse=True)[:30]]


def event_counts(latest: list[Entry], ledger: Ledger) -> str:
    """One line a day: source rows, excluded, suppressed and published ones."""
    headings = "| day | source rows | excluded | suppressed | published rows | version |\n|---|---|---|---|---|---|\n"
    return headings + "\n".join(_count(entry, ledger) for entry in latest)


def _count(entry: Entry, ledger: Ledger) -> str:
    staged = _staged(entry, ledger)
    cells = (entry["day"], *(staged.get(name, "") for name in ("rows_in", "excluded", "suppressed")), entry["rows"])
    return f"| {' | '.join(str(cell) for cell in (*cells, entry['version']))} |"


def _staged(entry: Entry, ledger: Ledger) -> Entry:
    """What was counted when the rows of a publication were made."""
    return ledger.last("protected", release=entry["release"], day=entry["day"], run=entry["run"]) or {}


def _silence(silent: Collection[str], output: Output) -> str:
    """Whether nearly nothing is said in a column; how many rows that are would say how many the others are."""
    return "nearly all" if output.name in silent else ""


DATASHEET = """\
# {title}

{about}

**{kind}** · *{words}* (policy clause {clause}; {article}) · readers: {roles} · kept {keep} · ask {owner}

## Columns
*Blank* says of a column that it is null, `other` or unknown in nearly all rows of the last published day.

| column | type | treatment | words | blank |
|---|---|---|---|---|
{columns}
| `day` | date | the data day (UTC); the table's partition | | |

## Open it
```python
from deltalake import DeltaTable
table = DeltaTable("{release}")                       # from the folder above the table
pandas_frame = table.to_pandas(partitions=[("day", "=", "2026-01-31")])

import polars                                          # lazily, with predicates pushed down
polars.scan_delta("{release}").filter(polars.col("day") == polars.date(2026, 1, 31)).collect()

import duckdb                                          # any SQL, straight from the files
rows = table.to_pyarrow_dataset()
duckdb.sql("SELECT day, count(*) FROM rows GROUP BY day ORDER BY day").show()
```

## Counts
{counts}

## Limits
{limits}
"""
