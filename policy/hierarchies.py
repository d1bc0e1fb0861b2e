"""Generalisation hierarchies: for each value what stands for it when less may be said, level by level.

A file of ``policy/hierarchies`` is a CSV, whose columns are the levels from the value itself up, or a YAML with a rule.
Every hierarchy ends with one more level, on which one word stands for everything. Level by level, values that were
alike stay alike: that is checked, for the search over all combinations of levels rests on it.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from policy.base import Model, parse, read_yaml
from policy.errors import InvalidPolicyFileError, PolicyError
from policy.rules import DateUnit

EVERYTHING = "*"
"""The word of the highest level."""

Word = str | None


class UnplacedWordsError(PolicyError):
    """Values of a quasi-identifier have no place in its hierarchy; they are counted, never shown."""

    def __init__(self, hierarchy: str, values: int) -> None:
        self.hierarchy, self.values = hierarchy, values
        super().__init__(
            f"{values} values have no place in policy/hierarchies/{hierarchy}; add them to it, or drop their rows"
        )


class Bands(Model):
    """Bands of numbers: each width is a multiple of the one before it; bands begin at ``origin``."""

    widths: tuple[int, ...] = Field(min_length=1)
    origin: int = 0

    @model_validator(mode="after")
    def _nested(self) -> Self:
        widths = (1, *self.widths)
        if any(high <= low or high % low for low, high in zip(widths, self.widths, strict=False)):
            raise ValueError("each width is a multiple of the one before it, and larger")
        return self


class Rule(Model):
    """A hierarchy that needs no list: times become coarser, numbers fall into bands, countries into regions.

    ``dates``: the units in which a date is told, after the date itself.
    """

    about: str
    dates: tuple[DateUnit, ...] | None = None
    bands: Bands | None = None
    countries: Literal["regions"] | None = None

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        if sum(each is not None for each in (self.dates, self.bands, self.countries)) != 1:
            raise ValueError("give one of dates, bands and countries")
        units: tuple[DateUnit, ...] = ("month", "quarter", "year")
        if self.dates is not None and list(self.dates) != [unit for unit in units if unit in self.dates]:
            raise ValueError("dates rise: month, quarter, year")
        return self


class Hierarchy(Model):
    """One hierarchy: ``levels`` are named from the value itself to ``*``; ``above`` has the listed values' words.

    ``rule`` places values that aren't listed. Null is a value of its own on every level but the highest.
    """

    name: str
    levels: tuple[str, ...]
    above: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    rule: Rule | None = None

    @property
    def height(self) -> int:
        """The number of the highest level."""
        return len(self.levels) - 1

    def words(self, values: Sequence[Any]) -> tuple[tuple[Word, ...], ...]:
        """For each level what stands for each of ``values`` (distinct, null among them).

        Raises:
            UnplacedWordsError: values have no place.
        """
        found = [self._path(value) for value in values]
        unplaced = sum(path is None for path in found)
        if unplaced:
            raise UnplacedWordsError(self.name, unplaced)
        return tuple(tuple(path[level] for path in found if path is not None) for level in range(len(self.levels)))

    def _path(self, value: Any) -> tuple[Word, ...] | None:
        if value is None:
            return (*(None,) * self.height, EVERYTHING)
        inner = self._listed(value) if self.rule is None else self._ruled(self.rule, value)
        return None if inner is None else (str(value), *inner, EVERYTHING)

    def _listed(self, value: Any) -> tuple[str, ...] | None:
        return self.above.get(str(value))

    def _ruled(self, rule: Rule, value: Any) -> tuple[str, ...] | None:
        if rule.countries is not None:
            return self._listed(str(value).strip().upper()) or ("other",)
        if rule.dates is not None:
            return tuple(_of_date(value, unit) for unit in rule.dates) if isinstance(value, date) else None
        if rule.bands is not None and isinstance(value, int | float | Decimal) and Decimal(value).is_finite():
            return tuple(_band(Decimal(value), width, rule.bands.origin) for width in rule.bands.widths)
        return None


def _of_date(day: date, unit: DateUnit) -> str:
    if unit == "year":
        return f"{day.year:04}"
    return f"{day.year:04}-Q{(day.month + 2) // 3}" if unit == "quarter" else f"{day.year:04}-{day.month:02}"


def _band(number: Decimal, width: int, origin: int) -> str:
    low = int(((number - origin) / width).to_integral_value(ROUND_FLOOR)) * width + origin
    return f"{low} to under {low + width}"


def hierarchies(root: Path, regions: dict[str, tuple[str, ...]]) -> dict[str, Hierarchy]:
    """Every hierarchy of ``root/hierarchies``, by the name of its file.

    Raises:
        InvalidPolicyFileError: a file is no hierarchy, or values that are alike on one level differ on a higher one.
    """
    files = sorted((root / "hierarchies").glob("*.*"))
    made = [_of_csv(file) if file.suffix == ".csv" else _of_rule(root, file, regions) for file in files]
    for file, one in zip(files, made, strict=True):
        if sum(one.name == other.name for other in made) > 1:
            raise InvalidPolicyFileError(f"hierarchies/{file.name}", ["two files have this name"])
    return {each.name: each for each in made}


def _of_csv(file: Path) -> Hierarchy:
    where = f"hierarchies/{file.name}"
    try:
        head, *rows = list(csv.reader(file.read_text("utf-8").splitlines(), strict=True))
    except (OSError, UnicodeError, ValueError, csv.Error):
        raise InvalidPolicyFileError(where, ["no CSV with a head"]) from None
    values = [row[0] for row in rows if row]
    problems = (
        [] if len(set(head)) == len(head) > 0 and EVERYTHING not in head else ["levels have distinct names, none is *"]
    )
    problems += [f"line {n}: not as many cells as levels" for n, row in enumerate(rows, 2) if len(row) != len(head)]
    problems += [f"line {n}: an empty cell" for n, row in enumerate(rows, 2) if not all(row)]
    problems += ["a value stands twice"] if len(set(values)) != len(values) else []
    problems += [] if problems else _unnested(head, rows)
    if problems:
        raise InvalidPolicyFileError(where, problems)
    return Hierarchy(name=file.stem, levels=(*head, EVERYTHING), above={row[0]: tuple(row[1:]) for row in rows})


def _unnested(head: list[str], rows: list[list[str]]) -> list[str]:
    """Levels on which a word has two words above it."""
    pairs = [{(row[level], row[level + 1]) for row in rows} for level in range(len(head) - 1)]
    return [
        f"a word of {head[n]} has two words above it"
        for n, found in enumerate(pairs)
        if len(found) > len({low for low, _ in found})
    ]


def _of_rule(root: Path, file: Path, regions: dict[str, tuple[str, ...]]) -> Hierarchy:
    rule = parse(Rule, read_yaml(root, f"hierarchies/{file.name}"), f"hierarchies/{file.name}")
    if rule.countries is not None:
        above = {country: (region,) for region, countries in regions.items() for country in countries}
        return Hierarchy(name=file.stem, levels=("country", "region", EVERYTHING), above=above, rule=rule)
    widths = rule.bands.widths if rule.bands is not None else ()
    levels = ("date", *rule.dates) if rule.dates is not None else ("number", *(f"bands of {each}" for each in widths))
    return Hierarchy(name=file.stem, levels=(*levels, EVERYTHING), rule=rule)
