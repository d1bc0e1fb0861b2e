"""The ledger as far as one release goes, read once: describing it asks the same entries again and again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

from jobs.lake.ledger import Entry, Ledger


class Record:
    """Entries of one release, and those of no release, as they were when this was made."""

    def __init__(self, release: str, ledger: Ledger) -> None:
        self.release = release
        self._entries: dict[str, list[Entry]] = defaultdict(list)
        for entry in ledger.entries():
            if entry.get("release", release) == release:
                self._entries[entry["kind"]].append(entry)

    def entries(self, kind: str, **match: Any) -> Iterator[Entry]:
        """Entries of a kind in their order, with these fields if given, as `Ledger.entries` gives them."""
        wanted = {field: str(v) if hasattr(v, "isoformat") else v for field, v in match.items()}
        return (entry for entry in self._entries[kind] if all(entry.get(f) == v for f, v in wanted.items()))

    def last(self, kind: str, **match: Any) -> Entry | None:
        """The newest such entry."""
        return next(iter([*self.entries(kind, **match)][-1:]), None)

    def published(self, day: date | None = None) -> Entry | None:
        """The last publication, of a day if one is given."""
        return self.last("published", **({"day": day} if day else {}))

    def staged(self, published: Entry | None) -> Entry:
        """What was counted when the rows of a publication were made."""
        return self._of("protected", published, "day", "run")

    def judged(self, published: Entry | None) -> Entry:
        """What the gate said of them."""
        return self._of("judged", published, "run", "verdict_hash")

    def _of(self, kind: str, published: Entry | None, *fields: str) -> Entry:
        return (self.last(kind, **{field: published[field] for field in fields}) if published else None) or {}
