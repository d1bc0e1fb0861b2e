"""What a plan needs before it may be carried out: its own day, and a person where it deletes more than usual."""

from __future__ import annotations

from datetime import date

from jobs.lake.ledger import Ledger
from jobs.retention.errors import ApprovalNeededError, MassChangeError, StalePlanError
from jobs.retention.plan import Plan


def require_executable(plan: Plan, ledger: Ledger, today: date) -> None:
    """The plan may be carried out today: it is of today or yesterday, and approved where it must be.

    Raises:
        StalePlanError: it is of another day.
        ApprovalNeededError: it deletes more than a daily share, and nobody approved it.
        MassChangeError: many are due whom the last plan didn't see coming, and nobody approved it.
    """
    if not 0 <= (today - date.fromisoformat(plan.day)).days <= 1:
        raise StalePlanError(plan.hash, f"it is of {plan.day}")
    require_approval(plan, plan.over_share, ledger)
    require_foresight(plan, plan.unforeseen, ledger)


def require_approval(plan: Plan, releases: tuple[str, ...], ledger: Ledger) -> None:
    """A person has let more than their daily share of ``releases`` go, if any is named.

    Raises:
        ApprovalNeededError: nobody has.
    """
    if releases and ledger.last("expiry_approved", plan=plan.hash) is None:
        raise ApprovalNeededError(plan.hash, releases)


def require_foresight(plan: Plan, people: int, ledger: Ledger) -> None:
    """A person has looked at the ``people`` whom no plan saw coming, if there are any.

    Raises:
        MassChangeError: nobody has.
    """
    if people and ledger.last("expiry_approved", plan=plan.hash) is None:
        raise MassChangeError(plan.hash, people)
