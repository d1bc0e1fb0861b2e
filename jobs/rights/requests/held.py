"""Which legal holds stand over whoever asks (clause 8.1): what they keep isn't erased (GDPR art. 17(3)(e))."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from jobs.people.relationships import Hold


@dataclass(frozen=True)
class Held:
    """The holds that stand on ``day``; ``companies``: of which company each person is who asks."""

    holds: tuple[Hold, ...] = ()
    companies: Mapping[str, str | None] = field(default_factory=dict)
    day: date = date.max

    def over(self, user_id: str) -> tuple[str, ...]:
        """References of the holds over a person: their own, and their company's."""
        subjects = (("user", user_id), ("company", self.companies.get(user_id)))
        standing = (hold for hold in self.holds if hold.stands(self.day))
        return tuple(
            sorted(
                hold.reference
                for hold in standing
                if any(hold.kind in (kind, "unknown") and hold.subject_id == subject for kind, subject in subjects)
            )
        )
