"""What a reader sees: one face a cell, shown or hidden, from a closed set of cells; and the rows that show it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any

from jobs.anonymity.cells import Key, Words
from policy.contract import Contract
from policy.statistics import ROWS, Statistic

Interval = tuple[Decimal, Decimal]
"""The smallest and the largest value that fit."""


@dataclass(frozen=True)
class Face:
    """One cell as it is published. Hidden: no numbers, but the interval that anybody could put each number into.

    ``numbers`` and ``intervals`` are in the order of the statistic's numbers; ``as_of``: the day whose value it is.
    """

    statistic: str
    words: Words
    as_of: date
    contributors: int | None = None
    numbers: tuple[Decimal, ...] | None = None
    intervals: tuple[Interval, ...] | None = None

    @property
    def key(self) -> Key:
        """Which cell it is."""
        return self.statistic, self.words

    @property
    def shown(self) -> bool:
        """Whether it has numbers."""
        return self.numbers is not None

    @property
    def said(self) -> tuple[int | None, tuple[Decimal, ...] | None]:
        """What it tells: hidden cells all tell the same."""
        return self.contributors, self.numbers


def present(faces: Iterable[Face], system: Sequence[Statistic], day: date) -> list[Face]:
    """What the faces say of ``day`` itself.

    A standing count that keeps an older value leaves open what is there now: it has no numbers, only the contributors
    of that value, of whom fewer than k have gone.
    """
    standing = {statistic.name for statistic in system if statistic.every == "month"}
    return [
        replace(face, numbers=None) if face.shown and face.statistic in standing and face.as_of != day else face
        for face in faces
    ]


def keys(contract: Contract, statistic: Statistic) -> Iterator[Key]:
    """Every cell that the statistic has, whatever happened on the day."""
    return ((statistic.name, words) for words in product(*contract.words(statistic)))


def rows_of(contract: Contract, faces: Iterable[Face]) -> list[dict[str, Any]]:
    """The faces as rows under the contract's columns; null where a statistic has no such group or number."""
    by_name = {statistic.name: statistic for statistic in contract.statistics}
    return [_row(contract, by_name[face.statistic], face) for face in faces]


def _row(contract: Contract, statistic: Statistic, face: Face) -> dict[str, Any]:
    row: dict[str, Any] = {
        "statistic": face.statistic,
        **dict(zip(statistic.by, face.words, strict=True)),
        "shown": face.shown,
        "contributors": face.contributors,
        "as_of": face.as_of,
    }
    for place, number in enumerate(statistic.numbers):
        kind: type = int if number == ROWS else Decimal
        if face.numbers is not None:
            row[number] = kind(face.numbers[place])
        elif face.intervals is not None:
            row[f"{number}_low"], row[f"{number}_high"] = map(kind, face.intervals[place])
    return {name: row.get(name) for name in contract.output_schema}


def faces_of(contract: Contract, rows: Iterable[Mapping[str, Any]], day: date) -> list[Face]:
    """The faces that published rows show.

    Raises:
        ValueError: a row is of no statistic, or has half of its numbers, or numbers though it is hidden.
    """
    by_name = {statistic.name: statistic for statistic in contract.statistics}
    return [_face(by_name, row, day) for row in rows]


def _face(by_name: Mapping[str, Statistic], row: Mapping[str, Any], day: date) -> Face:
    statistic = by_name.get(row["statistic"])
    if statistic is None or row["shown"] is None:
        raise ValueError("a row of no statistic")
    numbers = [row[number] for number in statistic.numbers]
    bounds = [row[f"{number}_{end}"] for number in statistic.numbers for end in ("low", "high")]
    wanted, unwanted = (numbers, bounds) if row["shown"] else (bounds, numbers)
    own = {name for number in statistic.numbers for name in (number, f"{number}_low", f"{number}_high")}
    strange = [v for n, v in row.items() if isinstance(v, int | Decimal) and n not in {*own, "shown", "contributors"}]
    if (
        None in wanted
        or any(v is not None for v in (*unwanted, *strange))
        or (row["contributors"] is None) == row["shown"]
    ):
        raise ValueError("half of its numbers, or numbers of a hidden cell")
    values = tuple(map(Decimal, wanted))
    return Face(
        statistic.name,
        tuple(row[group] for group in statistic.by),
        row.get("as_of") or day,
        row["contributors"],
        values if row["shown"] else None,
        None if row["shown"] else tuple(zip(values[::2], values[1::2], strict=True)),
    )


def of_system(faces: Iterable[Face], system: Sequence[Statistic]) -> list[Face]:
    """The faces of one system's statistics."""
    names = {statistic.name for statistic in system}
    return [face for face in faces if face.statistic in names]
