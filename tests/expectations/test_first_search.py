"""Where tokens are made again, all identifiers are indexed only when a cell could hold one; then none is overlooked."""

from dataclasses import replace
from datetime import datetime

import pytest

from expectations.case import Keyed, Recounted
from expectations.index import KnownIdentifiers, scanner
from expectations.measures import measure
from tests.expectations.conftest import ACCOUNT, KNOWN, cells, unset

TOKEN = "cbdefghijklnrtuv" * 2
SPELLING = "".join("cbdefghijklnrtuv"[b >> 4] + "cbdefghijklnrtuv"[b & 15] for b in b"s-4711-aBcDeF   ")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "index"


@pytest.fixture
def measured(spark, case, folder):
    """What is found in one row with these cells, and which indexes were built; `actor` alone is made again."""
    values = spark.createDataFrame(
        [(c, v) for c, each in KNOWN.items() for v in each], "identifier string, value string"
    )
    classes = {*KNOWN, *(name for name, _ in ACCOUNT.identifiers())}
    known = KnownIdentifiers(spark, [cells(values)], ACCOUNT.identifiers(), [{name: unset(name) for name in classes}])

    def measure_row(keyed=("actor",), **changed):
        clean = {
            "event_id": f"evt_{TOKEN}", "occurred_at": datetime(2026, 3, 12, 9), "actor": f"usr_{TOKEN}", "attempted_login": None,
            "session_id": f"ses_{TOKEN}", "ip": "ip4_cbdefghi", "browser": "Firefox", "kind": "login_ok", "outcome": "success",
            "route": "/login",
        }  # fmt: skip
        row = [{**clean, **changed}[name] for name in case.staged.columns]
        staged = spark.createDataFrame([row], case.staged.schema)
        recounted = Recounted(1, 0, dict.fromkeys(keyed, Keyed(1, (0, 0))), 0)
        with scanner(known, folder, bytes(range(24))) as scan:
            found = measure(replace(case, staged=staged, scan=scan, recounted=recounted)).found
            return found, sorted(path.name for path in folder.iterdir())

    return measure_row


def test_a_row_of_words_times_and_tokens_needs_no_index_of_identifiers(measured):
    assert measured() == ({}, ["quick"])


def test_text_has_all_identifiers_searched_for(measured):
    assert measured(browser="admin.login-1@x.example") == (
        {("browser", "email"): 1, ("browser", "known"): 1},
        ["known", "quick"],
    )
    assert measured(actor="Jane") == ({("actor", "known_name"): 1}, ["known", "quick"])
    assert measured(route="nobody at all") == ({}, ["known", "quick"])


def test_what_could_be_a_hash_has_all_hashes_searched_for(measured):
    md5_of_the_session = "2c6c6c2c04b9b0f9b3a7bd7d3d7b0a10"
    assert measured(route=md5_of_the_session) == ({}, ["quick", "thorough"])


def test_a_token_that_spells_an_identifier_is_found_unless_it_is_made_again(measured):
    assert measured(session_id=f"ses_{SPELLING}") == ({("session_id", "known_hex"): 1}, ["known", "quick"])
    assert measured(keyed=("actor", "session_id"), session_id=f"ses_{SPELLING}") == ({}, ["quick"])


def test_where_no_token_is_made_again_all_identifiers_are_searched_for_at_once(measured):
    assert measured(keyed=()) == ({}, ["known"])
    assert measured(keyed=(), route="Dupont") == ({("route", "known_name"): 1}, ["known"])
