"""The account book of differential privacy: what was reserved, what was drawn, and that nothing is drawn twice.

reserve → draw → store → publish. A reservation is on record before a number exists; the drawn numbers are
stored, and their hash is on record, before anybody sees them. A rerun, a backfill or a rebuilt day gets the stored
numbers: a second draw of the same day would let a reader average the noise away. A crash between reserving and
storing costs the reservation.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from jobs.lake.faults import fault
from jobs.lake.files import sha256_of, write_atomically
from jobs.lake.ledger import Entry, Ledger
from jobs.lake.tables import current_files, find_table
from jobs.lake.zones import Lake
from policy.command_line import command
from policy.contract import Contract
from policy.errors import PolicyError
from policy.privacy import PrivacyBudget, epsilon_of

Row = dict[str, Any]


class BudgetSpentError(PolicyError):
    """Drawing once more would cost a person more than the contract allows."""

    def __init__(self, contract: Contract, day: date, spent: Spent) -> None:
        self.release, self.day, self.spent, self.owner = contract.release, day, spent, contract.owner
        super().__init__(
            f"{contract.release} of {day}: the {spent.period}'s privacy budget is spent: ε {spent.epsilon:.2f} is "
            f"reserved, {spent.most:g} allowed, {spent.left:.2f} left; one draw more would make it {spent.after:.2f}; "
            f"nothing was drawn; ask {contract.owner}, and see `{command('jobs', 'budget')}`"
        )


class LostDrawError(PolicyError):
    """Ledger and account book know different numbers of this day, or only one of them knows any."""

    def __init__(self, contract: Contract, day: date) -> None:
        self.release, self.day, self.owner = contract.release, day, contract.owner
        super().__init__(
            f"{contract.release} of {day}: the numbers that were drawn aren't in the account book as they were; they "
            f"mustn't be drawn again. Restore the lake's folder budget/{contract.release}, or the ledger, from a copy, "
            f"or leave the day as it is; ask {contract.owner}"
        )


@dataclass(frozen=True)
class Spent:
    """What of one period's budget is reserved, as ε at the contract's δ, and what one draw more would make of it."""

    period: str
    draws: int
    epsilon: float
    after: float
    most: float

    @property
    def left(self) -> float:
        """What may still be reserved; never below zero."""
        return max(0.0, self.most - self.epsilon)


@dataclass(frozen=True)
class Draw:
    """The numbers of one day as they were drawn, once: rows under the release's columns, and of which landing."""

    release: str
    day: str
    reservation: int
    contract: str
    landing: str
    rows: list[Row]


@dataclass(frozen=True)
class AccountBook:
    """What one release has spent, and the numbers that it has drawn."""

    contract: Contract
    budget: PrivacyBudget
    lake: Lake
    ledger: Ledger

    @classmethod
    def of(cls, contract: Contract, lake: Lake, ledger: Ledger) -> AccountBook:
        """The book of a release with a privacy budget."""
        if contract.privacy is None:
            raise AssertionError(f"{contract.release} has no privacy budget")
        return cls(contract, contract.privacy, lake, ledger)

    def numbers(self, day: date, landing: str, draw: Callable[[], list[Row]]) -> Draw:
        """The one draw of ``day``: the stored one, or else ``draw``'s, reserved before and stored after.

        ``landing`` names the copies that the counts were made of.

        Raises:
            BudgetSpentError: the day's or the year's budget doesn't allow it.
            LostDrawError: numbers were drawn and aren't there any more, or the ledger has forgotten them.
        """
        with self.lake.alone(f"{self.contract.release}.budget"):
            stored = self.stored(day)
            if stored is not None:
                return stored
            self._require_undrawn(day)
            reservation = self._reserve(day)
            fault("budget.after_reserving")
            made = Draw(self.contract.release, day.isoformat(), reservation, self.contract.fingerprint, landing, draw())
            self._store(day, made)
            return made

    def stored(self, day: date) -> Draw | None:
        """The numbers of ``day``, exactly as they were drawn; nothing if none were.

        Numbers that a crash kept out of the ledger are whole, nobody saw them, and they are the day's draw:
        recorded now.

        Raises:
            LostDrawError: the ledger knows other numbers, or the file is gone.
        """
        recorded = self.ledger.last("numbers_drawn", release=self.contract.release, day=day)
        reserved = self.ledger.last("budget_reserved", release=self.contract.release, day=day)
        if recorded is None:
            path = self._path(day, reserved["seq"]) if reserved is not None else None
            if path is None or not path.exists():
                return None
            recorded = self._record(day, path, reserved["seq"] if reserved else 0)
        path = self._path(day, recorded["reservation"])
        if not path.is_file() or sha256_of(path) != recorded["sha256"]:
            raise LostDrawError(self.contract, day)
        return Draw(**json.loads(path.read_text("utf-8")))

    def spent(self, day: date) -> tuple[Spent, Spent]:
        """What is reserved of the day's budget and of its calendar year's."""
        reserved = list(self.ledger.entries("budget_reserved", release=self.contract.release))
        return (
            self._spent("day", (e for e in reserved if e["day"] == str(day)), self.budget.epsilon.day),
            self._spent("year", (e for e in reserved if e["day"][:4] == f"{day:%Y}"), self.budget.epsilon.year),
        )

    def _spent(self, period: str, entries: Iterable[Entry], most: float) -> Spent:
        costs = [float(entry["rho"]) for entry in entries]
        before, after = (epsilon_of(rho, self.budget.delta) for rho in (sum(costs), sum(costs) + self.budget.rho))
        return Spent(period, len(costs), before, after, most)

    def _require_undrawn(self, day: date) -> None:
        """There are no numbers of the day that no entry names, nor rows that readers see: an older ledger came back.

        Raises:
            LostDrawError: there are some.
        """
        table = find_table(self.lake.published(self.contract.release))
        visible = table is not None and any(file.day == day for file in current_files(table))
        if visible or any(self.lake.budget(self.contract.release).glob(f"{day}-*.json")):
            raise LostDrawError(self.contract, day)

    def _reserve(self, day: date) -> int:
        for spent in self.spent(day):
            if spent.after > spent.most:
                raise BudgetSpentError(self.contract, day, spent)
        entry = self.ledger.append("budget_reserved", release=self.contract.release, day=day, rho=self.budget.rho)
        return int(entry["seq"])

    def _store(self, day: date, made: Draw) -> None:
        path = self._path(day, made.reservation)
        self.lake.private(path.parent)
        write_atomically(path, json.dumps(asdict(made), indent=1), 0o600)
        fault("budget.before_record")
        self._record(day, path, made.reservation)

    def _record(self, day: date, path: Path, reservation: int) -> Entry:
        return self.ledger.append(
            "numbers_drawn", release=self.contract.release, day=day, reservation=reservation, sha256=sha256_of(path)
        )

    def _path(self, day: date, reservation: int) -> Path:
        return self.lake.budget(self.contract.release) / f"{day}-{reservation}.json"


def years(contract: Contract, ledger: Ledger) -> Iterator[int]:
    """The calendar years in which anything was reserved, oldest first."""
    yield from sorted({int(e["day"][:4]) for e in ledger.entries("budget_reserved", release=contract.release)})
