"""From the command line: what is printed, refused and recorded."""

from datetime import UTC, date, datetime, timedelta

import pytest

from jobs import cli
from tests.jobs.retention.world import identity

TODAY = datetime.now(UTC).date()
DAY = TODAY - timedelta(days=2)


@pytest.fixture
def due(world, monkeypatch):
    """Two rows, one of them of somebody whose time is over; the steps take the tests' Spark."""
    monkeypatch.setattr("jobs.spark.session.spark", lambda _: world.spark)
    world.company("over", date(TODAY.year - 3, 1, 31))
    world.account("ada", "over")
    world.publish("threat_events", DAY, [{"person": "ada"}, {"person": "nobody"}])
    return world


def test_a_plan_is_made_approved_carried_out_and_proved(due, capsys):
    assert cli.main(["expire", "--plan"]) == 0
    plan = due.ledger.last("expiry_planned")["plan"]
    assert cli.main(["expire", "--execute", plan]) == cli.REFUSED
    assert len(due.rows("threat_events")) == 2
    assert cli.main(["expire", "--approve", plan, "--by", "ben"]) == 0
    assert cli.main(["expire", "--execute", plan]) == 0
    assert len(due.rows("threat_events")) == 1
    assert cli.main(["expire", "--verify", plan]) == cli.REFUSED, "nothing is proved yet"
    assert cli.main(["expire", "--prove", plan]) == 0
    assert cli.main(["expire", "--verify", plan]) == 0
    said = capsys.readouterr()
    assert "1 of 2 rows go from 1 files (0 whole) of 1 days; 1 people, 0 companies" in said.out
    assert "needs an approval" in said.out
    assert "0 left that must be gone" in said.out
    assert "deletes more than the daily share of threat_events" in said.err
    everything = said.out + said.err + (due.lake.ledger / "ledger.jsonl").read_text()
    assert not [s for s in (identity("ada"), "usr_", "eml_") if s in everything]
    assert due.ledger.verify() > 0


@pytest.mark.parametrize("name", ["../../etc/passwd", "abc", ""])
def test_a_plan_is_named_by_a_hash_and_by_nothing_else(lake, name):
    with pytest.raises(SystemExit):
        cli.main(["expire", "--execute", name])


def test_an_unknown_plan_is_refused(lake, capsys):
    assert cli.main(["expire", "--approve", "0" * 64, "--by", "ben"]) == cli.REFUSED
    assert "no unchanged plan 000000000000" in capsys.readouterr().err
