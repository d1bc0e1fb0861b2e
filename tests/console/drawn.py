"""Every page of the console as files that a browser opens, and the browser: for tests of what people see."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from console import browse, catalogue, nights, promises, requests
from console.index import Index
from console.record import record
from console.render import FILES, FOLDER, TITLES, render, render_alone
from jobs.catalogue.describe import describe
from jobs.catalogue.model import as_json
from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from policy.promise import Promise
from policy.questions import questions
from tests.console.years import LAST, night, written, years

NOW = datetime(2026, 3, 14, 6, tzinfo=UTC)
RED = frozenset({"threat_events"})


def draw(promise: Promise, lake: Lake, out: Path) -> dict[str, Path]:
    """A lake of sixty nights of which the last was red, and each of its pages as a file in ``out``."""
    written(lake.ledger, [*years(60), *night(LAST + timedelta(days=1), RED)])
    for name in promise.releases:
        told = as_json(describe(promise, promise.releases[name], lake, Ledger(lake.ledger)))
        days = [
            {"day": str(LAST - timedelta(days=n)), "rows": 900 + 7 * n % 90, "published_at": f"{LAST}T02:10"}
            for n in range(60)
        ]
        told |= {"days": days, "version": 61, "leaves": "2027-02-12", "measured": ["Measured: nobody was found."]}
        (lake.shared(lake.about(name)) / "release.json").write_text(json.dumps(told))
    asked = questions(promise)["threat_events"]
    answers = {"day": str(LAST)} | {
        each.asks: {"columns": list(each.columns), "rows": [["login_failed"] * len(each.by) + [174]]}
        for each in asked.worked
    }
    told = json.loads((lake.about("threat_events") / "release.json").read_text())
    (out / "releases").mkdir(parents=True)
    with record(Index(lake.ledger / "ledger.jsonl", out / "index")) as known:
        models: dict[str, Any] = {
            "now": nights.page(promise, known, NOW), "promises": promises.page(promise, known, NOW),
            "requests": requests.page(known, date(2026, 3, 13), only_open=False), "releases": catalogue.page(promise, lake.root),
            "ledger": browse.page(known, {}),
        }  # fmt: skip
        texts = {name: render(name, model, reads=tuple(TITLES)) for name, model in models.items()}
        one = catalogue.one(promise, known, lake.root, "threat_events")
        texts["releases/release"] = render("releases", one, reads=tuple(TITLES), up="../", template="release")
    texts["beside"] = render_alone("release", catalogue.alone(told, promise.releases["threat_events"], asked, answers))
    texts["catalogue"] = render_alone("releases", catalogue.page(promise, lake.root))
    for file in FILES:
        shutil.copy(FOLDER / file, out / file)
    for name, text in texts.items():
        (out / f"{name}.html").write_text(text, "utf-8")
    return {name: out / f"{name}.html" for name in texts}


@contextmanager
def seen(page: Any, path: Path, width: int, scheme: str = "light", medium: str = "") -> Iterator[None]:
    """``path`` in the browser, so many pixels wide, in a colour scheme, on a screen or on paper."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": medium, "features": features})
    page.get(path.as_uri())
    yield
    page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
