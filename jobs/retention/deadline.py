"""The one deadline of a release's rows, counted from their data day: for those who delete and those who publish."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from jobs.retention.errors import PastPeriodError
from policy.contract import Contract
from policy.periods import add_months, months_of, now


@dataclass(frozen=True)
class Deadline:
    """``today``, and the contract's own period in months, counted from the data day."""

    today: date
    keep: int

    @classmethod
    def of(cls, contract: Contract, today: date) -> Deadline:
        """The deadline of a release."""
        return cls(today, months_of(contract.retention.keep))

    def last(self, day: date) -> date:
        """The last day on which anybody's rows of ``day`` may be kept."""
        return add_months(day, self.keep)

    def is_past(self, day: date) -> bool:
        """Whether all rows of ``day`` are past the contract's period."""
        return self.last(day) < self.today


def require_within(contract: Contract, day: date) -> None:
    """Rows of ``day`` may be in the release today.

    Raises:
        PastPeriodError: retention would let them go at once.
    """
    deadline = Deadline.of(contract, now().date())
    if deadline.is_past(day):
        raise PastPeriodError(contract.release, day, deadline.last(day))
