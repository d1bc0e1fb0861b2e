"""What the scanner can find in a cell: one bit each, in the order of the kernel's ``Detector``."""

from __future__ import annotations

from collections.abc import Iterator

PATTERNS = (
    "email", "phone", "ipv4", "ipv6", "iban", "card", "nir", "siret", "mac", "jwt", "credentials_url", "uuid",
)  # fmt: skip
"""Told by shape and check digits, whosever they are."""

KNOWN = ("known", "known_name", "known_reversed", "known_base64", "known_hex")
"""Identifiers of that night's source, as they are or in another form."""

HASHED = (
    "hashed_md5", "hashed_sha1", "hashed_sha256", "hashed_sha512", "hashed_blake2b", "hashed_unset_key",
    "hashed_otherwise",
)  # fmt: skip
"""Identifiers of that night's source, hashed without a key or under one that was never set."""

DETECTORS = (*PATTERNS, *KNOWN, *HASHED)

DIGEST_LIKE, TEXT_LIKE, SPELT, TOKEN = (1 << len(DETECTORS) + place for place in range(4))
"""Not findings. Something that could be a hash, so the cell is searched for hashes of all identifiers; text beside
tokens that could hold one, so it is searched for all identifiers; a token whose bytes hold text, by chance or not;
a token, which could be the hash of anybody under a key that was never set."""

HASH_LIKE = DIGEST_LIKE | TOKEN


def named(bits: int) -> Iterator[str]:
    """The detectors whose bit is set."""
    return (name for place, name in enumerate(DETECTORS) if bits >> place & 1)


def proved(bits: int, settled: int = 0) -> Iterator[str]:
    """The detectors whose bit is set; of identifiers and hashes, only where a bit says to search for all of them.

    ``settled``: bits that ask for no further search. Where none is left that could, all were searched for.
    """
    for name in named(bits):
        asking = (TEXT_LIKE | SPELT if name in KNOWN else HASH_LIKE if name in HASHED else 0) & ~settled
        if not asking or bits & asking:
            yield name


def mask(*names: str) -> int:
    """The bits of these detectors."""
    return sum(1 << DETECTORS.index(name) for name in names)
