"""The compiler with the project's contracts, and events as frames."""

from functools import partial

import pytest
import yaml

from jobs.signals.rules import compiled, fields_of
from tests.jobs.signals.small_events import COLUMNS, NAMES


@pytest.fixture(scope="session")
def compile_rules(promise):
    """The compiler with the project's contracts."""
    contract = promise.release("threat_signals")
    groups = next(output.tokens for output in contract.outputs if output.name == "shared")

    def compile_text(text):
        return compiled(list(yaml.safe_load_all(text.removesuffix("---\n"))), fields_of(promise, contract), groups)

    return compile_text


@pytest.fixture(scope="session")
def frame(spark):
    """Events as a frame."""
    return partial(_frame, spark)


def _frame(spark, rows):
    return spark.createDataFrame([tuple(row[name] for name in NAMES) for row in rows], COLUMNS)
