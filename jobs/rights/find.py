"""Where somebody stands: every place of the inventory is searched before anything is changed.

Published rows are read by their columns, and the bytes of every folder of the lake are searched for every token and
every identifier of theirs, in clear or in a Parquet page. What comes out are counts. That nothing was found is no
answer by itself: where the platform shows activity on days that are published it is *amber*, and a person looks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.keys.ring import Keyring
from jobs.lake.tables import TableFile, current_files, has_table, opened
from jobs.lake.zones import Lake
from jobs.retention.names import live_keys, named_in
from jobs.retention.naming import Names, naming
from jobs.retention.search import ANCHOR, found_in, spelled_in
from jobs.rights.inventory import Inventory, Place
from jobs.rights.subject import Subject
from jobs.rights.tokens import Epoch, Linked, linked
from policy.contract import Contract
from policy.periods import epoch_of
from policy.promise import Promise
from policy.sources import OF_A_PERSON

State = Literal["green", "amber"]


@dataclass(frozen=True)
class Found:
    """What one place holds of a person: rows where its table has columns of tokens, and files by their bytes.

    ``linkable`` is false of an epoch whose key is destroyed: its rows belong to nobody any more, and ``files`` says
    in how many of them nobody could look.
    """

    place: str
    epoch: str | None = None
    rows: int = 0
    files: int = 0
    linkable: bool = True

    def __str__(self) -> str:
        where = self.place if self.epoch is None else f"{self.place}, epoch {self.epoch}"
        if not self.linkable:
            return f"{where}: no longer linkable ({self.files} files)"
        return f"{where}: {self.rows} rows, {self.files} files"


@dataclass(frozen=True)
class Findings:
    """Everything that was found, and why a person must look at it before anything is done; counts and names only."""

    found: tuple[Found, ...]
    amber: tuple[str, ...]
    files_searched: int

    @property
    def state(self) -> State:
        """``amber`` waits for a person, ``green`` goes on."""
        return "amber" if self.amber else "green"

    @property
    def rows(self) -> int:
        """Published rows that are theirs."""
        return sum(found.rows for found in self.found)

    def counts(self) -> dict[str, int | str]:
        """What the ledger may say of it."""
        present = [found for found in self.found if found.linkable and (found.rows or found.files)]
        return {
            "state": self.state,
            "rows": self.rows,
            "files": sum(found.files for found in present),
            "places": len({found.place for found in present}),
            "unlinkable": sum(not found.linkable for found in self.found),
            "searched": self.files_searched,
        }


def find(promise: Promise, lake: Lake, keyring: Keyring, subject: Subject) -> Findings:
    """Search every place for every identifier of one person.

    Guarantee: complete, or an error; nothing is changed. Every file below the lake's root was searched.

    Raises:
        LostEpochError: rows are published under a key that the keyring has never heard of.
        TornCommitError: a power cut spoilt a table.
        KeyringError: of the class that fits, when the keys can't be read.
    """
    inventory, tokens = Inventory.of(promise), linked(promise, keyring, subject.names)
    search = _Search(promise, lake, keyring, tokens)
    by_place = _by_place(lake, inventory)
    inside = dict(search.bytes_of(by_place, written(subject.values)))
    found, amber = list[Found](), list[str](_of_the_person(subject))
    for place in inventory.places:
        if place.folder is None:
            continue
        files = inside.get(place.name, 0)
        rows = search.published(place) if place.kind == "release" and place.tokens else ()
        amber += _missed(place, rows, subject.expected.get(_short(place), frozenset()))
        amber += [f"{place.name} holds somebody, and must hold nobody"] if files and not place.holds_somebody else []
        found += [*(each.found for each in rows), Found(place.name, files=files)]
    amber += [f"{name} has no line in policy/places.yaml" for name in by_place if name.startswith("unknown ")]
    found += [Found(name, files=count) for name, count in inside.items() if name.startswith("unknown ")]
    return Findings(tuple(found), tuple(amber), sum(map(len, by_place.values())))


def written(values: frozenset[str]) -> frozenset[bytes]:
    """How identifiers stand in files: as UTF-8, and as JSON escapes what isn't ASCII.

    Shorter ones stand in anything by chance: they are looked for as tokens only.
    """
    forms = {form for value in values for form in (value.strip(), json.dumps(value.strip())[1:-1])}
    return frozenset(form.encode() for form in forms if len(form.encode()) >= ANCHOR)


# -- whom the platform knows -------------------------------------------------------------------


def _of_the_person(subject: Subject) -> Iterator[str]:
    if not subject.known:
        yield "the platform has no such account any more; only its id was looked for"
    if subject.shared:
        yield f"{subject.shared} identifiers beside theirs are somebody else's, too, and weren't looked for"


# -- bytes ---------------------------------------------------------------------------------------


def _by_place(lake: Lake, inventory: Inventory) -> dict[str, list[Path]]:
    """Every file below the lake's root under the place that it lies in; what no place claims under its own name."""
    folders = {Path(place.folder).parts: place.name for place in inventory.places if place.folder is not None}
    placed: dict[str, list[Path]] = {}
    for path in sorted(lake.root.rglob("*")):
        if path.is_file():
            parts = path.relative_to(lake.root).parts
            known = (folders[parts[:n]] for n in range(len(parts) - 1, 0, -1) if parts[:n] in folders)
            placed.setdefault(next(known, f"unknown {parts[0]}"), []).append(path)
    return placed


