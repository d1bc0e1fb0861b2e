"""The morning's look at what needs a person: red while something can't wait, and the same list as the console's."""

import logging
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from airflow.sdk.exceptions import AirflowFailException
from ignicloud_airflow.attention import look_around

from policy.periods import now


@pytest.fixture(autouse=True)
def today(monkeypatch):
    """The clock by which the ledger is stamped: a word of a moment to come would wait for a person, too."""
    monkeypatch.setattr("policy.periods.clock", partial(datetime.now, UTC))


@pytest.fixture
def asked(ledger):
    """A function: somebody's request with so many days left."""

    def ask(left):
        received, due = (str(now().date() + timedelta(days=left - before)) for before in (30, 0))
        ledger.append("request_received", reference="0123456789abcdef", right="access", received=received, due=due)

    return ask


def test_a_morning_on_which_nothing_waits_is_green(lake, asked):
    asked(left=20)
    assert look_around() == 0


def test_a_request_that_is_late_is_red_by_its_reference_and_in_numbers(lake, asked, caplog):
    asked(left=-2)
    with (
        caplog.at_level(logging.INFO),
        pytest.raises(AirflowFailException, match=r"^1 × request late can't wait; 1 in"),
    ):
        look_around()
    assert "urgent: request late, access, request 0123456789abcdef:" in caplog.text


def test_one_that_is_due_in_a_week_is_said_and_isnt_red(lake, asked, caplog):
    asked(left=8)
    with caplog.at_level(logging.INFO):
        assert look_around() == 1
    assert "request due, access" in caplog.text


def test_a_ledger_that_was_changed_cant_wait(lake, asked):
    asked(left=20)
    path = lake.root / "ledger" / "ledger.jsonl"
    path.write_text(path.read_text().replace("access", "object"))
    with pytest.raises(AirflowFailException, match="1 × ledger"):
        look_around()


def test_the_dag_runs_and_its_run_shows_numbers(dagbag, lake, asked):
    asked(left=8)
    assert str(dagbag.dags["attention"].test(logical_date=None, run_conf={}).state) == "success"
