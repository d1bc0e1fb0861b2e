"""Who is on the platform: companies of skewed sizes, users of skewed eagerness, names that fit their country."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from faker import Faker

from demo import vocabulary as words
from demo.browsers import DESKS, PHONES
from demo.identity import blanked, uuids
from demo.networks import Networks, networks

LOCALES = {
    "fr_FR": ("FR", "Europe/Paris", 34),
    "de_DE": ("DE", "Europe/Berlin", 14),
    "de_CH": ("CH", "Europe/Zurich", 14),
    "en_GB": ("GB", "Europe/London", 12),
    "it_IT": ("IT", "Europe/Rome", 10),
    "es_ES": ("ES", "Europe/Madrid", 9),
    "nl_NL": ("NL", "Europe/Amsterdam", 7),
}
"""Faker locales with country, time zone and share of companies in percent."""

POSITIONS = (
    "HR manager", "Communication officer", "Prevention officer", "Office manager", "Managing director",
    "Occupational nurse", "IT administrator", "Works council member", "Trainer",
)  # fmt: skip
SCRIPTS = (
    ("Ελένη", "Παπαδοπούλου"), ("Дмитрий", "Ковалёв"), ("ليلى", "الحداد"), ("小明", "王"), ("Zoë 🦊", "Ångström"),
    ("Jean-Noël", "d’Aubigné"), ("Mary Jane", "O'Neill"), ("Þóra", "Łuczyńska"),
)  # fmt: skip
"""Names in other scripts and with other letters; some users have them, whatever their country."""

SECTOR_SHARES = (1, 1, 14, 1, 1, 4, 16, 3, 3, 13, 5, 1, 10, 5, 3, 6, 11, 1, 1)
"""In percent, in the order of ``vocabulary.SECTORS``."""

DORMANT_SHARE = 0.06
"""Accounts that are open and that nobody has used lately."""
SPARE = 24
"""The last companies' relationships have ended or are about to; ``demo.retention`` says how."""

Table = dict[str, list[Any]]


@dataclass(frozen=True)
class People:
    """Companies and users as tables, and what behaviour needs of each user as arrays."""

    companies: Table
    users: Table
    locale_of: list[str]
    company_of: np.ndarray
    eagerness: np.ndarray
    habits: np.ndarray
    desk: np.ndarray
    phone: np.ndarray
    places: Networks
    active: np.ndarray
    dormant: np.ndarray


def people(rng: np.random.Generator, until: date, companies: int, users: int) -> People:
    """``companies`` companies with at least one user each; the last ``SPARE`` have one each and nobody works there."""
    fakers = {locale: _faker(locale, rng) for locale in LOCALES}
    locale_of, firms = _companies(rng, companies, fakers)
    size = np.where(np.arange(companies) < companies - SPARE, rng.pareto(1.3, companies).clip(0, 30) + 0.3, 0)
    more = rng.choice(companies, users - companies, p=size / size.sum())
    company_of = np.sort(np.concatenate([np.arange(companies), more]))
    members = _users(rng, firms, [locale_of[company] for company in company_of], company_of, fakers, until)
    open_ = np.array([closed is None for closed in members["closed_at"]]) & (company_of < companies - SPARE)
    dormant = np.sort(rng.choice(np.flatnonzero(open_), round(DORMANT_SHARE * users), replace=False))
    active = open_ & ~np.isin(np.arange(users), dormant)
    weight = (rng.zipf(1.6, users).clip(1, 60) + rng.gamma(1.0, 1.0, users)) * active
    return People(
        companies=firms,
        users=members,
        locale_of=locale_of,
        company_of=company_of,
        eagerness=weight / weight.sum(),
        habits=rng.dirichlet((2.0, 1.2, 1.0, 1.6), users).cumsum(axis=1),
        desk=_devices(rng, DESKS, users),
        phone=_devices(rng, PHONES, users),
        places=networks(rng, company_of),
        active=np.flatnonzero(active),
        dormant=dormant,
    )


def _faker(locale: str, rng: np.random.Generator) -> Faker:
    faker = Faker(locale)
    faker.seed_instance(int(rng.integers(2**31)))
    for provider in faker.get_providers():
        if hasattr(provider, "cities"):  # Italian ones come from a set: another order in every process
            provider.cities = sorted(provider.cities)
    return faker


