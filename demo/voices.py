"""What people tell and buy on an ordinary day: feedback, contacts with the support desk, purchases."""

from __future__ import annotations

from datetime import date

import numpy as np

from demo import texts
from demo import vocabulary as words
from demo.behaviour import WEEKDAY
from demo.identity import uuids
from demo.people import People
from demo.write import Columns

FEEDBACK_PER_USER = 0.062
CONTACTS_PER_USER = 0.006
PURCHASES_PER_USER = 0.028
"""On a Monday."""
PRICE = {"dashboard": 49, "promote": 129, "monitor": 89, "publish": 159}


def voices(rng: np.random.Generator, crowd: People, day: date) -> dict[str, Columns]:
    """The day's rows of ``feedback``, ``contacts`` and ``purchases``."""
    busy = len(crowd.users["user_id"]) * WEEKDAY[day.weekday()]
    odds = np.sqrt(crowd.eagerness)
    authors, callers = (
        rng.choice(len(odds), int(rng.poisson(busy * share)), p=odds / odds.sum())
        for share in (FEEDBACK_PER_USER, CONTACTS_PER_USER)
    )
    _, office_managers = np.unique(crowd.company_of[crowd.active], return_index=True)
    buyers = crowd.active[rng.choice(office_managers, int(rng.poisson(busy * PURCHASES_PER_USER)))]
    midnight = np.datetime64(day, "us")
    return {
        "feedback": _feedback(rng, crowd, authors, midnight),
        "contacts": _contacts(rng, crowd, callers, midnight),
        "purchases": _purchases(rng, crowd, buyers, midnight),
    }


def _times(rng: np.random.Generator, midnight: np.datetime64, count: int) -> np.ndarray:
    return midnight + rng.integers(6 * 3600, 18 * 3600, count).astype("timedelta64[s]")


def _feedback(rng: np.random.Generator, crowd: People, authors: np.ndarray, midnight: np.datetime64) -> Columns:
    size = len(authors)
    share = np.array(list(texts.SHARES.values())) / 100
    written, ratings = [], []
    for user, topic in zip(authors.tolist(), rng.choice(list(texts.SHARES), size, p=share).tolist(), strict=True):
        language = texts.LANGUAGE_OF.get(crowd.users["locale"][user], "en")
        text = str(rng.choice(texts.FEEDBACK[topic][language])).format(when=rng.choice(texts.WHEN[language]))
        low, high = texts.RATINGS.get(topic, (1, 4))
        written.append(text if rng.random() > 0.02 else None)
        ratings.append(int(rng.integers(low, high + 1)) if rng.random() < 0.8 else None)
    return {
        "feedback_id": uuids(rng, size),
        "occurred_at": _times(rng, midnight, size),
        "user_id": [crowd.users["user_id"][user] for user in authors],
        "kind": rng.choice(words.FEEDBACK_KINDS, size, p=(0.3, 0.4, 0.3)).astype(object),
        "rating": ratings,
        "text": written,
    }


def _contacts(rng: np.random.Generator, crowd: People, callers: np.ndarray, midnight: np.datetime64) -> Columns:
    size, users = len(callers), crowd.users
    notes = [texts.CONTACTS[int(choice)] for choice in rng.integers(len(texts.CONTACTS), size=size)]
    return {
        "contact_id": uuids(rng, size),
        "occurred_at": _times(rng, midnight, size),
        "user_id": [users["user_id"][user] for user in callers],
        "channel": rng.choice(words.CHANNELS, size).astype(object),
        "agent_email": [f"agent{number}@support.example" for number in rng.integers(1, 9, size)],
        "subject": [subject or None for subject, _ in notes],
        "body": [
            body.format(
                name=f"{users['first_name'][user]} {users['family_name'][user]}",
                company=crowd.companies["name"][crowd.company_of[user]],
                email=users["email"][user],
                phone=users["phone"][user],
                city=users["city"][user],
            )
            for (_, body), user in zip(notes, callers.tolist(), strict=True)
        ],
    }


def _purchases(rng: np.random.Generator, crowd: People, buyers: np.ndarray, midnight: np.datetime64) -> Columns:
    """Seats and campaigns, by the company's favourite services; one Stripe customer a company."""
    size = len(buyers)
    firms = crowd.company_of[buyers].tolist()
    services = [
        words.SERVICES[(firm + int(step)) % 4]
        for firm, step in zip(firms, rng.choice(4, size, p=(0.4, 0.3, 0.2, 0.1)), strict=True)
    ]
    seats, cents = rng.geometric(0.35, size).tolist(), rng.integers(0, 100, size).tolist()
    return {
        "invoice_id": uuids(rng, size),
        "occurred_at": _times(rng, midnight, size),
        "company_id": [crowd.companies["company_id"][firm] for firm in firms],
        "user_id": [crowd.users["user_id"][user] for user in buyers],
        "service": services,
        "amount_eur": [f"{PRICE[service] * n}.{c:02d}" for service, n, c in zip(services, seats, cents, strict=True)],
        "stripe_customer_id": [None if c < 6 else f"cus_{firm:06d}Demo" for firm, c in zip(firms, cents, strict=True)],
    }  # fmt: skip
