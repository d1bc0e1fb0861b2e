"""Where somebody stands: every place of the inventory is searched before anything is changed.

Published rows are read by their columns, and the bytes of every folder of the lake are searched for every token and
every identifier of theirs, in clear or in a Parquet page. What comes out are counts. That nothing was found is no
answer by itself: where the platform shows activity on days that are published it is *amber*, and a person looks.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.keys.ring import Keyring
from jobs.lake.tables import TableFile, current_files, has_table, opened
from jobs.lake.zones import Lake
from jobs.retention.names import live_keys, named_in
from jobs.retention.naming import Names, naming, texts_of
from jobs.retention.search import ANCHOR, present_in
from jobs.rights.finding.found import Findings, Found
from jobs.rights.finding.inventory import Inventory, Place
from jobs.rights.finding.subject import Subject
from jobs.rights.finding.tokens import Linked, linked_all
from policy.contract import Contract
from policy.periods import epoch_of
from policy.promise import Promise
from policy.sources import OF_A_PERSON


def find(promise: Promise, lake: Lake, keyring: Keyring, subject: Subject) -> Findings:
    """Search every place for every identifier of one person; see `find_all`."""
    return find_all(promise, lake, keyring, [subject])[0]


def find_all(promise: Promise, lake: Lake, keyring: Keyring, subjects: Sequence[Subject]) -> tuple[Findings, ...]:
    """Search every place for every identifier of each of these people, in one pass over the lake.

    Guarantee: complete, or an error; nothing is changed. Every file below the lake's root was searched.

    Raises:
        LostEpochError: rows are published under a key that the keyring has never heard of.
        TornCommitError: a power cut spoilt a table.
        KeyringError: of the class that fits, when the keys can't be read.
    """
    inventory = Inventory.of(promise)
    search = _Search(promise, lake, keyring, linked_all(promise, keyring, [each.names for each in subjects]))
    by_place = _by_place(lake, inventory)
    tables = {p.name: search.published(p) for p in inventory.places if p.kind == "release" and p.tokens}
    counted = {path: people for each in tables.values() for epoch in each for path, people in epoch.holding.items()}
    inside = search.bytes_of(by_place, [written(each.values) for each in subjects], counted)
    return tuple(
        _findings(subject, inventory, by_place, _Seen(number, inside, tables))
        for number, subject in enumerate(subjects)
    )


UNKNOWN = "a folder of the lake that the inventory doesn't know"
"""Files for which nobody said what the rights do there. The folder's name could itself be somebody's."""


@dataclass(frozen=True)
class _Seen:
    """What the pass saw of all, and which of them is asked about."""

    number: int
    inside: Mapping[str, Counter[int]]
    tables: Mapping[str, Sequence[Counted]]

    def files(self, place: str) -> int:
        return self.inside[place][self.number] if place in self.inside else 0

    def rows(self, place: str) -> list[tuple[Found, frozenset[date]]]:
        return [(each.of(place, self.number), each.days) for each in self.tables.get(place, ())]


def _findings(subject: Subject, inventory: Inventory, by_place: Mapping[str, Sequence[Path]], seen: _Seen) -> Findings:
    found, amber = list[Found](), list[str](_of_the_person(subject))
    for place in inventory.places:
        if place.folder is not None:
            files, rows = seen.files(place.name), seen.rows(place.name)
            amber += _missed(rows, subject.expected.get(_short(place), frozenset()))
            if files and not place.holds_somebody:
                amber.append(f"{place.name} holds somebody, and must hold nobody")
            found += [*(each for each, _ in rows), Found(place.name, files=files)]
    if UNKNOWN in by_place:
        amber.append(f"{UNKNOWN} has files; give it a line in policy/places.yaml")
        found.append(Found(UNKNOWN, files=seen.files(UNKNOWN)))
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
    """Every file below the lake's root under the place that it lies in; what no place claims under `UNKNOWN`."""
    folders = {Path(place.folder).parts: place.name for place in inventory.places if place.folder is not None}
    placed: dict[str, list[Path]] = {}
    for path in sorted(lake.root.rglob("*")):
        if path.is_file():
            parts = path.relative_to(lake.root).parts
            known = (folders[parts[:n]] for n in range(len(parts) - 1, 0, -1) if parts[:n] in folders)
            placed.setdefault(next(known, UNKNOWN), []).append(path)
    return placed


