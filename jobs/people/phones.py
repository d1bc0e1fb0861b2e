"""Telephone numbers, as registered and as people type them: ``+33 6 12 34 56 78``, ``0612345678``, ``0033 (0)6 …``."""

from __future__ import annotations

import re
import unicodedata

from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs.treatments.normalise import normalised
from jobs.treatments.spelling import spelling

ONE_DIGIT = ("1", "7")
TWO_DIGITS = re.compile(r"2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]")
"""Country codes of ITU-T E.164 by their length; all others have three digits."""

SHORTEST = 7
"""Digits without which a text is no telephone number."""

LOOKS_TYPED = rf"^[+0-9][0-9]{{{SHORTEST - 1},}}$"
"""A number in the spelling of its kind: whatever stood between the digits, of whatever script they were."""


def dialled(registered: str) -> frozenset[str]:
    """The digits under which a registered number may be typed: with its country, and as at home."""
    text = unicodedata.normalize("NFKC", registered).replace("(0)", "").strip()
    digits = "".join(c for c in text if c.isascii() and c.isdigit())
    number = digits.lstrip("0")
    if len(number) < SHORTEST:
        return frozenset()
    abroad = text.startswith(("+", "(+")) or digits.startswith("00")
    home = number[_country(number) :].lstrip("0") if abroad else number
    return frozenset(each for each in (number, home) if len(each) >= SHORTEST)


def typed_forms(registered: str) -> frozenset[str]:
    """How a registered number stands in a column of logins when somebody typed it there: digits, with what leads them.

    A text that is more than a number (an id, a date) is nobody's number when it is typed.
    """
    typed = {form for digits in dialled(registered) for form in (digits, f"+{digits}", f"00{digits}", f"0{digits}")}
    return frozenset(typed | ({registered} if re.match(LOOKS_TYPED, spelling(registered, "phone")) else set()))


def _country(number: str) -> int:
    """How many digits of an international number are its country's."""
    return 1 if number.startswith(ONE_DIGIT) else 2 if TWO_DIGITS.match(number) else 3


def typed_digits(text: str) -> str | None:
    """What `typed_number` makes of a cell, for single texts and without Spark."""
    plain = re.sub(r"^\s*\(\s*\+", "+(", re.sub(r"\(\s*0\s*\)", "", text))
    number = spelling(plain, "phone")
    return re.sub("^[+0]+", "", number) if re.match(LOOKS_TYPED, number) else None


def typed_number(cell: Column) -> Column:
    """The digits of a cell that looks like a telephone number, without zeros in front; else null."""
    without_trunk = F.regexp_replace(F.regexp_replace(cell, r"\(\s*0\s*\)", ""), r"^\s*\(\s*\+", "+(")
    number = normalised(without_trunk, "phone")
    return F.when(number.rlike(LOOKS_TYPED), F.regexp_replace(number, "^[+0]+", ""))
