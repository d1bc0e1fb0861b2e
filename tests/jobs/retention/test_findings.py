"""Findings name people in maps and lists; they go and stay like any other row, and both passes say so."""

from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.lake.tables import TableFile
from jobs.retention import scan
from jobs.retention.deadline import Deadline
from jobs.retention.errors import UnprovedError
from jobs.retention.names import named_in
from jobs.retention.proof import Wanted, recount

TODAY, DAY = date(2026, 3, 10), date(2026, 3, 1)
ADA, BOB, ELSE = ("usr_" + letter * 32 for letter in "cbd")
FINDINGS = [
    ({"actor": ADA, "network": "ip4_cccccc"}, []),
    ({"actor": BOB}, [None]),
    ({"actor": ADA, "other": BOB}, None),
    ({"actor": ELSE, "nothing": None}, [ELSE]),
    ({"network": "ip4_cccccc"}, [ELSE, ADA]),
    (None, None),
    ({}, []),
]


def test_a_finding_names_people_in_its_group_and_in_its_lists(promise):
    named = named_in(promise.release("threat_signals"))
    assert named == {"shared": "map<string,string>", "evidence": "array<string>"}


def test_the_rows_that_name_somebody_due_or_held_in_a_map_or_a_list_are_found(promise, tiny):
    place = f"day={DAY}/part.parquet"
    rows = tiny.createDataFrame(
        [(place, row, *cells) for row, cells in enumerate(FINDINGS)],
        "_file string, _row long, shared map<string,string>, evidence array<string>",
    )
    tokens = tiny.createDataFrame(
        [(ADA, "person", 1, date(2026, 3, 9), []), (BOB, "person", 2, date(2026, 6, 1), ["h1"])],
        "token string, identifier string, subject long, through date, holds array<string>",
    )
    tallies = scan.tally(scan.hits(rows, named_in(promise.release("threat_signals")), tokens))
    deadline = scan.Deadline(TODAY, 13)
    assert sorted((t.through, t.holds, t.rows, t.is_over(deadline)) for t in tallies) == [
        (date(2026, 3, 9), (), 2, True),
        (date(2026, 3, 9), ("h1",), 1, True),
        (date(2026, 6, 1), ("h1",), 1, False),
    ]


def test_the_independent_pass_reads_maps_and_lists_too(promise, tmp_path):
    path = tmp_path / f"day={DAY}" / "part.parquet"
    path.parent.mkdir()
    groups, evidence = zip(*FINDINGS, strict=True)
    columns = {
        "shared": pa.array([g and list(g.items()) for g in groups], pa.map_(pa.string(), pa.string())),
        "evidence": pa.array(evidence, pa.list_(pa.string())),
    }
    pq.write_table(pa.table(columns), path)
    file = TableFile(f"day={DAY}/part.parquet", DAY, len(FINDINGS), path.stat().st_size)
    wanted = Wanted(frozenset({ADA.encode()}), frozenset({BOB.encode()}))
    counted = recount(tmp_path, [file], promise.release("threat_signals"), wanted, Deadline(TODAY, 13))
    assert counted == (2, 1, frozenset({ADA.encode()}))
    nobody = Wanted(frozenset(), frozenset())
    assert recount(tmp_path, [file], promise.release("threat_signals"), nobody, Deadline(date(2027, 4, 2), 13))[
        0
    ] == len(FINDINGS)
    assert recount(tmp_path, [file], promise.release("threat_signals"), nobody, Deadline(date(2027, 4, 1), 13))[0] == 0


# -- on a real table


@pytest.fixture
def found(world):
    """Findings about Ada and her address, whose company is over, about Bob, who is held, and about Dan."""
    world.company("over", date(2024, 9, 9))
    world.company("runs", None)
    for name, company in (("ada", "over"), ("bob", "over"), ("dan", "runs")):
        world.account(name, company)
    world.hold("user", "bob", "2025-01-01")
    person = {name: world.token("person", name, DAY) for name in ("ada", "bob", "dan")}
    address = world.token("email", "ada", DAY)
    event = world.keyring.domain("threat", "2026-01-01").token("event", "an event of ada's")

    def finding(rule, evidence=(), **group):
        return {"rule": rule, "shared": group, "evidence": list(evidence)}

    world.publish(
        "threat_signals",
        DAY,
        [
            finding("of ada", [event], actor=person["ada"]),
            finding("of her address", attempted_login=address),
            finding("of her company", company=world.token("company", "over", DAY)),
            finding("of bob", actor=person["bob"]),
            finding("of a network", [event], network="ip4_cccccc"),
            finding("with ada in its list", [event, person["ada"]], network="ip4_dddddd"),
            finding("of dan", actor=person["dan"]),
        ],
        [finding("of dan again", actor=person["dan"])],
    )
    return world


def rules(world):
    return sorted(row["rule"] for row in world.rows("threat_signals"))


def test_findings_about_somebody_who_must_be_gone_go_from_a_real_table_and_all_others_stay(found):
    plan = found.expire(TODAY)
    assert rules(found) == ["of a network", "of bob", "of dan", "of dan again"]
    table = plan.table("threat_signals")
    assert (table.gone, table.people, table.companies, table.held_rows) == (4, 1, 1, 1)
    assert [(file.gone, file.held) for file in table.files] == [(4, 1)]


@pytest.mark.parametrize("left", ["of ada", "with ada in its list"])
def test_a_finding_that_is_left_is_an_incident(found, left):
    kept = [row for row in found.rows("threat_signals") if row["rule"] == left]
    plan = found.expire(TODAY)
    again = [{name: row[name] for name in ("rule", "shared", "evidence")} for row in kept]
    found.publish("threat_signals", DAY, again)
    with pytest.raises(UnprovedError, match="threat_signals"):
        found.prove(plan)