# -- published rows --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counted:
    """What one epoch of a table holds: rows of each person by number, who is in which file, and which days it has."""

    epoch: str
    days: frozenset[date]
    rows: Counter[int]
    holding: Mapping[Path, frozenset[int]]
    unlinkable: int = 0

    def of(self, place: str, number: int) -> Found:
        """What is one person's of it."""
        if self.unlinkable:
            return Found(place, self.epoch, files=self.unlinkable, linkable=False)
        return Found(place, self.epoch, self.rows[number], sum(number in people for people in self.holding.values()))


@dataclass(frozen=True)
class _Search:
    """One pass for all of these people."""

    promise: Promise
    lake: Lake
    keyring: Keyring
    people: Sequence[Linked]

    def bytes_of(
        self,
        places: Mapping[str, Sequence[Path]],
        texts: Sequence[frozenset[bytes]],
        counted: Mapping[Path, frozenset[int]],
    ) -> dict[str, Counter[int]]:
        """For each place how many of its files hold a token or an identifier of each person.

        ``counted``: whose rows a published file is known to hold. It counts once, with its rows.
        """
        tokens = [each.everywhere for each in self.people]
        owners = _owners([mine | own for mine, own in zip(tokens, texts, strict=True)])
        every_token, every_text = frozenset[bytes]().union(*tokens), frozenset[bytes]().union(*texts)
        hits = {name: Counter[int]() for name in places}
        for name, paths in places.items():
            for path, present in present_in(paths, every_token, every_text):
                theirs = {number for each in present for number in owners[each]}
                hits[name].update(theirs - counted.get(path, frozenset()))
        return hits

    def published(self, place: Place) -> list[Counted]:
        """What each epoch of a release's table holds of each of them.

        Raises:
            LostEpochError, TornCommitError: see `find_all`.
        """
        contract = self.promise.release(_short(place))
        folder = self.lake.published(contract.release)
        if not has_table(folder):
            return []
        files, by_epoch = current_files(opened(folder)), dict[str, list[TableFile]]()
        live_keys(self.keyring, contract, (file.day for file in files))
        for file in files:
            by_epoch.setdefault(epoch_of(file.day, contract.epoch or ""), []).append(file)
        return [self._of_epoch(contract, epoch, by_epoch[epoch]) for epoch in sorted(by_epoch)]

    def _of_epoch(self, contract: Contract, epoch: str, files: Sequence[TableFile]) -> Counted:
        named, days = (contract.domain or "", epoch), frozenset(file.day for file in files)
        rows, holding = Counter[int](), dict[Path, frozenset[int]]()
        if any(named in each.destroyed for each in self.people):
            return Counted(epoch, days, rows, holding, unlinkable=len(files))
        owners = _owners([each.made[named] for each in self.people])
        for file in files:
            here, path = Counter[int](), self.lake.published(contract.release) / file.path
            for batch in rows_of(path, contract, frozenset(owners)):
                for row in batch.to_pylist():
                    cells = {text.encode() for cell in row.values() for text in texts_of(cell)}
                    here.update({number for cell in cells & owners.keys() for number in owners[cell]})
            rows += here
            holding[path] = frozenset(here)
        return Counted(epoch, days, rows, holding)


def _owners(people: Sequence[frozenset[bytes]]) -> dict[bytes, set[int]]:
    """By number, whose a token or a text is."""
    owners: dict[bytes, set[int]] = {}
    for number, mine in enumerate(people):
        for each in mine:
            owners.setdefault(each, set()).add(number)
    return owners


def rows_of(
    path: Path, contract: Contract, tokens: frozenset[bytes], columns: Sequence[str] = ()
) -> Iterator[pa.RecordBatch]:
    """The rows of a published file that have one of ``tokens``, with its columns of tokens and ``columns``."""
    named, wanted = list(named_in(contract, OF_A_PERSON)), Names.of(tokens)
    for batch in pq.ParquetFile(path).iter_batches(columns=[*dict.fromkeys([*named, *columns])]):
        mask = naming(batch.select(named), wanted)
        if pc.any(mask).as_py():
            yield batch.filter(mask)


def _missed(counted: Sequence[tuple[Found, frozenset[date]]], expected: frozenset[date]) -> Iterator[str]:
    """Epochs that have days on which the platform shows rows of theirs, and none of their rows."""
    for found, published in counted:
        days = published & expected
        if days and found.linkable and not found.rows:
            yield (
                f"{found.place}, epoch {found.epoch}: the platform shows activity on {len(days)} days that are "
                "published, and no row was found"
            )


def _short(place: Place) -> str:
    return place.name.partition(" ")[2]
