"""What ``make nightly`` says: what is wrong with its settings in one line, and never nothing for long."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from demo import night

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("words", "port", "said"),
    [
        ([], "abc", "'abc' is no port; ports are numbers from 1 to 65535"),
        ([], "70000", "'70000' is no port"),
        ([], "-1", "'-1' is no port"),
        (["--day", "2026-13-45"], "", "'2026-13-45' is no day; days are written 2026-01-31"),
        (["--scale", "big"], "", "'big' is no size"),
        (["--scale", "0"], "", "'0' is no size"),
        (["--scale", "nan"], "", "'nan' is no size"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(words, port, said):
    command = [sys.executable, "-m", "demo.night", "night", *words]
    environment = {**os.environ, "PORT": port}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert said in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_nothing_typed_is_yesterday_port_8080_and_size_1(monkeypatch):
    assert night.a_scale("") == 1


def test_whoever_waits_is_told_so(capsys):
    with night.patience("starting", seconds=0.05):
        time.sleep(0.2)
    said = capsys.readouterr().out.splitlines()
    assert len(said) >= 2
    assert said[0].startswith("  … starting, ")


def test_whoever_hears_something_is_told_nothing_more(capsys):
    with night.patience("starting", seconds=0.2) as over:
        for _ in range(6):
            night.say("a word")
            time.sleep(0.05)
        over.set()
        time.sleep(0.3)
    assert set(capsys.readouterr().out.splitlines()) == {"a word"}


def task(name, place, state="success", which=None):
    return {"task_id": name, "map_index": place, "state": state, "rendered_map_index": which, "duration": 1.0}


def test_a_task_that_never_ran_is_called_as_its_release_is():
    tasks = [
        task("others.protect", 0, "failed", "2026-03-12 feedback_topics"),
        task("others.protect", 1, "success", "2026-03-12 service_statistics"),
        task("others.validate", 0, "upstream_failed"),
        task("bases.protect", 0, "success", "2026-03-12 threat_events"),
    ]
    assert "validate     2026-03-12 feedback_topics" in night.line_of(tasks[2], tasks)
    assert night.line_of(task("extract", -1), tasks).split() == ["✓", "extract", "1.0", "s"]


class Answers:
    """An Airflow whose run has these tasks, a list a question, and ends with the last of them."""

    def __init__(self, *tasks):
        self.tasks, self.asked = list(tasks), []

    def ask(self, _, what):
        if "taskInstances" in what:
            self.asked.append(what)
            return {"task_instances": self.tasks.pop(0)}
        return {"state": "success" if not self.tasks else "running"}


def test_each_task_that_ended_is_shown_once_one_that_never_began_too(monkeypatch, capsys):
    monkeypatch.setattr(night.time, "sleep", lambda _: None)
    planned = {**task("plan", -1), "id": "1", "end_date": "2026-12-01T06:00:00Z"}
    skipped = {**task("unmade", 0, "skipped", "2026-11-30 usage_profile"), "id": "2", "end_date": None}
    running = {**task("extract", -1, "running"), "id": "3", "end_date": None}
    assert night._ended_well(Answers([planned, skipped, running], [planned, skipped]), "run")
    said = [line.split()[:2] for line in capsys.readouterr().out.splitlines()]
    assert sorted(said) == [["–", "unmade"], ["✓", "plan"]]
