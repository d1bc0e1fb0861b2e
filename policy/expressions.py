"""The regular expressions that a rule may use: what PCRE, RE2 and Java all read, and read alike.

Sigma's flavour is PCRE with wildcards, anchors, quantifiers, classes, groups and alternation, and nothing
else (appendix of modifiers 2.1, *Regular Expression*). Engines agree on less than their authors think: a named
group is written in three ways, ``\\z`` ends a text in one and is an error in the next, ``{`` is a letter or
not. So an expression is read here token by token, and what isn't on the list is refused by its name.

Java goes back and tries again where a word can be read in several ways, and of a repeat in a repeat there are
twice as many with each letter: ``(\\w+)+!`` on one token would not end in years (CWE-1333). So is refused what can
be read in more ways than there are letters to the power of `MOST_OPEN`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MOST_REPEATS = 1000
"""RE2 reads no higher count, and none of counts in counts whose product is higher."""

LONGEST, DEEPEST = 1000, 20
"""Of an expression, in characters, and of groups in one another."""

MOST_OPEN, MOST_CHOICES = 4, 8
"""Repeats without a fixed count; these, ``?`` and groups that begin alike in two ways, together."""

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


@dataclass
class _Group:
    """What is known of a group: its highest fixed count, whether how often something stands in it is open.

    ``begins``: the first letters of its alternatives so far; None once two begin alike, or one with no letter.
    """

    counted: int = 1
    varies: bool = False
    begins: set[str] | None = field(default_factory=set)
    alternatives: int = 1
    at_begin: bool = True

    @property
    def is_clear(self) -> bool:
        """Whether the next letter says which alternative it is."""
        return self.alternatives == 1 or self.begins is not None

    def takes(self, atom: str) -> None:
        """An atom comes; of an alternative's first one it is known what it begins with, if that is a letter."""
        if self.at_begin:
            first = atom.lower()
            clear = self.begins is not None and re.fullmatch("[a-z0-9_]", first) and first not in self.begins
            self.begins = {*(self.begins or ()), first} if clear else None
            self.at_begin = False

    def holds(self, inner: _Group, count: int) -> None:
        """A group, or an atom, so often."""
        self.counted = max(self.counted, inner.counted * count)
        self.varies = self.varies or inner.varies or not inner.is_clear


class _Reading:
    """The groups that are open at one place of an expression, and what it may do so often no more."""

    def __init__(self) -> None:
        self.groups, self.last, self.repeats, self.choices = [_Group()], _Group(), 0, 0

    def take(self, kind: str, token: str) -> str | None:
        """The next token; what of it is refused."""
        here = self.groups[-1]
        if kind == "quantifier":
            return self._repeated(token)
        if kind == "opening":
            here.takes(token)
            self.groups.append(_Group())
            return f"more than {DEEPEST} groups in one another" if len(self.groups) > DEEPEST else None
        if kind == "closing" and len(self.groups) > 1:
            self._end_of(here)
            self.last = self.groups.pop()
            self.groups[-1].holds(self.last, 1)
            self.choices += not self.last.is_clear
        elif kind == "bar":
            self._end_of(here)
            here.alternatives, here.at_begin = here.alternatives + 1, True
        elif kind == "atom":
            here.takes(token)
            self.last = _Group()
        return self._too_many()

    @staticmethod
    def _end_of(group: _Group) -> None:
        if group.at_begin:
            group.begins = None

    def _repeated(self, token: str) -> str | None:
        counts = [each[:5] for each in re.findall("[0-9]+", token)]
        if any(int(count) > MOST_REPEATS for count in counts):
            return f"a count above {MOST_REPEATS}"
        fixed = len(counts) == 1 and "," not in token
        optional = token[0] == "?"
        if not optional and (self.last.varies or not self.last.is_clear):
            return "a repeat in a repeat, or of a choice that begins alike in two ways: on some words it never ends"
        count = int(counts[-1]) if counts else 1
        if self.last.counted * count > MOST_REPEATS:
            return f"counts in counts above {MOST_REPEATS} together"
        self.groups[-1].holds(self.last, count)
        if not fixed:
            self.groups[-1].varies = True
            self.choices += 1
            self.repeats += not optional
        if self.groups[-1].alternatives and (optional or counts[:1] == ["0"] or token[0] == "*"):
            self.groups[-1].begins = None  # an alternative may begin with what follows
        return self._too_many()

    def _too_many(self) -> str | None:
        if self.repeats > MOST_OPEN or self.choices > MOST_CHOICES:
            return f"more than {MOST_OPEN} repeats, or {MOST_CHOICES} choices: on some words it takes too long"
        return None


def refused_in(expression: str) -> str | None:
    """Which construct of ``expression`` a rule may not use; None when all engines agree about all of it.

    Guarantee: what passes is found in a printable ASCII word by Java, RE2, PCRE and Python, or by none of
    them, with the flags ``i``, ``m`` and ``s`` or without.
    """
    if len(expression) > LONGEST:
        return f"more than {LONGEST} characters; write several"
    place, repeatable, reading = 0, False, _Reading()
    while place < len(expression):
        token = _TOKEN.match(expression, place)
        if token is None:
            return next((name for form, name in _NAMED if form.match(expression, place)), "a character of control")
        kind = str(token.lastgroup)
        if kind == "quantifier" and not repeatable:
            return "a quantifier that follows no character, class or group"
        if problem := reading.take(kind, token[0]):
            return problem
        repeatable = kind in ("atom", "closing")
        place = token.end()
    try:
        re.compile(expression, re.ASCII)
    except re.error:
        return "a group that isn't closed, or a range or count that ends before it begins"
    return None
