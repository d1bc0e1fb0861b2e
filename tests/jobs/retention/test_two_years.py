"""Two years of days with a moving clock: no row stays past its date, and none goes that must be kept.

The rule is written again here, from the words of the policy and with pandas' calendar, and applied on
every single day. On each day on which it lets something go, and the day before, the real run is made on
a real table and compared row by row; on the days between, it says that nothing changes.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta

import pandas as pd
import pytest

from jobs.people.relationships import Account, Hold, Relationships, ServiceContract
from tests.jobs.retention.world import identity

FIRST, YEARS = date(2024, 3, 1), 2
LAST = date(2026, 2, 28)
D = date.fromisoformat
PEOPLE = {"ada": "alpha", "bob": "alpha", "cyd": "beta", "dan": "gamma", "eve": "gamma", "fay": "delta", "gus": "none"}

EVENTS = [
    ("2024-03-01", "contract", "alpha", None), ("2024-03-01", "contract", "beta", None),
    ("2024-03-01", "contract", "gamma", None), ("2024-03-01", "contract", "delta", None),
    ("2024-05-31", "end", "alpha", None),          # the trial ends on a month end: through 30 November 2025
    ("2024-06-30", "end", "beta", None),
    ("2024-07-15", "close", "dan", None),          # in a running company: through 15 January 2026
    ("2024-08-01", "close", "gus", None),          # in a company without contracts
    ("2024-08-31", "end", "delta", None),          # through the last of February 2026
    ("2025-01-10", "hold", "bob", None),           # placed long before its company's 18 months are over
    ("2025-03-01", "contract", "beta", None),      # the relationship begins again
    ("2025-06-30", "end", "beta", None),
    ("2025-12-15", "lift", "bob", None),           # gone on the 16th
    ("2026-01-20", "hold", "dan", None),           # after dan's rows have gone: brings nothing back
]  # fmt: skip


@dataclass
class Platform:
    """The state of the platform on one day of the story."""

    contracts: dict = field(default_factory=dict)
    closed: dict = field(default_factory=dict)
    holds: dict = field(default_factory=dict)

    def happens(self, day, what, name):
        match what:
            case "contract":
                self.contracts.setdefault(name, []).append(None)
            case "end":
                self.contracts[name] = [day if end is None else end for end in self.contracts[name]]
            case "close":
                self.closed[name] = day
            case "hold":
                self.holds[name] = [day, None]
            case "lift":
                self.holds[name][1] = day

    def relationships(self):
        contracts = [ServiceContract(c, end) for c, ends in self.contracts.items() for end in ends]
        accounts = [Account(name, company, self.closed.get(name)) for name, company in PEOPLE.items()]
        holds = tuple(Hold(name, "user", name, *span) for name, span in self.holds.items())
        return Relationships(contracts, lambda: accounts, holds)


def months_after(day, months):
    return (pd.Timestamp(day) + pd.DateOffset(months=months)).date()


def may_stay(platform, row, today):
    """The rule in plain words, for one row (day, person)."""
    day, person = row
    placed, lifted = platform.holds.get(person, (date.max, None))
    if placed <= today and (lifted is None or today <= lifted):
        return True
    ends = platform.contracts.get(PEOPLE[person], [])
    relationship_over = bool(ends) and None not in ends and today > months_after(max(ends), 18)
    account_over = person in platform.closed and today > months_after(platform.closed[person], 18)
    return today <= months_after(day, 13) and not relationship_over and not account_over


def story():
    """Each day: the platform, what the night publishes, and the rows that are there after retention."""
    platform, rows = Platform(), set()
    for number in range((LAST - FIRST).days + 1):
        today = FIRST + timedelta(days=number)
        events = [(what, name) for day, what, name, _ in EVENTS if D(day) == today]
        for what, name in events:
            platform.happens(today, what, name)
        night = {(today, person) for person in PEOPLE if number % 25 == 0}  # strangers try closed accounts, too
        before = rows | night
        rows = {row for row in before if may_stay(platform, row, today)}
        yield today, platform, events, night, before, rows


def test_on_every_day_the_rule_lets_go_exactly_what_is_past_its_date():
    past = 0
    for today, platform, _, _, before, rows in story():
        names = {
            name.value: name
            for name in platform.relationships().names(18, today - timedelta(days=1), frozenset({today}))
            if name.identifier == "person"
        }
        kept = {
            (day, person)
            for day, person in before
            if (person in names and names[person].holds) or (person not in names and today <= months_after(day, 13))
        }
        assert kept == rows, today
        past += len(before) - len(rows)
    assert past > 100


def days_to_look_at():
    """When somebody's own time is over and the day before, and every fourth day on which a data day is over."""
    own, of_a_day = set(), []
    for today, _, _, _, before, rows in story():
        if any(today <= months_after(day, 13) for day, _ in before - rows):
            own.add(today)
        elif before - rows:
            of_a_day.append(today)
    first = {min(day for day in own if day.month == month) for month in {day.month for day in own}}
    return own | {day - timedelta(days=1) for day in first} | set(of_a_day[::4])


@pytest.fixture
def platform_of_the_story(world):
    for company in ("alpha", "beta", "gamma", "delta", "none"):
        world.company(company)
    for name, company in PEOPLE.items():
        world.account(name, company)
    return world


@pytest.mark.long
def test_a_real_table_holds_exactly_those_rows(platform_of_the_story):
    world, runs, days = platform_of_the_story, 0, days_to_look_at()
    for today, _, events, night, _, rows in story():
        for what, name in events:
            _happens(world, today, what, name)
        if night:
            world.publish("threat_events", today, [{"person": person} for _, person in sorted(night)])
        if today in days:
            world.expire(today)
            runs += 1
            assert world.names("threat_events", PEOPLE) == sorted(rows, key=str), today
    assert runs == len(days) >= 15


def _happens(world, today, what, name):
    match what:
        case "contract":
            world.contract(name)
        case "end":
            statement = "UPDATE contracts SET ended_on = ? WHERE company_id = ? AND ended_on IS NULL"
            world.change(statement, str(today), identity(name))
        case "close":
            closed = f"{today} 23:59:59.000000"
            world.change("UPDATE professional_users SET closed_at = ? WHERE user_id = ?", closed, identity(name))
        case "hold":
            world.hold("user", name, today)
        case "lift":
            world.lift(name, today)
