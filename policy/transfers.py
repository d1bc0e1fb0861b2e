"""Transfers outside the European Economic Area (GDPR chapter V, policy clause 6.2)."""

from __future__ import annotations

from datetime import date

from policy.errors import TransferRefusedError
from policy.register import Recipient, Register

EEA = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS",
    "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
})  # fmt: skip
"""European Union and European Economic Area, ISO 3166-1 alpha-2."""

ADEQUATE: dict[str, date] = {
    "CH": date(2000, 7, 26),
    "CA": date(2001, 12, 20),
    "AR": date(2003, 6, 30),
    "GG": date(2003, 11, 21),
    "IM": date(2004, 4, 28),
    "JE": date(2008, 5, 8),
    "FO": date(2010, 3, 5),
    "AD": date(2010, 10, 19),
    "IL": date(2011, 1, 31),
    "UY": date(2012, 8, 21),
    "NZ": date(2012, 12, 19),
    "JP": date(2019, 1, 23),
    "GB": date(2021, 6, 28),
    "KR": date(2021, 12, 17),
}
"""Countries with a Commission decision under GDPR art. 45 and the day of that decision.

The list is a copy: the data protection officer reviews it against the Commission's page.
The United States are adequate for certified members of the Data Privacy Framework only.
"""

DPF_SINCE = date(2023, 7, 10)
"""Implementing Decision (EU) 2023/1795, the EU-US Data Privacy Framework."""


def check_recipients(register: Register) -> None:
    """Every recipient of the register has a mechanism that holds today.

    Raises:
        TransferRefusedError: names the recipient, its country and the reason.
    """
    for name, recipient in register.recipients.items():
        reason = refusal(recipient)
        if reason is not None:
            raise TransferRefusedError(name, recipient.country, reason)


def refusal(recipient: Recipient) -> str | None:
    """Why a copy may not leave for ``recipient``; ``None`` when it may."""
    country, mechanism = recipient.country, recipient.mechanism
    if mechanism == "privacy_shield":
        return "the Privacy Shield is invalid since 16 July 2020 (CJEU C-311/18); its successor is the DPF"
    if country in EEA:
        return None if mechanism == "eea" else "a recipient inside the EEA has the mechanism eea"
    if mechanism == "eea":
        return "the country isn't in the EEA"
    if mechanism == "adequacy":
        since = ADEQUATE.get(country)
        if since is None:
            return "no adequacy decision covers this country"
        return None if recipient.recorded_on >= since else "recorded before the adequacy decision"
    if mechanism == "dpf" and (country != "US" or recipient.recorded_on < DPF_SINCE):
        return "the Data Privacy Framework covers certified recipients in the US since 10 July 2023"
    return None


def lapsed(recipient: Recipient, today: date) -> str | None:
    """Why no copy may leave for ``recipient`` any more; ``None`` while its evidence holds, or where it has no end.

    The last day still counts. Nights go on: only the copy is refused.
    """
    until = recipient.valid_until
    if until is None or today <= until:
        return None
    return f"its evidence ({recipient.evidence}) held until {until}; record a new one in policy/register.yaml"
