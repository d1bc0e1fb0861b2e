"""A sample of the campaign of bench.faults: it survives its faults, and finds those that are planted."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="failing the N-th call needs strace")


def campaign(tmp_path, *arguments):
    """Every outcome of a campaign that found nothing."""
    command = [sys.executable, "-m", "bench.faults", "--into", tmp_path, *arguments]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return [json.loads(line) for line in (tmp_path / "outcomes.jsonl").read_text().splitlines()]


def test_steps_survive_calls_that_fail_power_cuts_and_damaged_files(tmp_path):
    sample = (
        "--most",
        "2",
        "--small",
        "2",
        "--what",
        "calls",
        "points",
        "damaged",
        "--only",
        "keys.retire",
        "publish.again",
    )
    outcomes = campaign(tmp_path, *sample)
    assert {each["how"] for each in outcomes} == {"call", "cut: names", "cut: bytes", "point", "damaged"}


def test_planted_faults_are_found(tmp_path):
    outcomes = campaign(tmp_path, "--most", "99", "--what", "mutants", "--only", "keys.open", "reidentify.answer")
    assert len(outcomes) == 3


def test_two_steps_at_once_leave_what_one_after_the_other_does(tmp_path):
    two = ("reidentify.decide + reidentify.decide", "protect + protect", "publish.again + publish.other")
    outcomes = campaign(tmp_path, "--waits", "2", "--what", "pairs", "--only", *two)
    assert {each["case"] for each in outcomes} >= set(two)


@pytest.mark.long
def test_every_step_survives_a_sample(tmp_path):
    campaign(tmp_path, "--most", "12", "--small", "12", "--what", "calls", "points", "disk", "damaged")
