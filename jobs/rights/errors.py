"""Why a right isn't carried out: one class a cause. A request is named by its keyed reference, nobody by anything."""

from __future__ import annotations

from collections.abc import Mapping

from policy.errors import PolicyError


class ErasureNotApprovedError(PolicyError):
    """Nobody but its maker has approved a plan of erasure."""

    def __init__(self, plan: str, why: str) -> None:
        self.plan, self.why = plan, why
        super().__init__(
            f"erasure {plan[:12]}: {why}; nothing was erased; another person reads the plan and approves it in the DAG "
            "`subject_requests`"
        )


class OtherPeopleError(PolicyError):
    """A plan is to be carried out for other people than it was made for."""

    def __init__(self, plan: str) -> None:
        self.plan = plan
        super().__init__(
            f"plan {plan[:12]} was made for other requests, or for people who were called otherwise then; nothing was "
            "changed; make a new plan"
        )


class NobodyNamedError(PolicyError):
    """A request comes without any identifier of a person."""

    def __init__(self, reference: str) -> None:
        self.reference = reference
        super().__init__(
            f"request {reference} names nobody by an identifier that is one person's; nothing was changed; find the "
            "person again, and let a person decide"
        )


class ErasureUnprovedError(PolicyError):
    """The independent pass found somebody who was erased. This is an incident."""

    def __init__(self, plan: str, left: Mapping[str, int]) -> None:
        self.plan, self.left = plan, dict(left)
        found = ", ".join(f"{place} ({count})" for place, count in sorted(left.items()))
        super().__init__(
            f"erasure {plan[:12]} isn't proved: there are traces in {found}; tell the privacy officer, then make a new "
            "plan; see docs/retention.md"
        )
