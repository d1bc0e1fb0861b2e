"""What is known of somebody, row by row, as they may read it: what is another person's is withheld.

From the platform, every column of every row of theirs; from published tables the rows that carry a token of theirs,
without the tokens: whoever reads a package could find the person, and others, in the release by them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jobs.lake.tables import current_files, has_table, opened
from jobs.lake.zones import Lake
from jobs.people.exclusion import SPELLING
from jobs.people.phones import typed_digits
from jobs.people.reading import ACCOUNTS
from jobs.platform.database import Asked, Platform
from jobs.rights.finding.find import rows_of
from jobs.rights.finding.inventory import Inventory
from jobs.rights.finding.subject import Subject
from jobs.rights.finding.tokens import Linked
from jobs.treatments.normalise import spelled
from policy.contract import Contract, Output
from policy.periods import epoch_of
from policy.places import Right
from policy.promise import Promise
from policy.sources import OF_A_PERSON, Identifier, Source, SourceColumn

Row = dict[str, Any]

OTHERS = "(withheld: another person's)"
KEYED = "(withheld: a token)"
YOU = "(you)"
ASKED = "(withheld: ask the data protection officer)"

ADDRESS = re.compile(r"[^\s@<>\"'(),:;\[\]{}]+@[^\s@<>\"'(),:;\[\]{}]+")
"""What may be an e-mail address inside a text; more than is one."""


@dataclass(frozen=True)
class Part:
    """One table of a package: where it goes, its columns, and a function that reads its rows anew.

    ``careful``: columns into which somebody may have written anything, a browser's name and a street among them.
    """

    name: str
    columns: tuple[str, ...]
    careful: frozenset[str]
    rows: Callable[[], Iterator[Row]]


@dataclass(frozen=True)
class Known:
    """Where to read what is known of one person, and under which names and tokens."""

    promise: Promise
    lake: Lake
    platform: Platform
    subject: Subject
    tokens: Linked

    def parts(self, right: Right) -> Iterator[Part]:
        """The tables of a package, for access or portability; the inventory says which."""
        for place in Inventory.of(self.promise).where(right, "shown", "given"):
            sort, _, name = place.name.partition(" ")
            if sort == "table":
                yield from self._table(name, right)
            elif has_table(self.lake.published(name)):
                yield self._release(self.promise.releases[name])

    def _table(self, name: str, right: Right) -> Iterator[Part]:
        source = self.promise.source(name)
        columns = source.provided if right == "portability" else tuple(source.columns)
        careful = frozenset(c for c in columns if _is_open(source.columns[c]))

        def rows() -> Iterator[Row]:
            asked = Asked(source.person or "", (self.subject.user_id,))
            for batch in self.platform.naming(name, source.in_any_words(), columns, asked):
                yield from (self._shown(name, source, row) for row in batch.to_pylist())

        if columns:
            yield Part(f"platform/{name}", columns, careful, rows)

    def _shown(self, table: str, source: Source, row: Row) -> Row:
        if table == ACCOUNTS:
            return row
        return {name: self._cell(source, name, cell) for name, cell in row.items()}

    def _cell(self, source: Source, name: str, cell: Any) -> Any:
        column = source.columns[name]
        if cell is None:
            return None
        if column.kind == "free_text":
            return ASKED if source.subject is None else ADDRESS.sub(self._address, cell)
        if column.kind == "direct" and column.identifier in OF_A_PERSON:
            return cell if self._is_theirs(column.identifier, cell) else OTHERS
        return cell

    def _address(self, found: re.Match[str]) -> str:
        return found[0] if self._is_theirs("email", found[0].rstrip(".!?")) else OTHERS

    def _is_theirs(self, kind: Identifier, cell: str) -> bool:
        keys = {cell, cell.strip(), spelled(cell, SPELLING.get(kind, "exact")), typed_digits(cell)}
        return not self.subject.values.isdisjoint(key for key in keys if key)

    def _release(self, contract: Contract) -> Part:
        outputs = {output.name: output for output in contract.outputs}
        careful = frozenset(n for n, each in outputs.items() if each.type == "string" and each.values is None)

        def rows() -> Iterator[Row]:
            for file in current_files(opened(self.lake.published(contract.release))):
                wanted = self.tokens.made.get((contract.domain or "", epoch_of(file.day, contract.epoch or "")))
                path = self.lake.published(contract.release) / file.path
                for batch in rows_of(path, contract, wanted, tuple(outputs)) if wanted else ():
                    for row in batch.to_pylist():
                        cells = {
                            name: untokened(each, row[name], wanted or frozenset()) for name, each in outputs.items()
                        }
                        yield {"day": file.day, **cells}

        return Part(f"published/{contract.release}", ("day", *outputs), careful, rows)


def _is_open(column: SourceColumn) -> bool:
    """Whether a cell may hold any text at all: a closed list of values is no way to write a formula."""
    return column.type in ("text", "json") and column.values is None


def untokened(output: Output, cell: Any, theirs: frozenset[bytes]) -> Any:
    """A published cell without its tokens: ``YOU`` where it is one of ``theirs``."""
    if cell is None or (output.token is None and output.network is None and output.tokens is None):
        return cell
    if isinstance(cell, str):
        return YOU if cell.encode() in theirs else KEYED
    pairs = list(cell.items() if isinstance(cell, Mapping) else cell)
    if output.type.startswith("map<"):
        return {key: YOU if str(text).encode() in theirs else KEYED for key, text in pairs}
    return [YOU if str(text).encode() in theirs else KEYED for text in pairs]
