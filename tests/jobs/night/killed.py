"""An extraction that is killed at one of its changes of landing: ``python -m tests.jobs.night.killed DAY CHANGE N``.

The kill is SIGKILL, before the N-th call of this sort below the lake: no handler runs.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import date

from jobs.lake.ledger import Ledger
from jobs.lake.zones import Lake
from tests.jobs.retention.killed import changes


def main(day: str, change: str, number: int) -> None:
    """Extract ``day`` up to there."""
    import policy
    from jobs.night.extract import extract_day

    made: list[str] = []
    lake = Lake.from_environment()

    def before(event: str) -> None:
        made.append(event)
        if made.count(change) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(changes(lake.root / "landing", before))
    extract_day(policy.load(), date.fromisoformat(day), lake, Ledger(lake.ledger))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
