"""Make the pools of ``policy/surrogates`` from Faker: ``python -m demo.surrogate_pools``.

They are files of the promise, so a new version of Faker changes no surrogate until somebody runs this
and the contracts' fingerprints change with it.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from pathlib import Path

from faker import Faker

LOCALES = ("de_DE", "en_GB", "fr_FR", "it_IT")
SIZES = {"first_name": 128, "family_name": 256, "company_name": 512, "email": 1024}
POOLS = Path(__file__).resolve().parents[1] / "policy" / "surrogates"
DOMAIN = "surrogate.example"
"""RFC 2606 keeps ``example`` out of the world: no letter reaches anybody."""


def pools(locale: str) -> dict[str, list[str]]:
    """Distinct names, companies and e-mails of one locale, in the same order on every machine."""
    fake = Faker(locale)
    fake.seed_instance(20260101)

    def email() -> str:
        return f"{_plain(fake.first_name())}.{_plain(fake.last_name())}@{DOMAIN}"

    makers = {"first_name": fake.first_name, "family_name": fake.last_name, "company_name": fake.company}
    return {name: _distinct({**makers, "email": email}[name], size) for name, size in SIZES.items()}


def _distinct(make: Callable[[], str], size: int) -> list[str]:
    found: dict[str, None] = {}
    for _ in range(size * 100):
        found[make()] = None
        if len(found) == size:
            return list(found)
    return list(found)


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.lower())
    return "".join(letter for letter in letters if letter.isascii() and letter.isalpha())


def main() -> None:
    """Write one file a locale."""
    for locale in LOCALES:
        text = json.dumps(pools(locale), ensure_ascii=False, indent=0)
        (POOLS / f"{locale}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
