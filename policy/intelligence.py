"""Threat intelligence: networks of attackers, each with its source and the day on which it expires."""

from __future__ import annotations

import ipaddress
from datetime import date
from pathlib import Path
from typing import Self

from pydantic import Field, IPvAnyNetwork, model_validator

from policy.base import Model, parse, read_yaml

WIDEST = {4: 8, 6: 16}
"""A wider range than a /8, or a /16 of IPv6, says nothing about an attacker."""


class Indicator(Model):
    """One network, or one address. Matched from ``listed`` to ``expires``, both included."""

    network: IPvAnyNetwork
    source: str = Field(min_length=3)
    listed: date
    expires: date

    @model_validator(mode="after")
    def _is_narrow_and_ends(self) -> Self:
        if self.network.prefixlen < WIDEST[self.network.version]:
            raise ValueError("the network is too wide to be an attacker's")
        if self.expires < self.listed:
            raise ValueError("it expires before it is listed")
        return self

    @property
    def first_address(self) -> str:
        """The network's first address, in canonical spelling."""
        return str(ipaddress.ip_address(self.network.network_address))


class Indicators(Model):
    """One file of ``policy/indicators``."""

    indicators: tuple[Indicator, ...]


def indicators(root: Path, day: date) -> list[tuple[str, Indicator]]:
    """Every indicator in force on ``day``, with its place (file and number, never its address)."""
    found = []
    for file in sorted((root / "indicators").glob("*.yml")):
        place = f"indicators/{file.name}"
        for number, indicator in enumerate(parse(Indicators, read_yaml(root, place), place).indicators, start=1):
            if indicator.listed <= day <= indicator.expires:
                found.append((f"{place} no. {number}", indicator))
    return found
