"""What is told by shape and check digits, whosever it is: each with its check digit right and wrong."""

import pytest

from expectations.detectors import PATTERNS
from tests.expectations.nobody import clean
from tests.expectations.personal import CORE

FOUND = {
    "email": [
        "write to jo.doe+x@mail.example today", "ｊｏ＠mail.example", "jo&#64;mail.example", "jo\\u0040mail.example",
        "jo%40mail.example", "дмитрий@пример.example", "mailto:a@b.fr", "am9AbWFpbC5leGFtcGxl",
        '"jane roe"@mail.example'.replace(" ", "."), "jane!@mail.example", "संपर्क@उदाहरण.भारत", "jo@[192.0.2.7]", "jo&commat;mail&period;example", "jo [at] mail [dot] example", "jo@bücher.example",
    ],
    "phone": [
        "+33 6 99 34 56 78", "06.99.34.56.78", "33699345678.0", "0033699345678", "tel.0699345678", "a,0699345678,b",
        "age 55 06 99 34 56 78", "2 0699345678", "33699345678 2026", "+1 (415) 555-2671", "+49 4312 / 777 777", "testdata630-596-1111", "510-748-8230", "+33 (0)4 72 00 00 00", "+1.4155552671", "call 12 34 56 78",
        "612 34 56 78", "33 6 99 34 56 78", "030.1234567", "06 12 04 56 78", "0699345678/0612045678", "06\u202f99\u202f34\u202f56\u202f78", "0699345678", "phone:0699345678",
    ],
    "ipv4": ["from 198.51.100.7", "ip_198.51.100.7", "::ffff:198.51.100.7", "198.51.100.7:443", "[198.51.100.7]", "198.051.100.007",
             "198[.]51[.]100[.]7", "198(dot)51(dot)100(dot)7"],
    "ipv6": ["2001:db8::1:2", "ip_2001:db8:0:0:0:0:2:1", "[2001:db8::1]:443", "fe80::1%eth0", "ip:2001:db8::99", "from:2001:db8::99",
             "::1", "[::1]:8080", "::", "2001:db8:0:0:0:0:2:1:443", "64:ff9b::198.51.100.7"],
    "iban": [
        "FR14 2004 1010 0505 0001 3M02 606", "gb82west12345698765432", "to DE89370400440532013000please",
        "NL91-ABNA-0417-1643-00", "NO93 8601 1117 947", "invoice IN23 paid from FR14 2004 1010 0505 0001 3M02 606",
        "FR15 2004 1010 0505 0001 3M02 606 FR14 2004 1010 0505 0001 3M02 606", "IBANFR1420041010050500013M02606",
        "FR14\t2004\t1010\t0505\t0001\t3M02\t606", "FR14  2004  1010  0505  0001  3M02  606",
        "GT82TRAJ01020000001210029690", "FR14/2004/1010/0505/0001/3M02/606", "FR14 20041 01005 0500013M026 06", "paidFR1420041010050500013M02606", "FR 14 - 2004 - 1010 - 0505 - 0001 - 3M02 - 606",
    ],
    "card": ["4111 1111 1111 1111", "5500-0000-0000-0004", "340000000000009", "_4111111111111111_", "12 4111 1111 1111 1111",
             "4111 1111 1111 1111 12/27", "2026-03-12 4111111111111111", "4111 1111 1111 1112 4111 1111 1111 1111",
             "122000000000003", "4111111111111111-123", "6759649826438453", "4222222222222", "card:4111.1111.1111.1111", "9792030000000000"],
    "nir": ["2 55 08 14 168 025 38", "255081416802538", "1 84 12 2A 451 089 33", "75001 2 55 08 14 168 025 38",
            "2 55 08 14 168 025 38 7"],
    "siret": ["732 829 320 00074", "73282932000074", "732 829 320 00074 12", "732829320", "732 829 320",
              "RCS Paris 732 829 320 of 1999", "35600000009075", "35600000000048", "FR44732829320", "VAT FR 44 732829320"],
    "mac": ["00:1b:44:11:3a:b7", "00-1B-44-11-3A-B7", "0012.ab56.789a", "001b44113ab7", "001B44113AB7", "00 1b 44 11 3a b7",
            "0:1b:44:11:3a:b7", "00:1b:44:ff:fe:11:3a:b7", "0x001b44113ab7", "MAC 001122334455"],
    "jwt": ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqYW5lIn0.c2lnbmF0dXJl"],
    "credentials_url": ["https://jo:secret@host.example/", "postgresql://app:pw@db/x",
                        "redis://:s3cret-42@cache.example:6379/0", "jdbc:postgresql://db.example/x?user=app&password=pw", "amqp://guest:guest@mq:5672//"],
    "uuid": ["0b54d3ee-9c5b-4e57-8bc7-1d1cf7bb7d5e", "{0B54D3EE-9C5B-4E57-8BC7-1D1CF7BB7D5E}",
             "a0b54d3ee-9c5b-4e57-8bc7-1d1cf7bb7d5e"],
}  # fmt: skip

