"""The risk of every published release, measured: how many of its people a few facts from elsewhere would find.

Pseudonymised rows of events: unicity (`jobs.anonymity.unicity`), epoch by epoch, and what behaviour alone joins of two
epochs (`jobs.assurance.relinking`). Microdata: classes and who could be found in them (`jobs.anonymity.counts`,
`reidentification`). Tables and noisy counts prove what they promise each night; it is said again, in words. What is
over a contract's limits is red. The record gets counts and shares.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from pyspark.sql import SparkSession

from jobs.anonymity.counts import Counts, count
from jobs.anonymity.linkage import Linkage
from jobs.anonymity.reidentification import in_itself, journalist, marketer, prosecutor
from jobs.anonymity.successive import criteria_of
from jobs.anonymity.unicity import Unicity, unicity
from jobs.assurance.losses import Lost, lost
from jobs.assurance.moments import cuts_of, moments
from jobs.assurance.relinking import joined_epochs
from jobs.catalogue.datasheet_noise import noise_guarantees
from jobs.catalogue.datasheet_tables import table_guarantees
from jobs.lake.foreign import foreign_table
from jobs.lake.landing import Landing
from jobs.lake.ledger import Ledger
from jobs.lake.tables import current_files, has_table, open_table
from jobs.lake.zones import Lake
from policy.contract import Contract
from policy.errors import PolicyError
from policy.promise import Promise


class RiskOverLimitError(PolicyError):
    """A release gives away more than its contract allows; what was measured is in the ledger and on the page."""

    def __init__(self, measured: Iterable[Measured]) -> None:
        self.measured = tuple(measured)
        named = "; ".join(f"{each.release}: {', '.join(each.over)} (ask {each.owner})" for each in self.measured)
        super().__init__(
            f"over the limit of the contract: {named}; cut times coarser (the page says what it buys), drop a "
            "column, or allow more in the contract: docs/risk.md"
        )


@dataclass(frozen=True)
class Measured:
    """What was measured of one release. ``over``: in words, where it is over its contract's limits."""

    contract: Contract
    day: date
    rows: int
    unicity: tuple[Unicity, ...] = ()
    linkage: Linkage | None = None
    classes: Counts | None = None
    promised: tuple[str, ...] = ()
    lost: tuple[Lost, ...] = ()

    @property
    def release(self) -> str:
        """The release's name."""
        return self.contract.release

    @property
    def owner(self) -> str:
        """Whom to ask."""
        return self.contract.owner

    @property
    def is_asked(self) -> bool:
        """Whether anybody was looked for in it: tables and noisy counts prove what they promise each night instead."""
        return bool(self.unicity) or self.classes is not None

    @property
    def findable(self) -> dict[str, float]:
        """Who could be found in microdata; ``marketer`` is the share of rows that he matches rightly."""
        if self.classes is None:
            return {}
        pairs = in_itself(self.classes)
        return {
            "prosecutor_highest": prosecutor(self.classes).highest,
            "journalist_average": journalist(pairs).average,
            "marketer": marketer(pairs),
        }

    @property
    def over(self) -> tuple[str, ...]:
        """Every limit of the contract that isn't kept; an undecided token counts as singled out."""
        risk, joined = self.contract.risk, self.linkage
        if risk is None:
            return ()
        limits = {(kind, points): most for kind, each in risk.points.items() for points, most in each.at_most.items()}
        singled = [
            f"{each.points} {each.kind} single out {each.at_most:.1%} of the tokens of {each.epoch}, {most:.1%} at most"
            for each in self.unicity
            if each.cut == 0 and each.at_most > (most := limits.get((each.kind, each.points), 1.0))
        ]
        if joined is not None and risk.linked_at_most is not None and joined.rate > risk.linked_at_most:
            singled.append(f"behaviour joins {joined.rate:.1%} of people, {risk.linked_at_most:.1%} at most")
        return tuple(singled)


def measure(promise: Promise, day: date, spark: SparkSession, lake: Lake) -> Iterator[Measured]:
    """Measure every published release; each result is in the ledger before it is given out.

    ``day``: of whose accounts tokens are made anew, where two epochs are compared.

    Raises:
        SchemaChangedError: a table was made under another contract.
        TornCommitError: a power cut spoilt a table's log.
    """
    ledger = Ledger(lake.ledger)
    for name, contract in promise.contracts.items():
        if has_table(lake.published(name)):
            made = _measured(promise, contract, Landing(spark, lake, day))
            ledger.append("risk_measured", release=name, day=day, **recorded(made))
            yield made


def _measured(promise: Promise, contract: Contract, landing: Landing) -> Measured:
    lake, day, spark = landing.lake, landing.day, landing.spark
    folder = lake.published(contract.release)
    with lake.alone(contract.release):
        files = current_files(open_table(folder, contract))
        losses = lost(contract, Ledger(lake.ledger))
        rows = sum(file.rows for file in files)
        if not files or not rows:
            return Measured(contract, day, 0, promised=promised(contract), lost=losses)
        found: tuple[Unicity, ...] = ()
        joined = classes = None
        if contract.risk is not None:
            released, days = foreign_table(spark, folder), {file.day for file in files}
            found = tuple(unicity(moments(released, contract, days), cuts_of(contract)))
            joined = joined_epochs(promise, contract, landing, released, days)
        if contract.anonymity is not None:
            newest = max(file.day for file in files)
            month = foreign_table(spark, folder).where(f"CAST(day AS DATE) = DATE '{newest}'")
            classes = count(month, *criteria_of(contract))
        return Measured(contract, day, rows, found, joined, classes, promised(contract), losses)


def promised(contract: Contract) -> tuple[str, ...]:
    """What a release of tables or noisy counts proves each night, in the words of its datasheet."""
    if contract.privacy is not None:
        return tuple(noise_guarantees(contract.privacy))
    return tuple(table_guarantees(contract)) if contract.statistics else ()


def recorded(made: Measured) -> dict[str, Any]:
    """What everyone may read of a measurement: counts and shares."""
    asked = [
        {"epoch": each.epoch, "points_of": each.kind, "cut": each.cut, "points": each.points, "tokens": each.tokens}
        | {name: round(getattr(each, name), 4) for name in ("share", "undecided", "fewer", "error")}
        for each in made.unicity
    ]
    entry: dict[str, Any] = {"rows": made.rows, "unicity": asked, "over": len(made.over)}
    if made.linkage is not None:
        low, high = made.linkage.interval
        shares = {"rate": made.linkage.rate, "chance": made.linkage.chance, "low": low, "high": high}
        entry["linkage"] = {"people": made.linkage.people} | {name: round(share, 4) for name, share in shares.items()}
    if made.classes is not None:
        counts = made.classes
        sizes = {"k": counts.smallest, "classes": counts.classes, "unique": counts.unique, "below": counts.below}
        entry["classes"] = sizes | {name: round(share, 4) for name, share in made.findable.items()}
    return entry
