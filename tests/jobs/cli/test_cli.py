"""The command line: a refusal is one line and one entry; a crash says where, and never what it held."""

import resource

import pytest

from jobs import cli


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
