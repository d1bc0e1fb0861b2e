"""A log entry that a power cut spoilt: taken away if nobody was told of it, refused if somebody was."""

from __future__ import annotations

import pytest
from deltalake import DeltaTable

from jobs.lake.commits import TornCommitError, discard_torn
from jobs.lake.tables import find_table, open_table

RELEASE = "feedback_topics"
SPOILT = {"empty": b"", "half a line": b'{"commitInfo": {"ti', "half of its lines": b'{"commitInfo": {}}\n{"add":'}


@pytest.fixture(params=SPOILT.values(), ids=SPOILT)
def spoilt(request, lake, promise):
    """A table whose newest entry, version 1, was spoilt."""
    folder = lake.shared(lake.published(RELEASE))
    open_table(folder, promise.release(RELEASE))
    entry = folder / "_delta_log" / f"{1:020d}.json"
    entry.write_bytes(request.param)
    return folder, entry


def test_a_spoilt_entry_is_not_read_over(spoilt, promise):
    folder, _ = spoilt
    for opening in (lambda: find_table(folder), lambda: open_table(folder, promise.release(RELEASE))):
        with pytest.raises(TornCommitError, match=r"feedback_topics: entry 1 .* next publish or expire"):
            opening()


def test_an_entry_that_nobody_was_told_of_is_taken_away_and_that_is_on_record(spoilt, ledger):
    folder, entry = spoilt
    discard_torn(folder, ledger)
    assert not entry.exists()
    assert DeltaTable(folder).version() == find_table(folder).version() == 0
    assert ledger.last("commit_discarded", release=RELEASE)["version"] == 1


@pytest.mark.parametrize("kind", ["published", "rows_expired"])
def test_an_entry_that_the_ledger_knows_is_never_taken_away(spoilt, ledger, kind):
    folder, entry = spoilt
    ledger.append(kind, release=RELEASE, version=1)
    discard_torn(folder, ledger)
    assert entry.exists()
    with pytest.raises(TornCommitError):
        find_table(folder)


def test_a_spoilt_entry_below_a_whole_one_is_refused(spoilt, ledger):
    folder, entry = spoilt
    (folder / "_delta_log" / f"{2:020d}.json").write_bytes(b'{"commitInfo": {}}\n')
    discard_torn(folder, ledger)
    assert entry.exists()
    with pytest.raises(TornCommitError, match="entry 1"):
        find_table(folder)


def test_a_whole_entry_stays(lake, ledger, promise):
    folder = lake.shared(lake.published(RELEASE))
    open_table(folder, promise.release(RELEASE))
    discard_torn(folder, ledger)
    assert find_table(folder).version() == 0
    assert ledger.last("commit_discarded") is None


def test_where_nothing_lies_there_is_no_table(tmp_path, ledger):
    discard_torn(tmp_path, ledger)
    assert find_table(tmp_path) is None
