"""The world of the tests of retention, for rights that are carried out on the same tables; and ones without Spark."""

import pytest

from tests.jobs.retention.conftest import tiny, world
from tests.jobs.retention.world import World
from tests.jobs.rights.machine.kept import Town
from tests.jobs.rights.machine.without_spark import STANDING_IN

__all__ = ["bare", "neighbours", "tiny", "world"]


@pytest.fixture
def bare(promise, lake, tmp_path, monkeypatch):
    """The same world for what needs no Spark; a test that does puts one in."""
    monkeypatch.setattr("jobs.lake.tables.MOMENT", 0)
    monkeypatch.setenv("IGNICLOUD_PLATFORM", f"sqlite:///{tmp_path / 'platform.db'}")
    return World(promise, lake, tmp_path / "platform.db", None)


@pytest.fixture
def neighbours(bare):
    """Ada and Bob of one company, with an address each."""
    bare.company("firm", None)
    for name in ("ada", "bob"):
        bare.account(name, "firm")
    return bare


@pytest.fixture
def town(promise, lake, tmp_path, monkeypatch):
    """Four people whose nights and erasures need no Spark, and an oracle that looks for them; its clock is its own."""
    monkeypatch.setattr("jobs.lake.tables.MOMENT", 0)
    monkeypatch.setenv("IGNICLOUD_PLATFORM", f"sqlite:///{tmp_path / 'platform.db'}")
    for of, name, stand_in in STANDING_IN:
        monkeypatch.setattr(of, name, stand_in)
    made = Town.in_lake(promise, lake, tmp_path / "platform.db", object())
    monkeypatch.setattr("policy.periods.clock", lambda: made.now)
    return made
