"""What people do on an ordinary day: sessions in local working hours, and actions that stick to a module."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import permutations
from zoneinfo import ZoneInfo

import numpy as np

from demo import vocabulary as words
from demo.identity import blanked, derived, mixed, opaque, uuids
from demo.networks import SHARES
from demo.people import LOCALES, People
from demo.write import Columns

WEEKDAY = (1.0, 1.12, 1.15, 1.08, 0.86, 0.18, 0.12)
HOUR = (0.2, 0.1, 0.1, 0.1, 0.2, 0.5, 1.5, 4, 8, 10, 10, 8, 5, 7, 9.5, 9.5, 8.5, 6, 3.5, 2.5, 2, 1.6, 1, 0.5)
"""Monday first; local hours, with the lunch that everybody takes."""

SESSIONS_PER_USER = 0.162
"""On a Monday; with eight actions a session, 2,000 users make about 60,000 actions in 30 days."""
ACTIONS_PER_SESSION = 8
LONGEST_SESSION = 60
SESSIONS_AT_ONCE = 20_000
"""Memory stays the same however many users there are."""

STICKINESS = 0.85
"""How often an action is in the module that its session began in."""
REOPENED = 0.3
"""How often a session comes back to the object that it is about."""

HABITS = {
    "dashboard": {"open_document": 50, "export_report": 25, "update_profile": 15, "invite_member": 10},
    "promote": {"create_target": 40, "edit_content": 30, "publish_content": 20, "delete_content": 10},
    "monitor": {"open_document": 55, "export_report": 35, "download_document": 10},
    "publish": {
        "edit_content": 40, "publish_content": 25, "open_document": 18, "download_document": 7,
        "change_permission": 7, "delete_content": 3,
    },
}  # fmt: skip
"""How often each action is done in each module, in percent."""

_SHARES = np.array([[HABITS[m].get(a, 0) / 100 for a in words.ACTIONS] for m in words.MODULES]).cumsum(axis=1)
_TYPE_OF = np.array([words.OBJECT_TYPES.index(words.OBJECT_OF[action]) for action in words.ACTIONS])
_CHANGE = words.ACTIONS.index("change_permission")
_TITLES = [
    f"{what} {when}"
    for what in ("Newsletter", "Campagne vaccination", "Guide télétravail", "Gesundheitstag", "Well-being survey",
                 "Übersicht Team", "Rapport d'activité", "Fire drill", "Formazione sicurezza", "Menú saludable")
    for when in ("Q1", "Q2", "Q3", "Q4", "2025", "2026", "v2", "(brouillon)", "final", "final 2")
]  # fmt: skip
_DETAILS = np.array([json.dumps({"title": title}, ensure_ascii=False) for title in _TITLES], object)
_CHANGES = np.array(
    [json.dumps({"old_permission": old, "new_permission": new}) for old, new in permutations(words.PERMISSIONS, 2)],
    object,
)


@dataclass(frozen=True)
class Sessions:
    """Some sessions of a day: one item each."""

    midnight: np.datetime64
    user: np.ndarray
    start: np.ndarray
    actions: np.ndarray
    token: np.ndarray
    ip: np.ndarray
    agent: np.ndarray

    def within(self, moments: np.ndarray) -> np.ndarray:
        """Which moments belong to the sessions' day."""
        return (moments >= self.midnight) & (moments < self.midnight + np.timedelta64(1, "D"))


def sessions(rng: np.random.Generator, crowd: People, day: date) -> Iterator[Sessions]:
    """The day's sessions, some thousands at a time; everyone lives by the clock of their own country."""
    users = len(crowd.eagerness)
    count = int(rng.poisson(users * SESSIONS_PER_USER * WEEKDAY[day.weekday()]))
    odds = crowd.eagerness.cumsum()
    ahead = np.array([_hours_ahead(locale, day) for locale in crowd.locale_of])
    hours = np.array(HOUR) / sum(HOUR)
    for first in range(0, count, SESSIONS_AT_ONCE):
        size = min(SESSIONS_AT_ONCE, count - first)
        user = np.searchsorted(odds, rng.random(size) * odds[-1], side="right")
        place = rng.choice(3, size, p=SHARES)
        local = rng.choice(24, size, p=hours) - ahead[crowd.company_of[user]]
        seconds = local % 24 * 3600 + rng.random(size) * 3600
        midnight = np.datetime64(day, "us")
        yield Sessions(
            midnight=midnight,
            user=user,
            start=midnight + (seconds * 1e6).astype("timedelta64[us]"),
            actions=rng.geometric(1 / ACTIONS_PER_SESSION, size).clip(1, LONGEST_SESSION),
            token=np.array(opaque(rng, size), object),
            ip=np.array(crowd.places.addresses(user, place), object),
            agent=np.where(place == 2, crowd.phone[user], crowd.desk[user]),
        )


