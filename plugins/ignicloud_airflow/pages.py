"""Data Docs in the Airflow UI: served to whoever may read the DAG, linked from the task that wrote them.

The pages hold counts and names only; still, nobody reads them who can't read the night's own logs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, BaseOperatorLink
from airflow.sdk.configuration import conf

from ignicloud_airflow.record import lake

if TYPE_CHECKING:
    from airflow.models.taskinstancekey import TaskInstanceKey

PREFIX = "/ignicloud"
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
CLOSED = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'", "Cache-Control": "no-store"}


class DataDocsLink(BaseOperatorLink):
    """From a task that judges a release to the page of its verdict."""

    name = "Data Docs"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """The page of this very run, green or red."""
        return url_of(operator.page(ti_key.run_id))


def url_of(page: str) -> str:
    """The address of a page in the Airflow UI."""
    return f"{conf.get('api', 'base_url', fallback='').rstrip('/')}{PREFIX}/{page}"


def app() -> Any:
    """The application that the API server mounts; nothing in it changes anything."""
    from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
    from airflow.api_fastapi.core_api.security import requires_access_dag
    from fastapi import Depends, FastAPI, HTTPException
    from fastapi.responses import FileResponse

    may_read = requires_access_dag("GET", DagAccessEntity.TASK_LOGS, "nightly")
    pages = FastAPI(title="Data Docs", docs_url=None, redoc_url=None, openapi_url=None)

    @pages.get("/data_docs/{release}/{page}.html", dependencies=[Depends(may_read)])
    def page(release: str, page: str) -> FileResponse:
        path = lake() / "ledger" / "data_docs" / release / f"{page}.html"
        if not (NAME.fullmatch(release) and NAME.fullmatch(page) and path.is_file()):
            raise HTTPException(
                404, "There is no such page: the verdict wasn't reached, or its lake isn't mounted here."
            )
        return FileResponse(path, media_type="text/html", headers=CLOSED)

    return pages
