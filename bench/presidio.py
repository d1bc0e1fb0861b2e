"""Presidio's own count on sets of texts, in an environment of its own: JSON in, JSON out; for `bench.patterns`."""

import json
import sys
from typing import Any

REGIONS = ("FR", "US", "GB", "DE", "ES", "IT", "CH", "BE", "NL", "IL", "IN", "CA", "BR")
"""Its own default regions, and those of our customers: with all of the world's it takes an hour."""


def main() -> None:
    """How many texts of each set hold what they are of, or anything at all where they are nobody's."""
    import tldextract
    from presidio_analyzer import predefined_recognizers as made

    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=())  # its own list: nothing is fetched
    recognizers = {
        "email": made.EmailRecognizer(),
        "phone": made.PhoneRecognizer(supported_regions=REGIONS),
        "ipv4 or ipv6": made.IpRecognizer(),
        "iban": made.IbanRecognizer(),
        "card": made.CreditCardRecognizer(),
        "mac": getattr(made, "MacAddressRecognizer", lambda: None)(),
    }

    def seen(recognizer: Any, text: str) -> bool:
        text = text.replace(".example", ".com").replace(".EXAMPLE", ".COM")  # which it takes for no address otherwise
        return bool(recognizer.analyze(text, recognizer.supported_entities, None))

    counts = {}
    for kind, texts in json.load(sys.stdin).items():
        asked = [recognizers[kind]] if kind in recognizers else [each for each in recognizers.values() if each]
        if (kind in recognizers and not asked[0]) or kind in ("siret", "credentials_url", "jwt"):
            continue
        counts[kind] = sum(any(seen(each, text) for each in asked) for text in texts)
    json.dump(counts, sys.stdout)


if __name__ == "__main__":
    main()
