"""What is published is searched again with today's identifiers; what is found stops the release until a person has looked."""

import hmac
import json
import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from jobs.assurance.assure import BESIDE, assure
from jobs.assurance.own import Own
from jobs.assurance.table import Table, clear_half_written
from jobs.cli import assure as assure_cli
from jobs.gate.decisions import NoSuchIncidentError, OpenIncidentError, acknowledge, open_incidents
from jobs.keys.field_keys import field_key
from jobs.lake.ledger import Ledger
from jobs.lake.tables import open_table, replace_day
from jobs.lake.zones import Lake
from jobs.night.publish import publish_release
from policy.periods import epoch_of
from tests.jobs.assurance.conftest import COLUMNS, DAY, RELEASE, RUN, SOMEBODY, write


def searched(promise, spark, lake):
    [made] = assure(promise, DAY, spark, lake)
    return made


def test_a_clean_table_is_assured_on_record_and_the_gate_proved_itself(promise, spark, lake, ledger, table, joined):
    made = searched(promise, spark, lake)
    assert (made.rows, made.files, made.findings) == (1, 1, ())
    assert made.caught == made.planted > 80
    assert ledger.last("assured")["verdict"] == "green"
    assert open_incidents(ledger) == []
    assert not lake.landed_days()


def test_what_a_killed_writer_left_of_a_page_or_a_copy_goes_and_is_no_incident(promise, lake, ledger):
    contract, table = promise.release(RELEASE), lake.shared(lake.published(RELEASE))
    open_table(table, contract)
    lake.shared(lake.about(RELEASE))
    lake.shared(table / "day=2026-03-11")
    own = ("_about/.datasheet.md.4711", ".datapackage.json.4711", f"day=2026-03-11/.{RUN}-part-00002.parquet.4711")
    for name in own:
        (table / name).write_text(f"half of a page, by {SOMEBODY}")
    (table / "_about" / ".notes.4711").write_text("nobody's")
    clear_half_written(table)
    found = Table(table, contract, ledger.entries(release=RELEASE), Own(promise, contract, lake))
    assert found.strangers == 1, "of no page's name, so still a finding"
    assert not any((table / name).exists() for name in own)


def logged(table, leak):
    last = max((table / "_delta_log").glob("0*.json"))
    twice = json.dumps({"email": leak}).replace("}", ', "email": "x"}')
    entries = [
        {"commitInfo": {"operationParameters": {"predicate": twice}}},
        {"commitInfo": {"operationParameters": {leak.upper(): "1"}}},
        {"commitInfo": {"tags": {"x": json.dumps({"minValues": {"n": 33699345678}})}}},
    ]
    (table / "_delta_log" / "_last_checkpoint").write_text(f"no JSON, by {leak}")
    last.write_text("\n".join([last.read_text().rstrip(), *map(json.dumps, entries)]) + "\n")


def on_a_page(table, leak):
    (table / "_about" / "datasheet.md").write_text(f"# Feedback\nask {leak}\n")


LEAKS = {
    "in a cell and in a file's notes": lambda table, leak: write(
        next(table.rglob("*.parquet")), {**COLUMNS, "topic": leak}, by=leak
    ),
    "in a left-over file": lambda table, leak: write(
        table / "day=2026-03-11" / "2026-03-11-abcdef0123-part-00001.parquet", {**COLUMNS, "topic": leak}
    ),
    "in a file of another name": lambda table, leak: (table / "notes.txt").write_text(leak),
    "behind a link": lambda table, leak: (table / "day=2026-03-11" / "linked").symlink_to(table / leak),
    "in a file beside the log": lambda table, leak: (table / "_delta_log" / "notes.json").write_text(leak),
    "in no page beside the table": lambda table, leak: (table / "_about" / "rows.parquet").write_text(leak),
    "in a hidden file": lambda table, leak: (table / ".part").write_text(leak),
    "in a file's name": lambda table, leak: shutil.copy(next(table.rglob("*.parquet")), table / f"{leak}.parquet"),
    "in the table's log": logged,
    "on the datasheet": on_a_page,
}


