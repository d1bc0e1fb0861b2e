"""A night, its assurance and its retention in a lake whose folder has everything in its name that a shell, a URI or a glob reads otherwise."""

from datetime import date

import pytest

from jobs.assurance.assure import assure
from jobs.lake.zones import Lake
from jobs.night.extract import extract_day
from jobs.night.protect import protect_release
from jobs.night.publish import publish_release
from jobs.night.validate import validate_release
from jobs.signals.events import PublishedDays
from tests.jobs.retention.conftest import small, tiny, world  # noqa: F401 (fixtures)
from tests.jobs.retention.world import DAY as OLD
from tests.jobs.retention.world import TODAY

DAY, RELEASE, RUN = date(2026, 3, 12), "threat_events", "2026-03-12-test"
FOLDER = "mý lake + 100% #1 {a,b} *?"


@pytest.fixture
def lake(lake, tmp_path, monkeypatch):
    """The lake of a test, in a folder of that name."""
    monkeypatch.setenv("IGNICLOUD_LAKE", str(tmp_path / FOLDER))
    return Lake.from_environment()


def test_a_day_is_published_read_and_searched_there(spark, platform, lake, ledger, promise):
    extract_day(promise, DAY, lake, ledger)
    protect_release(promise, RELEASE, DAY, RUN, spark, lake)
    validate_release(promise, RELEASE, DAY, RUN, spark, lake)
    published = publish_release(promise, RELEASE, DAY, RUN, lake)
    days = PublishedDays(spark, lake, promise, promise.release("threat_signals"))
    assert days.frame(RELEASE, [DAY]).count() == published.rows > 100
    assert [(each.release, each.findings) for each in assure(promise, DAY, spark, lake)] == [(RELEASE, ())]


def test_retention_deletes_and_proves_there(small, lake):  # noqa: F811
    small.publish(RELEASE, OLD, [{"person": "ada"}, {"person": "dan"}])
    small.expire(TODAY)
    assert small.names(RELEASE, ("ada", "dan")) == [(OLD, "dan")]
