"""Steps are broken on purpose where that is wanted, and nowhere else; every point is declared, called, and tried."""

import ast
import re
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from bench.faults.cases import CASES
from bench.faults.points import CASE_OF
from jobs import cli
from jobs.lake import faults
from jobs.lake.faults import GO, HERE, POINTS, TRIAL, VARIABLE, FaultRefusedError, arm, fault

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def breakable(lake):
    """A lake that says that it may be broken; nothing is armed afterwards."""
    lake.root.mkdir()
    (lake.root / TRIAL).touch()
    yield lake
    faults._armed.clear()


def called() -> Counter:
    """Every point that some step names in a call, and how often."""
    points = Counter()
    for path in (ROOT / "jobs").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "fault":
                [point] = node.args
                points[ast.literal_eval(point)] += 1
    return points


def test_every_point_that_is_called_is_declared_and_every_declared_one_is_called():
    assert called().keys() == POINTS.keys()


def test_every_point_has_a_case_in_the_campaign():
    assert CASE_OF.keys() == POINTS.keys()
    assert {*CASE_OF.values()} <= CASES.keys()


def test_points_are_named_by_their_step_and_their_moment():
    assert not [point for point in POINTS if not re.fullmatch(r"[a-z]+\.[a-z_]+", point)]


@pytest.mark.parametrize("said", ["publish.after_commit:kill", "", "anything"])
def test_on_a_lake_that_is_not_for_breaking_no_step_starts(lake, monkeypatch, capsys, said):
    monkeypatch.setenv(VARIABLE, said)
    assert cli.main(["ledger", "verify"]) == cli.REFUSED
    assert f"{VARIABLE} is set, and this lake has no file {TRIAL}" in capsys.readouterr().err
    assert not lake.root.exists()


@pytest.mark.parametrize("said", ["", "publish.after_commit", "publish.after_commit:explode", "no.point:kill"])
def test_what_nobody_understands_is_refused(breakable, monkeypatch, said):
    monkeypatch.setenv(VARIABLE, said)
    with pytest.raises(FaultRefusedError, match="isn't a point and a fault"):
        arm(breakable.root)


def test_a_variable_that_nobody_armed_has_no_effect(monkeypatch):
    monkeypatch.setenv(VARIABLE, "publish.after_commit:eio")
    fault("publish.after_commit")


def test_a_step_that_is_to_wait_says_that_it_is_there_and_goes_on_when_it_may(breakable, monkeypatch):
    monkeypatch.setenv(VARIABLE, "publish.after_commit:wait")
    arm(breakable.root)
    waiting = threading.Thread(target=fault, args=("publish.after_commit",))
    waiting.start()
    until = time.monotonic() + 20
    while not (breakable.root / HERE).exists() and time.monotonic() < until:
        time.sleep(0.01)
    assert waiting.is_alive()
    (breakable.root / GO).touch()
    waiting.join(20)
    assert not waiting.is_alive()


@pytest.mark.parametrize(("action", "problem"), [("eio", "Input/output error"), ("enospc", "No space left on device")])
def test_an_armed_point_breaks_and_no_other(breakable, monkeypatch, action, problem):
    monkeypatch.setenv(VARIABLE, f"publish.after_commit:{action}")
    arm(breakable.root)
    fault("publish.after_record")
    with pytest.raises(OSError, match=problem):
        fault("publish.after_commit")
    monkeypatch.delenv(VARIABLE)
    arm(breakable.root)
    fault("publish.after_commit")
