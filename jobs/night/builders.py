"""What makes each shape of release from landing: the rows, and how many source rows became of them what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame

from jobs.anonymity.budget import AccountBook
from jobs.anonymity.microdata import Month, microdata
from jobs.anonymity.noise import drawn_frame, drawn_rows
from jobs.anonymity.statistics import Sources, statistics
from jobs.keys.field_keys import key_column
from jobs.keys.ring import Keyring, bounding_key, remembering_key
from jobs.lake.landing import Landing
from jobs.lake.ledger import Ledger
from jobs.lake.memory import Memory, lay
from jobs.signals.release import signals
from jobs.treatments import treated
from jobs.treatments.tokens import FieldKeys
from policy.contract import Contract, Shape
from policy.errors import ContractError, PolicyError
from policy.promise import Promise
from policy.taxonomies import Taxonomies


class ForgottenVersionError(PolicyError):
    """A day of tables was visible before, and the published table doesn't have its numbers any more."""

    def __init__(self, release: str, day: date, owner: str) -> None:
        self.release, self.day, self.owner = release, day, owner
        super().__init__(
            f"{release} of {day} was visible before, and its numbers aren't in the published table to compare with; it "
            f"isn't built again; ask {owner} to bring the old table back, or leave the day as it is"
        )


@dataclass(frozen=True)
class Made:
    """A release's rows, what of the rows written the counts of a `Protected` are, and what is staged beside them."""

    rows: DataFrame
    counts: Callable[[int], dict[str, Any]]
    beside: Callable[[Path], None] = lambda _: None


def protect(raw: DataFrame, contract: Contract, taxonomies: Taxonomies, keys: FieldKeys) -> DataFrame:
    """Apply each column's treatment; rows are neither added nor removed.

    Guarantee: the result has exactly ``contract.output_schema``, in that order. Nulls stay null.

    Raises:
        ContractError: ``raw`` has a column that the contract does not name.
    """
    for column in set(raw.columns) - contract.columns.keys():
        raise ContractError(contract.release, column, "neither kept, treated nor dropped", contract.owner)
    published = ((name, rule) for name, rule in contract.columns.items() if rule.published)
    return raw.select(*(treated(name, rule, taxonomies, keys) for name, rule in published))


def _events(promise: Promise, contract: Contract, landing: Landing) -> Made:
    """A row per event, tokens under the key of the data day."""
    source = contract.main_source
    exclusion = landing.exclusion(promise, contract.purpose)
    kept = exclusion.without(landing.frame(source), source)
    keys = Keyring.from_environment(Ledger(landing.lake.ledger)).of_day(contract, landing.day)
    rows_in = landing.lake.manifest(source, landing.day).rows

    def counts(rows_out: int) -> dict[str, int]:
        """What wasn't written was excluded; the gate counts the excluded in landing by itself."""
        balance = {"rows_in": rows_in, "represented": rows_out, "suppressed": 0, "excluded": rows_in - rows_out}
        return {**balance, "unread_wishes": exclusion.left.unread}

    return Made(protect(kept, contract, promise.taxonomies, keys.on(landing.spark)), counts)


def _statistics(promise: Promise, contract: Contract, landing: Landing) -> Made:
    """A row per cell of a closed set, shown or hidden."""
    visible, exclusion = landing.visible(contract), landing.exclusion(promise, contract.purpose)
    published = Ledger(landing.lake.ledger).last("published", release=contract.release, day=landing.day)
    if published is not None and not any(row["day"] == landing.day for row in visible):
        raise ForgottenVersionError(contract.release, landing.day, contract.owner)
    made = statistics(promise, contract, Sources(exclusion, landing.day, visible))

    def counts(_: int) -> dict[str, Any]:
        said = {"unread_wishes": exclusion.left.unread, "losses": made.losses, "stayed": made.stayed}
        return {**made.counts(), **said}

    return Made(made.staged(landing.spark), counts)


def _findings(promise: Promise, contract: Contract, landing: Landing) -> Made:
    """A row per finding of a detection rule; nothing is left out, so findings in are rows out."""
    return Made(signals(promise, contract, landing).coalesce(1), _all_of_them)


def _noisy_counts(promise: Promise, contract: Contract, landing: Landing) -> Made:
    """A row per cell of a closed domain: the day's one draw, from the account book if it was made before.

    Rows in are rows out: how many events or units were counted is what the noise hides.
    """
    source, ring = contract.main_source, Keyring.from_environment(Ledger(landing.lake.ledger))

    def draw() -> list[dict[str, Any]]:
        rows = landing.exclusion(promise, contract.purpose).without(landing.frame(source), source)
        return drawn_rows(
            promise, contract, rows, key_column(bounding_key(ring, contract, landing.day), landing.spark), landing.day
        )

    book = AccountBook.of(contract, landing.lake, Ledger(landing.lake.ledger))
    drawn = book.numbers(landing.day, landing.fingerprint(source), draw)
    return Made(drawn_frame(contract, drawn.rows, landing.spark).coalesce(1), _all_of_them)


def _microdata(promise: Promise, contract: Contract, landing: Landing) -> Made:
    """A row per person of a closed month, beside them what its memory will be; rows in are people who may be in it."""
    ledger = Ledger(landing.lake.ledger)
    key = key_column(remembering_key(Keyring.from_environment(ledger), contract), landing.spark)
    memory = Memory(contract, landing.lake).others(landing.spark, landing.day)
    made = microdata(promise, contract, Month(landing.exclusion(promise, contract.purpose), landing.day, key, memory))
    people = made.people

    def counts(rows_out: int) -> dict[str, Any]:
        said = {"represented": rows_out, "suppressed": people.suppressed, "excluded": 0, "cost": made.cost}
        return {**said, "rows_in": people.number + people.suppressed, "unread_wishes": made.month.exclusion.left.unread}

    def beside(folder: Path) -> None:
        lay(made.remembered(), [landing.day, *map(date.fromisoformat, made.cost.compared)], folder)

    return Made(made.rows, counts, beside)


def _all_of_them(rows_out: int) -> dict[str, int]:
    """The counts of a release that leaves nothing out of what it is made of."""
    return {"rows_in": rows_out, "represented": rows_out, "suppressed": 0, "excluded": 0}


BUILDERS: dict[Shape, Callable[[Promise, Contract, Landing], Made]] = {
    "events": _events,
    "statistics": _statistics,
    "findings": _findings,
    "noisy_counts": _noisy_counts,
    "microdata": _microdata,
}
