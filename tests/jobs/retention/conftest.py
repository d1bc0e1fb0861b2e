"""A world of their own for the tests of retention, and Spark told that its tables are tiny."""

import pytest

from tests.jobs.retention.world import GONE, LAST, World

TINY = {
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}


@pytest.fixture
def tiny(spark):
    """Spark without what pays only for large tables."""
    before = {name: spark.conf.get(name) for name in TINY}
    for name, value in TINY.items():
        spark.conf.set(name, value)
    yield spark
    for name, value in before.items():
        spark.conf.set(name, value)


@pytest.fixture
def world(promise, lake, tmp_path, monkeypatch, tiny):
    """An empty platform and an empty lake, whose logs no reader is just opening."""
    monkeypatch.setattr("jobs.lake.tables.MOMENT", 0)
    monkeypatch.setenv("IGNICLOUD_PLATFORM", f"sqlite:///{tmp_path / 'platform.db'}")
    return World(promise, lake, tmp_path / "platform.db", tiny)


@pytest.fixture
def small(world):
    """Ada and Bob of a company that is over, Cyd of one on its last day, Dan of a running one."""
    for company, end in (("over", GONE), ("last", LAST), ("runs", None)):
        world.company(company, end)
    for name, company in (("ada", "over"), ("bob", "over"), ("cyd", "last"), ("dan", "runs")):
        world.account(name, company)
    return world
