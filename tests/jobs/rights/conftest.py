"""Two worlds: that of retention's tests, and two people on an empty platform, where nothing needs Spark."""

import pytest

from tests.jobs.retention.conftest import tiny, world
from tests.jobs.retention.world import World

__all__ = ["neighbours", "tiny", "world"]


@pytest.fixture
def neighbours(promise, lake, tmp_path, monkeypatch):
    """Ada and Bob of one company, with an address each."""
    monkeypatch.setattr("jobs.lake.tables.MOMENT", 0)
    monkeypatch.setenv("IGNICLOUD_PLATFORM", f"sqlite:///{tmp_path / 'platform.db'}")
    made = World(promise, lake, tmp_path / "platform.db", None)
    made.company("firm", None)
    for name in ("ada", "bob"):
        made.account(name, "firm")
    return made
