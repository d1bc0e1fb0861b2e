"""The rules of the world's telephone numbers, as the kernel reads them: written once from libphonenumber's metadata.

``python -m jobs.kernel.phones`` writes ``phones.tsv`` anew; only that needs the package ``phonenumbers`` (Google's
libphonenumber, Apache License 2.0), a requirement of developers alone. One line a region, by tabs: region, calling
code, trunk prefix, possible lengths of a national number, how it is grouped where no trunk 0 marks it, an example of a
fixed and of a mobile number, each as it is written at home and abroad, and the regular expression of all valid ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

RULES = Path(__file__).with_name("phones.tsv")
RESOURCE = "ignicloud/kernel/phones.tsv"
KINDS = ("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager", "uan")
LEAST, SHORTEST, LONGEST = 4, 7, 15


def main() -> None:
    """Write the rules of every region, in the order of their names."""
    import phonenumbers

    fields = "region, calling code, trunk prefix, lengths, groups, four examples, valid"
    head = f"# libphonenumber {phonenumbers.__version__}, Apache License 2.0: {fields}"
    lines = [
        line(phonenumbers.PhoneMetadata.metadata_for_region(name)) for name in sorted(phonenumbers.SUPPORTED_REGIONS)
    ]
    RULES.write_text("\n".join([head, *lines, ""]), "ascii")


def line(rules: Any) -> str:
    """One region's rules."""
    kinds = [getattr(rules, kind) for kind in KINDS]
    valid = [kind.national_number_pattern for kind in kinds if kind and kind.national_number_pattern]
    lengths = sorted({n for kind in kinds if kind for n in kind.possible_length if n >= LEAST})
    forms = () if rules.national_prefix == "0" else rules.number_format
    groups = sorted({each for form in forms for each in grouped(form)})
    examples = (each for kind in (rules.fixed_line, rules.mobile) for each in written(rules.country_code, kind))
    fields = (rules.id, str(rules.country_code), rules.national_prefix or "", ",".join(map(str, lengths)))
    return "\t".join((*fields, " ".join(groups), *examples, "|".join(dict.fromkeys(valid))))


def written(code: int, kind: Any) -> tuple[str, str]:
    """The example of one kind of numbers as it is written at home and abroad; empty where there is none."""
    import phonenumbers

    if not kind or not kind.example_number:
        return "", ""
    number = phonenumbers.parse(f"+{code}{kind.example_number}")
    styles = phonenumbers.PhoneNumberFormat.NATIONAL, phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, styles[0]), phonenumbers.format_number(number, styles[1])


def grouped(form: Any) -> Iterator[str]:
    """The lengths of the groups in which a format writes a number, as in ``3-2-2-2``; of three groups or more."""
    groups = re.findall(r"\(((?:\[[^]]*\]|\\d|\d|\{[\d,]+\}|[^()])+)\)", form.pattern)
    if len(groups) < 3 or re.search(r"\$|\\[^d\d]", form.format):
        return
    for lengths in product(*(range(low, high + 1) for low, high in map(length_of, groups))):
        if SHORTEST <= sum(lengths) <= LONGEST:
            yield "-".join(map(str, lengths))


def length_of(group: str) -> tuple[int, int]:
    """How many digits a group of a format's pattern has, at least and at most."""
    low = high = 0
    for least, most in re.findall(r"(?:\\d|\d|\[[^]]*\])(?:\{(\d+)(?:,(\d+))?\})?", group):
        low += int(least or 1)
        high += int(most or least or 1)
    return low, high


if __name__ == "__main__":
    main()
