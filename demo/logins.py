"""The security events of an ordinary day: logins that work, fingers that slip, scanners that knock."""

from __future__ import annotations

import numpy as np

from demo import vocabulary as words
from demo.behaviour import Sessions
from demo.browsers import PROGRAMS
from demo.identity import blanked, derived, uuids
from demo.networks import strangers
from demo.people import People
from demo.write import Columns

SLIPS = (0.86, 0.1, 0.03, 0.01)
"""How often 0, 1, 2 or 3 attempts fail before a login works."""
ODD_SHARE = 0.12
"""How often what was typed isn't the account's own address."""
KNOCKS_PER_SESSION = 0.05
ROUTES = {"login_ok": "POST /login HTTP/1.1", "login_failed": "POST /login HTTP/1.1", "logout": "GET /logout HTTP/1.1"}
PASSWORDS = ("Sommer{}!", "Soleil{}*", "Passw0rd{}", "Liverpool{}", "Arrivederci{}?", "qwertz{}")
WORDS = (
    "",
    None,
    "admin",
    "α.παπαδόπουλος{}@παράδειγμα.example",
    "иванов{}",
    "محمد {}",
    "王小明{}",
    "🦊{}",
    "' OR {}=1 --",
)
GUESSES = ("admin", "root", "test", "info", "support", "contact", "marketing", "wordpress", "office", "hr")


def logins(rng: np.random.Generator, crowd: People, some: Sessions, ends: np.ndarray) -> Columns:
    """The security events of some sessions, and of strangers in the same hours."""
    slips = rng.choice(4, len(some.user), p=SLIPS)
    failed = np.repeat(np.arange(len(some.user)), slips)
    before = (rng.uniform(4, 80, len(failed)) * 1e6).astype("timedelta64[us]")
    last = rng.choice(4, len(some.user), p=(0.6, 0.03, 0.01, 0.36))
    goes = np.flatnonzero(last < 3)
    of = np.concatenate([failed, np.arange(len(some.user)), goes])
    moment = np.concatenate([some.start[failed] - before, some.start, ends[goes]])
    named = np.array(["logout", "permission_denied", "csrf_rejected"], object)[last[goes]]
    kind = np.concatenate(
        [np.full(len(failed), "login_failed", object), np.full(len(some.user), "login_ok", object), named]
    )
    kept = some.within(moment)
    ours = _of_people(rng, crowd, some, of[kept], moment[kept], kind[kept])
    theirs = _of_strangers(rng, some, int(rng.poisson(len(some.user) * KNOCKS_PER_SESSION)))
    return {name: np.concatenate([ours[name], theirs[name]]) for name in ours}


def _of_people(
    rng: np.random.Generator, crowd: People, some: Sessions, of: np.ndarray, moment: np.ndarray, kind: np.ndarray
) -> dict[str, np.ndarray]:
    user, size = some.user[of], len(of)
    typed, account = _typed(rng, crowd, user, (kind == "login_failed") & (rng.random(size) < ODD_SHARE))
    identifiers = np.array([*crowd.users["user_id"], None], object)
    return {
        "event_id": _objects(uuids(rng, size)),
        "occurred_at": moment,
        "user_id": identifiers[account],
        "attempted_login": typed,
        "session_id": blanked(some.token[of], (kind == "login_failed") | (rng.random(size) < 0.004)),
        "ip": some.ip[of],
        "user_agent": some.agent[of],
        "kind": kind,
        "outcome": _objects([words.OUTCOME_OF[word] for word in kind]),
        "payload": _payloads(rng, user, kind),
    }


def _typed(rng: np.random.Generator, crowd: People, user: np.ndarray, odd: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What was typed into the login box, and the account that it belongs to (-1 when to none)."""
    email, phone = crowd.users["email"], crowd.users["phone"]
    typed, account = np.array(email, object)[user], user.copy()
    for row in np.flatnonzero(odd).tolist():
        number, choice = int(rng.integers(10, 9_999)), rng.random()
        account[row] = -1
        if choice < 0.25:
            typed[row] = str(rng.choice(PASSWORDS)).format(number)
        elif choice < 0.4:
            typed[row] = phone[user[row]]
        elif choice < 0.6:
            account[row] = other = int(rng.choice(crowd.active))
            typed[row] = email[other]
        elif choice < 0.75:
            typed[row] = typed[row].replace(".", "", 1).replace("@", "@@" if number % 5 == 0 else "@", 1)
        else:
            word = WORDS[number % len(WORDS)]
            typed[row] = word.format(number) if word else word
    return typed, account


def _payloads(rng: np.random.Generator, user: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """The raw request lines that were logged; some weren't."""
    payload = _objects([ROUTES.get(word, "POST /account HTTP/1.1") for word in kind])
    denied = np.flatnonzero(kind == "permission_denied")
    routes = (
        "GET /documents/{} HTTP/1.1",
        "POST /documents/{}/permissions HTTP/1.1",
        "GET /admin HTTP/1.1",
        "GET /api/monitor HTTP/1.1",
    )
    drawn = rng.integers(len(routes), size=len(denied))
    for row, route, thing in zip(denied.tolist(), drawn.tolist(), derived(user[denied] + 7), strict=True):
        payload[row] = routes[route].format(thing)
    chance = rng.random(len(payload))
    payload[chance > 0.99] = ""
    return blanked(payload, chance < 0.02)


def _of_strangers(rng: np.random.Generator, some: Sessions, count: int) -> dict[str, np.ndarray]:
    """Guessed logins from all over; the days of real attackers are in ``demo.attacks``."""
    guesses = [
        f"{word}{number}" for word, number in zip(rng.choice(GUESSES, count), rng.integers(1, 90, count), strict=True)
    ]
    return {
        "event_id": _objects(uuids(rng, count)),
        "occurred_at": some.midnight + rng.integers(0, 86_400_000_000, count).astype("timedelta64[us]"),
        "user_id": np.full(count, None, object),
        "attempted_login": _objects(guesses),
        "session_id": np.full(count, None, object),
        "ip": _objects(strangers(rng, count)),
        "user_agent": np.array(PROGRAMS, object)[rng.integers(len(PROGRAMS), size=count)],
        "kind": np.full(count, "login_failed", object),
        "outcome": np.full(count, words.OUTCOME_OF["login_failed"], object),
        "payload": np.full(count, ROUTES["login_failed"], object),
    }


def _objects(texts: list[str]) -> np.ndarray:
    return np.array(texts, object)
