"""What of a person may lie in the lake's zones, and where: their identifiers as they are, and their tokens.

Published tables are searched for tokens by retention's own proof. Every other zone is searched here for both, as raw
bytes and, in Parquet, cell by cell: copies that were made to be short-lived hold people as they are.
"""

from __future__ import annotations

import json
import mmap
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.lake.zones import Lake
from jobs.people.exclusion import SPELLING
from jobs.people.phones import dialled
from jobs.people.relationships import Name
from jobs.retention.search import ANCHOR, Texts, leaves, spelled, tokens_in
from jobs.retention.zones import Leftover, leftover
from jobs.treatments.normalise import spelled as in_spelling

WORD = re.compile(rb"[^\s\"'<>(),;:\[\]{}\\/=&?|\x00-\x1f]{4,}")
NUMBER = re.compile(rb"[+0-9][0-9 ().\-/]{5,}[0-9]")

COPIES = (("answers", 2), ("exports", 3), ("packages", 2), ("quarantine", 2), ("staged", 2))
"""Zones whose runs, copies and files go whole when somebody in them is erased, with their depth."""

OWN = (".expiry",)
"""What a look itself writes below staged."""

ELSEWHERE = frozenset({"published", "restricted", "locks"})
"""Folders of the lake whose rows are counted by retention's own pass, or that hold nothing."""


@dataclass(frozen=True)
class Traces:
    """What to look for: words in small letters, telephone numbers by their digits, tokens."""

    words: frozenset[bytes] = field(repr=False)
    numbers: frozenset[bytes] = field(repr=False)
    tokens: frozenset[bytes] = field(repr=False)
    remembered: frozenset[bytes] = field(repr=False, default=frozenset())

    @classmethod
    def of(cls, names: Iterable[Name], tokens: frozenset[bytes], remembered: frozenset[bytes]) -> Traces:
        """Of these people, with the tokens that they have in releases, and in the memories of months."""
        listed = list(names)
        words = {form for name in listed if name.identifier != "phone" for form in _forms(name)}
        numbers = {digits.encode() for name in listed if name.identifier == "phone" for digits in dialled(name.value)}
        return cls(frozenset(words), frozenset(numbers), tokens | remembered, remembered)

    @property
    def number(self) -> int:
        """How many different things are looked for."""
        return len(self.words) + len(self.numbers) + len(self.tokens)

    def in_file(self, path: Path) -> int:
        """How many of them a file holds; all of them if it is damaged, for nobody can see into its pages."""
        if not self.number or path.stat().st_size == 0:
            return 0
        try:
            prefixes = frozenset(token[:3] for token in self.tokens)
            found = self.tokens.intersection(tokens_in(path, prefixes)) if prefixes else set[bytes]()
            return len(found | self._words_of(path) | spelled(path, self._odd, fold=True))
        except (pa.ArrowException, OSError):
            return self.number

    def _words_of(self, path: Path) -> set[bytes]:
        if path.suffix == ".parquet":
            return {word for cell in _cells(path) for word in self._words_in(cell)}
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw:
            return set(self._words_in(raw))

    @cached_property
    def _odd(self) -> Texts:
        """Those of the words that aren't one word: an id with a slash in it, an account name of two."""
        odd = (word for word in self.words if not WORD.fullmatch(word) or word.strip(b".!-_") != word)
        return Texts.of(frozenset(word for word in odd if len(word) >= ANCHOR))

    def _words_in(self, text: bytes | mmap.mmap) -> Iterator[bytes]:
        for match in WORD.finditer(text) if self.words else ():
            if (word := match[0].strip(b".!-_").lower()) in self.words:
                yield word
        for match in NUMBER.finditer(text) if self.numbers else ():
            if (digits := re.sub(rb"[^0-9]", b"", match[0].replace(b"(0)", b"")).lstrip(b"0")) in self.numbers:
                yield digits


def _forms(name: Name) -> Iterator[bytes]:
    """A value as it is, in its spelling, and an id without its hyphens; none of what could be any word.

    Of letters outside ASCII, which no search of bytes folds, small and capital ones, and as JSON escapes them.
    """
    texts = {name.value.strip(), in_spelling(name.value, SPELLING.get(name.identifier, "exact")) or ""}
    if name.identifier == "person":
        texts |= {text.replace("-", "") for text in texts}
    texts |= {each for text in texts if not text.isascii() for each in (text.lower(), text.upper())}
    texts |= {json.dumps(text)[1:-1] for text in texts}
    yield from (text.encode().lower() for text in texts if len(text) >= 4)


def _cells(path: Path) -> Iterator[bytes]:
    """Every different text of a Parquet file, batch by batch."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches():
            for column in batch.columns:
                for leaf in leaves(column):
                    for cell in pc.unique(leaf).to_pylist():
                        if cell is not None:
                            yield cell if isinstance(cell, bytes) else cell.encode()


def copies_of(lake: Lake, traces: Traces) -> Iterator[Leftover]:
    """Every short-lived copy that holds a trace: a run, a recipient's copy, an answer; of landing the whole day."""
    for zone, depth in COPIES:
        for unit in sorted(lake.root.glob("/".join((zone, *"*" * depth)))):
            if not set(unit.parts).intersection(OWN) and any(traces.in_file(path) for path in files_of(unit)):
                yield leftover(lake, unit, f"{zone}, holds somebody who is erased")
    for day in lake.landed_days():
        folders = sorted(lake.root.glob(f"landing/*/day={day}"))
        if any(traces.in_file(path) for folder in folders for path in files_of(folder)):
            yield from (leftover(lake, folder, "landing, holds somebody who is erased") for folder in folders)


def everywhere(lake: Lake, counted: Mapping[str, Collection[str]]) -> list[Path]:
    """Every file of the lake but those of the releases whose rows are ``counted``, by the folder that they lie in."""
    zones = [path for path in sorted(lake.root.iterdir()) if path.name not in ELSEWHERE]
    for zone, releases in counted.items():
        zones += [path for path in sorted(lake.root.glob(f"{zone}/*")) if path.name not in releases]
    return [file for zone in zones for file in files_of(zone) if not set(file.parts).intersection(OWN)]


def files_of(path: Path) -> list[Path]:
    """A file, or every file below a folder."""
    return [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