def _devices(rng: np.random.Generator, devices: dict[str, int], users: int) -> np.ndarray:
    share = np.array(list(devices.values())) / sum(devices.values())
    return np.array(list(devices), object)[rng.choice(len(devices), users, p=share)]


def _companies(rng: np.random.Generator, count: int, fakers: dict[str, Faker]) -> tuple[list[str], Table]:
    share = np.array([percent for _, _, percent in LOCALES.values()]) / 100
    locale_of = rng.choice(list(LOCALES), count, p=share).tolist()
    sectors: list[str | None] = rng.choice(words.SECTORS, count, p=np.array(SECTOR_SHARES) / 100).tolist()
    bands: list[str | None] = rng.choice(words.HEADCOUNT_BANDS, count, p=(0.28, 0.32, 0.22, 0.12, 0.06)).tolist()
    sectors[3], bands[5] = None, ""
    names = [fakers[locale].company() for locale in locale_of]
    names[7] = "Ἀσκληπιός & Söhne 健康 🩺"
    return locale_of, {
        "company_id": uuids(rng, count),
        "name": names,
        "sector": sectors,
        "headcount_band": bands,
        "city": [fakers[locale].city() for locale in locale_of],
        "country": [LOCALES[locale][0] for locale in locale_of],
    }


def _users(
    rng: np.random.Generator,
    firms: Table,
    locales: list[str],
    company_of: np.ndarray,
    fakers: dict[str, Faker],
    until: date,
) -> Table:
    count, companies = len(locales), company_of.tolist()
    first = [fakers[locale].first_name() for locale in locales]
    family = [fakers[locale].last_name() for locale in locales]
    for nth, (given, surname) in enumerate(SCRIPTS):
        first[20 + 31 * nth], family[20 + 31 * nth] = given, surname
    created, closed = _lifetimes(rng, until, count)
    missing = rng.random((3, count)) < np.array([[0.08], [0.1], [0.03]])
    position = blanked(rng.choice(POSITIONS, count), missing[0])
    phone = [fakers[locale].phone_number() for locale in locales]
    street = [fakers[locale].street_address() for locale in locales]
    return {
        "user_id": uuids(rng, count),
        "company_id": [firms["company_id"][company] for company in companies],
        "first_name": first,
        "family_name": family,
        "position": position.tolist(),
        "email": _emails(first, family, companies),
        "phone": _with_gaps(phone, missing[1]),
        "address": blanked(np.array(street, object), missing[2]).tolist(),
        "city": [firms["city"][company] for company in companies],
        "postcode": [fakers[locale].postcode() for locale in locales],
        "country": [LOCALES[locale][0] for locale in locales],
        "locale": locales,
        "created_at": created,
        "closed_at": closed,
    }


def _with_gaps(numbers: list[str], missing: np.ndarray) -> list[str | None]:
    """What isn't there is empty for some and null for others."""
    gaps = [("", None)[n % 2] for n in range(len(numbers))]
    return [gap if gone else number for number, gap, gone in zip(numbers, gaps, missing.tolist(), strict=True)]


def _lifetimes(rng: np.random.Generator, until: date, count: int) -> tuple[list[datetime], list[datetime | None]]:
    """When accounts were opened, and when the few that are closed were closed, long before the days we show."""
    midnight = datetime.combine(until, datetime.min.time())
    age, lasted = rng.integers(40, 1200, count), rng.random(count)
    created = [
        midnight - timedelta(days=int(d), seconds=int(s))
        for d, s in zip(age, rng.integers(0, 86_400, count), strict=True)
    ]
    shut = rng.random(count) < 0.02
    return created, [
        opened + timedelta(days=int((days - 31) * share)) if gone and days > 31 else None
        for opened, days, share, gone in zip(created, age, lasted, shut, strict=True)
    ]  # fmt: skip


def _emails(first: list[str], family: list[str], companies: list[int]) -> list[str]:
    """Company addresses below reserved names (RFC 2606), unique."""
    seen: dict[str, int] = {}
    made = []
    for given, surname, company in zip(first, family, companies, strict=True):
        domain = f"firma-{company}.example" + (".com" if company % 5 == 0 else "")
        name = f"{_plain(given)}.{_plain(surname)}"
        count = seen[f"{name}@{domain}"] = seen.get(f"{name}@{domain}", 0) + 1
        made.append(f"{name}{count if count > 1 else ''}@{domain}")
    return made


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return "".join(letter for letter in letters if letter.isalpha()) or "user"
