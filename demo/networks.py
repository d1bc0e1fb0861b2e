"""Where people connect from. Every address is one that no real host can have.

Ordinary people: 100.64.0.0/10 (RFC 6598) and 2001:db8::/32 (RFC 3849). Strangers who knock at the
door: 198.18.0.0/16 (RFC 2544). Planted attackers: 198.19.0.0/16 and the documentation networks (RFC 5737, RFC 9637).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo.identity import mixed

DESKS_PER_NETWORK = 200
NETWORKS = 8_192
"""/24 networks for offices in 100.64.0.0/11, and as many for homes and telephones in 100.96.0.0/11."""
CARRIERS = 1_024
PLACES = ("office", "home", "phone")
SHARES = (0.7, 0.22, 0.08)

BRUTE, STUFFING, SPRAY = "203.0.113", ("198.51.100", "198.19.240"), "192.0.2"
STOLEN_6 = "3fff:bad"


@dataclass(frozen=True)
class Networks:
    """The /24 of each user's office, home and telephone; who has IPv6 at home."""

    office: np.ndarray
    home: np.ndarray
    phone: np.ndarray
    modern: np.ndarray

    def addresses(self, users: np.ndarray, places: np.ndarray) -> list[str]:
        """The address of each user in each place (an index into ``PLACES``)."""
        network = np.choose(places, (self.office[users], self.home[users], self.phone[users]))
        host = 1 + mixed(users * 4 + places) % np.uint64(254)
        six = (places == 1) & self.modern[users]
        return [
            f"2001:db8:{user >> 16:x}:{user & 0xFFFF:x}::{last:x}"
            if is_six
            else f"100.{64 + (net >> 8)}.{net & 255}.{last}"
            for user, net, last, is_six in zip(
                users.tolist(), network.tolist(), host.tolist(), six.tolist(), strict=True
            )
        ]

    def address(self, user: int, place: int = 0) -> str:
        """One user's address."""
        return self.addresses(np.array([user]), np.array([place]))[0]

    def neighbour(self, user: int) -> str:
        """Another address in the network of the user's office."""
        network, _, host = self.address(user).rpartition(".")
        return f"{network}.{int(host) % 254 + 1}"


def networks(rng: np.random.Generator, company_of: np.ndarray) -> Networks:
    """Offices have a network for 200 desks; homes one each; telephones share their carriers'."""
    users = len(company_of)
    first = np.searchsorted(company_of, company_of)
    block = (np.arange(users) - first) // DESKS_PER_NETWORK
    _, office = np.unique(company_of * users + block, return_inverse=True)
    carriers = min(CARRIERS, max(8, users // 100))
    return Networks(
        office=office % NETWORKS,
        home=NETWORKS + CARRIERS + rng.integers(0, NETWORKS - CARRIERS, users),
        phone=NETWORKS + rng.integers(0, carriers, users),
        modern=rng.random(users) < 0.3,
    )


def strangers(rng: np.random.Generator, count: int) -> list[str]:
    """Addresses from which nobody known connects."""
    return [f"198.18.{net}.{host}" for net, host in rng.integers((0, 1), (256, 255), (count, 2)).tolist()]
