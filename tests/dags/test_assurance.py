"""Assurance through real Airflow: a leak makes it red and waits for a person; pages are behind the sign-in."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from airflow.sdk.exceptions import AirflowFailException
from ignicloud_airflow import incidents
from ignicloud_airflow.incidents import Acknowledgement, waiting

from jobs.gate.decisions import LEAK, open_incidents
from jobs.lake.tables import open_table, replace_day

RELEASE, RUN = "feedback_topics", "2026-03-11-0123456789"


@pytest.fixture
def leaking(lake, promise, platform, monkeypatch):
    """A published table in which somebody's address stands, and the platform that knows them; the address."""
    monkeypatch.setenv("AIRFLOW_CONN_PLATFORM", json.dumps({"conn_type": "sqlite", "host": str(platform)}))
    with sqlite3.connect(platform) as database:
        [email] = database.execute("SELECT min(email) FROM professional_users").fetchone()
    folder = lake.shared(lake.published(RELEASE) / "day=2026-03-11").parent
    path = folder / "day=2026-03-11" / f"{RUN}-part-00001.parquet"
    row = {"statistic": "topics", "topic": email, "shown": True, "contributors": 7, "row_count": 9}
    pq.write_table(pa.Table.from_pylist([row]).replace_schema_metadata(None), path)
    replace_day(open_table(folder, promise.release(RELEASE)), datetime(2026, 3, 11).date(),
                {path.relative_to(folder): 1}, {"run": RUN})  # fmt: skip
    return email


def test_a_leak_makes_the_run_wait_for_a_person_and_is_shown_in_counts(dagbag, lake, ledger, leaking):
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    made = dagbag.dags["assurance"].test(logical_date=None, run_conf={}, mark_success_pattern="acknowledge")
    with create_session() as session:
        seen = [str(x) for x in session.scalars(select(XComModel.value).where(XComModel.run_id == made.run_id))]
        states = {ti.task_id: str(ti.state) for ti in made.get_task_instances(session=session)}
    assert states == {
        "assure": "failed", "incidents": "success", "acknowledge": "success", "retention_runs": "success",
        "risk": "success",
    }  # fmt: skip
    [incident] = open_incidents(ledger)
    assert any(f"{RELEASE}/assured-{incident['day']}.html" in text for text in seen)
    assert not [text for text in seen if leaking in text]


@pytest.fixture
def decided(monkeypatch):
    """What was told to the ledger, and a function that lets somebody respond."""
    told = []
    monkeypatch.setattr(incidents, "run_job", lambda step, **fields: told.append((step, fields)))
    monkeypatch.setattr(Acknowledgement, "skip", lambda *_, **__: None, raising=False)
    operator = Acknowledgement(task_id="acknowledge", incident="7", release=RELEASE, page="x")

    def respond(by, choice):
        user = {"id": by, "name": by} if by else None
        event = {"chosen_options": [choice], "params_input": {}, "responded_at": datetime.now(UTC),
                 "responded_by_user": user}  # fmt: skip
        return operator.execute_complete({"task": operator, "dag_run": SimpleNamespace()}, event)

    return told, respond


def test_a_persons_acknowledgement_goes_into_the_ledger(decided):
    told, respond = decided
    respond("ana", "Approve")
    assert told == [("assure", {"acknowledge": "7", "by": "ana"})]


def test_silence_a_rejection_and_an_approval_of_nobody_leave_it_open(decided, dagbag):
    told, respond = decided
    respond("ana", "Reject")
    with pytest.raises(AirflowFailException, match="person"):
        respond(None, "Approve")
    assert told == []
    acknowledge = dagbag.dags["assurance"].get_task("acknowledge")
    assert acknowledge.partial_kwargs["response_timeout"] == timedelta(days=6)
    assert Acknowledgement(task_id="a", incident="7", release=RELEASE, page="x").defaults == ["Reject"]


def test_only_open_incidents_of_an_assurance_wait(lake, ledger):
    first = ledger.append("incident", what=LEAK, release=RELEASE, day="2026-03-12", count=1)["seq"]
    ledger.append("incident", what="retention not proved", release=RELEASE, day="2026-03-12", count=1)
    second = ledger.append("incident", what=LEAK, release="threat_events", day="2026-03-12", count=1)["seq"]
    ledger.append("incident_acknowledged", incident=first, release=RELEASE, by="ana")
    assert [each["incident"] for each in waiting()] == [str(second)]


# -- the pages ------------------------------------------------------------------------------------


@pytest.fixture
def pages(lake, airflow_database, monkeypatch):
    """The mounted application with one page, asked as somebody who may read the DAG's logs, or not."""
    from airflow.api_fastapi.core_api import security
    from fastapi.testclient import TestClient
    from ignicloud_airflow.pages import app

    folder = lake.data_docs(RELEASE)
    folder.mkdir(parents=True)
    (folder / f"{RUN}.html").write_text("the page")
    (lake.ledger / "ledger.html").write_text("not a page")
    served = app()

    def ask(path, may=True):
        manager = SimpleNamespace(is_authorized_dag=lambda **asked: may and asked["details"].id == "nightly")
        monkeypatch.setattr(security, "get_auth_manager", lambda: manager)
        served.dependency_overrides[security.get_user] = lambda: SimpleNamespace(name="somebody")
        return TestClient(served).get(path)

    ask.stranger = lambda path: (served.dependency_overrides.clear(), TestClient(served).get(path))[1]
    return ask


def test_whoever_may_read_the_nights_logs_reads_its_pages(pages):
    answer = pages(f"/data_docs/{RELEASE}/{RUN}.html")
    assert (answer.status_code, answer.text) == (200, "the page")
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_nobody_else_does(pages):
    assert pages(f"/data_docs/{RELEASE}/{RUN}.html", may=False).status_code == 403
    assert pages.stranger(f"/data_docs/{RELEASE}/{RUN}.html").status_code == 401


@pytest.mark.parametrize("path", ["../ledger", "%2e%2e/ledger", "..%2f..%2fledger/ledger", f"{RELEASE}/nothing"])
def test_nothing_but_a_page_is_served(pages, path):
    assert pages(f"/data_docs/{path}.html").status_code == 404


def test_the_gates_task_links_to_the_page_of_its_own_run_on_any_port(dagbag):
    from ignicloud_airflow.pages import DataDocsLink
    from ignicloud_airflow.releases import ValidateStep
    from ignicloud_airflow.spark import run_name

    task = ValidateStep(task_id="validate", day="2026-03-12", release=RELEASE)
    url = DataDocsLink().get_link(task, ti_key=SimpleNamespace(run_id="manual"))
    page = f"{RELEASE}/{run_name('manual', '2026-03-12')}.html"
    assert url == f"ignicloud/data_docs/{page}"
    assert [link.name for link in dagbag.dags["nightly"].get_task("bases.validate").operator_extra_links] == [
        "Data Docs"
    ]
