"""Fill a platform: everybody first, then one ordinary day after the other, then what is planted."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import chain
from typing import Any

import numpy as np

from demo.attacks import attacks, more_attacks
from demo.behaviour import activity, sessions
from demo.belongings import belongings
from demo.hidden import hidden, oddities
from demo.logins import logins
from demo.near_misses import near_misses
from demo.people import SPARE, People, people
from demo.planting import Planting
from demo.requests import plant_hold, plant_requests, subjects
from demo.retention import plant_closures, plant_cookies, plant_endings, plant_holds
from demo.voices import voices
from demo.write import Columns, database

USERS, COMPANIES, DAYS, SEED = 2_000, 120, 30, 807_648_829
FEWEST_USERS, FEWEST_COMPANIES = 450, SPARE + 16
"""What is planted needs that many."""


def seed(target: str, until: date, days: int = DAYS, scale: float = 1, number: int = SEED) -> dict[str, Any]:
    """Make ``target`` anew with ``days`` days up to ``until``; the truth about what was planted.

    Guarantee: the same arguments give the same content in either database. One transaction: an
    interrupted seed leaves the database as it was. Memory is bounded by one batch of sessions and
    by the users themselves.
    """
    rng = np.random.default_rng([number, 0])
    count = max(FEWEST_USERS, round(USERS * scale))
    crowd = people(rng, until, max(FEWEST_COMPANIES, round(COMPANIES * scale)), count)
    small, plant, truth = _planted(rng, crowd, until, days, number)
    sink, rows = database(target), Counter[str]()
    sink.create()
    ordinary = _ordinary(crowd, until, days, number)
    everybody: dict[str, Columns] = {"companies": crowd.companies, "professional_users": crowd.users, **small}
    for table, columns in chain(everybody.items(), ordinary, plant.columns().items()):
        sink.insert(table, columns)
        rows[table] += len(next(iter(columns.values())))
    sink.index()
    sink.commit()
    return {
        "until": str(until),
        "today": str(until + timedelta(days=1)),
        "days": days,
        "seed": number,
        "rows": dict(rows),
        **truth,
    }


def _planted(
    rng: np.random.Generator, crowd: People, until: date, days: int, number: int
) -> tuple[dict[str, Columns], Planting, dict[str, Any]]:
    """The small tables, the planted events, and the truth about both."""
    today, small, quiet = until + timedelta(days=1), belongings(rng, crowd, until), iter(crowd.dormant.tolist())
    truth: dict[str, Any] = {
        "requests": plant_requests(rng, crowd, small, until),
        "relationships": plant_endings(rng, crowd, small, today),
        "closures": plant_closures(crowd, quiet, today),
        "holds": plant_holds(rng, crowd, small, quiet, today),
        "cookies": plant_cookies(rng, crowd, small, today),
    }
    plant_hold(rng, small, truth["requests"], until)
    own = np.random.default_rng([number, 2])
    busy = own.permutation(np.setdiff1d(crowd.active, subjects(crowd)))
    plant = Planting(crowd, until, days, own, iter(busy.tolist()), quiet)
    truth["attacks"], truth["more_attacks"] = list(attacks(plant)), list(more_attacks(plant))
    truth["near_misses"], truth["hidden"] = list(near_misses(plant)), hidden(plant)
    truth["oddities"] = oddities(plant)
    return dict(small), plant, truth


def _ordinary(crowd: People, until: date, days: int, number: int) -> Iterator[tuple[str, Columns]]:
    """Every event table's ordinary rows, batch by batch; each day from a generator of its own."""
    for back in range(days - 1, -1, -1):
        day = until - timedelta(days=back)
        rng = np.random.default_rng([number, 1, day.toordinal()])
        for some in sessions(rng, crowd, day):
            actions, ends = activity(rng, crowd, some)
            yield "activity", actions
            yield "security_events", logins(rng, crowd, some, ends)
        yield from voices(rng, crowd, day).items()
        if sys.stderr.isatty():
            print(f"\rday {days - back} of {days}", end="" if back else "\n", file=sys.stderr, flush=True)
