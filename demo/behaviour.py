"""What people do on an ordinary day: sessions, actions, logins, feedback, contacts, purchases."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from demo import vocabulary as words
from demo.people import People, Row, uuids

WEEKDAY = (1.0, 1.12, 1.15, 1.08, 0.86, 0.18, 0.12)
HOUR = np.array([0.2, 0.1, 0.1, 0.1, 0.2, 0.5, 1.5, 4, 8, 10, 10, 8, 5, 7, 9.5, 9.5, 8.5, 6, 3.5, 2.5, 2, 1.6, 1, 0.5])
SESSIONS_PER_USER = 0.165
"""On a middling weekday; with eight actions a session that is 2,600 actions of 2,000 users."""
ODD_LOGINS = (
    "", "Sommer2026!", "admin", "+33 6 12 34 56 78", "α.παπαδόπουλος@παράδειγμα.example", "иванов",
    "محمد", "王小明", "🦊@example.com", "' OR 1=1 --", "x" * 10_000,
)  # fmt: skip


class Ordinary:
    """The ordinary days of one crowd; each day from a generator of its own, so days don't depend on each other."""

    def __init__(self, crowd: People, seed: int) -> None:
        self.crowd, self.seed = crowd, seed
        self.user_ids = [user["user_id"] for user in crowd.users]
        rng = np.random.default_rng([seed, 1])
        self.objects = np.array(uuids(rng, max(400, 2 * len(crowd.users))))
        self.open = np.array([user["closed_at"] is None for user in crowd.users])

    def day(self, day: date) -> dict[str, list[Row]]:
        """Every event table's rows of ``day``."""
        rng = np.random.default_rng([self.seed, day.toordinal()])
        count = int(rng.poisson(len(self.user_ids) * SESSIONS_PER_USER * WEEKDAY[day.weekday()]))
        p = self.crowd.weight * self.open
        who = rng.choice(len(self.user_ids), count, p=p / p.sum())
        hours = rng.choice(24, count, p=HOUR / HOUR.sum()) + self.crowd.hour_shift[who]
        seconds = hours.clip(0, 23) * 3600 + rng.integers(0, 3600, count)
        midnight = datetime.combine(day, datetime.min.time())
        starts = [midnight + timedelta(seconds=int(s), microseconds=int(m)) for s, m in zip(seconds, rng.integers(0, 10**6, count), strict=True)]
        tokens = [f"s-{token}" for token in uuids(rng, count)]
        activity, ends = self._activity(rng, who, starts, tokens, midnight)
        return {
            "activity": activity,
            "security_events": self._logins(rng, who, starts, ends, tokens),
            "feedback": self._feedback(rng, who, midnight),
            "contacts": self._contacts(rng, who, midnight),
            "purchases": self._purchases(rng, midnight),
        }

    def _activity(
        self, rng: np.random.Generator, who: np.ndarray, starts: list[datetime], tokens: list[str], midnight: datetime
    ) -> tuple[list[Row], list[datetime]]:
        lengths = rng.geometric(1 / 8, len(who)).clip(1, 60)
        ids = iter(uuids(rng, int(lengths.sum())))
        last = midnight + timedelta(days=1, microseconds=-1)
        rows, ends = [], []
        for session, user in enumerate(who):
            cumulated = np.cumsum(self.crowd.habit[user])
            module = words.MODULES[int(np.searchsorted(cumulated, rng.random() * cumulated[-1]))]
            now, size = starts[session], int(lengths[session])
            actions = rng.choice(list(words.HABITS[module]), size, p=[share / 100 for share in words.HABITS[module].values()])
            mine = int(self.crowd.company_of[user]) * 3
            objects = self.objects[(mine + rng.zipf(1.7, size).clip(1, 300)) % len(self.objects)]
            for gap, action, thing in zip(rng.exponential(75, size), actions, objects, strict=True):
                now = min(last, now + timedelta(seconds=float(gap)))
                rows.append(self.action(next(ids), now, int(user), module, str(action), str(thing), tokens[session], rng))
            ends.append(now)
        return rows, ends

    def action(
        self, event_id: str, at: datetime, user: int, module: str, action: str, thing: str, session: str, rng: np.random.Generator
    ) -> Row:
        """One row of ``activity``."""
        old, new = rng.choice(words.PERMISSIONS, 2)
        detail = {"old_permission": str(old), "new_permission": str(new)} if action == "change_permission" else {"title": f"Untitled {int(rng.integers(1, 99))}"}
        return {
            "event_id": event_id,
            "occurred_at": at,
            "user_id": self.user_ids[user],
            "company_id": self.crowd.users[user]["company_id"],
            "module": module,
            "action": action,
            "object_type": words.OBJECTS[action],
            "object_id": thing if rng.random() > 0.01 else None,
            "detail": json.dumps(detail, ensure_ascii=False) if rng.random() > 0.2 or action == "change_permission" else None,
            "session_id": session,
            "ip": self.crowd.address[user],
            "user_agent": words.USER_AGENTS[self.crowd.browser[user]],
        }

    def _logins(
        self, rng: np.random.Generator, who: np.ndarray, starts: list[datetime], ends: list[datetime], tokens: list[str]
    ) -> list[Row]:
        rows = []
        ids = iter(uuids(rng, 8 * len(who) + 50))
        for session, user in enumerate(who):
            at, known = starts[session], int(user)
            for _ in range(int(rng.choice(4, p=(0.86, 0.1, 0.03, 0.01)))):
                typed = None if rng.random() < 0.9 else str(rng.choice(ODD_LOGINS[:-1]))
                rows.append(self.security(next(ids), at - timedelta(seconds=int(rng.integers(5, 90))), known, "login_failed", None, typed))
            rows.append(self.security(next(ids), at, known, "login_ok", tokens[session]))
            draw = rng.random()
            if draw < 0.6:
                rows.append(self.security(next(ids), ends[session], known, "logout", tokens[session]))
            elif draw < 0.63:
                payload = f"POST /documents/{self.objects[known]}/permissions HTTP/1.1"
                rows.append(self.security(next(ids), ends[session], known, "permission_denied", tokens[session], payload=payload))
            elif draw < 0.64:
                rows.append(self.security(next(ids), ends[session], known, "csrf_rejected", tokens[session], payload="POST /account HTTP/1.1"))
        day = {row["occurred_at"].date() for row in rows[-1:]} or set()
        return [row for row in rows if row["occurred_at"].date() in day] if rows else rows

    def security(
        self, event_id: str, at: datetime, user: int | None, kind: str, session: str | None, typed: str | None = None,
        ip: str | None = None, user_agent: str | None = None, payload: str | None = "",
    ) -> Row:  # fmt: skip
        """One row of ``security_events``; ``typed`` replaces the user's own e-mail in the login box."""
        login = typed if typed is not None else self.crowd.users[user]["email"] if user is not None else None
        known = user if typed is None else None
        route = {"login_ok": "POST /login HTTP/1.1", "login_failed": "POST /login HTTP/1.1", "logout": "GET /logout HTTP/1.1"}
        return {
            "event_id": event_id,
            "occurred_at": at,
            "user_id": self.user_ids[known] if known is not None else None,
            "attempted_login": login,
            "session_id": session,
            "ip": ip or (self.crowd.address[user] if user is not None else None),
            "user_agent": user_agent or words.USER_AGENTS[self.crowd.browser[user or 0]],
            "kind": kind,
            "outcome": "success" if kind in ("login_ok", "logout") else "blocked" if kind in ("csrf_rejected", "malware_upload") else "failure",
            "payload": route.get(kind) if payload == "" else payload,
        }

    def _feedback(self, rng: np.random.Generator, who: np.ndarray, midnight: datetime) -> list[Row]:
        authors = rng.choice(who, min(len(who), int(len(who) * 0.3))) if len(who) else who
        rows = []
        for feedback_id, user in zip(uuids(rng, len(authors)), authors, strict=True):
            language = {"FR": "fr", "DE": "de", "CH": "de"}.get(self.crowd.users[user]["country"], "en")
            text = str(rng.choice(words.FEEDBACK[language]))
            rows.append({
                "feedback_id": feedback_id,
                "occurred_at": midnight + timedelta(seconds=int(rng.integers(25_000, 70_000))),
                "user_id": self.user_ids[user],
                "kind": str(rng.choice(words.FEEDBACK_KINDS)),
                "rating": int(rng.integers(1, 6)) if rng.random() < 0.8 else None,
                "text": text if rng.random() > 0.02 else None,
            })  # fmt: skip
        return rows

    def _contacts(self, rng: np.random.Generator, who: np.ndarray, midnight: datetime) -> list[Row]:
        callers = rng.choice(who, min(len(who), 8)) if len(who) else who
        return [
            {
                "contact_id": contact_id,
                "occurred_at": midnight + timedelta(seconds=int(rng.integers(28_000, 64_000))),
                "user_id": self.user_ids[user],
                "channel": str(rng.choice(words.CHANNELS)),
                "agent_email": f"agent{int(rng.integers(1, 9))}@support.example",
                "subject": "Your request",
                "body": f"{self.crowd.users[user]['first_name']} asked about the last invoice.",
            }
            for contact_id, user in zip(uuids(rng, len(callers)), callers, strict=True)
        ]

    def _purchases(self, rng: np.random.Generator, midnight: datetime) -> list[Row]:
        buyers = rng.choice(len(self.user_ids), max(1, len(self.user_ids) // 50), replace=False)
        return [
            {
                "invoice_id": invoice_id,
                "occurred_at": midnight + timedelta(seconds=int(rng.integers(25_000, 70_000))),
                "company_id": self.crowd.users[user]["company_id"],
                "user_id": self.user_ids[user],
                "service": str(rng.choice(words.MODULES)),
                "amount_eur": f"{int(rng.integers(20, 400))}.{int(rng.integers(0, 100)):02d}",
                "stripe_customer_id": f"cus_{rng.bytes(7).hex()}" if rng.random() > 0.1 else None,
            }
            for invoice_id, user in zip(uuids(rng, len(buyers)), buyers, strict=True)
        ]


Rows = dict[str, list[Any]]
