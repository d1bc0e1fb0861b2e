"""Three years of nights: a page reads what it shows, and not the ledger."""

from pathlib import Path

import pytest

from console import browse, catalogue, index, nights, promises, record, requests
from tests.console.test_index import NOW
from tests.console.years import written, years


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    """An index of some 50,000 entries."""
    folder = tmp_path_factory.mktemp("years")
    return index.Index(written(folder / "ledger", years()), folder / "index")


PAGES = {
    "now": lambda promise, known: nights.page(promise, known, NOW),
    "promises": lambda promise, known: promises.page(promise, known, NOW),
    "requests": lambda promise, known: requests.page(known, NOW.date(), only_open=False),
    "release": lambda promise, known: catalogue.one(promise, known, Path("nowhere"), "threat_events"),
    "ledger": lambda promise, known: browse.page(known, {"kind": "published"}),
}


@pytest.mark.parametrize("page", PAGES)
def test_of_fifty_thousand_entries_a_page_reads_the_few_that_it_shows(long, promise, monkeypatch, page):
    read = []
    real = record.Record._read
    monkeypatch.setattr(record.Record, "_read", lambda self, *place: (read.append(place), real(self, *place))[1])
    with record.record(long) as known:
        assert known.chain.lines > 49_000
        assert PAGES[page](promise, known)
    assert 0 < len(read) < 2_500


def test_a_page_is_gathered_through_indexes_and_never_by_going_through_all_entries(long, promise, monkeypatch):
    with record.record(long) as known:
        asked = []
        known._database.set_trace_callback(asked.append)
        for page in PAGES.values():
            page(promise, known)
        known._database.set_trace_callback(None)
        plans = {sql: [row[3] for row in known._database.execute(f"EXPLAIN QUERY PLAN {sql}")] for sql in set(asked)}
    whole = {sql for sql, plan in plans.items() if any(step == "SCAN entries" for step in plan)}
    assert {sql for sql in whole if "DISTINCT" not in sql and "ORDER BY line DESC LIMIT" not in sql} == set()
