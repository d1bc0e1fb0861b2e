"""A signal that ends `make nightly` or `make ui` ends everything that it started, by real processes."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from demo import tower

ROOT = Path(__file__).resolve().parents[2]
PART = """
import os, pathlib, signal, subprocess, sys, time
stubborn = "import os, signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)"
folder, part = pathlib.Path(sys.argv[1]), sys.argv[2]
for name, own in (("child", False), ("task", True)):
    subprocess.Popen([sys.executable, "-c", stubborn, str(folder / f"{part}-{name}.pid")], start_new_session=own)
(folder / f"{part}.pid").write_text(str(os.getpid()))
time.sleep(600)
"""
OUTER = """
import pathlib, signal, sys, time
from demo import tower
folder = pathlib.Path(sys.argv[1])
tower.HOME, tower.AIRFLOW, tower.STOPPED_WITHIN = folder, (sys.executable, str(folder / "part.py"), str(folder)), 1
def healthy(*_):
    while len(list(folder.glob("*.pid"))) < 9: time.sleep(0.05)
    (folder / "ready").touch()
tower._healthy = healthy
tower.end_by_signals()
with tower.running({"PATH": ""}, 0):
    if sys.argv[2] == "error": raise RuntimeError("a night that breaks")
    while True: signal.pause()
"""


def pids(folder):
    return [int(path.read_text()) for path in folder.glob("*.pid")]


def alive(pid):
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.fixture
def started(tmp_path):
    """Three parts, each with a child that hears no SIGTERM and a task in a session of its own."""
    (tmp_path / "part.py").write_text(PART)
    outer = []

    def start(how):
        command = [sys.executable, "-c", OUTER, str(tmp_path), how]
        outer.append(subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True))
        deadline = time.monotonic() + 60
        while not (tmp_path / "ready").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        return outer[0]

    yield start
    for pid in [*pids(tmp_path), *(process.pid for process in outer)]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT])
def test_a_signal_leaves_no_process_behind(started, tmp_path, number):
    outer = started("wait")
    assert len([pid for pid in pids(tmp_path) if alive(pid)]) == 9
    outer.send_signal(number)
    time.sleep(0.2)
    outer.send_signal(number)  # whoever is impatient interrupts nothing
    assert outer.wait(30) == 128 + number
    assert [pid for pid in pids(tmp_path) if alive(pid)] == []


def test_a_night_that_breaks_leaves_none_either(started, tmp_path):
    assert started("error").wait(30) == 1
    assert [pid for pid in pids(tmp_path) if alive(pid)] == []


def test_no_setting_of_a_copied_checkout_names_the_old_folder():
    """airflow.cfg is written once, with the folder of then; what it says of folders is said by the environment, too."""
    env = tower.environment(8080)
    code = (
        "import sys; from airflow.configuration import conf\n"
        "print(*(f'{s}.{k}={v}' for s, o in conf.as_dict(display_sensitive=True).items() for k, v in o.items()), sep=chr(10))"
    )
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    home = str(tower.HOME)
    lines = {line.partition("=")[0]: line for line in done.stdout.splitlines() if home in line}
    said = {name.replace(".", "__") for name in lines}
    given = {name.removeprefix("AIRFLOW__").lower() for name in env if name.startswith("AIRFLOW__")}
    assert {name for name in said if name.lower() not in given} == set()
    assert "database__sql_alchemy_conn" in said


def test_no_program_is_started_by_a_script_whose_first_line_names_a_folder():
    assert tower.AIRFLOW[0] == sys.executable
