"""Pages in the Airflow UI, linked from the task that wrote them: Data Docs and the threat report.

Data Docs hold counts and names only; still, nobody reads them who can't read the night's own logs. The
threat report shows tokens, so it is for analysts: who may read *Threat report* (policy clause 5.1).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, BaseOperatorLink

from ignicloud_airflow.record import lake

if TYPE_CHECKING:
    from airflow.models.taskinstancekey import TaskInstanceKey

PREFIX, REPORTS = "/ignicloud", "Threat report"
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
CLOSED = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'", "Cache-Control": "no-store"}


class DataDocsLink(BaseOperatorLink):
    """From a task that judges a release to the page of its verdict."""

    name = "Data Docs"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """The page of this very run, green or red."""
        return url_of(operator.page(ti_key.run_id))


class ThreatReportLink(BaseOperatorLink):
    """From the task that publishes the findings of a day to their report."""

    name = REPORTS

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002 (Airflow's signature)
        """The page of the day and release that `publish` was called with."""
        day, release = getattr(operator, "op_args", ())
        return url_of(f"threat_report/{release}/{day}.html")


def url_of(page: str) -> str:
    """The address of a page as the Airflow UI links to it: relative to the UI's base, on any port, behind any proxy."""
    return f"{PREFIX.strip('/')}/{page}"


def app() -> Any:
    """The application that the API server mounts; nothing in it changes anything."""
    from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
    from airflow.api_fastapi.core_api import security
    from fastapi import Depends, FastAPI, HTTPException

    may_read = security.requires_access_dag("GET", DagAccessEntity.TASK_LOGS, "nightly")
    pages = FastAPI(title="Ignicloud", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)

    def may_read_reports(user: Any = Depends(security.get_user)) -> None:  # noqa: B008 (FastAPI's way)
        manager = security.get_auth_manager()
        if not manager.is_authorized_custom_view(method="GET", resource_name=REPORTS, user=user):
            raise HTTPException(403, f"Your role may not read {REPORTS}; see docs/signals.md.")

    @pages.get("/data_docs/{release}/{page}.html", dependencies=[Depends(may_read)])
    def data_docs(release: str, page: str) -> Any:
        return served(release, page, lake() / "ledger" / "data_docs" / release)

    @pages.get("/threat_report/{release}/{page}.html", dependencies=[Depends(may_read_reports)])
    def threat_report(release: str, page: str) -> Any:
        return served(release, page, lake() / "published" / release / "_about" / "reports")

    return pages


def served(release: str, page: str, folder: Path) -> Any:
    """A page of a release in its folder; whatever else is asked for doesn't exist."""
    from fastapi import HTTPException
    from fastapi.responses import FileResponse

    path = folder / f"{page}.html"
    if not (NAME.fullmatch(release) and NAME.fullmatch(page) and path.is_file()):
        raise HTTPException(404, "There is no such page: it wasn't written, or its lake isn't mounted here.")
    return FileResponse(path, media_type="text/html", headers=CLOSED)
