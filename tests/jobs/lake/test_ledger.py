"""The ledger is append-only, chained, and takes no values."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.lake.ledger import BrokenLedgerError, UnrecordableError

ROOT = Path(__file__).resolve().parents[3]
WRITE_TEN = """
import sys
from pathlib import Path
from jobs.lake.ledger import Ledger
for _ in range(10):
    Ledger(Path(sys.argv[1])).append("cleaned", source="activity", day="2026-11-23")
"""


def test_entries_come_back_in_order_and_the_chain_holds(ledger):
    ledger.append("extracted", source="activity", day="2026-11-23", rows=3, columns=2)
    ledger.append("cleaned", source="activity", day="2026-11-23")
    assert [entry["kind"] for entry in ledger.entries()] == ["extracted", "cleaned"]
    assert ledger.verify() == 2


@pytest.mark.parametrize(
    "damage", [lambda lines: lines[1:], lambda lines: [lines[0].replace("3", "4"), lines[1]], lambda lines: lines[::-1]]
)
def test_a_removed_changed_or_moved_line_breaks_the_chain(ledger, damage):
    ledger.append("extracted", source="activity", day="2026-11-23", rows=3, columns=2)
    ledger.append("cleaned", source="activity", day="2026-11-23")
    ledger.path.write_text("\n".join(damage(ledger.path.read_text().splitlines())) + "\n")
    with pytest.raises(BrokenLedgerError):
        ledger.verify()


@pytest.mark.parametrize(
    "fields",
    [
        {"value": "x"},
        {"source": "jane@mail.example"},
        {"source": "a\nb"},
        {"rows": b"x"},
        {"source": "x" * 201},
    ],
)
def test_a_field_that_could_hold_a_value_is_refused_without_showing_it(ledger, fields):
    with pytest.raises(UnrecordableError) as caught:
        ledger.append("extracted", **fields)
    assert "jane" not in str(caught.value)
    assert not ledger.path.exists()


def test_a_line_torn_by_a_crash_was_never_acknowledged_and_is_dropped(ledger):
    ledger.append("cleaned", source="activity", day="2026-11-23")
    with ledger.path.open("a") as file:
        file.write('{"seq": 2, "kind"')
    ledger.append("cleaned", source="feedback", day="2026-11-23")
    assert [json.loads(line)["seq"] for line in ledger.path.read_text().splitlines()] == [1, 2]
    assert ledger.verify() == 2


def test_writers_in_several_processes_take_turns(lake, ledger):
    writers = [subprocess.Popen([sys.executable, "-c", WRITE_TEN, lake.ledger], cwd=ROOT) for _ in range(4)]
    assert [writer.wait() for writer in writers] == [0] * 4
    assert ledger.verify() == 40


def two_days(ledger):
    for number in (1, 2):
        ledger.append("cleaned", source="activity", day=f"2026-11-0{number}")
    ledger.append("key_opened", domain="threat", epoch="2026-01-01", fingerprint="0" * 64)
    return ledger


@pytest.mark.parametrize(
    ("match", "seqs"),
    [
        ({"kind": "cleaned"}, [1, 2]),
        ({"kind": "cleaned", "day": "2026-11-02"}, [2]),
        ({"source": "activity"}, [1, 2]),
        ({"kind": "cleaned", "seq": 2}, [2]),
        ({"kind": "key"}, []),
        ({"source": None}, [3]),
        ({}, [1, 2, 3]),
    ],
)
def test_those_entries_are_found_that_have_the_fields_each_time(ledger, match, seqs):
    two_days(ledger)
    for _ in range(2):
        assert [entry["seq"] for entry in ledger.entries(**match)] == seqs


def test_a_line_of_another_kind_that_is_no_entry_stops_a_reader_who_has_read_it_before(ledger):
    assert two_days(ledger).key_changes() == {("key_opened", "threat", "2026-01-01")}
    text = ledger.path.read_text()
    ledger.path.write_text(text.replace('"2026-11-02"', '"2026-11-02', 1))
    with pytest.raises(BrokenLedgerError, match="line 2 is no entry"):
        ledger.key_changes()
    with pytest.raises(BrokenLedgerError, match="line 2 is no entry"):
        ledger.last("incident")


def test_a_line_that_only_speaks_of_a_kind_is_not_of_it(ledger):
    """Whatever stands in the text of a field, or deeper in an entry."""
    ledger.append("incident", what="kind", release="a")
    ledger.append("judged", release="a", findings=[{"kind": "incident"}])
    assert [entry["seq"] for entry in ledger.entries("incident")] == [1]


def test_the_head_is_the_last_whole_entry_and_reading_it_mends_nothing(ledger):
    assert ledger.head() is None
    last = ledger.append("cleaned", source="activity", day="2026-11-23")
    with ledger.path.open("a") as file:
        file.write('{"seq": 2, "kind"')
    assert ledger.head() == {"seq": 1, "hash": last["hash"]}
    assert ledger.path.read_text().endswith('{"seq": 2, "kind"')
    ledger.path.write_text(f"{'x' * 70_000}\n")
    with pytest.raises(BrokenLedgerError):
        ledger.head()
