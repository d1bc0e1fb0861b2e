"""Both sides of every date: ended relationships around 18 months, closed accounts, holds, cookies around 13 months.

Today is the day after the last seeded one. Data is kept *through* the day that many months after
the end and is gone with the next day's first run (clauses 8.1, 10.3; Regulation 1182/71).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from demo.belongings import table
from demo.identity import opaque, uuids
from demo.people import SPARE, People, Table
from policy.periods import add_months

RELATIONSHIP, COOKIE = 18, 13
"""Months; the numbers of clauses 8.1 and 10.3, which ``policy/register.yaml`` states too."""

Truth = list[dict[str, Any]]
Contract = tuple[str, date, date | None]


@dataclass(frozen=True)
class Ending:
    """How one company's relationship ends: its contracts as (plan, started, ended), and why it is an edge."""

    case: str
    contracts: tuple[Contract, ...]

    @property
    def ended(self) -> date | None:
        """The end of the last contract; None while one runs, or when there never was one."""
        ends = [ended for _, _, ended in self.contracts]
        return max(end for end in ends if end is not None) if ends and None not in ends else None


def plant_endings(rng: np.random.Generator, crowd: People, tables: dict[str, Table], today: date) -> Truth:
    """Contracts of the spare companies on both sides of the line, month ends included."""
    spare = range(len(crowd.companies["company_id"]) - SPARE, len(crowd.companies["company_id"]))
    rows: list[tuple[Any, ...]] = []
    truth: Truth = []
    for company, ending in zip(spare, _endings(today), strict=False):
        company_id = crowd.companies["company_id"][company]
        rows += [(uuids(rng, 1)[0], company_id, "publish", *contract) for contract in ending.contracts]
        closed = _close_accounts(crowd, company, ending, today)
        truth.append(
            {"company_id": company_id, "case": ending.case, **_kept(ending.ended or closed, RELATIONSHIP, today)}
        )
    for name, cells in table("contracts", rows).items():
        tables["contracts"][name] += cells
    return truth


def _endings(today: date) -> Iterator[Ending]:
    def paid(ended: date | None, begun: int = 500) -> Contract:
        return "paid", (ended or today) - timedelta(days=begun), ended

    beyond, within = line(today, RELATIONSHIP, -40)[0], today - timedelta(days=100)
    for side, name in ((-1, "gone since today"), (0, "kept for the last day"), (1, "kept for one more day")):
        for ended in line(today, RELATIONSHIP, side):
            yield Ending(name, (paid(ended),))
    for years in (1, 2):
        for month in (2, 8, 12):
            ended = date(today.year - years, month, {2: 28, 8: 31, 12: 31}[month])
            yield Ending("month end", (paid(ended),))
    yield Ending("an old contract ended, a newer one runs", (paid(beyond), paid(None, 300)))
    yield Ending("an old contract ended, a newer one ended later", (paid(beyond), paid(within, 200)))
    yield Ending("only a trial", (("trial", beyond - timedelta(days=30), beyond),))
    yield Ending("ends in the future", (paid(today + timedelta(days=60)),))
    yield Ending("never had a contract", ())
    while True:
        yield Ending("left this year", (paid(within),))


def line(today: date, months: int, side: int) -> list[date]:
    """The days whose period of ``months`` ends ``side`` days from ``today``; the nearest earlier when there is none.

    At the end of a short month there are several.
    """
    wanted = today + timedelta(days=side)
    candidates = (wanted - timedelta(days=back) for back in range(27 * months, 32 * months))
    found = [day for day in candidates if add_months(day, months) == wanted]
    return found or line(today, months, side - 1)


def _kept(ended: date | None, months: int, today: date) -> dict[str, Any]:
    if ended is None:
        return {"ended_on": None, "kept_through": None, "kept_today": True}
    through = add_months(ended, months)
    return {"ended_on": str(ended), "kept_through": str(through), "kept_today": through >= today}


def _close_accounts(crowd: People, company: int, ending: Ending, today: date) -> date | None:
    """Accounts of a company without any contract count from their own closure; others stay open."""
    closed = None if ending.contracts else line(today, RELATIONSHIP, -1)[0]
    for user in np.flatnonzero(crowd.company_of == company).tolist():
        _close(crowd, user, closed)
    return closed


def _close(crowd: People, user: int, day: date | None, hour: int = 12) -> None:
    crowd.users["closed_at"][user] = datetime.combine(day, datetime.min.time()) + timedelta(hours=hour) if day else None
    if day:
        crowd.users["created_at"][user] = datetime.combine(day, datetime.min.time()) - timedelta(days=200)


def plant_closures(crowd: People, users: Iterator[int], today: date) -> Truth:
    """Accounts in running companies that were closed on both sides of the line, and late in the UTC day."""
    truth: Truth = []
    for side in (-1, 0, 1):
        user, closed = next(users), line(today, RELATIONSHIP, side)[0]
        _close(crowd, user, closed, hour=23)
        truth.append({"user_id": crowd.users["user_id"][user], **_kept(closed, RELATIONSHIP, today)})
    return truth


def plant_holds(
    rng: np.random.Generator, crowd: People, tables: dict[str, Table], users: Iterator[int], today: date
) -> Truth:
    """Three legal holds: on a company past the line, on a closed account, and one that was lifted yesterday."""
    first = len(crowd.companies["company_id"]) - SPARE
    closed = next(users)
    _close(crowd, closed, line(today, RELATIONSHIP, -20)[0])
    before, yesterday = today - timedelta(days=200), today - timedelta(days=1)
    holds = [
        ("company", crowd.companies["company_id"][first], "dispute over an invoice", before, None),
        ("user", crowd.users["user_id"][closed], "labour court, file 42", before, None),
        ("user", crowd.users["user_id"][next(users)], "tax audit", before, yesterday),
    ]
    rows = [(made, *hold) for made, hold in zip(uuids(rng, len(holds)), holds, strict=True)]
    tables["legal_holds"] = table("legal_holds", rows)
    return [
        {"subject_kind": kind, "subject_id": subject, "stands": lifted is None} for kind, subject, _, _, lifted in holds
    ]


def plant_cookies(rng: np.random.Generator, crowd: People, tables: dict[str, Table], today: date) -> Truth:
    """Cookies first set 13 months ago to the day, one day more and one less; one that was never seen again."""
    truth: Truth = []
    rows: list[tuple[Any, ...]] = []
    for side in (-1, 0, 1):
        for nth, visit in enumerate(line(today, COOKIE, side)):
            cookie_id, moment = f"edge-{opaque(rng, 1)[0]}", datetime.combine(visit, datetime.max.time())
            user = crowd.users["user_id"][int(crowd.active[nth])]
            rows.append((cookie_id, user, "audience", moment, None if side else moment + timedelta(days=100), True))
            truth.append({"cookie_id": cookie_id, "first_visit_on": str(visit), **_kept(visit, COOKIE, today)})
    for name, cells in table("cookies", rows).items():
        tables["cookies"][name] += cells
    return truth
