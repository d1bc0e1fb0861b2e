"""The ledger as pages read it: found by the index, read from the ledger, never believed to be well-formed."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, BinaryIO

from console.index import Chain, Index, parsed

NAME = re.compile(r"[\w .:,()\[\]/=+'-]{0,200}")
"""What the ledger takes as a text (jobs/lake/ledger.py); anything else isn't shown, whoever wrote it there."""

KIND = re.compile(r"[a-z][a-z0-9_]{0,49}")
DAY = "[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]"
"""How a day is written, as SQLite's GLOB has it."""

TOO_LARGE = 10**18
"""From here on a number counts nothing, and nothing is reckoned with it."""

NOT_SHOWN = "not shown: this isn't what the ledger takes"
FRAME = ("seq", "at", "kind", "prev", "hash")


@dataclass(frozen=True)
class Entry:
    """One line of the ledger. ``fields``: all that stands there, of whatever type; nothing if the line is no entry."""

    line: int
    fields: dict[str, Any] = field(repr=False)

    @property
    def kind(self) -> str:
        """Its kind, or ``no entry``."""
        return self.text("kind") if KIND.fullmatch(self.text("kind")) else "no entry"

    def text(self, name: str) -> str:
        """A field that is a text; empty if it is none, or holds what the ledger doesn't take."""
        content = self.fields.get(name)
        return content if isinstance(content, str) and NAME.fullmatch(content) else ""

    def number(self, name: str) -> int | None:
        """A field that is a whole number; nothing if it is larger than anything that is counted."""
        content = self.fields.get(name)
        if not isinstance(content, int) or isinstance(content, bool):
            return None
        return content if abs(content) < TOO_LARGE else None

    def real(self, name: str) -> float | None:
        """A field that is a number; nothing if it is none that can be reckoned with."""
        content = self.fields.get(name)
        if not isinstance(content, int | float) or isinstance(content, bool):
            return None
        return float(content) if abs(content) < TOO_LARGE else None

    def items(self, name: str) -> list[dict[str, Any]]:
        """A field that is a list of mappings: those that are."""
        content = self.fields.get(name)
        return [each for each in content if isinstance(each, dict)] if isinstance(content, list) else []

    def day(self, name: str = "day") -> date | None:
        """A field that is a day."""
        try:
            return date.fromisoformat(self.text(name))
        except ValueError:
            return None

    @property
    def at(self) -> datetime | None:
        """When it was written, in UTC."""
        try:
            moment = datetime.fromisoformat(self.text("at"))
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, OverflowError):
            return None

    def shown(self) -> dict[str, str]:
        """Every field but those of the chain, as text."""
        rest = ((name, content) for name, content in self.fields.items() if name not in FRAME)
        return {name if KIND.fullmatch(name) else "…": shown(content) for name, content in rest if content is not None}


def shown(content: Any, depth: int = 0) -> str:
    """A field's content as a reader sees it: names, numbers, and lists and mappings of them."""
    if content is None:
        return "–"
    if isinstance(content, bool):
        return "yes" if content else "no"
    if isinstance(content, int | float) and not (isinstance(content, int) and abs(content) >= TOO_LARGE):
        return f"{content:,}" if isinstance(content, int) and abs(content) < 10**15 else f"{content:.6g}"
    if isinstance(content, str):
        return content if NAME.fullmatch(content) else NOT_SHOWN
    if isinstance(content, dict) and depth < 3:
        said = (f"{shown(name, depth + 1)} {shown(each, depth + 1)}" for name, each in content.items())
        return "; ".join(said) if depth == 0 else f"({', '.join(said)})"
    if isinstance(content, list) and depth < 3:
        return "; ".join(shown(each, depth + 1) for each in content) or "none"
    return NOT_SHOWN


