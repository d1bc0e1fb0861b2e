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
