"""How whoever asks is answered: the calendar of the place that acts, reasons of an extension, grounds of a refusal."""

from __future__ import annotations

from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from policy.base import Model

Right = Literal[
    "access", "portability", "rectification", "erasure", "restriction", "objection", "consent_withdrawal"
]  # fmt: skip
"""The rights of policy clause 9.1: GDPR art. 15, 20, 16, 17, 18, 21 and 7(3)."""

LEGAL_HOLDS = "legal_holds"
"""The ground on which a standing legal hold refuses, in part, what it keeps."""

RECIPIENTS_ARE_TOLD = frozenset({"rectification", "erasure", "restriction", "objection", "consent_withdrawal"})
"""Rights that change or end what recipients have copies of: whoever approves tells them (GDPR art. 19)."""


class Ground(Model):
    """A ground in law on which a request may be refused, and which rights it can refuse (clause 9.1)."""

    article: str
    words: str
    rights: tuple[Right, ...] = Field(min_length=1)


class Answering(Model):
    """The place that acts, and the closed lists of what a decision may say (clauses 9.1, 11.2; GDPR art. 12).

    ``region``: a subdivision that has public holidays of its own. ``timezone``: its clock says on which day a request
    came in. ``verifying_pauses``: whether the month stands still while an identity is verified. ``alert_days``: how
    many days before the last one somebody is told.
    """

    country: str = Field(pattern=r"^[A-Z]{2}$")
    region: str | None = None
    timezone: str
    verifying_pauses: bool
    alert_days: tuple[int, ...] = Field(min_length=1)
    extensions: dict[str, str] = Field(min_length=1)
    grounds: dict[str, Ground]

    @field_validator("timezone")
    @classmethod
    def _is_a_time_zone(cls, timezone: str) -> str:
        try:
            ZoneInfo(timezone)
        except (KeyError, OSError, ValueError):
            raise ValueError("no time zone of that name; write it as Europe/Paris") from None
        return timezone

    @field_validator("alert_days")
    @classmethod
    def _come_nearer(cls, days: tuple[int, ...]) -> tuple[int, ...]:
        if list(days) != sorted(set(days), reverse=True) or days[-1] < 0:
            raise ValueError("days before the last one, the farthest first: 10, 3, 0")
        return days

    @model_validator(mode="after")
    def _a_hold_can_refuse(self) -> Self:
        if LEGAL_HOLDS not in self.grounds:
            raise ValueError(f"grounds has no {LEGAL_HOLDS}, on which a standing hold keeps data")
        return self