CASES = [(detector, text) for detector, texts in FOUND.items() for text in texts]


def test_every_personal_pattern_is_named(found):
    seen = found(*(text for _, text in CASES))
    assert [case for case, bits in zip(CASES, seen, strict=True) if case[0] not in bits] == []


WRONG = {
    "IBAN with a wrong check digit": ("FR15 2004 1010 0505 0001 3M02 606", "iban"),
    "IBAN of another country's length": ("DE8937040044053201300", "iban"),
    "card with a wrong check digit": ("4111 1111 1111 1112", "card"),
    "NIR with a wrong key": ("2 55 08 14 168 025 39", "nir"),
    "SIRET with a wrong check digit": ("732 829 320 00075", "siret"),
    "IPv4 address out of range": ("198.51.100.700", "ipv4"),
    "an at sign alone": ("meet @ noon", "email"),
    "a URL with a port": ("https://host.example:8443/x", "credentials_url"),
    "a time of day": ("10:11:12", "ipv6"),
    "a VAT number with a wrong key": ("VAT FR 45 732829320", "siret"),
    "SIREN with a wrong check digit": ("732829321", "siret"),
    "IBAN with a letter where its country has digits": ("DE8937040044053201300A", "iban"),
    "a calendar week": ("KW 12 wird das Projekt beendet und abgerechnet", "iban"),
    "a namespace": ("std::add", "ipv6"),
    "three words with dots": ("eyJrZXkiOiIxMiJ9.abc.def", "jwt"),
    "a password of nobody": ("https://host.example/x?a=1&page=2", "credentials_url"),
    "twelve hexadecimal digits without letters": ("100000000000", "mac"),
    "an article's code": ("3017620422003", "phone"),
    "a card's number that is an article's code": ("4006381330060", "card"),
    "a moment": ("20260312081533", "card"),
    "a country's code that nobody has": ("+999 12 34 56 78", "phone"),
}


def test_a_wrong_check_digit_is_no_finding(found):
    seen = found(*(text for text, _ in WRONG.values()))
    assert [case for (case, (_, detector)), bits in zip(WRONG.items(), seen, strict=True) if detector in bits] == []


NOBODY = [
    "2026-03-12",
    "2026-03-12-08-15-33",
    "2026-03-12 08:15:33.123456",
    "12345678,90",
    "31234567,89",
    "3.14159265358979",
    "Chrome Mobile",
    "1000+",
    "50-249",
    "4.3.0",
]


def test_numbers_dates_and_words_are_nobody(found):
    assert set().union(*found(*NOBODY)) == set()


SPARED = 0.012
"""How much of the numbers of the whole world may be missed: those of eight digits in pairs, which could be times."""


@pytest.mark.parametrize("kind", CORE)
def test_what_is_valid_anywhere_is_found(found, kind):
    texts = CORE[kind]()
    missed = [text for text, bits in zip(texts, found(*texts), strict=True) if not bits & set(kind.split(" or "))]
    assert len(missed) <= (SPARED * len(texts) if kind == "phone" else 0), missed[:10]


@pytest.mark.parametrize("kind", clean())
def test_what_only_looks_like_it_is_nobody(found, kind):
    texts = clean()[kind]
    assert [text for text, bits in zip(texts, found(*texts), strict=True) if bits & set(PATTERNS)] == []
