"""Whoever is erased is found in whatever copy, however they are written; and nothing but who they are binds their plan."""

import json
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.people.relationships import Name
from jobs.rights.erasure.erase import searched
from jobs.rights.erasure.erasing import erasing, sealed
from jobs.rights.erasure.traces import Traces
from jobs.rights.finding.find import UNKNOWN
from tests.jobs.retention.world import identity

REFERENCE, TODAY, DAY = "a" * 16, date(2026, 3, 10), date(2026, 2, 1)
OWN = [Name("person", identity("ada"), 0, None), Name("email", "ada@example.org", 0, None)]
WRITTEN = [
    ("session", "aB3/xyz+12==", "aB3/xyz+12=="),
    ("session", "_hidden-1_", "_hidden-1_"),
    ("email", "ada lovelace", "Ada Lovelace"),
    ("email", "ada=x.org@bounce.example", "ada=x.org@bounce.example"),
    ("email", "o'neil@example.org", "O'Neil@example.org"),
    ("email", "rené@example.org", "RENÉ@example.org"),
    ("email", "rené@example.org", json.dumps("rené@example.org")),
]


@pytest.mark.parametrize("suffix", ["txt", "parquet"])
@pytest.mark.parametrize(("kind", "value", "written"), WRITTEN)
def test_an_identifier_that_is_no_plain_word_is_found_in_a_copy(tmp_path, kind, value, written, suffix):
    path = tmp_path / f"copy.{suffix}"
    for text, found in ((f'said "{written}", twice', 1), (f'said "{written[:-3]}", twice', 0)):
        if suffix == "txt":
            path.write_text(text, "utf-8")
        else:
            pq.write_table(pa.table({"text": [text]}), path)
        traces = Traces.of([Name(kind, value, 0, None)], frozenset(), frozenset())
        assert bool(traces.in_file(path)) == found


def look(world, names=OWN):
    return erasing(world.promise, world.lake, None, {REFERENCE: names}, frozenset({TODAY}))


@pytest.mark.parametrize("zone", ["published", "restricted"])
def test_rows_of_a_release_that_is_promised_no_more_are_searched(neighbours, zone):
    folder = neighbours.lake.private(neighbours.lake.root / zone / "withdrawn" / "day=2026-02-01")
    pq.write_table(pa.table({"actor": [neighbours.token("person", "ada", DAY)]}), folder / "part.parquet")
    with look(neighbours) as at:
        assert searched(at)[zone] == (1, 1)


def test_a_folder_that_nobody_knows_is_searched_and_not_named(neighbours):
    (neighbours.lake.private(neighbours.lake.root / "ada@example.org") / "x.txt").write_text("ada@example.org")
    with look(neighbours) as at:
        assert searched(at)[UNKNOWN] == (1, 1)


def test_the_rows_of_a_release_are_counted_by_retentions_own_pass(neighbours):
    neighbours.publish("threat_events", DAY, [{"person": "ada"}])
    with look(neighbours) as at:
        assert "published" not in searched(at)


def test_a_person_whom_a_hold_keeps_is_kept_though_the_platform_has_no_such_account_any_more(neighbours):
    neighbours.hold("user", "ada", "2026-01-01")
    neighbours.change("DELETE FROM professional_users WHERE user_id = ?", identity("ada"))
    with look(neighbours) as at:
        assert at.forgotten == ()
        assert len(at.holds_over) == 1


def test_new_sessions_and_new_ways_to_write_an_address_make_a_plan_nobody_elses(neighbours):
    later = [
        Name("session", "of today", 0, None), Name("cookie", "crumb", 0, None), Name("email", " ADA@example.org", 0, None),
        Name("email", f"{{{identity('ada').upper()}}}", 0, None), Name("email", "06.98 76-54/32", 0, None),
    ]  # fmt: skip
    ours = sealed({REFERENCE: OWN}, neighbours.keyring)
    assert sealed({REFERENCE: [*OWN, *later]}, neighbours.keyring) == ours
    for others in (OWN[:1], OWN[1:], [*OWN, Name("email", "new@example.org", 0, None)]):
        assert sealed({REFERENCE: others}, neighbours.keyring) != ours
    assert sealed({"b" * 16: OWN}, neighbours.keyring) != ours
