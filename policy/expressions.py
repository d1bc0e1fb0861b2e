"""The regular expressions that a rule may use: what PCRE, RE2 and Java all read, and read alike.

Sigma's flavour is PCRE with wildcards, anchors, quantifiers, classes, groups and alternation, and nothing
else (appendix of modifiers 2.1, *Regular Expression*). Engines agree on less than their authors think: a named
group is written in three ways, ``\\z`` ends a text in one and is an error in the next, ``{`` is a letter or
not. So an expression is read here token by token, and what isn't on the list is refused by its name.
"""

from __future__ import annotations

import re

MOST_REPEATS = 1000
"""RE2 reads no higher count."""

_MARK = r"\\[!-/:-@\[-^`{-~ ]"
_PLAIN = r"[^\x00-\x1f\x7f-\U0010ffff\\\[\]]"
_SINGLE = rf"(?:{_MARK}|\\[tnr]|(?!-|&&|\|\||~~){_PLAIN})"
_MEMBER = rf"(?:\\[dDwWsS]|{_SINGLE}(?:-{_SINGLE})?)"
_TOKEN = re.compile(
    rf"(?P<atom>\\[dDwWsStnr]|{_MARK}|\.|\[(?:\^|(?!\^))(?:-|-?(?:{_MEMBER})+-?)\]|(?![.^$*+?()|{{]){_PLAIN})"
    r"|(?P<assertion>[\^$]|\\b)"
    r"|(?P<opening>\((?:\?:)?(?!\?))"
    r"|(?P<closing>\))"
    r"|(?P<bar>\|)"
    r"|(?P<quantifier>(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})\??)"
)
_NAMED = tuple(
    (re.compile(pattern, re.DOTALL), name)
    for pattern, name in (
        (r"\(\?<?[=!]", "a look-around"),
        (r"\(\?P?[<'][^=!]", "a named group; write ( … )"),
        (r"\(\?>", "an atomic group"),
        (r"\(\?P=|\\[1-9]|\\[kg]", "a reference back to a group"),
        (r"\(\?#", "a comment"),
        (r"\(\?\(", "a conditional group"),
        (r"\(\?", "flags inside; write re|i, re|m or re|s"),
        (r"\\[pPX]", "a property of Unicode"),
        (r"\\[ABGZz]", "an anchor other than ^, $ and \\b"),
        (r"\\[QE]", "a quotation; escape each mark"),
        (r"\\[0-9A-Za-z_]|\\.", "an escape that engines read differently"),
        (r"\\", "a backslash at its end"),
        (r"\[\^?-?\]", "a class that begins with ] or is empty; escape it"),
        (r"\[", "a class with another, an operation or a range in it that engines read differently; escape its marks"),
        (r"\{", "a brace that counts nothing; escape it"),
        (r"\]", "a bracket that closes no class; escape it"),
        (r"[^\x00-\x7f]", "a letter outside ASCII, and no published word has one"),
    )
)


def refused_in(expression: str) -> str | None:
    """Which construct of ``expression`` a rule may not use; None when all engines agree about all of it.

    Guarantee: what passes is found in a printable ASCII word by Java, RE2, PCRE and Python, or by none of
    them, with the flags ``i``, ``m`` and ``s`` or without.
    """
    place, repeatable = 0, False
    while place < len(expression):
        token = _TOKEN.match(expression, place)
        if token is None:
            return next((name for form, name in _NAMED if form.match(expression, place)), "a character of control")
        kind = token.lastgroup
        if kind == "quantifier":
            if not repeatable:
                return "a quantifier that follows no character, class or group"
            if any(int(count) > MOST_REPEATS for count in re.findall("[0-9]+", token[0])):
                return f"a count above {MOST_REPEATS}"
        repeatable = kind in ("atom", "closing")
        place = token.end()
    try:
        re.compile(expression, re.ASCII)
    except re.error:
        return "a group that isn't closed, or a range or count that ends before it begins"
    return None
