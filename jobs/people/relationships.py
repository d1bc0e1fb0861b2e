"""Who may still be kept: from contracts, accounts, holds, objections and consents (clauses 8.1, 4.2, 9.1, 10.3).

Personal data is kept through the day 18 calendar months after the end of the relationship and is gone
with the first run of the next day (Regulation 1182/71; `policy.periods`). A standing legal hold keeps
what exists for longer and brings nothing back. The rule is pure: no clock, no database, no key.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal, NamedTuple

from jobs.treatments.normalise import spelled
from policy.periods import add_months
from policy.sources import Identifier


@dataclass(frozen=True)
class ServiceContract:
    """One contract of a company, trials included; ``ended_on`` is null while it runs."""

    company_id: str
    ended_on: date | None


class Account(NamedTuple):
    """One professional user; ``closed_on`` is the UTC date of the closure, null while it is open."""

    user_id: str
    company_id: str
    closed_on: date | None = None
    email: str | None = None


@dataclass(frozen=True)
class Hold:
    """A recorded dispute or legal duty over one user or company. ``reference`` names it without its id.

    A kind that nobody knows protects as both: the user of this id, and the company.
    """

    reference: str
    kind: Literal["user", "company", "unknown"]
    subject_id: str
    placed_on: date | None = None
    lifted_on: date | None = None

    def stands(self, day: date) -> bool:
        """Whether it protects on ``day``: from its placing through the day of its lifting.

        A hold without a day of placing has always stood, one that is lifted before its placing isn't lifted:
        deleting can't be undone.
        """
        return (self.placed_on is None or self.placed_on <= day) and (self.end is None or day <= self.end)

    @property
    def end(self) -> date | None:
        """The last day on which it protects; null while there is none."""
        earlier = self.placed_on is not None and self.lifted_on is not None and self.lifted_on < self.placed_on
        return None if earlier else self.lifted_on


@dataclass(frozen=True)
class Name:
    """One identifier that a published row may carry as a token, and until when.

    ``subject`` numbers the person or company inside one plan. ``through`` is the last day on which
    it may be kept; null means no end is known. ``holds`` keep it for longer.
    """

    identifier: Identifier
    value: str
    subject: int
    through: date | None
    holds: tuple[str, ...] = ()

    def is_over(self, today: date) -> bool:
        """Whether nothing but a hold may keep it."""
        return self.through is not None and self.through < today


@dataclass(frozen=True)
class Relationships:
    """What the platform says about the ends of relationships.

    ``accounts`` gives the accounts anew on each call, so that they needn't fit into memory; what
    does are one entry per company, the holds, and the accounts that are due or held.
    ``withdrawn``: for people who ended the processing for this purpose themselves, its last day.
    """

    contracts: Iterable[ServiceContract]
    accounts: Callable[[], Iterable[Account]]
    holds: tuple[Hold, ...] = ()
    withdrawn: Mapping[str, date] = field(default_factory=dict)

    def names(self, months: int, until: date, days: frozenset[date]) -> Iterator[Name]:
        """Every name that may be kept through ``until`` at most, or that a hold of one of ``days`` keeps.

        ``months``: how long after the end of the relationship (clause 8.1 says 18). An e-mail address
        that several accounts share may be kept as long as the last of them.
        """
        standing = (hold for hold in self.holds if any(hold.stands(day) for day in days))
        return self._names(months, until, _Held.by(standing))

    def let_go(self, months: int, today: date) -> Iterator[tuple[Name, bool]]:
        """Every name whose time is over, or that a hold keeps today; with whether retention has let it go.

        It has, once a day after its last went by on which no hold stood: a hold brings nothing back.
        """
        by_reference: dict[str, list[Hold]] = {}
        for hold in self.holds:
            by_reference.setdefault(hold.reference, []).append(hold)
        for name in self._names(months, today - timedelta(days=1), _Held.by(self.holds)):
            holds = [hold for reference in name.holds for hold in by_reference[reference]]
            gone = name.through is not None and name.is_over(today) and _went(name.through, holds, today)
            if gone or any(hold.stands(today) for hold in holds):
                yield name, gone

    def _names(self, months: int, until: date, held: _Held) -> Iterator[Name]:
        lasts = _lasts(self._contracted(), months)
        subject, unmet, addresses = -1, dict(held.users), dict[str, list[Name]]()
        said = held.users.keys() | self.withdrawn.keys()
        for subject, account in enumerate(self.accounts()):
            if account.company_id not in lasts:  # once at most: then every company is known
                lasts |= _lasts(self._uncontracted(lasts), months)
            ends = lasts[account.company_id] is not None or account.closed_on is not None
            if not (ends or account.user_id in said or account.company_id in held.companies):
                continue  # as nearly all do
            holds = held.of(account)
            unmet.pop(account.user_id, None)
            through = self._account_through(account, lasts[account.company_id], months)
            if holds or (through is not None and through <= until):
                yield Name("person", account.user_id, subject, through, holds)
                if account.email and (address := _address(account.email)):
                    addresses.setdefault(address, []).append(Name("email", account.email, subject, through, holds))
        for number, (user_id, holds) in enumerate(unmet.items(), subject + 1):  # the platform has deleted the account
            yield Name("person", user_id, number, None, holds)
        for company, (company_id, through) in enumerate(lasts.items()):
            holds = held.companies.get(company_id, ())
            if holds or (through is not None and through <= until):
                yield Name("company", company_id, company, through, holds)
        yield from self._addresses(addresses, until)

    def company_ends(self) -> dict[str, date | None]:
        """Each company's end: its last contract's; without any contract, its last account's closure.

        Null while a contract runs or, without contracts, while an account is open.
        """
        ends = self._contracted()
        return ends | self._uncontracted(ends)

    def _contracted(self) -> dict[str, date | None]:
        return last_ends((contract.company_id, contract.ended_on) for contract in self.contracts)

    def _uncontracted(self, known: Collection[str]) -> dict[str, date | None]:
        return last_ends((a.company_id, a.closed_on) for a in self.accounts() if a.company_id not in known)

    def _account_through(self, account: Account, company: date | None, months: int) -> date | None:
        """The company's last day or the account's own, whichever is earlier; a wish ends it at once."""
        through = company
        for bound in (_after(account.closed_on, months), self.withdrawn.get(account.user_id)):
            if bound is not None and (through is None or bound < through):
                through = bound
        return through

    def _addresses(self, addresses: Mapping[str, list[Name]], until: date) -> Iterator[Name]:
        """E-mail addresses of due or held accounts, unless another account still needs them."""
        if not addresses:
            return
        listed = {name.subject for names in addresses.values() for name in names}
        in_use = {
            address
            for subject, account in enumerate(self.accounts())
            if subject not in listed and (address := _address(account.email)) in addresses
        }
        for address, names in addresses.items():
            throughs = [name.through for name in names]
            last = None if None in throughs or address in in_use else max(t for t in throughs if t is not None)
            holds = tuple(sorted({hold for name in names for hold in name.holds}))
            if holds or (last is not None and last <= until):
                for value in dict.fromkeys(name.value for name in names):  # an older epoch spells them otherwise
                    yield Name("email", value, names[0].subject, last, holds)


@dataclass(frozen=True)
class _Held:
    users: dict[str, tuple[str, ...]]
    companies: dict[str, tuple[str, ...]]

    @classmethod
    def by(cls, holds: Iterable[Hold]) -> _Held:
        """Whom these holds keep."""
        held = cls({}, {})
        for hold in holds:
            for kind, of_kind in (("user", held.users), ("company", held.companies)):
                if hold.kind in (kind, "unknown"):
                    of_kind[hold.subject_id] = tuple(sorted({*of_kind.get(hold.subject_id, ()), hold.reference}))
        return held

    def of(self, account: Account) -> tuple[str, ...]:
        """The holds over an account: its own and its company's."""
        own, company = self.users.get(account.user_id, ()), self.companies.get(account.company_id, ())
        return tuple(sorted({*own, *company})) if own or company else ()


def last_ends(ends: Iterable[tuple[str, date | None]]) -> dict[str, date | None]:
    """The latest end of each key; null (no end yet) is later than every day."""
    latest: dict[str, date | None] = {}
    for key, end in ends:
        known = latest.get(key, date.min)
        latest[key] = None if end is None or known is None else max(known, end)
    return latest


def _lasts(ends: Mapping[str, date | None], months: int) -> dict[str, date | None]:
    """The last day on which each company's data may be kept."""
    return {company: _after(ended, months) for company, ended in ends.items()}


def _went(through: date, holds: Sequence[Hold], today: date) -> bool:
    """Whether there was a day after ``through``, today at the latest, on which none of ``holds`` stood."""
    day = through + timedelta(days=1)
    while day <= today:
        ends = [hold.end or today for hold in holds if hold.stands(day)]
        if not ends:
            return True
        day = min(max(ends), today) + timedelta(days=1)
    return False


def _address(email: str | None) -> str | None:
    """An e-mail address in the one spelling under which equal ones are equal."""
    return None if email is None else spelled(email, "email")


def _after(end: date | None, months: int) -> date | None:
    return None if end is None else add_months(end, months)
