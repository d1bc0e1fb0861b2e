"""The ledger's page: filtered by kind, release, day, month or reference, with the state of its chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from console import links
from console.index import Chain
from console.record import Entry, Record

ROWS = 100
FILTERS = ("kind", "about", "day", "month", "reference")


@dataclass(frozen=True)
class Browse:
    """``older``: the address of the next page, if there is one. ``unread``: filters in a wrong form."""

    chain: Chain
    entries: tuple[Entry, ...]
    found: int
    asked: dict[str, str]
    unread: tuple[str, ...]
    kinds: tuple[str, ...]
    abouts: tuple[str, ...]
    months: tuple[str, ...]
    older: str | None
    one: bool


def page(record: Record, asked: Mapping[str, str]) -> Browse:
    """The newest entries that fit what is asked, or one entry by its line."""
    wanted = {name: links.valid(name, value) for name, value in asked.items() if value}
    unread = tuple(sorted(name for name, value in wanted.items() if not value and name in links.PATTERNS))
    wanted = {name: value for name, value in wanted.items() if value}
    if "entry" in wanted:
        one = record.entry(int(wanted["entry"]))
        entries, found, older = [one] if one else [], int(one is not None), None
    else:
        kinds = (wanted["kind"],) if "kind" in wanted else ()
        match = {name: wanted.get(name) for name in FILTERS if name != "kind"}
        before = int(wanted["before"]) if "before" in wanted else None
        entries = record.entries(*kinds, limit=ROWS + 1, before=before, **match)
        found = record.count(*kinds, **match)
        filters = {name: wanted[name] for name in FILTERS if name in wanted}
        older = links.ledger(**filters, before=str(entries[ROWS - 1].line)) if len(entries) > ROWS else None
    kinds_of, abouts, months = (tuple(record.words(column)) for column in ("kind", "about", "month"))
    return Browse(
        record.chain, tuple(entries[:ROWS]), found, wanted, unread, kinds_of, abouts, months, older, "entry" in wanted
    )
