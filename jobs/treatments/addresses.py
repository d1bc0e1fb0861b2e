"""IP addresses as logs and gateways write them, without Spark; ``jobs/kernel/Address.java`` reads the same."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address

BETWEEN = re.compile(r"[,\s]+", re.ASCII)
"""What stands between the addresses of a list."""

QUAD = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}", re.ASCII)
PORT = re.compile(r":[0-9]{0,5}", re.ASCII)
HIGHEST_PORT, HIGHEST_OCTET = 65535, 255


def items(text: str) -> list[str]:
    """The members of a list of addresses; empty ones, as a trailing comma leaves them, are none."""
    return [item for item in BETWEEN.split(text) if item]


def address(item: str) -> str | None:
    """The canonical form (RFC 5952) of one address; null if it isn't one.

    Read are a port, brackets, quotes (RFC 7239), a zone of an IPv6 address (RFC 4007) and a mask of all
    bits, as PostgreSQL writes ``inet``. Octets are decimal, whatever zeros lead them. An IPv4-mapped
    IPv6 address is the IPv4 address.
    """
    text = item[1:-1] if len(item) > 1 and item[0] == item[-1] == '"' else item
    if text.startswith("["):
        inside, closed, port = text[1:].partition("]")
        return bare_address(inside) if closed and _is_port(port or ":") else None
    if text.count(":") == 1:
        four, _, port = text.partition(":")
        return quad(four) if _is_port(f":{port}") else None
    return bare_address(text.removesuffix("/128" if ":" in text else "/32"))


def bare_address(text: str) -> str | None:
    """The canonical form of an address with nothing round it but a zone; null if it isn't one."""
    if ":" not in text:
        return quad(text)
    plain, zoned, zone = text.partition("%")
    return groups(plain) if zone or not zoned else None


def quad(text: str) -> str | None:
    """An IPv4 address; null if it isn't one."""
    octets = [int(octet) for octet in text.split(".")] if QUAD.fullmatch(text) else [HIGHEST_OCTET + 1]
    return str(IPv4Address(bytes(octets))) if max(octets) <= HIGHEST_OCTET else None


def groups(text: str) -> str | None:
    """An IPv6 address, or the IPv4 address that it maps; null if it isn't one."""
    before, colon, last = text.rpartition(":")
    try:
        read = IPv6Address(before + colon + (quad(last) or last))
    except ValueError:
        return None
    return str(read.ipv4_mapped or read) if read.scope_id is None else None


def _is_port(text: str) -> bool:
    return bool(PORT.fullmatch(text)) and int(text[1:] or 0) <= HIGHEST_PORT
