"""What the suite adds to the Airflow UI itself: the one file in this folder that Airflow reads as a plugin."""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin
from ignicloud_airflow.pages import PREFIX, app


class Ignicloud(AirflowPlugin):
    """Data Docs and threat reports behind Airflow's own sign-in."""

    name = "ignicloud"

    @property
    def fastapi_apps(self) -> list[dict[str, Any]]:
        """Built when the API server asks; no other process of Airflow needs it."""
        return [{"app": app(), "url_prefix": PREFIX, "name": "Ignicloud"}]
