"""One leak of each kind: what the gate must find every night before it is believed.

A cell leak is a text to plant into a copy of staged rows, with the detector that must name it. A
structural leak is a falsified count, with the expectation that must break.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import html
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from urllib.parse import quote

from expectations.case import Case, Finding, Keyed, Landed, Unread
from expectations.measures import Measures


@dataclass(frozen=True)
class CellLeak:
    """A kind of leak inside a cell."""

    kind: str
    text: str
    detector: str


PATTERN_LEAKS = (
    CellLeak("e-mail", "write to jane.roe@mail.example today", "email"),
    CellLeak("phone, international", "call +33 6 12 34 56 78", "phone"),
    CellLeak("phone, national", "06.12.34.56.78", "phone"),
    CellLeak("phone that became a number", "33612345678.0", "phone"),
    CellLeak("IPv4 address", "from 192.0.2.17", "ipv4"),
    CellLeak("IPv6 address", "2001:db8::8a2e:370:7334", "ipv6"),
    CellLeak("IBAN", "FR14 2004 1010 0505 0001 3M02 606", "iban"),
    CellLeak("IBAN of letters in groups", "GT82/TRAJ/0102/0000/0012/1002/9690", "iban"),
    CellLeak("payment card", "4111 1111 1111 1111", "card"),
    CellLeak("NIR", "2 55 08 14 168 025 38", "nir"),
    CellLeak("SIRET", "732 829 320 00074", "siret"),
    CellLeak("SIREN", "RCS Paris 732 829 320", "siret"),
    CellLeak("MAC address", "00:1b:44:11:3a:b7", "mac"),
    CellLeak("MAC address with dots", "0012.ab56.789a", "mac"),
    CellLeak("JWT", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqYW5lIn0.c2lnbmF0dXJl", "jwt"),
    CellLeak("URL with credentials", "https://jane:secret@host.example/", "credentials_url"),
    CellLeak("URL with a password alone", "redis://:s3cret-42@cache.example:6379/0", "credentials_url"),
    CellLeak("UUID of somebody else", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "uuid"),
    CellLeak("e-mail in full-width letters", "ｊａｎｅ＠mail.example", "email"),
    CellLeak("e-mail with HTML escapes", "jane&#64;mail.example", "email"),
    CellLeak("e-mail with HTML names", "jane&commat;mail&period;example", "email"),
)
"""Told by shape alone; all of them from documentation ranges, published examples or made up."""


def known_leaks(email: str, names: tuple[str, str], identifier: str) -> tuple[CellLeak, ...]:
    """Every form in which an identifier of the night could lie in a cell, from one account of the night."""
    raw, lower = email.encode(), email.lower().encode()
    first, family = names
    return (
        CellLeak("known e-mail", email, "known"),
        CellLeak("known e-mail inside a text", f"sent by {email}, see there", "known"),
        CellLeak("known e-mail in capitals", email.upper(), "known"),
        CellLeak("known e-mail without separators", "".join(c for c in email if c.isalnum()), "known"),
        CellLeak("known e-mail with an invisible character", email[:3] + "\u200b" + email[3:], "known"),
        CellLeak("known e-mail, percent-encoded", "".join(f"%{b:02X}" for b in raw), "known"),
        CellLeak("known e-mail in a URL", f"/search?q={quote(email, safe='')}", "known"),
        CellLeak("known e-mail, JSON escapes", "".join(f"\\u{ord(c):04x}" for c in email), "known"),
        CellLeak("known e-mail, HTML escapes", "".join(f"&#{ord(c)};" for c in email), "known"),
        CellLeak("known e-mail in nested JSON", json.dumps({"a": [{"b": email}]}), "known"),
        CellLeak("known e-mail as HTML", html.escape(f"<{email}>"), "known"),
        CellLeak("known e-mail, percent-encoded twice", quote(quote(email, safe=""), safe=""), "known"),
        CellLeak("known e-mail in lookalike letters", email.replace("a", "а").replace("e", "е"), "known"),
        CellLeak("known id", identifier, "known"),
        CellLeak("known id without hyphens", identifier.replace("-", ""), "known"),
        CellLeak("known name in a text", f"says {first} {family} again", "known_name"),
        CellLeak("known name, other order", f"{family}, {first}", "known_name"),
        CellLeak("known e-mail reversed", email[::-1], "known_reversed"),
        CellLeak("known e-mail in base64", base64.b64encode(raw).decode(), "known_base64"),
        CellLeak(
            "known e-mail in base64, unpadded", base64.urlsafe_b64encode(raw).decode().rstrip("="), "known_base64"
        ),
        CellLeak("known e-mail in base64 of base64", base64.b64encode(base64.b64encode(raw)).decode(), "known_base64"),
        CellLeak("known e-mail in base64 behind a label", f"xy{base64.b64encode(raw).decode()}", "known_base64"),
        CellLeak("known e-mail in base32", base64.b32encode(raw).decode(), "known_base64"),
        CellLeak(
            "known e-mail, gzip in base64", base64.b64encode(gzip.compress(raw, mtime=0)).decode(), "known_base64"
        ),
        CellLeak("known e-mail, defanged", email.replace(".", "[.]").replace("@", "[@]"), "known"),
        CellLeak("known e-mail, octal escapes", "".join(f"\\{b:03o}" for b in raw), "known"),
        CellLeak("known e-mail in hex", raw.hex(), "known_hex"),
        CellLeak("known e-mail in hex with colons", raw.hex(":"), "known_hex"),
        CellLeak("known e-mail in hex, capitals", raw.hex().upper(), "known_hex"),
        *(
            CellLeak(f"{name} of the known e-mail", hashlib.new(name, raw).hexdigest(), f"hashed_{name}")
            for name in ("md5", "sha1", "sha256", "sha512", "blake2b")
        ),
        CellLeak("sha256 in base64", base64.b64encode(hashlib.sha256(raw).digest()).decode(), "hashed_sha256"),
        CellLeak("sha256 of the normalised form", hashlib.sha256(lower).hexdigest(), "hashed_sha256"),
        CellLeak("sha256, first 16 digits", hashlib.sha256(raw).hexdigest()[:16], "hashed_sha256"),
        CellLeak(
            "md5 in a path", f"/avatar/{hashlib.md5(lower, usedforsecurity=False).hexdigest()}?s=80", "hashed_md5"
        ),
        CellLeak("md5 with a label", f"md5:{hashlib.md5(raw, usedforsecurity=False).hexdigest()}", "hashed_md5"),
        CellLeak("sha256 with a line's end", hashlib.sha256(raw + b"\n").hexdigest(), "hashed_sha256"),
        CellLeak("sha256 of capitals", hashlib.sha256(email.upper().encode()).hexdigest(), "hashed_sha256"),
        CellLeak("sha256 of UTF-16", hashlib.sha256(email.encode("utf-16-le")).hexdigest(), "hashed_sha256"),
        CellLeak("sha384 of the known e-mail", hashlib.sha384(raw).hexdigest(), "hashed_otherwise"),
        CellLeak("HMAC under an empty key", hmac.digest(b"", raw, "sha256").hex(), "hashed_unset_key"),
    )


Falsify = Callable[[Case, Measures], tuple[Case, Measures]]


@dataclass(frozen=True)
class StructuralLeak:
    """A kind of damage to the whole: how to do it, the expectation that must break, and what it must say, if given."""

    kind: str
    falsify: Falsify
    expectation: str
    detail: str = ""

    def is_named(self, finding: Finding) -> bool:
        """Whether this finding is the one that the damage must make."""
        return finding.expectation == self.expectation and self.detail in ("", finding.detail)


def _measured(**changes: Any) -> Falsify:
    return lambda case, measures: (case, replace(measures, **changes))


def _case(**changes: Callable[[Case], Any]) -> Falsify:
    return lambda case, measures: (replace(case, **{name: make(case) for name, make in changes.items()}), measures)


def _recounted(**changes: Any) -> Falsify:
    return _case(recounted=lambda case: replace(case.recounted, **changes))


def _keyed(right: Keyed, staged: Keyed) -> Falsify:
    def falsify(case: Case, measures: Measures) -> tuple[Case, Measures]:
        recounted = replace(case.recounted, keyed={**case.recounted.keyed, "planted": right})
        return replace(case, recounted=recounted), replace(measures, keyed={**measures.keyed, "planted": staged})

    return falsify


def _landed(**changes: Callable[[Case], Any]) -> Falsify:
    def copies(case: Case) -> tuple[Landed, ...]:
        honest = Landed("planted", case.day, case.judged_at)
        return (*case.landed, replace(honest, **{name: make(case) for name, make in changes.items()}))

    return _case(landed=copies)


COLUMNS, ONE_TO_ONE, BALANCE = "expect_columns_are_the_contracts", "expect_tokens_map_one_to_one", "expect_rows_balance"
FRESH, VOLUME = "expect_landing_is_fresh", "expect_volume_is_usual"

STRUCTURAL_LEAKS = (
    StructuralLeak("an extra column", lambda c, m: (c, replace(m, schema={**m.schema, "email": "string"})), COLUMNS),
    StructuralLeak(
        "a column of another type",
        lambda c, m: (c, replace(m, schema={**m.schema, next(iter(m.schema)): "binary"})),
        COLUMNS,
    ),
    StructuralLeak(
        "a file with a column of its own",
        _case(file_columns=lambda case: (*case.file_columns, (*case.contract.output_schema, "email"))),
        COLUMNS,
    ),
    StructuralLeak("a row too many", lambda c, m: (c, replace(m, represented=m.represented + 1)), BALANCE),
    StructuralLeak(
        "an excluded person left in",
        _case(claimed=lambda case: replace(case.claimed, excluded=case.claimed.excluded - 1)),
        BALANCE,
    ),
    StructuralLeak("somebody let go by retention", _recounted(left_in=1), BALANCE),
    StructuralLeak("a group of an aggregate made up", _recounted(differing=1), BALANCE),
    StructuralLeak(
        "a surrogate that is somebody", _recounted(colliding={"planted": 1}), "expect_surrogates_are_nobody"
    ),
    StructuralLeak("a person alone in a class", _recounted(small_classes=1), "expect_classes_are_large_and_diverse"),
    StructuralLeak(
        "numbers drawn a second time", _recounted(book={"draws of one day": 1}), "expect_numbers_are_drawn_once"
    ),
    StructuralLeak(
        "a person alone in two months together",
        _recounted(months={"classes of two months under k": 1}),
        "expect_months_do_not_join",
    ),
    StructuralLeak("tokens under another key", _keyed(Keyed(2, (1, 1)), Keyed(2, (9, 9))), ONE_TO_ONE),
    StructuralLeak("two people behind one token", _keyed(Keyed(2, (1, 1)), Keyed(2, (1, 0))), ONE_TO_ONE),
    StructuralLeak("a person without a token", _keyed(Keyed(2, (1, 1)), Keyed(1, (1, 1))), ONE_TO_ONE),
    StructuralLeak("addresses lost", _recounted(unread={"planted": Unread(2, 100, 0.01)}), "expect_addresses_are_read"),
    StructuralLeak(
        "an identifier in a file's metadata", _measured(in_texts={"email": 1}), "expect_nothing_in_file_metadata"
    ),
    StructuralLeak(
        "a text that our writer doesn't write",
        _case(texts=lambda case: (*case.texts, "planted")),
        "expect_nothing_in_file_metadata",
    ),
    StructuralLeak("landing of another day", _landed(day=lambda case: case.day - timedelta(days=1)), FRESH),
    StructuralLeak(
        "landing taken before the day was over",
        _landed(taken_at=lambda case: datetime.combine(case.day, time(23, 59), UTC)),
        FRESH,
    ),
    StructuralLeak("landing left lying", _landed(taken_at=lambda case: case.judged_at - timedelta(days=8)), FRESH),
    StructuralLeak(
        "a night ten times too small",
        _case(history=lambda _: (10_000,), recounted=lambda case: replace(case.recounted, rows_in=1)),
        VOLUME,
    ),
)
