"""What belongs to companies and users: contracts, consents, cookies, profiles bought from others, and health data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from demo import vocabulary as words
from demo.identity import opaque, uuids
from demo.people import SPARE, People, Table
from demo.schema import TABLES

CONSENTING = (0.62, 0.45)
"""How many agree to each purpose of ``vocabulary.PURPOSES_BY_CONSENT``."""
SUBSCRIBING = (0.85, 0.5, 0.6, 0.75)
"""How many companies have a contract for each service."""


def belongings(rng: np.random.Generator, crowd: People, until: date) -> dict[str, Table]:
    """The small tables of the people on the platform, without the edges that ``demo.retention`` adds."""
    return {
        "contracts": _contracts(rng, crowd, until),
        "consents": _consents(rng, crowd, until),
        "cookies": _cookies(rng, crowd, until),
        "third_party_profiles": _profiles(rng, crowd, until),
        "end_user_health": _health(rng, until),
    }


def table(name: str, rows: Sequence[tuple[Any, ...]]) -> Table:
    """Rows in the order of the table's columns, as columns."""
    return {column: [row[place] for row in rows] for place, column in enumerate(TABLES[name])}


def _ago(rng: np.random.Generator, until: date, low: int, high: int) -> datetime:
    moment = datetime.combine(until, datetime.min.time())
    return moment - timedelta(days=int(rng.integers(low, high)), seconds=int(rng.integers(86_400)))


def _contracts(rng: np.random.Generator, crowd: People, until: date) -> Table:
    """Live companies: mostly paid contracts, often after a trial that ended long before."""
    rows: list[tuple[Any, ...]] = []
    for company in crowd.companies["company_id"][:-SPARE]:
        wanted = rng.random(4) < SUBSCRIBING
        wanted[int(rng.integers(4))] = True
        for service in np.array(words.SERVICES)[wanted].tolist():
            begun = _ago(rng, until, 100, 1200).date()
            if rng.random() < 0.3:
                rows.append((company, service, "trial", begun - timedelta(days=30), begun - timedelta(days=1)))
            rows.append((company, service, "trial" if rng.random() < 0.12 else "paid", begun, None))
    return table("contracts", [(made, *row) for made, row in zip(uuids(rng, len(rows)), rows, strict=True)])


def _consents(rng: np.random.Generator, crowd: People, until: date) -> Table:
    """Given, sometimes withdrawn, sometimes given again."""
    rows: list[tuple[Any, ...]] = []
    for user in crowd.users["user_id"]:
        for purpose, share in zip(words.PURPOSES_BY_CONSENT, CONSENTING, strict=True):
            if rng.random() >= share:
                continue
            given = _ago(rng, until, 70, 700)
            withdrawn = given + timedelta(days=int(rng.integers(1, 60))) if rng.random() < 0.08 else None
            rows.append((user, purpose, given, withdrawn))
            if withdrawn and rng.random() < 0.25:
                rows.append((user, purpose, withdrawn + timedelta(days=3), None))
    return table("consents", rows)


def _cookies(rng: np.random.Generator, crowd: People, until: date) -> Table:
    """One to three a user, some from before the login; ids of old rows have another form."""
    users = crowd.users["user_id"]
    counts = rng.integers(1, 4, len(users))
    ids = iter(opaque(rng, int(counts.sum())))
    now, rows = datetime.combine(until, datetime.min.time()), []
    for user, count in zip(users, counts.tolist(), strict=True):
        for _ in range(count):
            visit = _ago(rng, until, 1, 390)
            seen = min(now, visit + timedelta(days=int(rng.integers(0, 200))))
            cookie = next(ids)
            name = cookie if (now - visit).days < 300 else f"PHPSESSID={cookie[:20].lower()}"
            consent = None if rng.random() < 0.05 else bool(rng.random() < 0.55)
            rows.append(
                (name, None if rng.random() < 0.1 else user, str(rng.choice(words.COOKIE_KINDS)), visit, seen, consent)
            )
    return table("cookies", rows)


def _profiles(rng: np.random.Generator, crowd: People, until: date) -> Table:
    """What directories and agencies sold about some users."""
    users, rows = crowd.users, []
    for user in np.flatnonzero(rng.random(len(users["user_id"])) < 0.15).tolist():
        name = f"{users['first_name'][user]} {users['family_name'][user]}"
        for provider, attribute, value in (
            ("directory", "listing", f"{name}, {users['city'][user]}"),
            ("agency", "direct_line", users["phone"][user]),
            (
                "agency",
                "profile",
                f"https://people.example/{users['locale'][user]}/{users['email'][user].partition('@')[0]}",
            ),
        ):
            if rng.random() < 0.6:
                rows.append((provider, users["user_id"][user], attribute, value, _ago(rng, until, 10, 600)))
    return table("third_party_profiles", rows)


def _health(rng: np.random.Generator, until: date) -> Table:
    """Out of scope (clauses 1.3, 2.2): here so that a test can prove that nobody reads it."""
    metrics = ("resting_heart_rate", "sleep_hours", "body_mass_index", "blood_pressure")
    rows = [
        (person, metric, str(int(rng.integers(5, 95))), _ago(rng, until, 1, 30))
        for person in uuids(rng, 100)
        for metric in metrics
    ]
    return table("end_user_health", rows)
