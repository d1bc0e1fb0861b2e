"""A ledger of the test's own, and a reader of it."""

from contextlib import contextmanager

import pytest

from console.index import Index
from console.record import record
from tests.console.years import written


@pytest.fixture
def told(tmp_path):
    """A function: the record of these entries, by an index of the test's own."""

    @contextmanager
    def opened(*entries):
        path = written(tmp_path / "ledger", list(entries))
        with record(Index(path, tmp_path / "index")) as known:
            yield known

    return opened
