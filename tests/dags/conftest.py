"""The nights of test_nightly.py take minutes: a process begins them with the session, and their tests come last."""

import multiprocessing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.dags.nights import tell

BEGUN = pytest.StashKey()


def asks_for_nights(item):
    return "nights" in getattr(item, "fixturenames", ())


def pytest_collection_modifyitems(items):
    items.sort(key=asks_for_nights)


def pytest_collection_finish(session):
    if not session.config.option.collectonly and any(map(asks_for_nights, session.items)):
        folder = TemporaryDirectory(prefix="nights-")
        pool = multiprocessing.get_context("spawn").Pool(1)
        session.config.stash[BEGUN] = folder, pool, pool.apply_async(tell, (Path(folder.name),))


def pytest_unconfigure(config):
    if BEGUN in config.stash:
        folder, pool, _ = config.stash[BEGUN]
        pool.terminate()
        folder.cleanup()


@pytest.fixture(scope="session")
def nights(request):
    """The story of the nights, once it is told."""
    return request.config.stash[BEGUN][2].get()
