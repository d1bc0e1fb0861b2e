"""What is personal by its shape: sets of texts in which the gate's patterns must find it.

Everything is drawn from a fixed seed and invented or taken from documentation ranges and published examples; check digits
are computed here, independently of the kernel. ``python -m bench.patterns`` prints the figures.
"""

from __future__ import annotations

import csv
import ipaddress
import random
import re
import string
from functools import cache
from itertools import cycle, product
from pathlib import Path

from tests.expectations.nobody import drawn, ean

SHORTEST = 7
PHONES = Path(__file__).resolve().parents[2] / "jobs" / "kernel" / "phones.tsv"
IBANS = (
    "AD8n12c AE19n AL8n16c AT16n AZ4a20c BA16n BE12n BG4a6n8c BH4a14c BI23n BR23n1a1c BY4c4n16c CH5n12c CR18n CY8n16c CZ20n DE18n DJ23n DK14n "
    "DO4c20n EE16n EG25n ES20n FI14n FK2a12n FO14n FR10n11c2n GB4a14n GE2a16n GI4a15c GL14n GR7n16c GT24c HN4a20n HR17n HU24n IE4a14n IL19n "
    "IQ4a15n IS22n IT1a10n12c JO4a4n18c KW4a22c KZ3n13c LB4n20c LC4a24c LI5n12c LT16n LU3n13c LV4a13c LY21n MC10n11c2n MD20c ME18n MK3n10c2n "
    "MN16n MR23n MT4a5n18c MU4a19n3a NI4a20n NL4a10n NO11n OM3n16c PK4a16c PL24n PS4a21c PT21n QA4a21c RO4a16c RS18n RU14n15c SA2n18c SC4a20n3a "
    "SD14n SE20n SI15n SK20n SM1a10n12c SO19n ST21n SV4a20n TL19n TN20n TR6n16c UA6n19c VA18n VG4a16n XK16n YE4a4n18c"
)
"""Structures of the registry of ISO 13616, release 101: n digits, a letters, c either."""

CARDS = {
    "1": 15, "1800": 15, "2131": 15, "2200": 16, "2221": 16, "2720": 16, "30": 14, "36": 14, "38": 14, "34": 15, "37": 15, "3528": 16, "3589": 16,
    "4": 16, "4539": 13, "4000": 19, "5018": 16, "5038": 13, "51": 16, "55": 16, "5061": 19, "6011": 16, "6304": 18, "6375": 16, "644": 16, "65": 16,
    "6759": 12, "6771": 16, "62": 16, "620": 19, "81": 16, "8600": 16, "9792": 16, "9860": 16,
}  # fmt: skip
"""Digits that begin a card, and how many it has: every network's that ISO/IEC 7812 numbers are given out by."""

WRAPPED = ("{}", "{}", "see {} there", "({})", "id={};", '"{}"', "{}, please", "a\t{}\tb")


def emails() -> list[str]:
    """Addresses of RFC 5321 and RFC 6531 that mail is sent to."""
    local = (
        "jane", "jane.roe", "j", "jane+news", "jane_roe", "jane-roe", "jane'o", "o'brien", "j.r.r", "1", "jane!x", "jane#1", "jane$", "jane%x",
        "jane&co", "jane*", "jane/x", "jane=x", "jane?", "jane^", "`jane", "jane{", "jane|", "jane}", "~jane", '"jane.roe"', "дмитрий", "用户",
        "zoé", "jürgen", "संपर्क", "δοκιμή", "JANE.ROE", "jane.roe.the.second.of.her.name.who.lives.in.a.very.long.street",
    )  # fmt: skip
    domain = (
        "mail.example", "MAIL.EXAMPLE", "a.b.c.example", "x-y.example", "1.example", "müller.example", "xn--mller-kva.example", "пример.рф", "例子.测试",
        "उदाहरण.भारत", "mail.xn--p1ai", "mail.museum", "mail.travelersinsurance", "[192.0.2.7]", "[IPv6:2001:db8::7]", "mail.co",
    )  # fmt: skip
    chosen = [f"{each}@{domain[0]}" for each in local] + [f"{local[1]}@{each}" for each in domain]
    mixed = [f"{a}@{b}" for a, b in product(local[:14], domain[:12])]
    return [form.format(each) for form, each in zip(cycle(WRAPPED), [*chosen, *mixed], strict=False)]


