"""The nights of test_nightly.py take minutes: a process tells them from the session's begin, and their tests come last.

Of several workers the first begins them; the tests that ask for them are of one file, so of one worker.
"""

import multiprocessing
import os
import pickle
import shutil
import tempfile
import time
import traceback
from pathlib import Path

import pytest

from tests.dags.nights import tell

TELLER = pytest.StashKey()
SECONDS = 3600


def asks_for_nights(item):
    return "nights" in getattr(item, "fixturenames", ())


def folder_of(config):
    """The folder of this session's nights, the same for all of its workers."""
    session = getattr(config, "workerinput", {}).get("testrunuid", os.getpid())
    return Path(tempfile.gettempdir()) / f"nights-{session}"


def story(folder):
    """Tell the nights in ``folder``, and leave there what came of it."""
    try:
        told = tell(folder / "nights")
    except Exception:  # noqa: BLE001 (it is raised in the tests that ask for the story)
        told = RuntimeError(f"the nights couldn't be told\n{traceback.format_exc()}")
    (folder / "telling").write_bytes(pickle.dumps(told))
    (folder / "telling").rename(folder / "told")


def pytest_collection_modifyitems(items):
    items.sort(key=asks_for_nights)


def pytest_collection_finish(session):
    if session.config.option.collectonly or not any(map(asks_for_nights, session.items)):
        return
    folder = folder_of(session.config)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        return
    (folder / "nights").mkdir()
    teller = multiprocessing.get_context("spawn").Process(target=story, args=(folder,))
    teller.start()
    session.config.stash[TELLER] = teller


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    """Who began the nights waits for their end, for another worker may be asking, unless the session was stopped."""
    if TELLER not in session.config.stash:
        return
    teller, is_stopped = session.config.stash[TELLER], bool(session.shouldstop or session.shouldfail)
    if is_stopped:
        teller.terminate()
    teller.join()
    if is_stopped:
        shutil.rmtree(folder_of(session.config), ignore_errors=True)


@pytest.fixture(scope="session")
def nights(request):
    """The story of the nights, once it is told."""
    folder, until = folder_of(request.config), time.monotonic() + SECONDS
    while not (folder / "told").exists():
        if time.monotonic() > until:
            pytest.fail(f"the nights weren't told within {SECONDS} s")
        time.sleep(0.5)
    told = pickle.loads((folder / "told").read_bytes())
    if isinstance(told, Exception):
        raise told
    yield told
    shutil.rmtree(folder)
