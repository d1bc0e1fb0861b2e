"""An expression is accepted when every engine reads it alike; what isn't is refused by the name of its construct."""

import pytest

from policy.expressions import refused_in

REFUSED = {
    "(?<n>curl)": "named group",
    "(?P<n>curl)": "named group",
    "(?'n'curl)": "named group",
    r"curl\z": "anchor",
    r"\Acurl": "anchor",
    r"curl\Z": "anchor",
    r"\Bcurl": "anchor",
    r"^\pL+$": "property of Unicode",
    r"^\p{L}+$": "property of Unicode",
    r"\x63url": "escape",
    r"\Hcurl": "escape",
    r"\vcurl": "escape",
    r"\_curl": "escape",
    r"\Qcurl\E": "quotation",
    "(?i)curl": "flags",
    "(?i:curl)": "flags",
    "(?#all)curl": "comment",
    "(?=curl)": "look-around",
    "(?!curl)": "look-around",
    "(?<=c)url": "look-around",
    "(?<!c)url": "look-around",
    "(?>curl)": "atomic",
    "(?(1)a|b)": "conditional",
    r"(c)url\1": "reference back",
    r"(c)url\k": "reference back",
    "(?P=n)": "reference back",
    "curl++": "quantifier that follows no",
    "curl{2}{3}": "quantifier that follows no",
    "^*curl": "quantifier that follows no",
    "*curl": "quantifier that follows no",
    "a|*": "quantifier that follows no",
    "curl{,3}": "brace",
    "{curl": "brace",
    "curl]": "bracket",
    "[]curl]": "class that begins with ]",
    "[[:alpha:]]": "class with another",
    "[a-z&&[^c]]": "class with another",
    "[a||b]": "class with another",
    r"[a-\d]": "class with another",
    r"[\b]": "class with another",
    "[curl": "class with another",
    "[z-a]": "range",
    "curl{3,2}": "count that ends",
    "(curl": "group that isn't closed",
    "curl)": "group that isn't closed",
    "curl{1001}": "above 1000",
    "curl\\": "backslash at its end",
    "(a+)+$": "repeat in a repeat",
    "(a|a)*": "begins alike in two ways",
    "(a?b?)+": "repeat in a repeat",
    "(a{1,2}){30}": "repeat in a repeat",
    "((a|ab)c)+": "repeat in a repeat",
    "(|a)*": "repeat in a repeat",
    ".*.*.*.*.*x": "takes too long",
    "a?" * 9: "takes too long",
    "(a|a)" * 9: "takes too long",
    "(a{100}){100}": "counts in counts",
    "(" * 30 + ")" * 30: "groups in one another",
    "(" * 500 + ")" * 500: "groups in one another",
    "a" * 1001: "more than 1000 characters",
    "a{" + "9" * 900 + "}": "above 1000",
    "çurl": "letter outside ASCII",
    "cu\trl": "character of control",
}


@pytest.mark.parametrize("expression", REFUSED)
def test_what_engines_read_differently_is_refused_by_its_name(expression):
    assert REFUSED[expression] in (refused_in(expression) or "")


@pytest.mark.parametrize(
    "expression",
    ["^(curl|Go-http)", "(?:a|b)+c", r"\d{2,}", r"[\w-]", "[^-a-]", r"[\[\]]", "[a^b]", "a*?", r"\bcurl\b", "()", "", "a|", r"\/login$", "}", "(foo|bar)+x",
     "^(login|logout|mfa)_(failed|ok)$", "(?:[0-9a-f]{2}:){5}", "https?:.*"],
)  # fmt: skip
def test_what_the_specification_names_and_all_engines_share_is_accepted(expression):
    assert refused_in(expression) is None
