"""Why a step failed is its task's error: no line to look for above a traceback, and one cause is red once."""

import logging
import traceback
from types import SimpleNamespace

import pytest
from airflow.providers.apache.spark.operators import spark_submit
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException
from ignicloud_airflow import jobs
from ignicloud_airflow.jobs import require_done, run_job
from ignicloud_airflow.releases import DerivedStep
from ignicloud_airflow.spark import SparkStep

CONTEXT = {"run_id": "r", "ti": SimpleNamespace(try_number=1, task_id="bases.x", xcom_pull=lambda task_ids: None)}
REFUSED = "refused: threat_events of 2026-03-12 is red: expect_rows_balance"


@pytest.mark.parametrize(
    ("code", "kind"), [(jobs.REFUSED, AirflowFailException), (1, AirflowException), (-9, AirflowException)]
)
def test_a_failed_steps_reason_is_the_first_error_of_the_log_and_the_message(caplog, code, kind):
    with caplog.at_level(logging.ERROR), pytest.raises(kind) as caught:
        require_done("protect", code, REFUSED)
    assert [record.getMessage() for record in caplog.records] == [REFUSED] == [str(caught.value)]


def test_a_step_that_gave_no_reason_says_so():
    with pytest.raises(AirflowException, match="exit code 137 and gave no reason"):
        require_done("protect", 137)


def test_a_command_that_is_refused_fails_with_the_line_in_which_it_says_why(lake, monkeypatch):
    monkeypatch.setenv("IGNICLOUD_PLATFORM", "")
    with pytest.raises(AirflowFailException, match=r"^refused: the last verdict on none"):
        run_job("accept", release="none", day="2026-03-12", by="ana")


def spark_said(monkeypatch, *lines, code=2):
    """spark-submit ends with this code and prints these lines through the provider's own hook."""

    def execute(self, _):
        hook = self._get_hook()
        hook._process_spark_submit_log(iter(f"{line}\n" for line in lines))
        if code:
            raise AirflowException(f"Cannot execute: spark-submit a very long command. Error code is: {code}.")

    monkeypatch.setattr(spark_submit.SparkSubmitOperator, "execute", execute)
    return SparkStep(task_id="x", step="validate", day="2026-03-12", release="threat_events")


def test_a_spark_step_fails_with_the_line_in_which_it_says_why_and_no_word_of_plumbing(lake, monkeypatch):
    step = spark_said(monkeypatch, "WARN something", REFUSED, "a later line")
    with pytest.raises(AirflowFailException) as caught:
        step.execute(CONTEXT)
    assert str(caught.value) == REFUSED
    told = "".join(traceback.format_exception(caught.value))
    assert "Cannot execute" not in told


def test_a_spark_step_that_crashed_is_tried_again(lake, monkeypatch):
    step = spark_said(monkeypatch, "Traceback", "crashed: OSError (ENOSPC); the rest", code=1)
    with pytest.raises(AirflowException, match=r"^crashed: OSError") as caught:
        step.execute(CONTEXT)
    assert not isinstance(caught.value, AirflowFailException)
    assert spark_said(monkeypatch, "done", code=0).execute(CONTEXT) is None


def test_a_derived_release_waits_for_its_bases_and_is_no_second_red_task(lake, ledger, monkeypatch):
    spark_said(monkeypatch, "done", code=0)
    step = DerivedStep(task_id="y", step="protect", day="2026-03-12", release="threat_signals")
    with pytest.raises(AirflowSkipException, match="waits for threat_events, activity_trail, not published"):
        step.execute(CONTEXT)
    for release in ("threat_events", "activity_trail"):
        named = {"release": release, "day": "2026-03-12", "run": "r"}
        ledger.append("published", **named, version=1, rows=1, files=1, verdict_hash="0")
    step.execute(CONTEXT)
