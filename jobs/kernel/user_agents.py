"""The user agent rules of ua-parser (uap-core), as the kernel reads them: exported when it is built.

One line a rule, in the order in which the rules are tried: a text that every match contains (may be
empty), the family (``$1`` is the first group), and the regular expression. The text in front lets the
kernel pass over nearly all rules without running their expressions.
"""

from __future__ import annotations

import re._constants as sre  # type: ignore[import-not-found]
import re._parser  # type: ignore[import-not-found]
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

RESOURCE = "ignicloud/kernel/user_agents.tsv"


def rules_version() -> str:
    """The release of uap-core's rules that is installed."""
    return version("ua-parser-builtins")


def exported() -> str:
    """All rules for families of user agents, one a line."""
    from ua_parser_builtins.lazy import MATCHERS

    lines = ("\t".join((needed(rule.regex), rule.family, rule.regex)) for rule in MATCHERS[0])
    return "".join(f"{line}\n" for line in lines)


def needed(expression: str) -> str:
    """The longest text that every match of ``expression`` contains; empty if there is none."""
    runs = [""]
    _collect(re._parser.parse(expression), runs)
    return max(runs, key=len)


def _collect(parts: Iterable[tuple[Any, Any]], runs: list[str]) -> None:
    """Append the characters that must stand in a row; begin a new run wherever that is uncertain."""
    for kind, what in parts:
        if kind is sre.LITERAL:
            runs[-1] += chr(what)
        elif kind is sre.SUBPATTERN and not what[1] and not what[2]:
            _collect(what[3], runs)
        elif kind is sre.MAX_REPEAT and what[0] >= 1:
            runs.append("")
            _collect(what[2], runs)
            runs.append("")
        elif kind is not sre.AT:
            runs.append("")
