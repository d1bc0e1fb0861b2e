"""The command line: a refusal is one line and one entry; a crash says where, and never what it held."""

import errno
import json
import os
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from jobs import cli
from jobs.cli.crashes import told
from policy.command_line import command
from policy.errors import PolicyError

ROOT = Path(__file__).resolve().parents[3]
BARE = f"""
import runpy, sys
sys.path.insert(0, {str(ROOT)!r})
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


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


@pytest.mark.parametrize("words", [["ledger", "verify"], ["keys", "list"], ["keys", "verify"], ["signals", "report"]])
def test_who_only_looks_at_a_lake_that_isnt_there_is_refused_and_makes_none(lake, words, capsys):
    day = ["--day", "2026-03-12"] if words[0] == "signals" else []
    for _ in range(2):
        assert cli.main([*words, *day]) == cli.REFUSED
    assert "Traceback" not in capsys.readouterr().err
    assert not lake.root.exists()


def test_who_asks_for_budgets_under_a_broken_policy_makes_no_lake(lake, monkeypatch):
    def broken():
        raise PolicyError("policy/register.yaml: not a mapping")

    monkeypatch.setattr("policy.load", broken)
    assert cli.main(["budget"]) == cli.REFUSED
    assert not lake.root.exists()


@pytest.mark.parametrize(
    "day", ["2026-13-45", "2026-02-29", "yesterday", "", "20260312", "2026-W11-4", "12.03.2026", "-1"]
)
def test_what_is_no_day_is_said_to_be_none_with_one_that_is(lake, day, capsys):
    with pytest.raises(SystemExit):
        cli.main(["plan", f"--day={day}"])
    assert capsys.readouterr().err.rstrip().endswith(f"{day!r} is no day; days are written 2026-01-31")


def test_a_lake_that_is_a_file_is_refused_in_one_line(lake, capsys, monkeypatch):
    lake.root.write_text("")
    assert cli.main(["night", "--day", "2026-03-12"]) == cli.REFUSED
    assert (
        capsys.readouterr().err
        == f"refused: the lake {lake.root} is a file; correct IGNICLOUD_LAKE, or what it names\n"
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [("a text.db", b"no database, " * 99), ("empty%20.db", b""), ("torn#1.db", b"SQLite format 3\0" + bytes(9)), ("\u00e9?.db", bytes(4096))],
)  # fmt: skip
def test_a_platform_that_is_no_database_is_refused_in_one_line(lake, tmp_path, name, content, capsys, monkeypatch):
    (tmp_path / name).write_bytes(content)
    monkeypatch.setenv("IGNICLOUD_PLATFORM", f"sqlite:///{tmp_path / name}")
    assert cli.main(["extract", "--day", "2026-03-12"]) == cli.REFUSED
    said = capsys.readouterr().err
    assert said.startswith("refused: ")
    assert said.count("\n") == 1


def test_a_platform_in_a_folder_of_any_name_is_read(lake, platform, tmp_path, monkeypatch, capsys):
    odd = tmp_path / "100% #1 ?"
    odd.mkdir()
    platform.rename(odd / "a+b.db")
    monkeypatch.setenv("IGNICLOUD_PLATFORM", f"sqlite:///{odd / 'a+b.db'}")
    assert cli.main(["extract", "--day", "2026-03-12"]) == 0, capsys.readouterr().err


def test_a_run_that_nobody_staged_is_refused_by_its_name(lake, capsys):
    where = ["--release", "threat_events", "--day", "2026-03-12", "--run", "never"]
    for step in ("validate", "publish"):
        assert cli.main([step, *where]) == cli.REFUSED
        assert "threat_events" in capsys.readouterr().err


@pytest.mark.parametrize(("home", "problem"), [("", "there is no java"), ("/nowhere", "JAVA_HOME names no JDK")])
def test_without_java_a_spark_step_says_what_to_install(lake, home, problem, capsys, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("JAVA_HOME", home)
    where = ["--release", "threat_events", "--day", "2026-03-12", "--run", "never"]
    assert cli.main(["protect", *where]) == cli.REFUSED
    assert f"refused: {problem}: install a JDK" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("number", "code"), [(errno.ENOSPC, cli.REFUSED), (errno.EACCES, cli.REFUSED), (errno.EIO, cli.CRASHED)]
)
def test_what_the_machine_refuses_is_said_with_its_file_and_what_only_time_mends_may_be_tried_again(
    lake, number, code, capsys, monkeypatch
):
    def fail(*_):
        raise OSError(number, os.strerror(number), "/lake/landing")

    monkeypatch.setattr("jobs.night.extract.extract_day", fail)
    assert cli.main(["extract", "--day", "2026-03-12"]) == code
    assert ("refused: " in capsys.readouterr().err) == (code == cli.REFUSED)


@pytest.mark.parametrize("module", [["jobs", "keys", "list"], ["policy"], ["demo", "seed", "--to", "sqlite:///x"]])
def test_the_systems_own_python_is_told_which_one_to_use(module, tmp_path):
    bare = [sys.executable, "-I", "-S", "-c", BARE, *module]
    done = subprocess.run(bare, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1, done.stderr
    assert "isn't this project's Python" in done.stderr


def test_every_refusal_spells_the_command_as_it_is_typed_here():
    named = {
        path: path.read_text("utf-8") for place in ("jobs", "policy", "demo") for path in (ROOT / place).rglob("*.py")
    }
    spelled = [
        str(path)
        for path, text in named.items()
        if re.search(r"""(?<!`)[`"']python -m (jobs|policy|demo)\b(?!.*\.\.\.)""", text)
    ]
    assert [path for path in spelled if "surrogate_pools" not in path] == []
    assert command("jobs", "keys", "list").endswith("python -m jobs keys list")
    assert (ROOT / command("jobs").split()[0]).exists() or shutil.which(command("jobs").split()[0])


def test_a_step_leaves_no_core_dump(lake, ledger, monkeypatch):
    limits = {}
    monkeypatch.setattr(resource, "setrlimit", limits.__setitem__)
    cli.main(["ledger", "verify"])
    assert limits == {resource.RLIMIT_CORE: (0, 0)}


def test_of_several_releases_one_that_is_refused_or_crashes_stops_no_other(lake, ledger, capfd, monkeypatch):
    def protected(_promise, release, day, *_):
        if release == "bad":
            raise PolicyError("bad isn't in landing")
        if release == "broken":
            raise ValueError(".".join(["jane", "roe"]))
        return type("Staged", (), {"said": "3 rows in"})

    monkeypatch.setattr("jobs.night.protect.protect_release", protected)
    monkeypatch.setattr("jobs.spark.session.spark", lambda app: None)
    words = ["--day", "2026-03-12", "--run", "r"]
    several = [word for name in ("bad", "broken", "good") for word in ("--release", name)]
    assert cli.main(["protect", *several, *words]) == cli.CRASHED
    said, complained = capfd.readouterr()
    assert said.splitlines() == ["ended: bad 2", "ended: broken 1", "good of 2026-03-12: 3 rows in", "ended: good 0"]
    assert complained.startswith("refused: bad isn't in landing\n")
    assert "crashed: ValueError" in complained
    assert "jane.roe" not in complained
    assert ledger.last("refused")["release"] == "bad"
    assert cli.main(["protect", "--release", "bad", "--release", "good", *words]) == cli.REFUSED
    assert cli.main(["protect", "--release", "good", *words]) == 0
    assert "ended:" not in capfd.readouterr().out.splitlines()[-1]
