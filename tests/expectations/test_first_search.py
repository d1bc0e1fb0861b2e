"""Where tokens are made again, all identifiers are indexed only when a cell could hold one; then none is overlooked."""

import hashlib
import hmac
from dataclasses import replace
from datetime import datetime

import pytest
from pyspark.sql import functions as F

from expectations.case import Keyed, Recounted
from expectations.detectors import named
from expectations.index import KnownIdentifiers, scanner
from expectations.measures import measure
from expectations.searches import as_text, found_in_texts
from tests.expectations.conftest import ACCOUNT, KEYED, KNOWN, cells, unset

LETTERS = "cbdefghijklnrtuv"
TOKEN = LETTERS * 2


def modhex(raw):
    return "".join(LETTERS[b >> 4] + LETTERS[b & 15] for b in raw)


SPELLING = modhex(b"s-4711-aBcDeF   ")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "index"


@pytest.fixture
def known(spark, folder):
    """A scanner over the known identifiers, of which one account's are the planted ones."""
    values = spark.createDataFrame(
        [(c, v) for c, each in KNOWN.items() for v in each], "identifier string, value string"
    )
    classes = {*KNOWN, *(name for name, _ in ACCOUNT.identifiers())}
    known = KnownIdentifiers(spark, [cells(values)], ACCOUNT.identifiers(), [{name: unset(name) for name in classes}])
    with scanner(known, folder, bytes(range(24))) as scan:
        yield scan


@pytest.fixture
def measured(spark, case, folder):
    """What is found in three rows, the last with these cells, and which indexes were built."""
    values = spark.createDataFrame(
        [(c, v) for c, each in KNOWN.items() for v in each], "identifier string, value string"
    )
    classes = {*KNOWN, *(name for name, _ in ACCOUNT.identifiers())}
    known = KnownIdentifiers(spark, [cells(values)], ACCOUNT.identifiers(), [{name: unset(name) for name in classes}])

    def measure_row(keyed=KEYED, *, whole=False, **changed):
        clean = {
            "event_id": f"evt_{TOKEN}", "occurred_at": datetime(2026, 3, 12, 9), "actor": f"usr_{TOKEN}", "attempted_login": None,
            "session_id": f"ses_{TOKEN}", "ip": "ip4_cbdefghi", "browser": "Firefox", "kind": "login_ok", "outcome": "success",
            "route": "/login",
        }  # fmt: skip
        rows = [[row[name] for name in case.staged.columns] for row in (clean, clean, {**clean, **changed})]
        staged = spark.createDataFrame(rows, case.staged.schema)
        recounted = Recounted(3, 0, dict.fromkeys(keyed, Keyed(1, (0, 0))), 0, whole=whole)
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
    left = tuple(name for name in KEYED if name != "session_id")
    assert measured(keyed=left, session_id=f"ses_{SPELLING}")[0] == {("session_id", "known_hex"): 1}
    assert measured(session_id=f"ses_{SPELLING}") == ({}, ["quick"])


@pytest.mark.parametrize(
    "key", [pytest.param(b"", id="no key"), pytest.param(unset("session"), id="a key of zeros", marks=pytest.mark.long)]
)
def test_a_token_under_a_key_that_was_never_set_is_found_unless_it_is_made_again(measured, key):
    token = f"ses_{modhex(hmac.digest(key, b's-4711-aBcDeF', 'sha256')[:16])}"
    found = {("session_id", "hashed_unset_key"): 1}
    assert measured(keyed=(), session_id=token) == (found, ["known", "thorough"])
    assert measured(keyed=("actor",), session_id=token)[0] == found
    assert measured(session_id=token) == ({}, ["quick"])


@pytest.mark.long
def test_where_no_token_is_made_again_all_identifiers_are_searched_for_at_once(measured):
    """And for their hashes, since each token could be one."""
    assert measured(keyed=()) == ({}, ["known", "thorough"])
    assert measured(keyed=(), route="Dupont") == ({("route", "known_name"): 1}, ["known", "thorough"])


def test_tokens_in_rows_that_were_compared_whole_need_no_hashes(measured):
    assert measured(keyed=(), whole=True) == ({}, ["known"])
    md5 = hashlib.md5(b"s-4711-aBcDeF").hexdigest()
    assert measured(keyed=(), whole=True, route=md5) == ({("route", "hashed_md5"): 1}, ["known", "thorough"])


def test_every_column_that_says_anything_is_counted(measured):
    md5 = hashlib.md5(b"s-4711-aBcDeF").hexdigest()
    assert measured(browser="Dupont", route=md5)[0] == {("browser", "known_name"): 1, ("route", "hashed_md5"): 1}
    assert measured(actor=md5, route="Dupont")[0] == {("actor", "hashed_md5"): 1, ("route", "known_name"): 1}


def test_keys_and_values_of_nested_cells_are_searched(spark, known):
    rows = spark.sql("SELECT map('Dupont', 'x') AS keys, map('x', 'Dupont') AS values, array('x', 'Dupont') AS items")
    scans = {f.name: known.thorough(as_text(F.col(f.name), f.dataType)) for f in rows.schema}
    bits = rows.select(*(each.alias(name) for name, each in scans.items())).first()
    assert [set(named(each)) for each in bits] == [{"known_name"}] * 3


def test_texts_beside_the_rows_are_searched_for_names_and_hashes(spark, known):
    md5 = hashlib.md5(b"s-4711-aBcDeF").hexdigest()
    assert found_in_texts(spark, ["nothing", f"x {md5}", "by Dupont"], known) == {"hashed_md5": 1, "known_name": 1}
    assert found_in_texts(spark, [f"x {md5}"], known, hashes=False) == {}
