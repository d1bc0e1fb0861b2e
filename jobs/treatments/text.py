"""Treatments that reduce texts to words of a closed vocabulary; everything unknown is ``other``.

What a person typed can't pass: the result is always a word that a policy file spells out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F

from policy.outputs import OTHER
from policy.taxonomies import Topics

ACCENTED = "àáâãäåçèéêëìíîïñòóôõöùúûüýÿœæß"
PLAIN = "aaaaaaceeeeiiiinooooouuuuyyoas"


def in_vocabulary(word: Column, values: Sequence[str]) -> Column:
    """``word`` if the vocabulary has it, else ``other``; null stays null."""
    return F.when(word.isNull(), None).when(word.isin(*values), word).otherwise(OTHER)


def json_field(document: Column, field: str) -> Column:
    """One field of a JSON text; null when it isn't there or the text is no JSON."""
    return F.call_function("ignicloud.json_field", F.lit(f"$.{field}"), document)


def path_template(text: Column, routes: Sequence[str]) -> Column:
    """The route that the first request path in ``text`` fits; ``{…}`` in a route fits one segment.

    ``GET /documents/8f3e/permissions?sid=…`` fits ``/documents/{id}/permissions``. A text without
    a path, or with one that fits no route, is ``other``.
    """
    path = F.regexp_extract(text, r"(?:^|[\s\"'])(?:https?://[^/\s]+)?(/[^\s?#\"']*)", 1)
    start = F.when(text.isNull(), None)
    return reduce(lambda chosen, route: chosen.when(path.rlike(_pattern(route)), route), routes, start).otherwise(OTHER)


def _pattern(route: str) -> str:
    literals = re.split(r"\{[^}]*\}", route)
    return "^" + "[^/]+".join(re.escape(literal) for literal in literals) + "/?$"


def topic(text: Column, topics: Topics) -> Column:
    """The topic with most keywords in ``text``, the earlier one on a tie, else ``other``; null stays null.

    A keyword matches the beginning of a word, without regard to case and accents.
    """
    plain = F.translate(F.lower(text), ACCENTED, PLAIN)
    scores = [
        F.struct(
            F.size(F.regexp_extract_all(plain, F.lit(_keywords(languages)), 0)).alias("hits"),
            F.lit(-place).alias("place"),
            F.lit(name).alias("name"),
        )
        for place, (name, languages) in enumerate(topics.topics.items())
    ]
    best = F.array_max(F.array(*scores))
    return F.when(text.isNull(), None).when(best["hits"] == 0, OTHER).otherwise(best["name"])


def _keywords(languages: Mapping[str, Sequence[str]]) -> str:
    words = sorted({word for words in languages.values() for word in words}, key=lambda word: (-len(word), word))
    return r"(?<![a-z])(?:" + "|".join(re.escape(word) for word in words) + ")"


def user_agent_family(user_agent: Column, values: Sequence[str]) -> Column:
    """The browser family by ua-parser's rules (uap-core), if the vocabulary has it; else ``other``.

    Null stays null. The rules run in the kernel: an Arrow UDF round the library took a Python process
    for each core and as long as all other treatments together.
    """
    return in_vocabulary(F.call_function("ignicloud.user_agent", user_agent), values)
