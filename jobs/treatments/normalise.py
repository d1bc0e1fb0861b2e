"""The one spelling under which equal identifiers are equal; done before keying and comparing.

A spelling belongs to a suite, and an epoch's tokens to the suite under which its key was opened: tokens
never change inside an epoch. What is compared without a key is compared in the current spelling.
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs.treatments import first_spelling
from jobs.treatments.spelling import spelling
from policy.rules import Normalisation

SUITE = 2
"""The suite under which new epochs are opened; it goes into the derivation of their keys."""

SUITES = (1, SUITE)
"""Those whose epochs can still be read."""


def normalised(column: Column, kind: Normalisation, suite: int = SUITE) -> Column:
    """``column`` in its canonical spelling; null, empty and blank become null.

    ``exact``: trimmed. All others are folded (NFKC, full case folding, no invisible characters), then
    ``uuid``: RFC 9562's form; ``email``: the bare address, its domain in Unicode; ``phone``: digits with
    a leading plus (00 is the plus); ``address``: RFC 5952, an IPv4-mapped IPv6 address is the IPv4 address.
    What a kind can't read stays as folded text and is still keyed. docs/keys.md has the rules whole.
    """
    return F.call_function("ignicloud.normalise", F.lit(suite), F.lit(kind), column)


def spelled(value: str, kind: Normalisation) -> str | None:
    """One value as `normalised` spells it today; for single values, where starting Spark isn't worth it.

    Raises:
        ValueError: ``value`` holds half a surrogate pair and so is no text.
    """
    _require_text(value)
    return spelling(value, kind) or None


def spellings(value: str, kind: Normalisation, suite: int) -> tuple[str, ...]:
    """What a token of ``value`` may have been made from in an epoch of ``suite``: one text, none if it is blank.

    Suite 1 may have several (`first_spelling`).

    Raises:
        ValueError: ``value`` holds half a surrogate pair and so is no text.
    """
    if suite == 1:
        _require_text(value)
        return first_spelling.spellings(value, kind)
    plain = spelled(value, kind)
    return (plain,) if plain else ()


def _require_text(value: str) -> None:
    if not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
        raise ValueError("a value isn't Unicode text")
