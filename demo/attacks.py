"""What the seed plants: attacks above and just below the thresholds, and identifiers where none belong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from demo import vocabulary as words
from demo.behaviour import ODD_LOGINS, Ordinary
from demo.people import Row, uuids

ATTACKERS = "203.0.113"
MASSES = "198.51.100"
SPRAYERS = "192.0.2"

Planted = tuple[str, Row]


class Attacks:
    """Rows to add to the ordinary days, and the truth about them."""

    def __init__(self, ordinary: Ordinary, until: date, seed: int) -> None:
        self.ordinary, self.until = ordinary, until
        self.rng = np.random.default_rng([seed, 2])
        still_open = np.flatnonzero(ordinary.open)
        self.targets = iter(self.rng.permutation(still_open).tolist())
        self.truth: list[dict[str, Any]] = []
        self.rows: list[Planted] = []

    def plant(self) -> Attacks:
        """Everything of PLATFORM §4, spread over the last ten days."""
        for index, failures in enumerate((24, 30, 41, 55, 18, 60)):
            self._brute_force(index, failures, "brute_force")
        self._brute_force(6, 8, "near_miss_brute_force")
        self._stuffing(1, 120, succeeds=True)
        self._stuffing(4, 80, succeeds=False)
        self._spraying(3, 60)
        self._failures_then_success(2, 14)
        self._csrf(5, 30)
        for days in (0, 2, 6):
            self._stolen_session(days)
        for days, changes in ((1, 34), (7, 26)):
            self._many_actions(days, "change_permission", changes, timedelta(minutes=22), "permission_burst")
        self._many_actions(3, "change_permission", 15, timedelta(minutes=25), "near_miss_permission_burst")
        for days, downloads in ((0, 160), (5, 130)):
            self._many_actions(days, "download_document", downloads, timedelta(hours=5), "mass_download")
        self._malware_then_publication(0)
        self._closed_account(2)
        self._hidden()
        return self

    def of(self, day: date) -> Iterator[Planted]:
        """The planted rows of one day."""
        return ((table, row) for table, row in self.rows if row["occurred_at"].date() == day)

    def _start(self, days_ago: int, hour: int) -> datetime:
        return datetime.combine(self.until - timedelta(days=days_ago), datetime.min.time()) + timedelta(hours=hour, minutes=int(self.rng.integers(1, 50)))

    def _add(self, attack: str, users: list[int], rows: list[Planted], **more: Any) -> None:
        self.rows += rows
        times = [row["occurred_at"] for _, row in rows]
        self.truth.append({
            "attack": attack, "day": str(times[-1].date()), "events": len(rows), "first": str(min(times)), "last": str(max(times)),
            "accounts": [self.ordinary.user_ids[user] for user in users], "event_ids": [row["event_id"] for _, row in rows], **more,
        })  # fmt: skip

    def _security(self, at: datetime, user: int | None, kind: str, session: str | None = None, **more: Any) -> Planted:
        return "security_events", self.ordinary.security(uuids(self.rng, 1)[0], at, user, kind, session, **more)

    def _action(self, at: datetime, user: int, module: str, action: str, thing: str, session: str) -> Planted:
        event = self.ordinary.action(uuids(self.rng, 1)[0], at, user, module, action, thing, session, self.rng)
        return "activity", {**event, "object_id": thing}

    def _brute_force(self, index: int, failures: int, name: str) -> None:
        user, start, ip = next(self.targets), self._start(index % 6, 3 + index), f"{ATTACKERS}.{10 + index}"
        gap = timedelta(minutes=8) / failures
        rows = [
            self._security(start + gap * i, user, "login_failed", ip=ip, user_agent=words.BOTS[index % 3]) for i in range(failures)
        ]
        self._add(name, [user], rows, ips=[ip])

    def _stuffing(self, days: int, logins: int, *, succeeds: bool) -> None:
        start = self._start(days, 4)
        users = [next(self.targets) for _ in range(logins // 3 + 1)]
        rows = []
        for i in range(logins):
            known = users[i // 3] if i % 3 == 0 else None
            typed = None if known is not None else f"leaked{i}@breach-{days}.example"
            ip = f"{MASSES}.{20 + i % 40}"
            rows.append(self._security(start + timedelta(seconds=20 * i), known, "login_failed", typed=typed, ip=ip, user_agent=words.BOTS[0]))
        if succeeds:
            session = f"s-{uuids(self.rng, 1)[0]}"
            rows.append(self._security(start + timedelta(minutes=50), users[0], "login_ok", session, ip=f"{MASSES}.21", user_agent=words.BOTS[0]))
        self._add("credential_stuffing", users, rows, network=f"{MASSES}.0/24", succeeded=succeeds)

    def _spraying(self, days: int, accounts: int) -> None:
        start, users = self._start(days, 1), [next(self.targets) for _ in range(accounts)]
        rows = [
            self._security(start + timedelta(minutes=20 * i), user, "login_failed", ip=f"{SPRAYERS}.{7 + i % 3}", user_agent=words.BOTS[1])
            for i, user in enumerate(users)
        ]
        self._add("password_spraying", users, [r for r in rows if r[1]["occurred_at"].date() == start.date()], network=f"{SPRAYERS}.0/24")

    def _failures_then_success(self, days: int, failures: int) -> None:
        user, start, ip = next(self.targets), self._start(days, 2), f"{SPRAYERS}.200"
        rows = [self._security(start + timedelta(seconds=40 * i), user, "login_failed", ip=ip) for i in range(failures)]
        rows.append(self._security(start + timedelta(minutes=12), user, "login_ok", f"s-{uuids(self.rng, 1)[0]}", ip=ip))
        self._add("success_after_failures", [user], rows, ips=[ip])

    def _csrf(self, days: int, rejections: int) -> None:
        user, start = next(self.targets), self._start(days, 13)
        rows = [
            self._security(start + timedelta(seconds=15 * i), user, "csrf_rejected", payload="POST /account HTTP/1.1", ip=f"{ATTACKERS}.77")
            for i in range(rejections)
        ]
        self._add("csrf_burst", [user], rows, ips=[f"{ATTACKERS}.77"])

    def _stolen_session(self, days: int) -> None:
        user, start, session = next(self.targets), self._start(days, 10), f"s-{uuids(self.rng, 1)[0]}"
        rows = [self._security(start, user, "login_ok", session)]
        rows.append(self._action(start + timedelta(minutes=4), user, "monitor", "open_document", str(self.ordinary.objects[3]), session))
        for i in range(5):
            table, row = self._action(start + timedelta(minutes=30 + i), user, "monitor", "open_document", str(self.ordinary.objects[i]), session)
            rows.append((table, {**row, "ip": f"{ATTACKERS}.{140 + days}", "user_agent": words.BOTS[2]}))
        self._add("stolen_session", [user], rows, session=session)

    def _many_actions(self, days: int, action: str, count: int, span: timedelta, name: str) -> None:
        user, start, session = next(self.targets), self._start(days, 9), f"s-{uuids(self.rng, 1)[0]}"
        things = self.rng.choice(len(self.ordinary.objects), count, replace=False)
        rows = [
            self._action(start + span / count * i, user, "publish", action, str(self.ordinary.objects[thing]), session)
            for i, thing in enumerate(things)
        ]
        self._add(name, [user], rows, session=session)

    def _malware_then_publication(self, days: int) -> None:
        user, start, session = next(self.targets), self._start(days, 15), f"s-{uuids(self.rng, 1)[0]}"
        upload = self._security(start, user, "malware_upload", session, payload="POST /upload HTTP/1.1")
        publication = self._action(start + timedelta(minutes=25), user, "publish", "publish_content", str(self.ordinary.objects[9]), session)
        self._add("malware_then_publication", [user], [upload, publication], session=session)

    def _closed_account(self, days: int) -> None:
        closed = [i for i, is_open in enumerate(self.ordinary.open) if not is_open]
        if closed:
            user, session = closed[0], f"s-{uuids(self.rng, 1)[0]}"
            rows = [self._security(self._start(days, 22), user, "login_ok", session, ip=f"{ATTACKERS}.201")]
            rows.append(self._action(rows[0][1]["occurred_at"] + timedelta(minutes=2), user, "monitor", "open_document", str(self.ordinary.objects[1]), session))
            self._add("closed_account", [user], rows, session=session)

    def _hidden(self) -> None:
        """Identifiers where they don't belong, and the odd things that people type into a login box."""
        crowd, start = self.ordinary.crowd, self._start(0, 11)
        user, session = next(self.targets), f"s-{uuids(self.rng, 1)[0]}"
        person, thing = crowd.users[user], str(self.ordinary.objects[2])
        table, row = self._action(start, user, "publish", "open_document", thing, session)
        rows: list[Planted] = [
            (table, {**row, "detail": f'{{"title": "Offer for {person["email"]}"}}'}),
            self._security(start, user, "login_failed", payload="callback to +33 6 98 76 54 32 please"),
            self._security(start, user, "permission_denied", session, payload=f"GET /documents/{thing}?sid={session} HTTP/1.1"),
        ]
        rows += [self._security(start + timedelta(seconds=i), None, "login_failed", typed=typed, ip="198.19.255.7") for i, typed in enumerate(ODD_LOGINS)]
        self._add("hidden_identifiers", [user], rows)
        name = f"{person['first_name']} {person['family_name']}"
        self.rows += [
            ("feedback", {"feedback_id": uuids(self.rng, 1)[0], "occurred_at": start, "user_id": person["user_id"], "kind": "remark", "rating": 2, "text": f"{name} from our team can't log in."}),
            ("contacts", {"contact_id": uuids(self.rng, 1)[0], "occurred_at": start, "user_id": person["user_id"], "channel": "email", "agent_email": "agent1@support.example", "subject": "Refund", "body": "Please refund to FR14 2004 1010 0505 0001 3M02 606."}),
        ]  # fmt: skip
