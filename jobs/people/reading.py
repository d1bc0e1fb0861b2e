"""What the platform's tables say of people, whoever reads them: retention from the platform, a night from landing.

Only the columns that are needed are named. Rows are streamed; what is held are the wishes, the holds, an entry
per company, and the accounts that are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from jobs.people.relationships import Account, Hold, Relationships, ServiceContract
from jobs.people.wishes import CONSENTS, REQUESTS, Reading, Row, consents_ended, word
from policy.register import Purpose
from policy.sources import Identifier

ACCOUNTS = "professional_users"
HOLD_KINDS: dict[str, Literal["user", "company"]] = {"user": "user", "company": "company"}

Rows = Callable[[str, tuple[str, ...]], Iterator[Row]]
"""The rows of a table with these columns."""


@dataclass(frozen=True)
class People:
    """One moment of the platform, ``at``; every reading of it says the same.

    ``reference`` makes of a hold's id the name under which it may be shown.
    """

    rows: Rows
    purposes: Mapping[str, Purpose]
    reference: Callable[[str], str]
    at: datetime

    def relationships(self, purpose: str) -> Relationships:
        """All that decides how long data may serve ``purpose``."""
        contracts = (
            ServiceContract(row["company_id"], row["ended_on"])
            for row in self.rows("contracts", ("company_id", "ended_on"))
        )
        return Relationships(tuple(contracts), self._accounts, self.holds(), self._withdrawn(purpose))

    def holds(self) -> tuple[Hold, ...]:
        """Every hold that was ever recorded."""
        columns = ("hold_id", "subject_kind", "subject_id", "placed_on", "lifted_on")
        return tuple(
            Hold(
                self.reference(row["hold_id"]),
                HOLD_KINDS.get(word(row["subject_kind"]), "unknown"),
                row["subject_id"],
                row["placed_on"],
                row["lifted_on"],
            )
            for row in self.rows("legal_holds", columns)
        )

    def open_requests(self) -> tuple[date, ...]:
        """The days on which requests came in that nobody has closed; without a day, long ago."""
        rows = self.rows("subject_requests", ("received_at", "closed_at"))
        return tuple(_date(row["received_at"]) or date.min for row in rows if row["closed_at"] is None)

    def excluded(self, purpose: str, day: date) -> frozenset[str]:
        """People whose own wish keeps their rows of ``day`` out of what serves ``purpose``."""
        requests = self.rows("subject_requests", REQUESTS)
        return Reading.of(purpose, self.purposes).excluded(requests, day, self.at)

    def unread(self, purpose: str) -> int:
        """How many standing wishes hold a word that nobody understands."""
        return Reading.of(purpose, self.purposes).unread(self.rows("subject_requests", REQUESTS), self.at)

    def registered(
        self, people: Collection[str], columns: Mapping[str, Identifier]
    ) -> Iterator[tuple[Identifier, str]]:
        """Identifier class and value of what is registered of ``people``; ``columns``: column → class."""
        for row in self.rows(ACCOUNTS, ("user_id", *(name for name in columns if name != "user_id"))):
            if row["user_id"] in people:
                yield from ((kind, row[name]) for name, kind in columns.items() if row[name])

    def _accounts(self) -> Iterator[Account]:
        for row in self.rows(ACCOUNTS, ("user_id", "company_id", "closed_at", "email")):
            yield Account(row["user_id"], row["company_id"], _date(row["closed_at"]), row["email"])

    def _withdrawn(self, purpose: str) -> dict[str, date]:
        wishes = Reading.of(purpose, self.purposes).ended(self.rows("subject_requests", REQUESTS), self.at)
        if self.purposes[purpose].lawful_basis != "consent":
            return wishes
        ended = consents_ended(purpose, self.rows("consents", CONSENTS))
        return {user: min(d for d in (wishes.get(user), ended.get(user)) if d) for user in wishes | ended}


def _date(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()