def iban(country: str, structure: str, draw: random.Random) -> str:
    """One with its check digits (ISO 7064, mod 97-10)."""
    letters = {"n": string.digits, "a": string.ascii_uppercase, "c": string.digits + string.ascii_uppercase}
    account = "".join(
        "".join(draw.choices(letters[kind], k=int(n))) for n, kind in re.findall(r"(\d+)([nac])", structure)
    )
    number = int("".join(str(int(c, 36)) for c in f"{account}{country}00"))
    return f"{country}{98 - number % 97:02}{account}"


def in_fours(text: str, separator: str) -> str:
    """Groups of four."""
    return separator.join(text[i : i + 4] for i in range(0, len(text), 4))


def ibans() -> list[str]:
    """Six of every country of the registry, bare and in groups with any separator."""
    draw = drawn("iban")
    spelt = (
        str,
        str.lower,
        *((lambda s, by=by: in_fours(s, by)) for by in (" ", "-", ".", "/", "_", "\u00a0", " - ", "\t", "  ", ":")),
    )
    forms, wrapped = cycle(spelt), cycle(WRAPPED)
    return [
        next(wrapped).format(next(forms)(iban(each[:2], each[2:], draw))) for each in IBANS.split() for _ in range(6)
    ]


def checked(digits: str) -> str:
    """With the digit behind it that makes it pass Luhn's test."""
    total = sum(sum(divmod(int(d) * (2 - i % 2), 10)) for i, d in enumerate(reversed(digits)))
    return f"{digits}{-total % 10}"


def cards() -> list[str]:
    """Ten of every network and length, in every spelling."""
    draw, forms, wrapped = drawn("card"), cycle(range(8)), cycle(WRAPPED)
    made = []
    for begin, length in CARDS.items():
        for _ in range(10):
            number = checked(begin + "".join(draw.choices(string.digits, k=length - 1 - len(begin))))
            if length == 13 and ean(number[:-1]) == number:
                continue  # a card that is an article's code, too, is taken for the code
            groups = (number[:4], number[4:10], number[10:]) if length in (14, 15) else re.findall(".{1,4}", number)
            spelt = (
                number, " ".join(groups), "-".join(groups), ".".join(groups), "\u00a0".join(groups), f"{number}-123", f"{' '.join(groups)} 12/27",
                f"card:{number}",
            )  # fmt: skip
            made.append(next(wrapped).format(spelt[next(forms)]))
    return made


def addresses() -> list[str]:
    """IPv4 and IPv6 in every spelling that RFC 4291 allows, with ports, prefixes, zones and brackets."""
    draw, made = drawn("ip"), []
    for _ in range(60):
        four = str(ipaddress.IPv4Address(draw.getrandbits(32)))
        six = ipaddress.IPv6Address(
            0x20010DB8 << 96 | draw.getrandbits(32) << 64 | draw.getrandbits(draw.choice((8, 16, 48, 64)))
        )
        made += [
            four,
            f"{four}:443",
            f"{four}/24",
            f"from {four}.",
            ".".join(part.zfill(3) for part in four.split(".")),
        ]
        made += [
            str(six),
            six.exploded,
            six.exploded.upper(),
            f"[{six}]:443",
            f"{six.exploded}:443",
            f"{six}%eth0",
            f"{six}/64",
            f"from {six}, see",
        ]
        made += [f"::ffff:{four}", f"64:ff9b::{four}"]
    return [
        *made,
        "::1",
        "[::1]:8080",
        "::",
        "1::",
        "fe80::",
        "fe80::1%eth0",
        "::/0",
        "127.0.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "a::1",
        "ff02::fb",
        "::ffff:0:0",
    ]


@cache
def regions() -> list[list[str]]:
    """The rules of every region's numbers, with examples."""
    with PHONES.open(encoding="ascii") as rules:
        return [row for row in csv.reader(rules, delimiter="\t", quoting=csv.QUOTE_NONE) if not row[0].startswith("#")]


