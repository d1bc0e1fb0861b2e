"""Requests, nights, holds, late events, restored copies, rotations, retention and kills in any order: four promises hold.

Nobody erased is present, nobody held is lost, nobody restricted is in a release, every request is somewhere; and
nobody else loses or gains a row. The lake, the platform, the keyring and the tables are real; `without_spark` says what
pyarrow does in place of Spark, `oracle` how it is looked for. ``--hypothesis-profile=long`` takes many more steps,
``--hypothesis-profile=spark`` few of them with the real Spark.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.jobs.rights.machine.requests import Machine
from tests.jobs.rights.machine.without_spark import STANDING_IN

FEW = {"tests": (8, 20), "long": (300, 50), "spark": (4, 20)}
"""Profile → runs, and steps of each."""


@pytest.fixture
def started(promise, tmp_path, monkeypatch, request):
    """A function that begins anew: an empty platform, an empty lake, keys of its own."""
    monkeypatch.setattr("jobs.lake.tables.MOMENT", 0)
    session = object()
    if settings.get_current_profile_name() == "spark":
        session = request.getfixturevalue("tiny")
    else:
        for of, name, stand_in in STANDING_IN:
            monkeypatch.setattr(of, name, stand_in)
    return lambda: Machine(promise, tmp_path, monkeypatch, session)


def test_whatever_happens_in_whatever_order_nobody_comes_back_is_lost_or_is_forgotten(started):
    runs, steps = FEW[settings.get_current_profile_name()]
    run_state_machine_as_test(
        started,
        settings=settings(
            max_examples=runs,
            stateful_step_count=steps,
            derandomize=settings.get_current_profile_name() == "tests",
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
