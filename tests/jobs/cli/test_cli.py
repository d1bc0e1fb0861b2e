"""The command line: a refusal is one line and one entry; a crash says where, and never what it held."""

import json
import resource
import sqlite3

import pytest

from jobs import cli
from jobs.cli.crashes import told


def test_a_refusal_is_one_line_an_exit_code_and_an_entry(lake, ledger, capsys, monkeypatch):
    monkeypatch.setenv("IGNICLOUD_PLATFORM", "")
    assert cli.main(["plan", "--day", "2026-03-12"]) == 0
    assert cli.main(["extract", "--day", "2026-03-12"]) == cli.REFUSED
    printed = capsys.readouterr().err
    assert printed.startswith("refused: the platform's database isn't named")
    assert len(printed.splitlines()) == 1
    assert ledger.last("refused")["error"] == "PlatformError"


def test_a_crash_holds_its_message_back(lake, capsys, monkeypatch):
    def crash(*_):
        raise ValueError("@".join(["jane.roe", "mail.example"]))

    monkeypatch.setattr("jobs.night.extract.extract_day", crash)
    assert cli.main(["extract", "--day", "2026-03-12"]) == cli.CRASHED
    printed = capsys.readouterr().err
    assert "ValueError" in printed
    assert "jane.roe@mail.example" not in printed


class Sparks(Exception):
    def getCondition(self):
        return "UNRESOLVED_COLUMN.WITH_SUGGESTION"


SECRET = "jane.roe"
CRASHES = {
    "ModuleNotFoundError (no module adbc_driver_postgresql.dbapi)": ModuleNotFoundError(
        SECRET, name="adbc_driver_postgresql.dbapi"
    ),
    "ImportError (of pyarrow)": ImportError(SECRET, name="pyarrow"),
    "OSError (ENOSPC)": OSError(28, SECRET, SECRET),
    "FileNotFoundError (ENOENT)": FileNotFoundError(2, SECRET, SECRET),
    "UnicodeDecodeError (utf-8)": UnicodeDecodeError("utf-8", SECRET.encode(), 0, 1, SECRET),
    "JSONDecodeError (line 1, column 3)": json.JSONDecodeError(SECRET, SECRET, 2),
    "Sparks (UNRESOLVED_COLUMN.WITH_SUGGESTION)": Sparks(SECRET),
    "KeyError": KeyError(SECRET),
    "ModuleNotFoundError": ModuleNotFoundError(SECRET, name=f"{SECRET}@mail.example"),
    "UnicodeEncodeError": UnicodeEncodeError(SECRET, SECRET, 0, 1, SECRET),
}


@pytest.mark.parametrize("said", CRASHES)
def test_a_crash_says_of_its_cause_what_can_be_no_value(said):
    text = told(CRASHES[said])
    assert text.startswith(f"crashed: {said}; the rest of its message is held back")
    assert SECRET not in text


def test_a_database_says_the_name_of_its_error():
    with sqlite3.connect(":memory:") as database, pytest.raises(sqlite3.Error) as caught:
        database.execute(f"SELECT * FROM {SECRET.replace('.', '')}")
    assert told(caught.value).splitlines()[-1].startswith("crashed: OperationalError (SQLITE_ERROR);")


@pytest.mark.parametrize("run", ["../../etc", "A", "", "x" * 101])
def test_a_run_that_could_leave_its_folder_is_no_run(lake, run):
    with pytest.raises(SystemExit):
        cli.main(["publish", "--release", "threat_events", "--day", "2026-03-12", "--run", run])


def test_the_ledger_is_verified_from_the_command_line(lake, ledger, capsys):
    ledger.append("cleaned", source="activity", day="2026-03-12")
    assert cli.main(["ledger", "verify"]) == 0
    assert "1 entries, the chain holds" in capsys.readouterr().out


def test_a_step_leaves_no_core_dump(lake, ledger, monkeypatch):
    limits = {}
    monkeypatch.setattr(resource, "setrlimit", limits.__setitem__)
    cli.main(["ledger", "verify"])
    assert limits == {resource.RLIMIT_CORE: (0, 0)}
