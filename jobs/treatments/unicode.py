"""Unicode 13.0 as data: the same text on every Python and every JVM.

Python 3.11 knows Unicode 14, 3.13 knows 15.1, Java 17 knows 13: what their own functions make of a
character depends on where they run. Here, and in ``jobs/kernel/Unicode.java``, a character that 13.0
doesn't know stays as it is and joins nothing; of those that it knows every later version makes the same
(Unicode's stability policy), so the machine's own NFKC may work on them. Folding is data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from unicodedata import normalize

TABLE = Path(__file__).with_name("unicode.tsv")


def _lines(kind: str) -> Iterator[list[str]]:
    for line in TABLE.read_text("utf-8").splitlines():
        first, *rest = line.split("\t")
        if first == kind:
            yield rest


def _ranges(kind: str) -> list[tuple[int, int]]:
    pairs = (span.partition("..") for span, *_ in _lines(kind))
    return [(int(first, 16), int(last or first, 16)) for first, _, last in pairs]


def _all(kind: str) -> Iterator[int]:
    for first, last in _ranges(kind):
        yield from range(first, last + 1)


def _class(kind: str) -> str:
    return "".join(f"\\U{first:08X}-\\U{last:08X}" for first, last in _ranges(kind))


UNKNOWN = re.compile(f"([^{_class('assigned')}]+)")
BLANK = "".join(map(chr, (*_all("blank"), *_all("ignorable"))))
"""What is cut off at both ends."""

FOLDS: dict[int, str | None] = dict.fromkeys(_all("ignorable"))
FOLDS |= {int(code, 16): "".join(chr(int(c, 16)) for c in folded.split()) for code, folded in _lines("fold")}
DIGITS = {zero + digit: str(digit) for zero in _all("zero") for digit in range(10)}
"""Every decimal digit of every script → its Western one."""


def trimmed(text: str) -> str:
    """``text`` without blanks and invisible characters at both ends."""
    return text.strip(BLANK)


def nfkc(text: str) -> str:
    """Normalization Form KC (UAX #15) of version 13.0."""
    if text.isascii():
        return text
    parts = UNKNOWN.split(text)
    return "".join(part if place % 2 else normalize("NFKC", part) for place, part in enumerate(parts))


def folded(text: str) -> str:
    """Compatibility caseless form: NFKC, full case folding without ignorable characters, NFKC, until nothing changes.

    Guarantee: idempotent; two texts that differ in case, width or invisible characters alone are one.
    """
    while (plain := nfkc(nfkc(text).translate(FOLDS))) != text:
        text = plain
    return text
