"""What lies beside the tables: quarantine, staged leftovers, overdue landing; and key epochs at their end."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.anonymity.budget import AccountBook, LostDrawError
from jobs.keys.errors import DestroyedEpochError
from jobs.retention.epochs import Claims, destroy_lapsed, lapsed, require_unneeded
from jobs.retention.errors import EpochNeededError
from jobs.retention.search import BLOCK, found_in, present_in
from jobs.retention.zones import leftovers

TODAY = date(2026, 3, 10)
DAY = date(2026, 3, 1)


def aged(path, changed):
    """Make ``path`` and all below it as old as if last changed on this day."""
    moment = datetime(changed.year, changed.month, changed.day, 23, 59, tzinfo=UTC).timestamp()
    for each in (*path.rglob("*"), path):
        os.utime(each, (moment, moment))


@pytest.mark.parametrize(
    ("folder", "last"),
    [
        ("quarantine/threat_events/2026-run", date(2026, 2, 10)),
        ("staged/threat_events/2026-run", date(2026, 3, 8)),
        ("staged/.gate/x", date(2026, 3, 8)),
        ("landing/activity/day=2026-03-01", date(2026, 3, 2)),
        ("exports/partner/partner_threat_events/day=2026-03-01", date(2026, 3, 2)),
        ("answers/officer/7", date(2026, 3, 9)),
        ("packages/0123456789abcdef/access", date(2026, 3, 2)),
    ],
)
def test_what_lies_beside_the_tables_is_kept_through_its_last_day(lake, folder, last):
    path = lake.private(lake.root / folder)
    (path / "part-00000.parquet").write_bytes(b"x" * 10)
    aged(path, last)
    assert leftovers(lake, TODAY, {}, ()) == []
    aged(path, last - timedelta(days=1))
    found = leftovers(lake, TODAY, {}, ())
    assert [(left.path, left.files, left.bytes) for left in found] == [(folder, 1, 10)]


@pytest.mark.parametrize("folder", ["quarantine/threat_events/run", "exports/partner/threat_events/day=2026-03-01"])
def test_a_run_or_a_copy_goes_at_once_when_it_holds_somebody_who_must_be_gone(lake, folder):
    path = lake.private(lake.root / folder)
    token = "usr_" + "c" * 32
    pq.write_table(pa.table({"anything": [f"x{token}"]}), path / "part.parquet")
    assert leftovers(lake, datetime.now(UTC).date(), {"threat_events": frozenset({b"usr_" + b"b" * 32})}, ()) == []
    assert leftovers(lake, datetime.now(UTC).date(), {"activity_trail": frozenset({token.encode()})}, ()) == []
    found = leftovers(lake, datetime.now(UTC).date(), {"threat_events": frozenset({token.encode()})}, ())
    assert [left.path for left in found] == [folder]


def test_the_tokens_of_a_recipients_own_domain_are_searched_for_too(world):
    world.company("over", date(2024, 6, 1))
    world.account("ada", "over")
    copy = world.lake.private(world.lake.exports("threat_partner", "partner_threat_events") / "day=2026-03-01")
    (copy / "part-00000.csv").write_text(world.token("email", "ada", DAY, domain="partner"))
    assert [left.path for left in world.plan(TODAY).leftovers] == [str(copy.relative_to(world.lake.root))]
    (copy / "part-00000.csv").write_text(world.token("email", "dan", DAY, domain="partner"))
    assert world.plan(TODAY).leftovers == ()


def test_a_copy_in_which_a_held_person_stands_is_no_leftover(world):
    world.company("over", date(2024, 6, 1))
    world.account("ada", "over")
    world.hold("user", "ada", "2025-01-01")
    copy = world.lake.private(world.lake.exports("threat_partner", "partner_threat_events") / "day=2026-03-01")
    (copy / "part-00000.csv").write_text(world.token("email", "ada", DAY, domain="partner"))
    assert world.plan(TODAY).leftovers == ()


@pytest.mark.parametrize("compression", ["none", "snappy", "gzip", "zstd", "lz4"])
@pytest.mark.parametrize("dictionary", [True, False])
def test_the_search_sees_through_every_compression(tmp_path, compression, dictionary):
    token = "eml_" + "v" * 32
    rows = pa.table(
        {"n": [1, 2], "cells": [None, [("k", f"({token})")]]},
        pa.schema({"n": pa.int64(), "cells": pa.map_(pa.string(), pa.string())}),
    )
    path = tmp_path / "x.parquet"
    pq.write_table(rows, path, compression=compression, use_dictionary=dictionary, write_statistics=False)
    assert found_in([path], frozenset({token.encode()})) == {path: 1}
    assert found_in([path], frozenset({b"eml_" + b"c" * 32})) == {}


@pytest.mark.parametrize("left", [0.5, 0.99])
def test_a_damaged_file_counts_as_if_it_held_everybody(tmp_path, left):
    path, tokens = tmp_path / "x.parquet", frozenset({b"eml_" + b"c" * 32, b"usr_" + b"d" * 32})
    pq.write_table(pa.table({"x": ["nobody"] * 1000}), path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * left)])
    assert found_in([path], tokens) == {path: 2}
    assert found_in([path], frozenset()) == {}


def test_drawn_numbers_go_with_the_day_that_they_are_of_and_are_never_drawn_again(lake, ledger, promise):
    contract, day = promise.release("attack_statistics"), date(2021, 3, 10)
    book = AccountBook.of(contract, lake, ledger)
    book.numbers(day, "landing", lambda: [{"statistic": "accounts", "estimate": 1}])
    [file] = lake.budget(contract.release).iterdir()
    lake.budget(contract.release).joinpath(f".{file.name}.77").write_text("what a crash left")
    lake.budget(contract.release).joinpath("notes").write_text("no draw, and of today")
    assert leftovers(lake, TODAY, {}, [contract]) == []
    found = leftovers(lake, TODAY + timedelta(days=1), {}, [contract])
    assert [left.why for left in found] == ["numbers drawn for a day past its release's period"] * 2
    assert found[1].path == f"budget/attack_statistics/{file.name}"
    file.unlink()
    with pytest.raises(LostDrawError):
        book.numbers(day, "landing", lambda: pytest.fail("drawn twice"))


# -- key epochs


def test_an_epoch_without_a_row_and_past_its_period_is_destroyed_for_good(world, promise):
    old, late = date(2024, 11, 1), date(2025, 1, 1)
    for day in (old, late):
        world.token("person", "ada", day)
    first = date(2026, 2, 2)
    assert lapsed(promise, world.lake, world.keyring, Claims(first - timedelta(days=1), ())) == []
    assert destroy_lapsed(promise, world.lake, world.keyring, Claims(first, ())) == [("threat", "2024-10-01")]
    assert [e.state for e in world.keyring.entries()] == ["destroyed", "active"]
    with pytest.raises(DestroyedEpochError):
        world.token("person", "ada", old)


@pytest.mark.parametrize(("received", "kept"), [(date(2026, 2, 1), True), (date(2026, 2, 2), False)])
def test_a_request_that_came_in_while_there_were_rows_keeps_the_key_until_it_is_closed(world, promise, received, kept):
    world.token("person", "ada", date(2024, 11, 1))
    today = date(2026, 2, 5)
    assert bool(lapsed(promise, world.lake, world.keyring, Claims(today, (received,)))) != kept
    assert lapsed(promise, world.lake, world.keyring, Claims(today, ()))


def test_nobody_destroys_a_key_that_is_needed_by_hand(world, promise):
    world.token("person", "ada", date(2024, 11, 1))
    with pytest.raises(EpochNeededError, match="may be kept through 2026-02-01"):
        require_unneeded(promise, world.lake, "threat", "2024-10-01", Claims(date(2026, 2, 1), ()))


def test_an_epoch_of_which_a_hold_keeps_a_row_keeps_its_key(world, promise):
    day = date(2024, 11, 1)
    world.company("over", date(2024, 6, 1))
    world.account("ada", "over")
    world.hold("user", "ada", "2025-01-01")
    world.publish("threat_events", day, [{"person": "ada"}, {"person": "ada"}, {"person": "dan"}])
    world.expire(TODAY)
    assert destroy_lapsed(promise, world.lake, world.keyring, Claims(TODAY, ())) == []
    world.lift("ada", TODAY)
    world.expire(TODAY + timedelta(days=1))
    assert destroy_lapsed(promise, world.lake, world.keyring, Claims(TODAY + timedelta(days=1), ())) == [
        ("threat", "2024-10-01")
    ]


def test_rows_of_a_destroyed_epoch_belong_to_nobody_and_go_by_their_day(world):
    world.company("over", date(2024, 6, 1))
    world.account("ada", "over")
    world.publish("threat_events", date(2026, 1, 5), [{"person": "ada"}])
    world.keyring.retire("threat", "2026-01-01")
    world.keyring.destroy("threat", "2026-01-01")
    assert world.expire(TODAY).counts()["rows"] == 0
    assert world.expire(date(2027, 2, 6)).counts()["rows"] == 1


def test_a_month_s_memory_goes_with_its_month_and_what_no_month_has_after_two_days(lake, promise):
    contract = promise.release("usage_profile")
    folder = lake.private(lake.memory(contract.release))
    today = date(2026, 11, 30)
    for name, age in (
        ("2021-10-31-a-memory.parquet", 0),
        ("2026-09-30-crash-memory.parquet", 3),
        ("2026-10-31-now-memory.parquet", 0),
    ):
        (folder / name).write_bytes(b"x")
        aged(folder / name, today - timedelta(days=age))
    found = {each.path.rpartition("/")[2]: each.why for each in leftovers(lake, today, {}, [contract])}
    assert found == {
        "2021-10-31-a-memory.parquet": "memory of a month past its release's period",
        "2026-09-30-crash-memory.parquet": "memory of a month that wasn't published",
    }


@given(st.frozensets(st.text("ab", min_size=6, max_size=8), max_size=4), st.text("ab.", max_size=80))
def test_a_text_is_found_wherever_it_stands_and_nothing_else_is(texts, content):
    with NamedTemporaryFile() as file:
        file.write(content.encode())
        file.flush()
        path, wanted = Path(file.name), frozenset(text.encode() for text in texts)
        there = {text for text in wanted if text.decode() in content}
        assert dict(present_in([path], frozenset(), wanted)) == ({path: there} if there else {})


@pytest.mark.parametrize("place", [0, BLOCK - 9, BLOCK - 1, BLOCK, 2 * BLOCK - 3])
def test_a_text_that_lies_across_two_blocks_of_a_file_is_found(tmp_path, place):
    (tmp_path / "x").write_bytes(b"." * place + b"ada@example.org" + b"." * BLOCK)
    found = present_in(
        [tmp_path / "x", tmp_path / "gone"], frozenset(), frozenset({b"ada@example.org", b"bob@example.org"})
    )
    assert list(found) == [(tmp_path / "x", {b"ada@example.org"})]
    with pytest.raises(ValueError, match="by chance"):
        list(present_in([tmp_path / "x"], frozenset(), frozenset({b"short"})))


def test_a_damaged_file_holds_everything_that_is_looked_for(tmp_path):
    path = tmp_path / "torn.parquet"
    path.write_bytes(b"PAR1 torn")
    wanted = frozenset({b"ada@example.org"})
    assert list(present_in([path], frozenset(), wanted)) == [(path, wanted)]
