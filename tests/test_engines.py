"""What the documented connections of other engines become, as far as a machine without them can tell."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "cluster.md").read_text("utf-8")


def documented(engine: str) -> str:
    """The connection that the page gives under the heading of one engine."""
    section = PAGE.split(f"### {engine}\n")[1]
    return json.dumps(json.loads(re.search(r"AIRFLOW_CONN_SPARK_DEFAULT='(\{.*?\})'", section, re.DOTALL)[1]))


@pytest.fixture
def submitted(airflow_database, monkeypatch):
    """The spark-submit line of a protect step under a connection."""

    def line(connection: str) -> list[str]:
        from airflow.providers.apache.spark.hooks import spark_submit
        from ignicloud_airflow.spark import SparkStep

        monkeypatch.setattr(spark_submit, "kube_client", object(), raising=False)
        monkeypatch.setenv("AIRFLOW_CONN_SPARK_DEFAULT", connection)
        step = SparkStep(task_id="protect", step="protect", day="2026-03-12", release="threat_events")
        step.application_args = ["protect"]
        return list(step._get_hook()._build_spark_submit_command(step.application))

    return line


def option(line: list[str], name: str) -> str | None:
    return line[line.index(name) + 1] if name in line else None


@pytest.mark.parametrize(
    ("engine", "master"),
    [
        ("Spark standalone", "spark://master.example:7077"),
        ("YARN", "yarn"),
        ("Kubernetes", "k8s://https://kubernetes.default.svc:443"),
    ],
)
def test_the_connection_alone_chooses_the_engine(submitted, engine, master):
    assert option(submitted(documented(engine)), "--master") == master


@pytest.mark.parametrize("engine", ["Spark standalone", "YARN", "Kubernetes"])
def test_the_driver_stays_with_the_keys_on_every_engine(submitted, engine):
    assert option(submitted(documented(engine)), "--deploy-mode") in (None, "client")


def test_queue_and_namespace_come_from_the_connection(submitted):
    assert option(submitted(documented("YARN")), "--queue") == "nights"
    assert "spark.kubernetes.namespace=nights" in submitted(documented("Kubernetes"))


@pytest.mark.parametrize(
    ("size", "compilers", "interpreted"),
    [
        (0, 2, False),
        (1, 1, True),
        ((1 << 20) - 1, 1, True),
        (1 << 20, 1, False),
        ((8 << 20) - 1, 1, False),
        (8 << 20, 2, False),
    ],
)
def test_the_less_a_day_holds_the_less_is_compiled(
    airflow_database, tmp_path, monkeypatch, size, compilers, interpreted
):
    from ignicloud_airflow.spark import INTERPRETED, properties

    monkeypatch.setenv("IGNICLOUD_LAKE", str(tmp_path))
    (tmp_path / "landing" / "activity" / "day=2026-03-12").mkdir(parents=True)
    with (tmp_path / "landing" / "activity" / "day=2026-03-12" / "rows.parquet").open("wb") as file:
        file.truncate(size)
    one = {"spark.driver.defaultJavaOptions": "-XX:TieredStopAtLevel=1"} if compilers == 1 else {}
    assert properties("2026-03-12") == one | (INTERPRETED if interpreted else {})
    assert properties("2026-03-11") == {}


@pytest.mark.parametrize("engine", ["Spark standalone", "YARN", "Kubernetes"])
def test_the_kernel_travels_with_each_submission_and_no_secret_does(submitted, engine):
    line = submitted(documented(engine))
    assert option(line, "--jars") == str(ROOT / ".build" / "kernel.jar")
    assert not re.search(r"secret|password|kek|keyring", " ".join(line).replace(str(ROOT), ""), re.IGNORECASE)
