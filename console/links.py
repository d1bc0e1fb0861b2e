"""Where a reader goes next: within the console, to a page of Airflow's, or to a page that a step has written.

Addresses hold names, days, kinds and numbers of entries, each checked by its pattern, and nothing else. They are
relative, so they hold on any port and behind any proxy: the console is one folder below Airflow's root.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode

PATTERNS = {
    "kind": re.compile(r"[a-z][a-z0-9_]{0,49}"),
    "about": re.compile(r"[a-z][a-z0-9_]{0,59}"),
    "day": re.compile(r"\d{4}-\d{2}-\d{2}"),
    "month": re.compile(r"\d{4}-\d{2}"),
    "reference": re.compile(r"[0-9a-f]{16}"),
    "entry": re.compile(r"\d{1,9}"),
    "before": re.compile(r"\d{1,9}"),
    "show": re.compile(r"open|all"),
}
"""What may be asked for by an address, and in which form."""

_PART = re.compile(r"[A-Za-z0-9_-]{1,100}")


@dataclass(frozen=True)
class Link:
    """``outside`` of the console: Airflow's own page, which must not open inside the console's frame."""

    words: str
    address: str
    outside: bool = False


def valid(name: str, value: str) -> str:
    """``value`` if it may be asked for under ``name``; empty if not."""
    return value if name in PATTERNS and PATTERNS[name].fullmatch(value) else ""


def ledger(**asked: str) -> str:
    """The address of the ledger's page with these filters; a filter that no address may hold is left out."""
    held = {name: value for name, value in asked.items() if valid(name, value)}
    return f"ledger?{urlencode(held)}" if held else "ledger"


def entry(line: int) -> Link:
    """One entry of the ledger."""
    return Link(f"entry {line}", f"ledger?entry={line}")


def release(name: str) -> Link:
    """A release's own page in the catalogue."""
    return Link(name, f"releases/{name}" if PATTERNS["about"].fullmatch(name) else "releases")


def dag(name: str, page: str = "") -> Link:
    """A DAG in Airflow, or one of its pages."""
    words = f"{name}, required actions" if page == "required_actions" else name
    return Link(words, f"../dags/{name}{f'/{page}' if page else ''}", outside=True)


def verdict(release_name: str, run: str) -> Link | None:
    """The page of one verdict in Data Docs."""
    if not (_PART.fullmatch(release_name) and _PART.fullmatch(run)):
        return None
    return Link("its verdict, in Data Docs", f"../ignicloud/data_docs/{release_name}/{run}.html", outside=True)