def phones() -> list[str]:
    """A fixed and a mobile number of every country, of seven digits or more: at home, abroad, in E.164, as a link, behind 00."""
    made = []
    for row in regions():
        for home, abroad in (row[5:7], row[7:9]):
            digits, dialled = re.sub(r"\D", "", abroad), re.sub(r"\D", "", home)
            if len(dialled) < SHORTEST:
                continue
            made += [abroad, f"+{digits}", f"tel:+{digits}", f"00{digits}", abroad.replace(" ", "."), f"phone: {home}"]
            made += [home, dialled] if dialled.startswith("0") and len(dialled) > SHORTEST else []
    listed = (
        "+49 4312 / 777 777", "testdata630-596-1111", "510-748-8230", "(510) 748-8230", "510.748.8230", "1-312-515-2239", "+33 (0)4 72 00 00 00",
        "0033 6 12 34 56 78", "06.12.34.56.78", "06-12-34-56-78", "06/12/34/56/78", "06 12 34 56 78/06 98 76 54 32", "+1.4155552671", "tél. 06 12 34 56 78",
        "612 34 56 78", "call 12 34 56 78", "33612345678", "33 6 12 34 56 78", "(0)6 12 34 56 78", "+33\u00a06\u00a012\u00a034\u00a056\u00a078", "+44 (0)20 7946 0958",
        "020 7946 0958", "07700 900123", "0151 123 45678", "030/1234567", "+41 44 668 18 00",
    )  # fmt: skip
    return [form.format(each) for form, each in zip(cycle(WRAPPED), [*made, *listed], strict=False)]


def businesses() -> list[str]:
    """SIREN and SIRET, La Poste's, and VAT numbers made of a SIREN."""
    draw, made = drawn("siren"), []
    for _ in range(30):
        siren = checked(draw.choice("123456789") + "".join(draw.choices(string.digits, k=7)))
        siret = checked(f"{siren}{draw.randrange(10_000):04}")
        threes = " ".join((siren[:3], siren[3:6], siren[6:]))
        made += [
            siren,
            threes,
            f"SIREN {siren}",
            f"RCS Paris {threes}",
            siret,
            f"{threes} {siret[9:]}",
            f"SIRET : {siret}",
            threes.replace(" ", "."),
        ]
        made += [
            f"FR{(12 + 3 * (int(siren) % 97)) % 97:02}{siren}",
            f"FR {(12 + 3 * (int(siren) % 97)) % 97:02} {siren}",
        ]
    return [*made, "35600000009075", "356 000 000 09075", "35600000000048", "732 829 320 00074"]


def macs() -> list[str]:
    """Of 48 and 64 bits, in the spellings of IEEE 802, Cisco, and without separators."""
    draw, made = drawn("mac"), []
    for _ in range(30):
        pairs = [f"{draw.randrange(256):02x}" for _ in range(6)]
        pairs[1], pairs[4] = "ab", "12"  # by chance one without a letter is a number
        bare = "".join(pairs)
        made += [
            ":".join(pairs),
            "-".join(pairs).upper(),
            ".".join((bare[:4], bare[4:8], bare[8:])),
            bare,
            bare.upper(),
            " ".join(pairs),
        ]
        made += [":".join([*pairs[:3], "ff", "fe", *pairs[3:]]), ":".join(f"{int(pair, 16):x}" for pair in pairs)]
    return [*made, "0012.ab56.789a", "MAC 001122334455"]


def secrets() -> list[str]:
    """URLs with credentials."""
    return [
        "https://jane:secret@host.example/", "redis://:s3cret-42@cache.example:6379/0", "postgresql://app:pw@db/x", "ftp://jane:pa:ss@host.example",
        "mongodb+srv://u:p@cluster.example/?w=1", "amqp://guest:guest@mq:5672//", "see https://a:b@c.example there", "HTTPS://J:S@HOST", "s3://key:sec@bucket/x",
        "jdbc:postgresql://db.example/x?user=app&password=pw", "https://h.example/x?a=1&api_key=12ab", "sqlserver://h:1433;user=sa;password=x",
        "https://jane:p%40ss@host.example", "smtp://jane%40mail.example:pw@smtp.example:587", "git+https://oauth2:tok3n@git.example/r.git",
    ]  # fmt: skip


def tokens() -> list[str]:
    """JWTs, a JWE, an unsigned one, one of JSON with line breaks."""
    return [
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqYW5lIn0.c2lnbmF0dXJl", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJqYW5lIn0.",
        "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.OKOawDo13gRp.48V1_ALb6US04U3b.5eym8TW_c8SuK0lt.XFBoMYUZodetZdvT",
        "ewogICJhbGciOiAiSFMyNTYiCn0.ewogICJzdWIiOiAiamFuZSIKfQ.c2ln", "Bearer eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UifQ.dBjftJeZ4CVP",
    ]  # fmt: skip


CORE = {
    "email": emails, "phone": phones, "ipv4 or ipv6": addresses, "iban": ibans, "card": cards, "siret": businesses, "mac": macs, "credentials_url": secrets,
    "jwt": tokens,
}  # fmt: skip
"""By detector, what must be found."""
