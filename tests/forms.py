"""Every form in which a key could lie in a file: raw, hex, base64 at any alignment, as a list of numbers, as text."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import policy
from jobs.keys.ring import remembering_key

IDENTIFIERS = ("person", "company", "session", "event", "object", "email", "address")


def forms_of(key: bytes) -> set[bytes]:
    """What to search for in bytes to find ``key`` or a long piece of it."""
    signed = [byte - 256 if byte > 127 else byte for byte in key]
    made = {key, key.hex().encode(), key.hex().upper().encode()}
    for shift in range(3):
        encoded = base64.b64encode(bytes(shift) + key)
        made |= {
            piece := encoded[4 if shift else 0 : len(key) // 3 * 4],
            piece.translate(bytes.maketrans(b"+/", b"-_")),
        }
    for numbers in (list(key), signed):
        for separator in (", ", ",", " "):
            made.add(separator.join(map(str, numbers[:16])).encode())
    made.add(" ".join(f"{byte:02X}" for byte in key[:16]).encode())  # how Spark shows binary: [0A FF …]
    made.add(repr(key[:16])[2:-1].encode())
    for text in (key.decode("utf-8", "replace"), key.decode("latin-1")):  # bytes that were taken for a text
        made |= {text.encode(), escaped(text, "x").encode(), escaped(text, "X").encode()}
    return {form for form in made if len(form) >= 16}


def escaped(text: str, digits: str) -> str:
    """``text`` as JSON writes it, with hex digits of one case."""
    short = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return "".join(short.get(c) or (f"\\u{ord(c):04{digits}}" if c < " " else c) for c in text)


def secrets_of(ring, kek: bytes) -> dict[str, bytes]:
    """Every secret of a keyring by name: key-encryption key, data keys, field keys and their HMAC pads, memory's keys."""
    found = {"key-encryption key": kek}
    for contract in policy.load().releases.values():
        if contract.anonymity is not None:
            found[f"memory's key of {contract.release}"] = remembering_key(ring, contract)
    for entry in ring.entries():
        keys = ring.domain(entry.domain, entry.epoch)
        found[f"data key of {entry.domain}"] = keys._data_key
        for identifier in IDENTIFIERS:
            key = keys.field_key(identifier)
            found[f"field key of {entry.domain} {identifier}"] = key
            for name, byte in (("inner", 0x36), ("outer", 0x5C)):
                found[f"{name} pad of {entry.domain} {identifier}"] = bytes(b ^ byte for b in key.ljust(64, b"\0"))
    return found


def where_found(secrets: dict[str, bytes], places: Iterator[tuple[str, bytes]]) -> set[tuple[str, str]]:
    """The secrets that lie anywhere in these places, each with its place."""
    searched = [(name, form) for name, key in secrets.items() for form in forms_of(key)]
    return {(name, place) for place, content in places for name, form in searched if form in content}


def files_below(*folders: Path) -> Iterator[tuple[str, bytes]]:
    """Every file's name and bytes."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                yield str(path), path.read_bytes()
