"""Who is on the platform: companies, their users, contracts, consents, cookies."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from faker import Faker

from demo import vocabulary as words

Row = dict[str, Any]
POSITIONS = ("HR manager", "Communication officer", "Prevention officer", "Office manager", "Director", "Nurse", "IT")


@dataclass(frozen=True)
class People:
    """Companies and users as rows, and what behaviour needs of them as arrays (one item a user)."""

    companies: list[Row]
    users: list[Row]
    company_of: np.ndarray
    weight: np.ndarray
    habit: np.ndarray
    address: list[str]
    browser: np.ndarray
    hour_shift: np.ndarray


def uuids(rng: np.random.Generator, count: int) -> list[str]:
    """Random UUIDs of version 4, the same for the same generator."""
    raw = rng.bytes(16 * count)
    return [str(UUID(bytes=raw[i : i + 16], version=4)) for i in range(0, 16 * count, 16)]


def people(rng: np.random.Generator, until: date, companies: int, users: int) -> People:
    """Companies of skewed sizes, users of skewed eagerness; locales, names and networks that fit."""
    fakers = {locale: _faker(locale, rng) for locale in words.COUNTRIES}
    firms = _companies(rng, companies, fakers)
    size = rng.pareto(1.3, companies) + 0.3
    company_of = np.sort(np.concatenate([np.arange(companies), rng.choice(companies, users - companies, p=size / size.sum())]))
    ids, members = uuids(rng, users), []
    for index in range(users):
        firm = firms[company_of[index]]
        members.append(_user(rng, ids[index], firm, fakers[firm["locale"]], until, index))
    homes = rng.integers(0, 200, users)
    return People(
        companies=[{name: value for name, value in firm.items() if name not in ("locale", "number")} for firm in firms],
        users=members,
        company_of=company_of,
        weight=_normalised(rng.zipf(1.6, users).clip(1, 60) + rng.gamma(1.0, 1.0, users)),
        habit=rng.dirichlet((2.0, 1.2, 1.0, 1.6), users),
        address=[_address(int(company), int(home)) for company, home in zip(company_of, homes, strict=True)],
        browser=rng.choice(len(words.USER_AGENTS), users, p=(0.38, 0.14, 0.13, 0.14, 0.08, 0.07, 0.03, 0.03)),
        hour_shift=np.array([-1 if firms[c]["country"] == "GB" else 0 for c in company_of]),
    )


def _faker(locale: str, rng: np.random.Generator) -> Faker:
    faker = Faker(locale)
    faker.seed_instance(int(rng.integers(2**31)))
    return faker


def _normalised(weights: np.ndarray) -> np.ndarray:
    return weights / weights.sum()


def _address(company: int, home: int) -> str:
    """Most people sit in their company's network, some at home, some on IPv6; all ranges are for tests."""
    if home < 20:
        return f"2001:db8:{company % 65536:x}:{home:x}::{home + 1:x}"
    third = company if home < 150 else 97 * company + home
    return f"198.{18 + third // 256 % 2}.{third % 256}.{home + 10}"


def _companies(rng: np.random.Generator, count: int, fakers: dict[str, Faker]) -> list[Row]:
    locales = rng.choice(list(words.COUNTRIES), count, p=[share / 100 for _, share in words.COUNTRIES.values()])
    sectors = rng.choice(words.SECTORS, count, p=_normalised(1 / (1 + rng.permutation(len(words.SECTORS)))))
    bands = rng.choice(words.HEADCOUNTS, count, p=(0.28, 0.32, 0.22, 0.12, 0.06))
    return [
        {
            "company_id": company_id,
            "name": fakers[locale].company(),
            "sector": str(sectors[i]),
            "headcount_band": str(bands[i]),
            "city": fakers[locale].city(),
            "country": words.COUNTRIES[locale][0],
            "locale": str(locale),
            "number": i,
        }
        for i, (company_id, locale) in enumerate(zip(uuids(rng, count), locales, strict=True))
    ]


def _user(rng: np.random.Generator, user_id: str, firm: Row, faker: Faker, until: date, index: int) -> Row:
    first, family = faker.first_name(), faker.last_name()
    start = datetime.combine(until, datetime.min.time())
    created = start - timedelta(days=int(rng.integers(40, 1200)), seconds=int(rng.integers(86_400)))
    closed = start - timedelta(days=int(rng.integers(31, 900))) if rng.random() < 0.02 else None
    return {
        "user_id": user_id,
        "company_id": firm["company_id"],
        "first_name": first,
        "family_name": family,
        "position": POSITIONS[index % len(POSITIONS)] if index % 11 else None,
        "email": f"{_ascii(first)}.{_ascii(family)}{index}@firma-{firm['number']}.example",
        "phone": faker.phone_number() if index % 9 else None,
        "address": faker.street_address(),
        "city": firm["city"],
        "postcode": faker.postcode(),
        "country": firm["country"],
        "locale": firm["locale"],
        "created_at": min(created, closed - timedelta(days=1)) if closed else created,
        "closed_at": closed,
    }


def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "".join(letter for letter in plain.lower() if letter.isalpha()) or "user"


def small_tables(rng: np.random.Generator, crowd: People, until: date) -> dict[str, list[Row]]:
    """Contracts, consents, cookies, third-party profiles and the health table that nobody may read."""
    start = datetime.combine(until, datetime.min.time())

    def ago(low: int, high: int) -> datetime:
        return start - timedelta(days=int(rng.integers(low, high)), seconds=int(rng.integers(86_400)))

    contracts, consents, cookies, profiles = [], [], [], []
    for firm in crowd.companies:
        for service in words.MODULES[: int(rng.integers(1, 5))]:
            begun = ago(100, 1200).date()
            plan = "trial" if rng.random() < 0.25 else "paid"
            over = begun + timedelta(days=int(rng.integers(30, 90))) if plan == "trial" and rng.random() < 0.5 else None
            contracts.append((firm["company_id"], service, plan, begun, over))
    for user in crowd.users:
        for purpose, share in zip(words.CONSENT_PURPOSES, (0.6, 0.45), strict=True):
            if rng.random() < share:
                given = ago(60, 700)
                withdrawn = given + timedelta(days=int(rng.integers(1, 59))) if rng.random() < 0.08 else None
                consents.append({"user_id": user["user_id"], "purpose": purpose, "given_at": given, "withdrawn_at": withdrawn})
        kind = str(rng.choice(words.COOKIE_KINDS))
        known = None if rng.random() < 0.1 else user["user_id"]
        visit = ago(1, 390)
        cookies.append((f"ck-{rng.bytes(9).hex()}", known, kind, visit, min(start, visit + timedelta(days=20)), bool(rng.random() < 0.5)))
        if rng.random() < 0.15:
            value = f"{user['first_name']} {user['family_name']}, {user['city']}"
            profiles.append(("directory", user["user_id"], "listing", value, ago(10, 600)))
    ids = uuids(rng, len(contracts))
    return {
        "contracts": [_row("contracts", (i, *c)) for i, c in zip(ids, contracts, strict=True)],
        "consents": consents,
        "cookies": [_row("cookies", cookie) for cookie in cookies],
        "third_party_profiles": [_row("third_party_profiles", profile) for profile in profiles],
        "end_user_health": [
            {"end_user_id": i, "metric": "resting_heart_rate", "value": str(int(rng.integers(50, 95))), "measured_at": ago(1, 30)}
            for i in uuids(rng, 200)
        ],
    }


def _row(table: str, values: tuple[Any, ...]) -> Row:
    from demo.schema import TABLES

    return dict(zip(TABLES[table], values, strict=True))
