"""What is there, held against what was promised, as numbers that can be red: ``python -m jobs coverage``.

`policy.coverage` counts what the policy files say. Here the platform's catalogue, the lake's folders and the tables'
own columns are looked at. Names of columns are shown; a folder that nobody knows is counted and not named, for its
name could be somebody's.
"""

from __future__ import annotations

from jobs.catalogue.describe import describe
from jobs.catalogue.model import Release
from jobs.lake.columns import PARTITION
from jobs.lake.ledger import Ledger
from jobs.lake.tables import find_table
from jobs.lake.zones import Lake
from jobs.platform.database import Platform
from jobs.rights.finding.inventory import Inventory
from policy.coverage import Coverage
from policy.promise import Promise

Columns = dict[str, frozenset[str]]
"""Table or release → the columns that it has."""


def observed(promise: Promise, lake: Lake, platform: Platform) -> tuple[Coverage, ...]:
    """Every number that takes a look at the platform or the lake.

    Raises:
        TornCommitError: a power cut spoilt a table's log.
    """
    tables = {name: frozenset(platform.describe(name)) for name in promise.readable}
    published = {name: found for name in promise.releases if (found := _columns(lake, name))}
    releases = [describe(promise, promise.releases[name], lake, Ledger(lake.ledger)) for name in published]
    return (
        classified(promise, tables),
        as_declared(promise, published),
        traced(releases, tables, published),
        owned(promise, lake),
        placed(promise, lake),
    )


def classified(promise: Promise, tables: Columns) -> Coverage:
    """Columns that the platform has now and the policy knows; what it knows and the platform hasn't is missing, too."""
    missing = []
    for name, columns in tables.items():
        source = promise.sources[name]
        new, gone = sorted(columns - source.columns.keys()), sorted(source.columns.keys() - columns)
        missing += [
            f"{name}.{column}: on the platform, not in policy/sources.yaml; ask {source.owner}" for column in new
        ]
        missing += [
            f"{name}.{column}: in policy/sources.yaml, not on the platform; ask {source.owner}" for column in gone
        ]
    known = sum(len(columns & promise.sources[name].columns.keys()) for name, columns in tables.items())
    return Coverage("columns of the platform that are classified", known, known + len(missing), tuple(missing))


def as_declared(promise: Promise, published: Columns) -> Coverage:
    """Published tables' columns that their contract has, and the other way round."""
    missing, held = [], 0
    for name, columns in published.items():
        contract = promise.releases[name]
        wanted = {*contract.output_schema, PARTITION}
        held += len(columns & wanted)
        missing += [
            f"{name}.{column}: published, not in its contract; ask {contract.owner}"
            for column in sorted(columns - wanted)
        ]
        missing += [
            f"{name}.{column}: in its contract, not published; ask {contract.owner}"
            for column in sorted(wanted - columns)
        ]
    return Coverage(
        "columns of published tables that are their contracts'", held, held + len(missing), tuple(missing),
        (f"{len(published)} of {len(promise.releases)} releases have a table",),
    )  # fmt: skip


def traced(releases: list[Release], tables: Columns, published: Columns) -> Coverage:
    """Columns that published ones are declared to be made of, and that are there, on the platform or published."""
    there = {("platform", table): columns for table, columns in tables.items()}
    there |= {("release", name): columns for name, columns in published.items()}
    declared = dict.fromkeys(
        (release.name, release.owner, origin.kind, origin.dataset, origin.column)
        for release in releases
        for column in release.columns
        for origin in (*column.origins, *release.decided_by)
    )
    missing = [
        f"{name} is made of {dataset}.{column}, which isn't there; ask {owner}"
        for name, owner, kind, dataset, column in declared
        if column not in there.get((kind, dataset), frozenset())
    ]
    kept = len(declared) - len(missing)
    return Coverage("columns that published ones are made of and that are there", kept, len(declared), tuple(missing))


def owned(promise: Promise, lake: Lake) -> Coverage:
    """Copies, published tables and exports, that a contract and so an owner answers for."""
    known = {lake.published(name) for name in promise.releases}
    known |= {lake.exports(contract.recipient or "", name) for name, contract in promise.exports.items()}
    copies = [folder for folder in lake.root.glob("published/*") if folder.is_dir() and not folder.name.startswith("_")]
    copies += [folder for folder in lake.root.glob("exports/*/*") if folder.is_dir()]
    strange = sum(folder not in known for folder in copies)
    ask = f"folders in published/ or exports/ are of no contract; ask {promise.register.officer} whose they are"
    missing = (f"{strange} {ask}",) if strange else ()
    return Coverage("copies that somebody answers for", len(copies) - strange, len(copies), missing)


def placed(promise: Promise, lake: Lake) -> Coverage:
    """Folders of the lake of which policy/places.yaml says what each right does there."""
    inventory = Inventory.of(promise)
    folders = [path for path in lake.root.glob("*") if path.is_dir()]
    strange = sum(folder.name not in inventory.zones for folder in folders)
    holding = sum(place.holds_somebody for place in inventory.places)
    ask = f"folders have no line in policy/places.yaml: no right reaches them; ask {promise.register.officer}"
    missing = (f"{strange} {ask}",) if strange else ()
    said = (f"{holding} of {len(inventory.places)} places of the inventory can hold somebody",)
    return Coverage("folders of the lake that the rights reach", len(folders) - strange, len(folders), missing, said)


def _columns(lake: Lake, name: str) -> frozenset[str]:
    table = find_table(lake.published(name))
    return frozenset(field.name for field in table.schema().fields) if table else frozenset()
