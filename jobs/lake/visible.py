"""Which version of a day readers see, by a name: what is judged beside it may replace no other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path

from jobs.lake.commits import TornCommitError
from jobs.lake.tables import current_files, find_table
from policy.contract import Contract


def compared_with(contract: Contract, day: date) -> Callable[[date], bool]:
    """Of which published days that of ``day`` must know what they say: itself; with standing counts every month's."""
    standing = [statistic for statistic in contract.statistics if statistic.every == "month" and statistic.is_due(day)]
    return lambda other: other == day or any(statistic.is_due(other) for statistic in standing)


def visible_version(folder: Path, contract: Contract, day: date) -> str:
    """SHA-256 over the names of the files that readers see of these days in the table in ``folder``, in hex.

    Empty when a power cut spoilt the log, which the next publication mends: what was judged beside it is judged again.
    """
    wanted = compared_with(contract, day)
    try:
        table = find_table(folder)
    except TornCommitError:
        return ""
    names = [file.path for file in (current_files(table) if table else []) if wanted(file.day)]
    return hashlib.sha256("\n".join(names).encode()).hexdigest()
