"""What tokens look like: a prefix that names the identifier class, an underscore, letters only."""

from __future__ import annotations

from typing import Literal

from policy.sources import Identifier

LETTERS = "cbdefghijklnrtuv"
"""Modhex: a token without digits can't look like a phone number, card, IBAN or address."""

PREFIXES: dict[Identifier, str] = {
    "person": "usr",
    "company": "org",
    "session": "ses",
    "event": "evt",
    "object": "obj",
    "contract": "ctr",
    "invoice": "inv",
    "cookie": "cky",
    "customer": "cus",
    "email": "eml",
    "phone": "tel",
    "first_name": "fna",
    "family_name": "nam",
    "company_name": "com",
    "street": "str",
    "address": "adr",
}

NETWORKS: tuple[Literal["address", "network"], ...] = ("address", "network")
NETWORK_LETTERS = {"address": (8, 32), "network": (6, 16)}
"""Letters after ``ip4_`` and ``ip6_``. The first 6 are the /24, the first 16 the /64."""


def token_pattern(identifier: Identifier) -> str:
    """The exact shape of a token of this class, as a regular expression."""
    return f"^{PREFIXES[identifier]}_[{LETTERS}]{{32}}$"


def network_pattern(keep: Literal["address", "network"]) -> str:
    """The exact shape of an encrypted address, as a regular expression."""
    four, six = NETWORK_LETTERS[keep]
    return f"^(?:ip4_[{LETTERS}]{{{four}}}|ip6_[{LETTERS}]{{{six}}})$"


# -- the same by name, as the kernel tells it ------------------------------------------------------


def token_shape(identifier: Identifier) -> str:
    """What the kernel calls the shape of a token of this class: prefix and number of letters."""
    return f"{PREFIXES[identifier]}_32"


def network_shapes(keep: Literal["address", "network"]) -> tuple[str, str]:
    """What the kernel calls the shapes of an encrypted address of either family."""
    four, six = NETWORK_LETTERS[keep]
    return f"ip4_{four}", f"ip6_{six}"


SHAPES = (*map(token_shape, PREFIXES), *(shape for keep in NETWORKS for shape in network_shapes(keep)))
"""Every shape that the kernel knows."""
