"""Events that arrive late: rows of an earlier day that weren't there the night before."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np

from demo import vocabulary as words
from demo.identity import uuids
from demo.logins import ROUTES
from demo.write import database, from_rows

ACCOUNTS = "SELECT CAST(user_id AS TEXT), email FROM professional_users WHERE closed_at IS NULL ORDER BY 1 LIMIT 50"


def late(target: str, day: date, count: int) -> int:
    """Add ``count`` security events of known accounts to ``day``; ``count``.

    What is added depends on what the day already has, so adding twice adds other events.
    """
    sink = database(target)
    accounts = sink.rows(ACCOUNTS)
    until = day + timedelta(days=1)
    [(before,)] = sink.rows(
        f"SELECT count(*) FROM security_events WHERE occurred_at >= '{day}' AND occurred_at < '{until}'"
    )
    rng = np.random.default_rng([3, day.toordinal(), before])
    midnight, rows = datetime.combine(day, datetime.min.time()), []
    for event_id in uuids(rng, count):
        user_id, email = accounts[int(rng.integers(len(accounts)))]
        kind = "login_ok" if rng.random() < 0.5 else "login_failed"
        rows.append({
            "event_id": event_id, "occurred_at": midnight + timedelta(seconds=int(rng.integers(86_400))),
            "user_id": user_id, "attempted_login": email, "session_id": None, "ip": "100.127.255.9",
            "user_agent": None, "kind": kind, "outcome": words.OUTCOME_OF[kind], "payload": ROUTES[kind],
        })  # fmt: skip
    sink.insert("security_events", from_rows("security_events", rows))
    sink.commit()
    return count