@dataclass(frozen=True)
class Record:
    """The ledger at one moment. Of every query the newest entries come first."""

    chain: Chain
    _database: sqlite3.Connection = field(repr=False)
    _ledger: BinaryIO = field(repr=False)

    def entries(self, *kinds: str, limit: int = 2_000, before: int | None = None, **match: str | None) -> list[Entry]:
        """Entries of these kinds, of any if none is given, whose indexed words are these; ``limit`` at most."""
        return self._newest(*self._where(kinds, match), limit, before)

    def _newest(self, where: str, values: list[Any], limit: int, before: int | None = None) -> list[Entry]:
        if before is not None:
            where, values = f"{where} AND line < ?", [*values, before]
        found = f"SELECT line, start, size FROM entries WHERE {where} ORDER BY line DESC LIMIT ?"
        return [self._read(*row) for row in self._database.execute(found, [*values, limit]).fetchall()]

    def last(self, *kinds: str, **match: str | None) -> Entry | None:
        """The newest such entry."""
        return next(iter(self._newest(*self._where(kinds, match), 1)), None)

    def has_before(self, entry: Entry) -> bool:
        """Whether there is an earlier entry of the same kind, about the same and the same day."""
        where, values = self._where((entry.kind,), {"about": entry.text("release"), "day": entry.text("day")})
        found = f"SELECT 1 FROM entries WHERE {where} AND line < ? LIMIT 1"
        return self._database.execute(found, [*values, entry.line]).fetchone() is not None

    def count(self, *kinds: str, **match: str | None) -> int:
        """How many there are."""
        where, values = self._where(kinds, match)
        number: int = self._database.execute(f"SELECT count(*) FROM entries WHERE {where}", values).fetchone()[0]
        return number

    def entry(self, line: int) -> Entry | None:
        """The entry of this line."""
        row = self._database.execute("SELECT line, start, size FROM entries WHERE line = ?", [line]).fetchone()
        return self._read(*row) if row else None

    def newest_by_day(self, kind: str, about: str, since: str, until: str, limit: int = 1_000) -> list[Entry]:
        """Of each day from ``since`` to before ``until`` the newest such entry; the newest day first."""
        found = (
            "SELECT e.line, e.start, e.size FROM entries e JOIN (SELECT day, max(line) AS line FROM entries "
            "WHERE kind = ? AND about = ? AND day >= ? AND day < ? GROUP BY day ORDER BY day DESC LIMIT ?) newest "
            "ON e.line = newest.line ORDER BY newest.day DESC"
        )
        return [
            self._read(*row) for row in self._database.execute(found, [kind, about, since, until, limit]).fetchall()
        ]

    def of_days(self, about: str, since: str, until: str, limit: int = 2_000) -> list[Entry]:
        """Every entry about something and a day from ``since`` to before ``until``; the newest first."""
        found = (
            "SELECT line, start, size FROM entries WHERE about = ? AND day >= ? AND day < ? ORDER BY line DESC LIMIT ?"
        )
        return [self._read(*row) for row in self._database.execute(found, [about, since, until, limit]).fetchall()]

    def last_day(self, about: str, *kinds: str, until: date) -> date | None:
        """The latest day, ``until`` at most, of which there is such an entry; one that is no day isn't looked at."""
        found = "SELECT max(day) FROM entries WHERE kind = ? AND about = ? AND day GLOB ? AND day <= ?"
        asked = ([kind, about, DAY, str(until)] for kind in kinds)
        told = (self._database.execute(found, values).fetchone()[0] for values in asked)
        days = []
        for each in told:
            with suppress(TypeError, ValueError):
                days.append(date.fromisoformat(each))
        return max(days, default=None)

    def red(self) -> list[Entry]:
        """The newest verdict on each release and day, where it is red and nothing was published of the day since."""
        found = (
            "SELECT e.line, e.start, e.size FROM entries e WHERE e.kind = 'judged' AND e.word = 'red' AND NOT EXISTS ("
            "SELECT 1 FROM entries o WHERE o.about = e.about AND o.day = e.day AND o.line > e.line "
            "AND o.kind IN ('judged', 'published')) ORDER BY e.line DESC LIMIT 200"
        )
        return [self._read(*row) for row in self._database.execute(found).fetchall()]

    def newest_by_reference(self, kinds: Iterable[str]) -> list[tuple[str, str, str, int, str]]:
        """Of each reference: itself; right, kind, line and word of its newest entry; the newest first."""
        chosen = tuple(kinds)
        found = (
            "SELECT reference, about, kind, max(line), word FROM entries "
            f"WHERE kind IN ({', '.join('?' * len(chosen))}) AND reference IS NOT NULL "
            "GROUP BY reference ORDER BY 4 DESC"
        )
        rows = self._database.execute(found, chosen).fetchall()
        return [(row[0], row[1] or "", row[2], row[3], row[4] or "") for row in rows]

    def words(self, column: str) -> list[str]:
        """Every kind, release or month that there is, in order; only such as are names."""
        if column not in ("kind", "about", "month"):
            raise AssertionError(f"nobody lists {column}")
        listed = (row[0] for row in self._database.execute(f"SELECT DISTINCT {column} FROM entries").fetchall())
        return sorted(each for each in listed if each and NAME.fullmatch(each) and len(each) <= 50)

    @staticmethod
    def _where(kinds: tuple[str, ...], match: dict[str, str | None]) -> tuple[str, list[Any]]:
        wanted = {name: value for name, value in match.items() if value is not None}
        unknown = wanted.keys() - {"about", "day", "month", "reference", "plan", "word"}
        if unknown:
            raise AssertionError(f"the index has no {', '.join(sorted(unknown))}")
        parts = [f"kind IN ({', '.join('?' * len(kinds))})"] if kinds else ["1"]
        return " AND ".join((*parts, *(f"{name} = ?" for name in wanted))), [*kinds, *wanted.values()]

    def _read(self, line: int, start: int, size: int) -> Entry:
        self._ledger.seek(start)
        return Entry(line, parsed(self._ledger.read(size)) or {})


@contextmanager
def record(index: Index) -> Iterator[Record]:
    """The ledger as it is now."""
    with index.opened() as (chain, database, ledger):
        yield Record(chain, database, ledger)
