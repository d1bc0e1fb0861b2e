"""The one spelling of an identifier of each kind, suite 2: what `jobs.kernel` does, once more and without Spark.

``tests/spellings.json`` holds what all ways must make of the same texts; docs/keys.md says it in words.
"""

from __future__ import annotations

import re

from jobs.treatments.addresses import address
from jobs.treatments.unicode import BLANK, DIGITS, folded, trimmed
from policy.rules import Normalisation

UUID = re.compile(r"[0-9a-f]{4}(?:-?[0-9a-f]{4}){7}")
PHONE = re.compile("\\+?[0-9 ().\\-/\u2010-\u2015\u2212]+")
MAILTO = "mailto:"
A_LABEL = "xn--"
LONGEST_LABEL = 63
DEVIATIONS = str.maketrans({"\u00df": "ss", "\u03c2": "\u03c3", "\u200c": None, "\u200d": None})
WORD = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")
PLAIN: dict[Normalisation, re.Pattern[str]] = {
    "email": re.compile(r"[0-9a-z._+-]+@(?:(?!xn--)[0-9a-z-]+\.)+(?!xn--)[0-9a-z-]+"),
    "uuid": re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
}
"""What is in its spelling as it stands, as nearly every cell is: seen at a glance, it needs no reading."""


def spelling(text: str, kind: Normalisation) -> str:
    """``text`` in the spelling of its kind; empty if nothing but blanks is left."""
    if kind in PLAIN and PLAIN[kind].fullmatch(text):
        return text
    if kind == "exact":
        return trimmed(text)
    plain = trimmed(folded(text))
    match kind:
        case "uuid":
            return uuid(plain)
        case "email":
            return email(plain)
        case "phone":
            return phone(plain)
        case "address":
            return address(plain) or plain


def uuid(text: str) -> str:
    """RFC 9562's form of what is a UUID: in braces or parentheses, behind ``urn:uuid:``, with fewer hyphens."""
    bare = text.removeprefix("urn:uuid:")
    if bare[:1] + bare[-1:] in ("{}", "()"):
        bare = bare[1:-1]
    if not UUID.fullmatch(bare):
        return text
    digits = bare.replace("-", "")
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def phone(text: str) -> str:
    """Digits with a leading plus; ``00`` in front is the plus, ``(0)`` behind a country's code is nothing.

    National numbers stay national. What isn't digits and what stands between them stays as it is.
    """
    bare = text.removeprefix("tel:").translate(DIGITS).strip(" ")
    if not PHONE.fullmatch(bare):
        return text
    digits, without_trunk = (re.sub(r"[^0-9]", "", each) for each in (bare, bare.replace("(0)", "")))
    if bare.startswith("+"):
        return f"+{without_trunk}" if without_trunk else text
    if not digits.startswith("00"):
        return digits or text
    abroad = without_trunk.startswith("00") and len(without_trunk) > 2
    return f"+{without_trunk[2:]}" if abroad else without_trunk or digits


def email(text: str) -> str:
    """The bare address: without ``mailto:``, name and angle brackets, its domain as Unicode writes it."""
    while (shorter := trimmed(folded(_barer(text)))) != text:
        text = shorter
    return text


def _barer(text: str) -> str:
    if "@" not in text:
        return text
    if text.startswith(MAILTO):
        return _behind_mailto(text.removeprefix(MAILTO).partition("?")[0].lstrip(BLANK))
    opened = text.rfind("<")
    if text.endswith(">") and "@" in text[opened + 1 : -1] and opened >= 0:
        return text[opened + 1 : -1]
    local, _, domain = text.rpartition("@")
    labels = domain.replace("\u3002", ".").rstrip(f".{BLANK}").split(".")
    return f"{local}@{'.'.join(map(_u_label, labels))}"


def _behind_mailto(text: str) -> str:
    """Without all of them at once, as without all dots at the end: a round for each, and a megabyte takes a night."""
    at, last = 0, text.rfind("@")
    while text.startswith(MAILTO, at) and at < last:
        at += len(MAILTO)
        while text[at] in BLANK:
            at += 1
    return text[at:]


def _u_label(label: str) -> str:
    """A label of the DNS as people read it (RFC 5890); what is no A-label stays as it is.

    IDNA 2008 lets ``ß``, ``ς`` and joiners stand, and full case folding doesn't: their capitals can't be told apart.
    """
    if not (label.startswith(A_LABEL) and label.isascii() and len(label) <= LONGEST_LABEL):
        return label
    read = unpunycoded(label.removeprefix(A_LABEL)) or ""
    plain = read.translate(DEVIATIONS)
    strange = any((c.isascii() and c not in WORD) or c == "\u3002" for c in plain) or plain.startswith(A_LABEL)
    return label if read.isascii() or strange or plain != folded(plain) else plain


def unpunycoded(code: str) -> str | None:
    """RFC 3492, decoded; null if it is no such code."""
    basic, _, extended = code.rpartition("-")
    text, number, at, bias, place = list(basic), 128, 0, 72, 0
    while place < len(extended):
        before, weight, step = at, 1, 36
        while True:
            digit = "abcdefghijklmnopqrstuvwxyz0123456789".find(extended[place]) if place < len(extended) else -1
            if digit < 0:
                return None
            place, at = place + 1, at + digit * weight
            threshold = min(max(step - bias, 1), 26)
            if digit < threshold:
                break
            weight, step = weight * (36 - threshold), step + 36
        bias = _adapted(at - before, len(text) + 1, first=before == 0)
        number, at = number + at // (len(text) + 1), at % (len(text) + 1)
        if number > 0x10FFFF or 0xD800 <= number < 0xE000:
            return None
        text.insert(at, chr(number))
        at += 1
    return "".join(text)


def _adapted(delta: int, points: int, *, first: bool) -> int:
    delta //= 700 if first else 2
    delta, bias = delta + delta // points, 0
    while delta > 455:
        delta, bias = delta // 35, bias + 36
    return bias + 36 * delta // (delta + 38)