# -- published rows --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counted:
    """What one epoch of a table holds of a person, and the days that it has at all."""

    found: Found
    days: frozenset[date]


@dataclass(frozen=True)
class _Search:
    promise: Promise
    lake: Lake
    keyring: Keyring
    tokens: Linked

    def bytes_of(self, places: Mapping[str, Sequence[Path]], texts: frozenset[bytes]) -> Iterator[tuple[str, int]]:
        """For each place how many of its files hold a token or an identifier."""
        for name, paths in places.items():
            hits = {*found_in(paths, self.tokens.everywhere), *spelled_in(paths, texts)}
            yield name, sum(path.exists() for path in hits)  # a file that went meanwhile holds nobody

    def published(self, place: Place) -> list[Counted]:
        """What each epoch of a release's table holds of them.

        Raises:
            LostEpochError, TornCommitError: see `find`.
        """
        contract = self.promise.release(_short(place))
        folder = self.lake.published(contract.release)
        if not has_table(folder):
            return []
        table = opened(folder)
        files, counted = current_files(table), []
        live_keys(self.keyring, contract, (file.day for file in files))
        for epoch in sorted({epoch_of(file.day, contract.epoch or "") for file in files}):
            of_epoch = [file for file in files if epoch_of(file.day, contract.epoch or "") == epoch]
            found = self._of_epoch(place, contract, (contract.domain or "", epoch), of_epoch)
            counted.append(Counted(found, frozenset(file.day for file in of_epoch)))
        return counted

    def _of_epoch(self, place: Place, contract: Contract, epoch: Epoch, files: Sequence[TableFile]) -> Found:
        if epoch in self.tokens.destroyed:
            return Found(place.name, epoch[1], files=len(files), linkable=False)
        root, wanted = self.lake.published(contract.release), self.tokens.made[epoch]
        rows = [sum(batch.num_rows for batch in rows_of(root / file.path, contract, wanted)) for file in files]
        return Found(place.name, epoch[1], sum(rows), sum(map(bool, rows)))


def rows_of(
    path: Path, contract: Contract, tokens: frozenset[bytes], columns: Sequence[str] = ()
) -> Iterator[pa.RecordBatch]:
    """The rows of a published file that have one of ``tokens``, with its columns of tokens and ``columns``."""
    named, wanted = list(named_in(contract, OF_A_PERSON)), Names.of(tokens)
    for batch in pq.ParquetFile(path).iter_batches(columns=[*dict.fromkeys([*named, *columns])]):
        mask = naming(batch.select(named), wanted)
        if pc.any(mask).as_py():
            yield batch.filter(mask)


def _missed(place: Place, counted: Sequence[Counted], expected: frozenset[date]) -> Iterator[str]:
    """Epochs that have days on which the platform shows rows of theirs, and none of their rows."""
    for each in counted:
        days = each.days & expected
        if days and each.found.linkable and not each.found.rows:
            yield (
                f"{place.name}, epoch {each.found.epoch}: the platform shows activity on {len(days)} days that are "
                "published, and no row was found"
            )


def _short(place: Place) -> str:
    return place.name.partition(" ")[2]
