"""What each page of the Privacy console costs at three years of nights: ``python -m bench.console``.

A ledger of some 50,000 entries (tests/console/years.py), its index made once; then each page gathered and drawn, the
median of some rounds. Nothing is cached between pages but the promise and the index itself.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from console import browse, catalogue, current, nights, promises, requests
from console.index import Index
from console.record import Record, record
from console.render import TITLES, render
from policy.promise import Promise

NOW, ROUNDS = datetime(2026, 3, 13, 5, tzinfo=UTC), 15
NOWHERE = Path("nowhere")

PAGES: dict[str, Callable[[Promise, Record], Any]] = {
    "now": lambda promise, known: nights.page(promise, known, NOW),
    "promises": lambda promise, known: promises.page(promise, known, NOW),
    "requests": lambda _, known: requests.page(known, NOW.date(), only_open=False),
    "releases": lambda promise, _: catalogue.page(promise, NOWHERE),
    "release": lambda promise, known: catalogue.one(promise, known, NOWHERE, "threat_events"),
    "ledger": lambda _, known: browse.page(known, {"kind": "published", "about": "threat_events"}),
}


def main() -> int:
    """Print milliseconds a page."""
    from tests.console.years import written, years

    with tempfile.TemporaryDirectory(prefix="console-") as folder:
        path = written(Path(folder) / "ledger", years())
        index, promise = Index(path, Path(folder) / "index"), current.promise()
        began = time.perf_counter()
        with record(index) as known:
            lines = known.chain.lines
        print(
            f"{lines:,} entries, {path.stat().st_size / 1e6:.0f} MB: index made in {time.perf_counter() - began:.1f} s"
        )
        for page, gather in PAGES.items():
            took = [_once(index, promise, page, gather) for _ in range(ROUNDS)]
            print(f"{page:<9} median {median(took):4.0f} ms, most {max(took[1:]):4.0f} ms, first {took[0]:4.0f} ms")
    return 0


def _once(index: Index, promise: Promise, page: str, gather: Callable[[Promise, Record], Any]) -> float:
    began = time.perf_counter()
    with record(index) as known:
        model = gather(promise, known)
    name = "releases" if page == "release" else page
    render(name, model, reads=tuple(TITLES), up="", template=page)
    return (time.perf_counter() - began) * 1_000


if __name__ == "__main__":
    sys.exit(main())
