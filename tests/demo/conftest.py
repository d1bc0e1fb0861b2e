"""One small platform of two weeks for all of these tests, and its truth."""

import json
import sqlite3
from contextlib import closing
from datetime import date

import pandas as pd
import pytest

from demo.schema import TABLES
from demo.seed import seed

UNTIL = date(2026, 3, 15)


@pytest.fixture(scope="session")
def two_weeks(tmp_path_factory):
    """The SQLite file of a platform with fourteen days; its truth lies beside it."""
    path = tmp_path_factory.mktemp("demo") / "platform.db"
    truth = seed(f"sqlite:///{path}", UNTIL, days=14, scale=0.25)
    path.with_name("truth.json").write_text(json.dumps(truth))
    return path


@pytest.fixture(scope="session")
def truth(two_weeks):
    """What was planted."""
    return json.loads(two_weeks.with_name("truth.json").read_text())


@pytest.fixture(scope="session")
def tables(two_weeks):
    """Every table as a frame, events in the order of time."""
    with closing(sqlite3.connect(two_weeks)) as connection:
        frames = {name: pd.read_sql(f"SELECT * FROM {name}", connection) for name in TABLES}
    for name, frame in frames.items():
        if "occurred_at" in frame:
            times = pd.to_datetime(frame["occurred_at"])
            frames[name] = frame.assign(occurred_at=times).sort_values("occurred_at", ignore_index=True)
    return frames
