"""How an event is planted: a row, and what the truth says about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from demo import vocabulary as words
from demo.behaviour import object_keys
from demo.browsers import PROGRAMS
from demo.identity import derived, opaque, uuids
from demo.logins import ROUTES
from demo.people import People
from demo.write import Columns, from_rows

Row = dict[str, Any]


@dataclass
class Planting:
    """Rows that were planted, table by table, and the people who haven't been used yet.

    ``busy`` are active accounts without requests or holds, ``quiet`` are open ones that nobody uses,
    so that nothing ordinary lifts a near miss over its threshold.
    """

    crowd: People
    until: date
    days: int
    rng: np.random.Generator
    busy: Iterator[int]
    quiet: Iterator[int]
    rows: dict[str, list[Row]] = field(default_factory=dict)

    def start(self, days_ago: int, hour: int) -> datetime:
        """Some minute of an hour, some days before the last one."""
        day = datetime.combine(self.until - timedelta(days=days_ago % self.days), datetime.min.time())
        return day + timedelta(hours=hour, seconds=int(self.rng.integers(5, 900)))

    def session(self) -> str:
        """A new session id."""
        return opaque(self.rng, 1)[0]

    def documents(self, user: int, count: int, kind: str = "document") -> list[str]:
        """Different objects of the user's company."""
        place = words.OBJECT_TYPES.index(kind)
        return derived(object_keys(int(self.crowd.company_of[user]), place, np.arange(1, count + 1)))

    def security(self, at: datetime, user: int | None, kind: str, ip: str | None = None, **more: Any) -> Row:
        """Plant a security event; users type their own address in their own office unless ``more`` says otherwise."""
        users = self.crowd.users
        return self._add("security_events", {
            "event_id": uuids(self.rng, 1)[0],
            "occurred_at": at,
            "user_id": users["user_id"][user] if user is not None else None,
            "attempted_login": users["email"][user] if user is not None else None,
            "ip": ip or (self.crowd.places.address(user) if user is not None else None),
            "user_agent": self.crowd.desk[user] if user is not None and ip is None else PROGRAMS[0],
            "kind": kind,
            "outcome": words.OUTCOME_OF[kind],
            "payload": ROUTES.get(kind),
            **more,
        })  # fmt: skip

    def action(self, at: datetime, user: int, action: str, thing: str, session: str, **more: Any) -> Row:
        """Plant an action in the module *publish*, from the user's own office unless ``more`` says otherwise."""
        users = self.crowd.users
        change = '{"old_permission": "private", "new_permission": "public"}'
        return self._add("activity", {
            "event_id": uuids(self.rng, 1)[0],
            "occurred_at": at,
            "user_id": users["user_id"][user],
            "company_id": users["company_id"][user],
            "module": "publish",
            "action": action,
            "object_type": words.OBJECT_OF[action],
            "object_id": thing,
            "detail": change if action == "change_permission" else None,
            "session_id": session,
            "ip": self.crowd.places.address(user),
            "user_agent": self.crowd.desk[user],
            **more,
        })  # fmt: skip

    def other(self, table: str, row: Row) -> Row:
        """Plant a row of any other table."""
        return self._add(table, row)

    def _add(self, table: str, row: Row) -> Row:
        self.rows.setdefault(table, []).append(row)
        return row

    def columns(self) -> dict[str, Columns]:
        """Everything planted, ready to insert."""
        return {table: from_rows(table, rows) for table, rows in self.rows.items()}


def truth_of(attack: str, rows: list[Row], **more: Any) -> dict[str, Any]:
    """What is known about an attack: its day, who and what it touched, from where, and when."""
    times = [row["occurred_at"] for row in rows]
    return {
        "attack": attack,
        "day": str(max(times).date()),
        "first_seen": str(min(times)),
        "last_seen": str(max(times)),
        "events": len(rows),
        "event_ids": [row["event_id"] for row in rows],
        "accounts": sorted({row["user_id"] for row in rows if row["user_id"]}),
        "ips": sorted({row["ip"] for row in rows if row["ip"]}),
        **more,
    }
