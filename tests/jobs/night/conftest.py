"""A staged run under a verdict of the gate's own seal, without Spark and without the gate."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.gate.verdict import JudgedFile, Verdict, suite_version
from jobs.keys.ring import Keyring
from jobs.lake.files import sha256_of
from jobs.lake.visible import visible_version

DAY = date(2026, 3, 12)
RELEASE = "feedback_topics"


@pytest.fixture
def judged(lake, promise):
    """A function that stages rows for a day under a green verdict of the gate's own seal."""

    def stage(run, day=DAY, contributors=(5,)):
        contract = promise.release(RELEASE)
        folder = lake.private(lake.staged(RELEASE, run))
        count = len(contributors)
        columns = {
            "statistic": ["topics"] * count, "topic": ["login"] * count,
            "shown": [True] * count, "contributors": list(contributors), "row_count": list(contributors),
            **dict.fromkeys(("row_count_low", "row_count_high"), pa.nulls(count, pa.int64())),
        }  # fmt: skip
        path = folder / "part-00000.parquet"
        pq.write_table(pa.table(columns), path)
        Verdict(
            release=RELEASE, day=day.isoformat(), run=run, verdict="green", findings=(), expectations=1,
            proof_planted=1, proof_caught=1, files=(JudgedFile(path.name, count, sha256_of(path)),), rows=count,
            contract=contract.fingerprint, suite=suite_version(), judged_at=datetime.now(UTC).isoformat(),
            extraction=lake.landed(day).extraction, visible=visible_version(lake.published(RELEASE), contract, day),
        ).sealed(Keyring.from_environment()).write(folder)  # fmt: skip
        return folder

    return stage
