"""The threat report in the Airflow UI: linked from the task that publishes the findings, for analysts alone."""

import os
from types import SimpleNamespace

import pytest

PAGE = "/threat_report/threat_signals/2026-03-12.html"


@pytest.fixture
def ask(lake, airflow_database, monkeypatch):
    """The mounted application with one report, asked by somebody whose role may read it, or may only read logs."""
    from airflow.api_fastapi.core_api import security
    from fastapi.testclient import TestClient
    from ignicloud_airflow.pages import app

    folder = lake.shared(lake.about("threat_signals") / "reports")
    (folder / "2026-03-12.html").write_text("the report")
    (lake.about("threat_signals") / "datasheet.html").write_text("not a report")
    served = app()

    def asked(path, may=("Threat report",)):
        manager = SimpleNamespace(
            is_authorized_dag=lambda **_: True,
            is_authorized_custom_view=lambda **asked: asked["resource_name"] in may,
        )
        monkeypatch.setattr(security, "get_auth_manager", lambda: manager)
        served.dependency_overrides[security.get_user] = lambda: SimpleNamespace(name="somebody")
        return TestClient(served).get(path)

    asked.stranger = lambda path: (served.dependency_overrides.clear(), TestClient(served).get(path))[1]
    return asked


def test_an_analyst_reads_the_report_and_nothing_of_it_is_loaded_from_elsewhere(ask):
    answer = ask(PAGE)
    assert (answer.status_code, answer.text) == (200, "the report")
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_whoever_may_only_read_the_nights_logs_does_not(ask):
    assert ask(PAGE, may=()).status_code == 403
    assert ask.stranger(PAGE).status_code == 401


@pytest.mark.parametrize("path", ["threat_signals/2026-03-13", "threat_signals/..%2fdatasheet", "..%2f../2026-03-12"])
def test_nothing_but_a_report_is_served(ask, path):
    assert ask(f"/threat_report/{path}.html").status_code == 404


@pytest.mark.parametrize(
    "base", ["", "http://localhost:8080", "https://airflow.example/", "https://proxy.example/air/flow"]
)
def test_the_task_that_publishes_findings_links_to_the_report_of_its_day_from_wherever_the_ui_is(
    dagbag, monkeypatch, base
):
    """Relative to the UI's ``<base>``, which is the path that the reader came by."""
    monkeypatch.setitem(os.environ, "AIRFLOW__API__BASE_URL", base)
    nightly = dagbag.dags["nightly"]
    [link] = nightly.get_task("derived.publish").operator_extra_links
    task = SimpleNamespace(op_args=("2026-03-12", "threat_signals"))
    assert link.name == "Threat report"
    assert link.get_link(task, ti_key=None) == f"ignicloud{PAGE}"
    assert list(nightly.get_task("bases.publish").operator_extra_links) == []


def test_the_link_survives_what_the_api_server_reads_of_the_dag(dagbag, monkeypatch):
    from airflow.serialization.serialized_objects import DagSerialization

    # A scheduler, which shows no links, leaves them out for its whole process; another test may have run one here.
    monkeypatch.setattr(DagSerialization, "_load_operator_extra_links", True)
    kept = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dagbag.dags["nightly"]))
    assert [link.name for link in kept.get_task("derived.publish").operator_extra_links] == ["Threat report"]


def test_airflow_mounts_the_pages(airflow_database):
    from airflow.plugins_manager import get_fastapi_plugins

    mounted, _ = get_fastapi_plugins()
    assert "/ignicloud" in [each["url_prefix"] for each in mounted]
