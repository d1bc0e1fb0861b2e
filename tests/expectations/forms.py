"""In which forms an identifier could leak: each as a function of its text, with invented identifiers of every class.

Named forms are promised by docs/gate.md, which shows them from the kernel's own findings; a form that isn't found says why.
"""

from __future__ import annotations

import base64
import bz2
import codecs
import gzip
import hashlib
import hmac
import html.entities
import ipaddress
import json
import re
import unicodedata
import uuid
import zlib
from collections.abc import Callable
from urllib.parse import quote

Form = Callable[[str], str | None]
"""What an identifier's text becomes; None where the form changes nothing or doesn't apply."""

IDENTIFIERS: dict[str, tuple[str, ...]] = {
    "email": (
        "jane.roe@firm.example",
        "O'Brien@Firm.example",
        "zoé.müller@école.example",
        "papadopoulos.ΣΠΎΡΟΣ@firm.example",
        "x.groß@straße.example",
    ),
    "phone": (
        "+33 6 12 34 56 78",
        "06 98 76 54 32",
        "+33 (0)4 72 11 22 33",
        "+45 32 12 34 56",
        "0044 20 7946 0958",
        "+1 (415) 555-2671",
    ),
    "person": ("f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "6FA459EA-EE8A-3CA4-894E-DB77E160355E"),
    "session": ("s-4711-aBcDeF", "9f8e7d6c5b4a39281706"),
    "address": ("203.0.113.7", "192.0.2.17", "2001:db8::8a2e:370:7334"),
    "first_name": ("Robert", "Zoé", "İpek", "Σπύρος"),
    "family_name": ("Dupont", "Lefèvre", "Müller", "Großmann", "O'Brien"),
    "full_name": ("Jane Roe", "Hélène Lefèvre", "Γιώργος Παππάς"),
    "company_name": ("Société Générale de Chauffage et Climatisation du Centre et de l'Ouest", "Brandtner & Söhne"),
    "street": ("12 rue de la République", "4 Königsallee, 40212 Düsseldorf"),
}


def each(make: Callable[[str], str]) -> Form:
    """Every character by itself."""
    return lambda text: "".join(map(make, text))


def encoded(encode: Callable[[bytes], bytes | str], charset: str = "utf-8") -> Form:
    """The bytes of the text, encoded; none where the charset lacks a letter."""

    def form(text: str) -> str | None:
        try:
            made = encode(text.encode(charset))
        except UnicodeEncodeError:
            return None
        return made if isinstance(made, str) else made.decode("ascii")

    return form


def digest(algorithm: str, before: Callable[[str], str] = str, charset: str = "utf-8", after: str = "") -> Form:
    """An unkeyed hash in hex, of what the text was made to be before."""
    return (
        encoded(lambda raw: hashlib.new(algorithm, raw).hexdigest(), charset)
        if (before, after) == (str, "")
        else (lambda text: digest(algorithm, charset=charset)(before(text) + after))
    )


def told(wrong: str) -> Form:
    """UTF-8 that was read as another encoding."""

    def form(text: str) -> str | None:
        made = text.encode().decode(wrong, "replace")
        return None if made == text or "\ufffd" in made else made

    return form


def unaccented(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def bare(text: str) -> str:
    return "".join(c for c in text if c.isalnum())


NAMES = {text: name for name, text in sorted(html.entities.html5.items(), reverse=True) if name.endswith(";")}

FORMS: dict[str, Form] = {
    "as it is": str,
    "in a sentence": lambda text: f"we saw {text} again",
    "in capitals": str.upper,
    "in small letters": str.lower,
    "case folded": str.casefold,
    "accents folded": lambda text: None if unaccented(text) == text else unaccented(text),
    "umlauts spelt out": lambda text: None if not re.search("[äöüÄÖÜ]", text) else text.translate(str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ö": "Oe", "Ü": "Ue", "Ä": "Ae"})),
    "decomposed (NFD)": lambda text: unicodedata.normalize("NFD", text),
    "full-width letters": each(lambda c: chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c),
    "zero-width characters": "\u200b".join,
    "soft hyphens": "\u00ad".join,
    "lookalike letters": lambda text: text.translate(str.maketrans("aoecpx", "аоесрх")),
    "no separators": bare,
    "glued to letters": lambda text: f"xx{bare(text)}xx",
    "letters one by one": " ".join,
    "a JSON list of letters": lambda text: json.dumps(list(text), ensure_ascii=False),
    "with tags inside": lambda text: f"{text[:2]}<b>{text[2:4]}</b>{text[4:]}",
    "JSON escapes": lambda text: json.dumps(text)[1:-1] if not text.isascii() else "".join(f"\\u{ord(c):04x}" for c in text),
    "C escapes": lambda text: "".join(f"\\x{b:02x}" for b in text.encode()),
    "octal escapes": lambda text: "".join(f"\\{b:03o}" for b in text.encode()),
    "JavaScript's braces": each(lambda c: f"\\u{{{ord(c):x}}}"),
    "Python's bytes": lambda text: repr(text.encode()),
    "HTML codes": each(lambda c: f"&#{ord(c)};"),
    "HTML codes in hex": each(lambda c: f"&#x{ord(c):x};"),
    "HTML names": each(lambda c: f"&{NAMES[c]}" if c in NAMES and not c.isspace() else c),
    "percent-encoded": lambda text: quote(text, safe=""),
    "percent-encoded twice": lambda text: quote(quote(text, safe=""), safe=""),
    "percent-encoded Latin-1": lambda text: None if text.isascii() else encoded(lambda raw: quote(raw, safe=""), "latin-1")(text),
    "JavaScript's escape()": each(lambda c: f"%u{ord(c):04x}"),
    "quoted-printable": encoded(lambda raw: "".join(f"={b:02X}" for b in raw)),
    "punycode": lambda text: None if text.isascii() or "@" not in text else f"{text.split('@')[0]}@{text.split('@')[1].encode('idna').decode()}",
    "UTF-8 taken for Windows-1252": told("cp1252"),
    "UTF-8 taken for Latin-1": told("latin-1"),
    "UTF-8 taken for MacRoman": told("mac_roman"),
    "UTF-8 taken for IBM850": told("cp850"),
    "taken for Windows-1252 twice": lambda text: (told("cp1252")(text) or "") and told("cp1252")(told("cp1252")(text) or ""),
    "defanged": lambda text: text.replace(".", "[.]").replace("@", "[@]"),
    "spoken": lambda text: None if "@" not in text else text.replace(".", " dot ").replace("@", " at "),
    "hyphens for dots": lambda text: None if not re.fullmatch(r"[\d.]+|[\da-f:]+", text) else re.sub("[.:]", "-", f"ip-{text}.isp.example") if "." in text else text.replace(":", "-"),
    "a number in hex": lambda text: f"0x{int(ipaddress.ip_address(text)):x}" if re.fullmatch(r"[\d.]+", text) else None,
    "a number": lambda text: str(int(ipaddress.ip_address(text))) if re.fullmatch(r"[\d.]+", text) else str(uuid.UUID(text).int) if re.fullmatch(r"[\da-fA-F-]{36}", text) else None,
    "reversed": lambda text: text[::-1],
    "ROT13": lambda text: None if not text.isascii() or text[1:2].isdigit() else codecs.encode(text, "rot13"),
    "base64": encoded(base64.b64encode),
    "base64 for URLs, unpadded": encoded(lambda raw: base64.urlsafe_b64encode(raw).rstrip(b"=")),
    "base64 of base64": encoded(lambda raw: base64.b64encode(base64.b64encode(raw))),
    "base64 of UTF-16": encoded(base64.b64encode, "utf-16-le"),
    "base64 of Latin-1": lambda text: None if text.isascii() else encoded(base64.b64encode, "latin-1")(text),
    "base64 of gzip": encoded(lambda raw: base64.b64encode(gzip.compress(raw, mtime=0))),
    "base64 of zlib": encoded(lambda raw: base64.b64encode(zlib.compress(raw))),
    "base64 of bzip2": encoded(lambda raw: base64.b64encode(bz2.compress(raw))),
    "base64 of deflate": encoded(lambda raw: base64.b64encode(zlib.compress(raw, wbits=-15))),
    "base32": encoded(base64.b32encode),
    "base32 in small letters": encoded(lambda raw: base64.b32encode(raw).lower().rstrip(b"=")),
    "base85": encoded(base64.b85encode),
    "Ascii85": encoded(base64.a85encode),
    "hex": encoded(bytes.hex),
    "hex in capitals": encoded(lambda raw: raw.hex().upper()),
    "hex of UTF-16": encoded(bytes.hex, "utf-16-le"),
    "hex with 0x before each byte": encoded(lambda raw: " ".join(f"0x{b:02x}" for b in raw)),
    "hex in fours": encoded(lambda raw: raw.hex(" ", 2)),
    "hex of gzip": encoded(lambda raw: gzip.compress(raw, mtime=0).hex()),
    "a list of bytes": encoded(lambda raw: str(list(raw))),
    "bits": encoded(lambda raw: " ".join(f"{b:08b}" for b in raw)),
    "an id's bytes in base64": lambda text: base64.b64encode(uuid.UUID(text).bytes).decode() if re.fullmatch(r"[\da-fA-F-]{36}", text) else None,
    **{name: digest(name) for name in ("md5", "sha1", "sha256", "sha512", "blake2b", "sha224", "sha384", "sha3_256")},
    "SHA-256 of small letters": digest("sha256", str.lower),
    "SHA-256 of capitals": digest("sha256", str.upper),
    "SHA-256 case folded": digest("sha256", str.casefold),
    "MD5 without separators": digest("md5", lambda text: bare(text).lower()),
    "SHA-256 with a line's end (echo)": digest("sha256", after="\n"),
    "SHA-256 with a Windows line's end": digest("sha256", after="\r\n"),
    "SHA-256 of UTF-16 (SQL Server)": digest("sha256", charset="utf-16-le"),
    "MD5 of small letters in UTF-16": digest("md5", str.lower, charset="utf-16-le"),
    "SHA-256 of Windows-1252": lambda text: None if text.isascii() else digest("sha256", charset="cp1252")(text),
    "SHA-256 of NFD": digest("sha256", lambda text: unicodedata.normalize("NFD", text)),
    "SHA-256 in base64": encoded(lambda raw: base64.b64encode(hashlib.sha256(raw).digest())),
    "SHA-256 in base32": encoded(lambda raw: base64.b32encode(hashlib.sha256(raw).digest())),
    "SHA-256, 16 digits": lambda text: (digest("sha256")(text) or "")[:16],
    "MD5 of MD5": lambda text: digest("md5")(digest("md5")(text) or ""),
    "HMAC under an empty key": encoded(lambda raw: hmac.digest(b"", raw, "sha256").hex()),
    "a salted SHA-256": digest("sha256", after="pepper"),
    "SHA-256, last 16 digits": lambda text: (digest("sha256")(text) or "")[-16:],
    "BLAKE2s": digest("blake2s"),
    "CRC-32": encoded(lambda raw: f"{zlib.crc32(raw):08x}"),
    "without vowels": lambda text: re.sub("[aeiouAEIOU]", "", text),
    "first letter and dots": lambda text: f"{text[0]}...",
}  # fmt: skip
E164 = {
    "+33 6 12 34 56 78": "+33612345678", "06 98 76 54 32": "+33698765432", "+33 (0)4 72 11 22 33": "+33472112233", "+45 32 12 34 56": "+4532123456",
    "0044 20 7946 0958": "+442079460958", "+1 (415) 555-2671": "+14155552671",
}  # fmt: skip
"""The phone numbers above as E.164 writes them."""

NATIONAL = {
    "+33 6 12 34 56 78": "06 12 34 56 78", "06 98 76 54 32": "698765432", "+33 (0)4 72 11 22 33": "0472112233", "+45 32 12 34 56": "32123456",
    "0044 20 7946 0958": "020 7946 0958", "+1 (415) 555-2671": "415-555-2671",
}  # fmt: skip
"""And as they are written at home."""

FORMS |= {
    "E.164": E164.get,
    "at home": NATIONAL.get,
    "SHA-256 of E.164": lambda text: (text in E164 and digest("sha256")(E164[text])) or None,
    "MD5 of E.164 without the plus": lambda text: (text in E164 and digest("md5")(E164[text][1:])) or None,
    "SHA-1 of the number at home": lambda text: (text in NATIONAL and digest("sha1")(bare(NATIONAL[text]))) or None,
    "a street without its town": lambda text: None if ", " not in text else text.split(", ")[0],
}

SHORT_NAME = "names of three or four letters turn up in any bytes by chance"
PART = "a short word or number inside a longer one is chance"
WHY_NOT = {
    "no separators": "digits like any others",
    "glued to letters": PART,
    "reversed": "names backwards are words, too often others' names",
    "ROT13": "names turned are words, too often others' names",
    **dict.fromkeys(
        (
            "base64", "base64 for URLs, unpadded", "base64 of base64", "base64 of UTF-16", "base64 of Latin-1", "base64 of gzip", "base64 of zlib",
            "base64 of bzip2", "base64 of deflate", "base32", "base32 in small letters", "base85", "Ascii85", "hex", "hex in capitals",
            "hex with 0x before each byte", "hex in fours", "hex of gzip", "a list of bytes",
        ),
        SHORT_NAME,
    ),
    "a salted SHA-256": "whoever hashes with a secret has a key",
    "SHA-256, last 16 digits": "digests are known by what begins them",
    "BLAKE2s": "an algorithm that isn't tried",
    "CRC-32": "32 bits are anybody's",
    "without vowels": "what is left is no identifier",
    "first letter and dots": "what is left is no identifier",
}  # fmt: skip
"""Why a form isn't found of every identifier. Every other one is."""