def _hours_ahead(locale: str, day: date) -> int:
    offset = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(LOCALES[locale][1])).utcoffset()
    return int(offset.total_seconds() // 3600) if offset else 0


@dataclass(frozen=True)
class Actions:
    """What is done in some sessions: one item an action; ``of`` is its session."""

    of: np.ndarray
    moment: np.ndarray
    module: np.ndarray
    action: np.ndarray
    thing: np.ndarray

    def where(self, kept: np.ndarray) -> Actions:
        """Only some of them."""
        return Actions(self.of[kept], self.moment[kept], self.module[kept], self.action[kept], self.thing[kept])


def activity(rng: np.random.Generator, crowd: People, some: Sessions) -> tuple[Columns, np.ndarray]:
    """The actions of some sessions, and the moment of each session's last one."""
    of = np.repeat(np.arange(len(some.user)), some.actions)
    first = np.concatenate([[0], some.actions.cumsum()[:-1]])
    elapsed = (rng.exponential(75, len(of)) * 1e6).astype(np.int64).cumsum()
    moment = some.start[of] + (elapsed - elapsed[first][of]).astype("timedelta64[us]")
    module, action = _choices(rng, crowd, some, of)
    done = Actions(of, moment, module, action, _objects(rng, crowd, some.user[of], action, of))
    return _columns(rng, crowd, some, done.where(some.within(moment))), moment[first + some.actions - 1]


def _choices(rng: np.random.Generator, crowd: People, some: Sessions, of: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A module for each action, mostly its session's, and what is done there."""
    habits = crowd.habits[some.user]
    begun = (rng.random((len(habits), 1)) > habits).sum(axis=1).clip(0, 3)
    strayed = (rng.random((len(of), 1)) > habits[of]).sum(axis=1).clip(0, 3)
    module = np.where(rng.random(len(of)) < STICKINESS, begun[of], strayed)
    action = (rng.random((len(of), 1)) >= _SHARES[module]).sum(axis=1).clip(0, len(words.ACTIONS) - 1)
    return module, action


def _objects(
    rng: np.random.Generator, crowd: People, user: np.ndarray, action: np.ndarray, of: np.ndarray
) -> np.ndarray:
    """A key for each action's object: the company's favourites, and the one that the session is about."""
    favourite = rng.zipf(1.4, len(of)).clip(1, 4_000)
    about = rng.zipf(1.4, int(of[-1]) + 1 if len(of) else 0).clip(1, 4_000)
    rank = np.where(rng.random(len(of)) < REOPENED, about[of], favourite)
    return object_keys(crowd.company_of[user], _TYPE_OF[action], rank)


def object_keys(company: np.ndarray | int, kind: np.ndarray | int, rank: np.ndarray) -> np.ndarray:
    """What ``derived`` makes the object's UUID of: whose it is, what it is, how popular it is."""
    keys: np.ndarray = (np.asarray(company, np.int64) * len(words.OBJECT_TYPES) + kind) * 10_000 + rank
    return keys


def _columns(rng: np.random.Generator, crowd: People, some: Sessions, done: Actions) -> Columns:
    size, of, user = len(done.of), done.of, some.user[done.of]
    chance = rng.random((4, size))
    detail = blanked(_DETAILS[mixed(done.thing) % np.uint64(len(_DETAILS))], chance[0] < 0.2)
    detail = np.where(done.action == _CHANGE, _CHANGES[rng.integers(len(_CHANGES), size=size)], detail)
    names = {name: np.array(crowd.users[name], object) for name in ("user_id", "company_id")}
    return {
        "event_id": uuids(rng, size),
        "occurred_at": done.moment,
        "user_id": names["user_id"][user],
        "company_id": names["company_id"][user],
        "module": np.array(words.MODULES, object)[done.module],
        "action": np.array(words.ACTIONS, object)[done.action],
        "object_type": np.array(words.OBJECT_TYPES, object)[_TYPE_OF[done.action]],
        "object_id": blanked(np.array(derived(done.thing), object), chance[1] < 0.01),
        "detail": detail,
        "session_id": blanked(some.token[of], chance[2] < 0.004),
        "ip": blanked(some.ip[of], chance[3] < 0.002),
        "user_agent": some.agent[of],
    }
