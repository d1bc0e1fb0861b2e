"""The Privacy console in the Airflow UI: five pages, each for those whose role may read it (policy clause 5.1).

`console` gathers and draws; this guards and serves. Nothing here changes anything or reads Airflow's database.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from airflow.api_fastapi.core_api import security
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse

from console import browse, catalogue, current, nights, promises, requests
from console.index import Index
from console.record import Record, record
from console.render import FILES, FOLDER, HEADERS, TITLES, render
from ignicloud_airflow.record import lake
from policy.errors import PolicyError
from policy.periods import now
from policy.promise import Promise
from policy.register import view_of

log = logging.getLogger(__name__)

PREFIX = "/ignicloud-privacy"
VIEW = {
    "name": "Privacy",
    "href": f"{PREFIX.strip('/')}/",
    "url_route": "privacy",
    "destination": "nav",
    "nav_top_level": True,
}
"""The one entry in Airflow's navigation."""

UNREAD = "The ledger can't be read here: its lake isn't mounted, or closed to Airflow's API server."


@cache
def index_of(path: Path) -> Index:
    """The index of one ledger, for as long as this process lives."""
    return Index(path)


def ledger() -> Index:
    """The index of the lake's ledger."""
    return index_of(lake() / "ledger" / "ledger.jsonl")


def reads(user: Any) -> tuple[str, ...]:
    """The pages that a user may open, in their order."""
    manager = security.get_auth_manager()
    return tuple(
        page
        for page in TITLES
        if manager.is_authorized_custom_view(method="GET", resource_name=view_of(page), user=user)
    )


def app() -> Any:
    """The application that the API server mounts."""
    pages = FastAPI(title="Privacy", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)

    def somebody(user: Any = Depends(security.get_user)) -> tuple[str, ...]:  # noqa: B008 (FastAPI's way)
        may = reads(user)
        if not may:
            raise HTTPException(403, "Your role may read no page of the Privacy console; see docs/console.md.")
        return may

    def reader_of(page: str) -> Any:
        def check(may: tuple[str, ...] = Depends(somebody)) -> tuple[str, ...]:
            if page not in may:
                raise HTTPException(403, f"Your role may not read {TITLES[page]}; see docs/console.md.")
            return may

        return Depends(check)

    def page(name: str, gather: Callable[[Promise, Record, datetime, Request], Any]) -> None:
        def answer(request: Request, may: tuple[str, ...] = reader_of(name)) -> Any:
            return drawn(name, may, lambda *known: gather(*known, request))

        pages.get(f"/{name}")(answer)

    page("now", lambda promise, known, at, _: nights.page(promise, known, at))
    page("promises", lambda promise, known, at, _: promises.page(promise, known, at))
    page("requests", lambda _promise, known, at, asked: requests.page(
        known, at.date(), only_open=asked.query_params.get("show") != "all"))  # fmt: skip
    page("releases", lambda promise, _known, _at, _: catalogue.page(promise, lake()))
    page("ledger", lambda _promise, known, _at, asked: browse.page(known, dict(asked.query_params)))

    @pages.get("/releases/{name}")
    def release(name: str, may: tuple[str, ...] = reader_of("releases")) -> Any:
        return drawn("releases", may, lambda promise, known, _: catalogue.one(promise, known, lake(), name), "release")

    @pages.get("/")
    def first(may: tuple[str, ...] = Depends(somebody)) -> Any:
        return RedirectResponse(may[0])

    for file, kind in FILES.items():

        def served(_: tuple[str, ...] = Depends(somebody), file: str = file, kind: str = kind) -> Any:
            return FileResponse(FOLDER / file, media_type=kind, headers={**HEADERS, "Cache-Control": "max-age=300"})

        pages.get(f"/{file}")(served)

    threading.Thread(target=warm, daemon=True).start()
    return pages


def drawn(
    page: str, may: tuple[str, ...], gather: Callable[[Promise, Record, datetime], Any], template: str = ""
) -> Any:
    """The page, or one that says why there is none."""
    up, status = "../" if template == "release" else "", 200
    try:
        with record(ledger()) as known:
            model = gather(current.promise(), known, now())
    except PolicyError as error:
        status, model = 503, {"title": "The policy can't be read", "words": str(error)}
    except OSError:
        status, model = 503, {"title": "The ledger can't be read", "words": UNREAD}
    if model is None:
        status, model = 404, {"title": "There is no such page", "words": "No contract has this name."}
    html = render(page, model, reads=may, up=up, template=template if status == 200 else "error")
    return HTMLResponse(html, status, headers=HEADERS)


def warm() -> None:
    """Draw a page before anybody asks: the first time the policy is read and the ledger indexed."""
    try:
        with record(ledger()) as known:
            render("promises", promises.page(current.promise(), known, now()), reads=())
    except (OSError, PolicyError) as error:
        log.warning("the Privacy console isn't warm: %s", error if isinstance(error, PolicyError) else UNREAD)
