"""A process that carries out a plan and is killed at one of its changes of the lake.

``python -m tests.jobs.retention.killed PLAN N``: counted are the calls that open a file for writing, link,
rename or remove one, make or remove a folder; what Spark and deltalake change lies between them. The kill
is SIGKILL: no handler runs, locks and half-written files stay as they are.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

CHANGES = frozenset({"os.link", "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.chmod", "shutil.rmtree"})
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def changes(root: Path, before: Callable[[str], None]) -> Callable[[str, tuple[object, ...]], None]:
    """An audit hook (PEP 578) that calls ``before`` with the name of each change below ``root``.

    Inside `shutil.rmtree` names are relative to a folder's descriptor: they count, too.
    """

    def hook(event: str, details: tuple[object, ...]) -> None:
        changing = event in CHANGES or (event == "open" and isinstance(details[2], int) and details[2] & WRITES)
        if changing and (
            any(str(each).startswith(str(root)) for each in details)
            or (event in ("os.remove", "os.rmdir") and details[1] != -1)
        ):
            before(event)

    return hook


def main(plan: str, last: int) -> None:
    """Carry out ``plan``, of whose changes only the first ``last`` happen; a run that ends says how many it made."""
    import policy
    from jobs.keys.ring import Keyring
    from jobs.lake.ledger import Ledger
    from jobs.lake.zones import Lake
    from jobs.retention.execute import Work, execute
    from jobs.retention.plan import load_plan
    from jobs.retention.planner import look
    from jobs.spark.session import spark
    from tests.jobs.retention.conftest import TINY

    made: list[str] = []

    def before(change: str) -> None:
        if len(made) == last:
            os.kill(os.getpid(), signal.SIGKILL)
        made.append(change)

    session, lake = spark("expire"), Lake.from_environment()
    for name, value in TINY.items():
        session.conf.set(name, value)
    planned = load_plan(lake, plan)
    sys.addaudithook(changes(lake.root, before))
    days = frozenset({date.fromisoformat(planned.day)})
    with look(policy.load(), lake, Keyring.from_environment(), session, days) as at:
        execute(Work(planned, at, Ledger(lake.ledger)))
    print(len(made))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