def test_an_identifier_of_today_is_found_wherever_it_lies(promise, spark, lake, ledger, table, joined, capfd):
    for plant in LEAKS.values():
        plant(table, joined)
    found = {(f.expectation, f.column, f.detail): f.count for f in searched(promise, spark, lake).findings}
    assert (
        found.items()
        >= {
            ("expect_no_known_identifiers", "topic", "known"): 2,
            ("expect_nothing_in_file_metadata", "", "known"): 1,
            (BESIDE, "", "a file that is no part of the table"): 6,
            (BESIDE, "", "known in the log of the table"): 3,
            (BESIDE, "", "phone in the log of the table"): 1,
            (BESIDE, "", "known on the pages beside the table"): 1,
        }.items()
    )
    [incident] = open_incidents(ledger)
    assert incident["release"] == RELEASE
    page = (lake.data_docs(RELEASE) / f"assured-{DAY}.html").read_text()
    assert "<b>3</b> × known in the log of the table" in page
    assert "<b>6</b> × a file that is no part of the table" in page
    said = capfd.readouterr()
    assert joined not in f"{page}{ledger.path.read_text()}{found}{said.out}{said.err}"


def test_nothing_of_the_release_is_published_until_a_person_acknowledges(promise, spark, lake, ledger, table, joined):
    LEAKS["in a hidden file"](table, joined)
    searched(promise, spark, lake)
    with pytest.raises(OpenIncidentError, match="feedback_topics"):
        publish_release(promise, RELEASE, DAY, "r1", lake)
    [incident] = open_incidents(ledger)
    acknowledge(incident["seq"], "ana", ledger)
    assert ledger.last("incident_acknowledged")["by"] == "ana"
    with pytest.raises(Exception, match="no readable verdict"):
        publish_release(promise, RELEASE, DAY, "r1", lake)
    with pytest.raises(NoSuchIncidentError):
        acknowledge(incident["seq"], "ana", ledger)


def test_tokens_under_an_unset_key_of_an_old_epoch_are_found(promise, spark, lake, ledger, platform):
    """Each epoch that lies in the table has unset keys of its own; a token could be anybody's under one of them."""
    contract, old = promise.release("threat_events"), DAY - timedelta(days=200)
    with sqlite3.connect(platform) as database:
        [person] = database.execute("SELECT max(user_id) FROM professional_users").fetchone()
    key = field_key(bytes(32), contract.domain, epoch_of(old, contract.epoch), "person")
    token = "".join(
        "cbdefghijklnrtuv"[b >> 4] + "cbdefghijklnrtuv"[b & 15]
        for b in hmac.digest(key, person.encode(), "sha256")[:16]
    )
    row = dict.fromkeys(contract.output_schema) | {"event_id": f"evt_{'c' * 32}", "actor": f"usr_{token}"}
    folder = lake.shared(lake.published("threat_events"))
    target = Path(f"day={old}") / f"{old}-0123456789-part-00001.parquet"
    lake.shared((folder / target).parent)
    schema = ", ".join(f"{name} {kind}" for name, kind in contract.output_schema.items())
    pq.write_table(spark.createDataFrame([tuple(row.values())], schema).toArrow(), folder / target)
    replace_day(open_table(folder, contract), old, {target: 1}, {"run": f"{old}-0123456789", "day": str(old)})
    found = {(f.expectation, f.column, f.detail) for f in searched(promise, spark, lake).findings}
    assert ("expect_no_unkeyed_hashes", "actor", "hashed_unset_key") in found


def test_a_leak_ends_the_command_with_a_refusal_that_names_release_and_column(
    promise, lake, table, joined, monkeypatch, capsys, spark
):
    from argparse import Namespace

    from jobs.assurance.assure import LeakFoundError
    from jobs.spark import session

    monkeypatch.setattr(session, "spark", lambda app: spark)
    LEAKS["in a cell and in a file's notes"](table, joined)
    with pytest.raises(LeakFoundError, match=r"feedback_topics: .*expect_no_known_identifiers topic"):
        assure_cli.run(Namespace(open=False, acknowledge=None, by=None, day=DAY, everything=False), lake)
    assure_cli.run(Namespace(open=True, acknowledge=None, by=None, day=None, everything=False), Lake(lake.root))
    assert "feedback_topics" in capsys.readouterr().out
    [incident] = open_incidents(Ledger(lake.ledger))
    assure_cli.run(Namespace(open=False, acknowledge=incident["seq"], by="ana", day=None, everything=False), lake)
    assert open_incidents(Ledger(lake.ledger)) == []
