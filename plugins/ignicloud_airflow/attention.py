"""What needs a person, said each morning: the same list as the console's page *Now*."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable

from airflow.sdk.exceptions import AirflowFailException

from console import current
from console.index import Index
from console.record import record
from console.waiting import Waiting, waiting
from ignicloud_airflow.record import lake
from policy.periods import now

log = logging.getLogger(__name__)


def look_around() -> int:
    """Log a line for everything that waits; how much there is.

    Raises:
        AirflowFailException: something can't wait; names what, and how much of each.
    """
    with record(Index(lake() / "ledger" / "ledger.jsonl")) as known:
        found = waiting(current.promise(), known, now())
    for each in found:
        since = f", since {each.since:%Y-%m-%d}" if each.since else ""
        log.info("%s%s, %s: %s%s", "urgent: " if each.urgent else "", each.what, each.about, each.why, since)
    urgent = [each for each in found if each.urgent]
    if urgent:
        raise AirflowFailException(f"{counted(urgent)} can't wait; {len(found)} in all need a person")
    return len(found)


def counted(found: Iterable[Waiting]) -> str:
    """How many of each: ``2 × request late, 1 × red release``."""
    return ", ".join(f"{count} × {what}" for what, count in Counter(each.what for each in found).most_common())
