"""Identifiers that look random and are the same for the same seed; and their absence."""

from __future__ import annotations

import base64

import numpy as np

OPAQUE_BYTES = 18


def uuids(rng: np.random.Generator, count: int) -> list[str]:
    """Random UUIDs of version 4 (RFC 9562)."""
    return _written(np.frombuffer(rng.bytes(16 * count), np.uint8).reshape(-1, 16).copy())


def derived(keys: np.ndarray) -> list[str]:
    """UUIDs that belong to the keys: the same key, the same UUID."""
    first = mixed(keys)
    return _written(np.stack([first, mixed(first)], axis=-1).view(np.uint8).reshape(-1, 16))


def opaque(rng: np.random.Generator, count: int) -> list[str]:
    """Texts of 24 URL-safe characters, as session and cookie ids are."""
    letters = base64.urlsafe_b64encode(rng.bytes(OPAQUE_BYTES * count)).decode()
    size = OPAQUE_BYTES * 4 // 3
    return [letters[i : i + size] for i in range(0, size * count, size)]


def mixed(keys: np.ndarray) -> np.ndarray:
    """Well-spread 64-bit numbers of the keys (the finaliser of SplitMix64, Steele, Lea and Flood 2014)."""
    z = np.asarray(keys).astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def blanked(cells: np.ndarray, gone: np.ndarray) -> np.ndarray:
    """``cells`` with nulls where they are ``gone``."""
    left = np.asarray(cells, object).copy()
    left[gone] = None
    return left


def _written(raw: np.ndarray) -> list[str]:
    raw[:, 6] = raw[:, 6] & 0x0F | 0x40
    raw[:, 8] = raw[:, 8] & 0x3F | 0x80
    digits = raw.tobytes().hex()
    return [
        f"{digits[i : i + 8]}-{digits[i + 8 : i + 12]}-{digits[i + 12 : i + 16]}-"
        f"{digits[i + 16 : i + 20]}-{digits[i + 20 : i + 32]}"
        for i in range(0, len(digits), 32)
    ]
