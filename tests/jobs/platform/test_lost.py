"""A database that goes away while it is read, or doesn't let go: refused, to be run again, and nothing is taken over."""

import os

import psycopg2
import pytest

from jobs import cli
from jobs.night import extract
from jobs.platform import database, dialects
from jobs.platform.database import PlatformLostError, connect
from policy.sources import Source

TABLE = Source(
    owner="data@firm.example", clause="3.1", rhythm="snapshot", columns={"cell": {"type": "text", "kind": "plain"}}
)


@pytest.fixture
def execute(postgres):
    """Run a statement as somebody else; a table is there that is larger than a batch."""

    def run(statement):
        with psycopg2.connect("") as connection, connection.cursor() as cursor:
            cursor.execute(statement)

    run("CREATE TABLE t AS SELECT repeat('x', 2000) AS cell FROM generate_series(1, 20000)")
    return run


END_ALL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


def test_a_connection_that_ends_between_two_batches_is_a_refusal_that_passes(execute):
    rows = 0

    def read():
        nonlocal rows
        with connect() as platform:
            for _ in platform.rows("t", TABLE, ["cell"]):
                if rows == 0:
                    execute(END_ALL)
                rows += 1

    with pytest.raises(PlatformLostError, match="went away while it was read; nothing of it was taken over") as caught:
        read()
    assert 0 < rows < 20_000
    assert caught.value.passes


def test_a_connection_that_ends_between_two_tables_is_one_too(execute):
    def read():
        with connect() as platform:
            execute(END_ALL)
            platform.describe("t")

    with pytest.raises(PlatformLostError):
        read()


@pytest.mark.parametrize(
    ("setting", "statement", "said"),
    [("lock_timeout", "LOCK TABLE t IN ACCESS EXCLUSIVE MODE", "table locked for too long"),
     ("statement_timeout", "SELECT 1", "took too long")],
)  # fmt: skip
def test_what_the_server_ends_is_said_by_its_cause(execute, monkeypatch, setting, statement, said):
    monkeypatch.setenv("PGOPTIONS", f"-c {setting}=100ms")
    with psycopg2.connect("") as other, other.cursor() as cursor:
        cursor.execute(statement)
        with pytest.raises(PlatformLostError, match=said), connect() as platform:
            platform._one("SELECT count(*) FROM t, t AS b, t AS c")


def test_a_locked_table_is_not_waited_for_without_end(execute):
    with connect() as platform:
        assert platform._one("SELECT current_setting('lock_timeout')") == f"{dialects.LOCKED_SECONDS // 60}min"


def test_airflow_runs_the_step_again_and_what_landed_stays(platform, lake, ledger, promise, monkeypatch, capsys):
    assert cli.main(["extract", "--day", "2026-03-12"]) == 0
    landed = {path: path.read_bytes() for path in lake.root.glob("landing/*/*/*")}

    def lost(*_):
        raise PlatformLostError("57P01")

    monkeypatch.setattr(extract, "_copied", lost)
    assert cli.main(["extract", "--day", "2026-03-12"]) == cli.CRASHED
    assert "SQLSTATE 57P01" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in lake.root.glob("landing/*/*/*")} == landed
    assert ledger.last("refused")["error"] == "PlatformLostError"


def test_libpq_s_own_patience_is_left_alone(monkeypatch):
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "5")
    assert "connect_timeout" not in database._patient()
    monkeypatch.delenv("PGCONNECT_TIMEOUT")
    assert "connect_timeout=30" in database._patient()
    assert "PGCONNECT_TIMEOUT" not in os.environ
