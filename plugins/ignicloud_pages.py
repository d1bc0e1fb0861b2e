"""What the suite adds to the Airflow UI itself: the one file in this folder that Airflow reads as a plugin.

Each part stands by itself: one that can't be loaded is missing, and said in the API server's log; Airflow, and the
other part, are there.
"""

from __future__ import annotations

import logging
from functools import cached_property
from typing import Any

from airflow.plugins_manager import AirflowPlugin

log = logging.getLogger(__name__)


class Ignicloud(AirflowPlugin):
    """Data Docs, threat reports and the Privacy console behind Airflow's own sign-in."""

    name = "ignicloud"

    @cached_property
    def fastapi_apps(self) -> list[dict[str, Any]]:
        """Built when the API server asks; no other process of Airflow needs them."""
        parts = (("Ignicloud", self._pages), ("Privacy", self._console))
        return [made for name, part in parts if (made := self._made(name, part)) is not None]

    @cached_property
    def external_views(self) -> list[dict[str, Any]]:
        """*Privacy* in the navigation, if its pages are there."""
        if not any(made["name"] == "Privacy" for made in self.fastapi_apps):
            return []
        from ignicloud_airflow.console import VIEW

        return [dict(VIEW)]

    @staticmethod
    def _pages() -> dict[str, Any]:
        from ignicloud_airflow.pages import PREFIX, app

        return {"app": app(), "url_prefix": PREFIX}

    @staticmethod
    def _console() -> dict[str, Any]:
        from ignicloud_airflow.console import PREFIX, app

        return {"app": app(), "url_prefix": PREFIX}

    @staticmethod
    def _made(name: str, part: Any) -> dict[str, Any] | None:
        try:
            return {**part(), "name": name}
        except Exception:
            log.exception("the pages %s aren't there: their part of the plugin can't be loaded", name)
            return None
