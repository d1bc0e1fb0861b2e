"""Releases as they are described: published as `publish` does it, without a Spark job."""

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from jobs.catalogue.describe import describe
from jobs.lake.tables import open_table, replace_day
from jobs.night.publish import mark_of

DAY, RUN, VERDICT = date(2026, 3, 12), "2026-03-12-night", "0123456789ab" + "c" * 52


@pytest.fixture
def publish(lake, ledger, promise):
    """A function that publishes no rows of a day of a release and records them as ``rows``."""

    def one(name, day=DAY, rows=7, silent=()):
        contract, folder = promise.release(name), lake.shared(lake.published(name))
        table, path = open_table(folder, contract), Path(f"day={day}") / f"{mark_of(RUN, VERDICT)}part-00000.parquet"
        lake.shared((folder / path).parent)
        schema = table.to_pyarrow_dataset().schema
        pq.write_table(schema.remove(schema.get_field_index("day")).empty_table(), folder / path)
        said = {"release": name, "day": day, "run": RUN}
        ledger.append(
            "protected", **said, rows_in=rows + 3, rows_out=rows, suppressed=0, excluded=3, silent=list(silent)
        )
        ledger.append(
            "judged", **said, verdict="green", findings=[], expectations=40, proof_planted=90, proof_caught=90,
            verdict_hash=VERDICT, rows=rows,
        )  # fmt: skip
        version = replace_day(table, day, {path: rows}, {"run": RUN, "day": str(day), "verdict": VERDICT})
        ledger.append("published", **said, version=version, rows=rows, files=1, verdict_hash=VERDICT)

    return one


@pytest.fixture
def described(lake, ledger, promise):
    """A function that describes a release as it is now."""
    return lambda name: describe(promise, promise.release(name), lake, ledger)


@pytest.fixture
def night(publish, described, promise):
    """Every release, published once, by its name."""
    for name in promise.releases:
        publish(name)
    return {name: described(name) for name in promise.releases}


def at(text):
    """A moment of the record."""
    return datetime.fromisoformat(text).astimezone(UTC)
