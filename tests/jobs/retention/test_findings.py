"""Findings name people in a map; they go and stay like any other row, and both passes say so."""

from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.retention import scan
from jobs.retention.names import named_in
from jobs.retention.proof import Wanted, recount
from jobs.tables import TableFile

TODAY, DAY = date(2026, 3, 10), date(2026, 3, 1)
ADA, BOB, ELSE = ("usr_" + letter * 32 for letter in "cbd")
GROUPS = [
    {"actor": ADA, "network": "ip4_cccccc"},
    {"actor": BOB},
    {"actor": ADA, "other": BOB},
    {"actor": ELSE},
    None,
    {},
]


def test_a_finding_names_people_in_its_group(promise):
    assert named_in(promise.release("threat_signals")) == {"group": "map<string,string>"}


def test_the_rows_of_a_map_that_name_somebody_due_or_held_are_found(promise, tiny):
    place = f"day={DAY}/part.parquet"
    rows = tiny.createDataFrame(
        [(place, row, group) for row, group in enumerate(GROUPS)], "_file string, _row long, `group` map<string,string>"
    )
    tokens = tiny.createDataFrame(
        [(ADA, "person", 1, date(2026, 3, 9), []), (BOB, "person", 2, date(2026, 6, 1), ["h1"])],
        "token string, identifier string, subject long, through date, holds array<string>",
    )
    tallies = scan.tally(scan.hits(rows, promise.release("threat_signals"), tokens))
    deadline = scan.Deadline(TODAY, 13)
    assert sorted((t.through, t.holds, t.rows, t.is_over(deadline)) for t in tallies) == [
        (date(2026, 3, 9), (), 1, True),
        (date(2026, 3, 9), ("h1",), 1, True),
        (date(2026, 6, 1), ("h1",), 1, False),
    ]


def test_the_independent_pass_reads_maps_too(promise, tmp_path):
    path = tmp_path / f"day={DAY}" / "part.parquet"
    path.parent.mkdir()
    groups = pa.array([list(g.items()) if g is not None else None for g in GROUPS], pa.map_(pa.string(), pa.string()))
    pq.write_table(pa.table({"group": groups}), path)
    file = TableFile(f"day={DAY}/part.parquet", DAY, len(GROUPS), path.stat().st_size)
    wanted = Wanted(frozenset({ADA.encode()}), frozenset({BOB.encode()}))
    counted = recount(tmp_path, [file], promise.release("threat_signals"), wanted, TODAY)
    assert counted == (1, 1, frozenset({ADA.encode()}))
    nobody = Wanted(frozenset(), frozenset())
    assert recount(tmp_path, [file], promise.release("threat_signals"), nobody, date(2027, 4, 2))[0] == len(GROUPS)
    assert recount(tmp_path, [file], promise.release("threat_signals"), nobody, date(2027, 4, 1))[0] == 0
