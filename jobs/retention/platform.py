"""What the platform says today about contracts, accounts, holds and wishes, read in one transaction.

Only the columns that retention needs are named in a statement. Rows are streamed; a schema that drifted
stops the run before anything is decided. A word that nobody knows stops a night (drift); here it deletes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime

from jobs.keys.ring import Keyring
from jobs.people.reading import People
from jobs.people.relationships import Name
from jobs.people.wishes import Row
from jobs.platform.database import Platform, connect
from jobs.platform.drift import require_classified
from policy.periods import months_of
from policy.promise import Promise

TABLES = ("contracts", "professional_users", "legal_holds", "subject_requests", "consents")


@dataclass(frozen=True)
class Tables:
    """The tables of one transaction, each read as often as somebody asks."""

    promise: Promise
    platform: Platform

    def rows(self, name: str, columns: tuple[str, ...]) -> Iterator[Row]:
        """The rows of a table, batch by batch; what a word that nobody knows means is for the reader to say."""
        yield from self.platform.rows(name, self.promise.source(name).in_any_words(), columns)


@contextmanager
def platform_of_today(promise: Promise, keyring: Keyring) -> Iterator[People]:
    """The platform in one read-only transaction; holds appear under a keyed reference in place of their id.

    Raises:
        PlatformError: it doesn't answer.
        SourceDriftError, SeveralDriftsError: a table that decides has drifted; reading one may raise them, too.
    """

    def reference(hold: str) -> str:
        return keyring.seal("hold", hold.encode())[:12]

    with connect() as platform:
        require_classified(platform, {name: promise.source(name) for name in TABLES})
        yield People(Tables(promise, platform).rows, promise.register.purposes, reference, datetime.now(UTC))


def held_names(promise: Promise, keyring: Keyring, purpose: str, day: date) -> list[Name]:
    """Every name that a legal hold keeps on ``day``, for a purpose.

    Raises:
        PlatformError, SourceDriftError, SeveralDriftsError: see `platform_of_today`.
    """
    months = months_of(promise.register.relationship_keep)
    with platform_of_today(promise, keyring) as platform:
        names = platform.relationships(purpose).names(months, date.min, frozenset({day}))
        return [name for name in names if name.holds]
