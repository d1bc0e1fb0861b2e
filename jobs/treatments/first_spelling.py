"""The spelling of suite 1, for epochs that were opened under it: what their tokens were made from.

Its case is Java's ``toLowerCase``, where the small form of a capital sigma depends on where the JDK sees
the end of a word, which nobody else can say. Such a text has two possible spellings for each sigma that
could end a word, and whoever looks for its token looks for all of them.
"""

from __future__ import annotations

import re
from itertools import product

from jobs.treatments.addresses import bare_address
from jobs.treatments.unicode import DIGITS, UNKNOWN, nfkc
from policy.rules import Normalisation

BLANK = "".join(map(chr, (*range(33), 0xA0, 0x202F, 0xFEFF, *range(0x2000, 0x200E))))
SIGMA = re.compile("\u03a3(?![A-Za-z\u0391-\u03a9\u03b1-\u03c9])")
"""A capital sigma that could end a word; before a letter none does."""

SMALL = "\u03c3\u03c2"
MOST = 10
"""Such sigmas up to which all spellings are tried, a thousand; of a text with more only the first (docs/limits.md)."""


def spellings(text: str, kind: Normalisation) -> tuple[str, ...]:
    """Every spelling under which the kernel may have keyed ``text``; none if it is blank."""
    bare = text.strip(BLANK)
    if not bare:
        return ()
    match kind:
        case "exact":
            return (bare,)
        case "uuid":
            return _lower(bare)
        case "email":
            return _lower(nfkc(bare).strip(BLANK))
        case "phone":
            return (_phone(bare),)
        case "address":
            return (_address(bare),)


def _lower(text: str) -> tuple[str, ...]:
    pieces = [_small(piece) for piece in SIGMA.split(text)]
    ends = len(pieces) - 1
    chosen = product(SMALL, repeat=ends) if ends <= MOST else [SMALL[0] * ends]
    return tuple("".join(map("".join, zip(pieces, (*small, ""), strict=True))) for small in chosen)


def _small(text: str) -> str:
    """Character by character, so that no sigma looks at its neighbours; what Unicode 13.0 doesn't know stays."""
    parts = UNKNOWN.split(text)
    return "".join(part if i % 2 else "".join(map(str.lower, part)) for i, part in enumerate(parts))


def _phone(text: str) -> str:
    digits = "".join(DIGITS[ord(c)] for c in text if c < "\U00010000" and ord(c) in DIGITS)
    if not digits or text.startswith("+"):
        return f"+{digits}" if digits else text
    return f"+{digits[2:]}" if len(digits) > 2 and digits.startswith("00") else digits


def _address(text: str) -> str:
    inside = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    return bare_address(inside.partition("%")[0]) or text
