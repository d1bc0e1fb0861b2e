"""Every form in which one of the night's identifiers could lie in a cell is found, and chance isn't."""

import base64
import bz2
import codecs
import gzip
import hashlib
import hmac
import json
import random
import unicodedata
import uuid
import zlib
from urllib.parse import quote

from expectations.detectors import HASHED as HASHED_DETECTORS
from expectations.detectors import KNOWN as KNOWN_DETECTORS
from jobs.keys.field_keys import field_key

EMAIL, PERSON, PHONE = "jane.roe@firm.example", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "+33 6 12 34 56 78"
RAW, E164 = EMAIL.encode(), b"+33612345678"
BASE64 = base64.b64encode(RAW).decode()
B64_OF_IDS = base64.b64encode(b"a" * 20 + PERSON.encode()).decode()
LETTERS = "cbdefghijklnrtuv"


def modhex(raw):
    return "".join(LETTERS[b >> 4] + LETTERS[b & 15] for b in raw)


def utf16(text):
    return base64.b64encode(text.encode("utf-16-le")).decode()


PLAIN = {
    "as it is": EMAIL,
    "inside a sentence": f"sent by {EMAIL}, see there",
    "in capitals": EMAIL.upper(),
    "without separators": "janeroefirmexample",
    "without separators, inside a longer word": "xjaneroefirmexamplex",
    "its local part, glued": "user=admin.login.1;",
    "percent-encoded": "".join(f"%{b:02X}" for b in RAW),
    "percent-encoded twice": quote(quote(EMAIL, safe=""), safe=""),
    "percent-encoded three times": quote(quote(quote(EMAIL, safe=""), safe=""), safe=""),
    "after a percent sign of its own": f"100%{EMAIL}",
    "JSON escapes": "".join(f"\\u{ord(c):04x}" for c in EMAIL),
    "JSON escapes beside a broken one": "C:\\users " + "".join(f"\\u{ord(c):04x}" for c in EMAIL),
    "JSON in JSON": json.dumps({"a": json.dumps({"b": EMAIL})}),
    "C escapes": "".join(f"\\x{ord(c):02x}" for c in EMAIL),
    "HTML escapes": "".join(f"&#{ord(c)};" for c in EMAIL),
    "HTML escapes in hex": "".join(f"&#x{ord(c):x};" for c in EMAIL),
    "as a key of nested JSON": json.dumps({"a": [{EMAIL: 1}]}),
    "full-width letters": "".join(chr(ord(c) + 0xFEE0) for c in EMAIL),
    "zero-width characters": "\u200b".join(EMAIL),
    "soft hyphens": "\u00ad".join(EMAIL),
    "Hangul fillers": "\u3164".join(EMAIL),
    "Cyrillic lookalikes": EMAIL.replace("a", "а").replace("o", "о").replace("e", "е"),
    "tag characters": "".join(chr(0xE0000 + ord(c)) for c in EMAIL),
    "mathematical letters": "".join(chr(0x1D41A + ord(c) - 97) if c.isalpha() else c for c in EMAIL),
    "accents folded away": "zoe.muller@ecole.example",
    "accents decomposed": "Zoe\u0301.Mu\u0308ller@e\u0301cole.example",
    "phone, international": "0033612345678",
    "phone, national": "06 12 34 56 78",
    "phone without separators": "0612345678",
    "phone glued to letters": "tel0612345678x",
    "phone that became a decimal": "33612345678.00",
    "phone in Arabic-Indic digits": "".join(chr(0x660 + int(c)) for c in "0612345678"),
    "id": PERSON,
    "id in capitals": PERSON.upper(),
    "id without hyphens": PERSON.replace("-", ""),
    "id inside a URL": f"/accounts/{PERSON}/edit",
    "session": "sid=s-4711-abcdef",
    "address as a number": "3221226001",
    "address in hex": "c0000211",
    "IPv6 address without colons": "20010db80000000000008a2e03707334",
    "address in hex with 0x": "0xc0000211",
    "address with hyphens, in a host's name": "ip-192-0-2-17.isp.example",
    "address with underscores": "host_192_0_2_17",
    "address turned, with hyphens": "17-2-0-192.dynamic.isp.example",
    "address in octal": "0300.0.02.021",
    "address in hex, number by number": "0xc0.0x0.0x2.0x11",
    "IPv6 address with hyphens": "2001-db8--8a2e-370-7334.ipv6-literal.example",
    "HTML names": "jane&period;roe&commat;firm&period;example",
    "HTML codes without semicolons": "jane&#46roe&#64firm&#46example",
    "octal escapes": "".join(f"\\{b:03o}" for b in RAW),
    "JavaScript's braces": "".join(f"\\u{{{ord(c):x}}}" for c in EMAIL),
    "JavaScript's escape()": "".join(f"%u{ord(c):04x}" for c in EMAIL),
    "quoted-printable": "".join(f"={b:02X}" for b in RAW),
    "quoted-printable over two lines": EMAIL[:8] + "=\r\n" + EMAIL[8:],
    "defanged": "jane[.]roe[@]firm[.]example",
    "spoken": "jane dot roe at firm dot example",
    "in brackets": "jane.roe (at) firm (dot) example",
    "tags inside": "jane.<b>roe</b>@firm.<!-- x -->example",
    "letters one by one": " ".join(EMAIL),
    "a JSON list of letters": json.dumps(list(EMAIL)),
    "turned by thirteen": codecs.encode(EMAIL, "rot13"),
    "id as a number": str(uuid.UUID(PERSON).int),
    "id's bytes": base64.b64encode(uuid.UUID(PERSON).bytes).decode(),
    "id's bytes as Microsoft orders them": base64.b64encode(uuid.UUID(PERSON).bytes_le).decode(),
    "phone of E.164 as a float": "3.3612345678E10",
    "phone whose trunk 0 is in brackets": "+33472112233",
    "phone of a country without a trunk 0": "tel32123456",
    "phone of the account's country": "+45 32 12 34 56",
    "national phone, from abroad": "0033698765432",
    "street without its town": "4 Königsallee",
    "street without the line below": "at 7 Church Lane,",
}


def unseen(found, forms):
    """The forms in which the scanner doesn't name what it should: all are scanned in one job."""
    seen = found(*(text for text, _ in forms.values()))
    return [form for (form, (_, detectors)), bits in zip(forms.items(), seen, strict=True) if not detectors & bits]


def test_an_identifier_in_any_spelling_is_known(found):
    assert unseen(found, {form: (text, {"known"}) for form, text in PLAIN.items()}) == []


NAMES = {
    "first name": "thanks, Jane!",
    "between emoji": "👋Dupont👋",
    "behind a token": f"usr_{'c' * 32} Jane",
    "three letters behind a number": "1 Roe",
    "in Cyrillic lookalikes": "Roе",
    "before selectors of a variant": "D\U000e0100upont",
    "family name without its accent": "mr MULLER",
    "full name": "Jane Roe",
    "other order": "ROE, Jane",
    "glued": "xxjaneroexx-roejane-janeroe",
    "in a path": "/home/dupont/x",
    "after a domain and a backslash": "CORP\\robert",
    "in camel case beside digits": "robert.1",
    "company of one word": "from Org.",
    "company of eleven words": "Société Générale de Chauffage et Climatisation du Centre et de l'Ouest",
    "street": "lives at 12, rue de la Republique",
    "sharp s in capitals": "Frau GROSSMANN",
    "final sigma in capitals": "ο ΣΠΥΡΟΣ!",
    "Turkish I in small letters": "ipek",
    "Turkish I in capitals": "IPEK",
    "umlaut spelt out": "Herr Mueller",
    "apostrophe by name": "Mr O&apos;Brien",
    "read as Windows-1252": "M. LefÃ¨vre",
    "read as Windows-1252 twice": "Lefèvre".encode().decode("cp1252").encode().decode("cp1252"),
    "read as IBM850": "Lefèvre".encode().decode("cp850"),
    "read as MacRoman": "Lefèvre".encode().decode("mac_roman"),
    "Python's bytes": repr("Lefèvre".encode()),
    "percent-encoded Latin-1": "Lef%E8vre",
    "small capitals": "ᴅᴜᴘᴏɴᴛ",
    "spaced": "D u p o n t",
    "joined by capitals": "JanetteDupont",
    "before a number": "dupont75",
}


def test_a_name_is_known_as_whole_words(found):
    assert unseen(found, {form: (text, {"known", "known_name"}) for form, text in NAMES.items()}) == []


ENCODED = {
    "base64": (BASE64, "known_base64"),
    "base64, unpadded": (BASE64.rstrip("="), "known_base64"),
    "base64 for URLs": (base64.urlsafe_b64encode(b"??>" + RAW).decode(), "known_base64"),
    "base64 behind a label": (f"tokenX{BASE64}", "known_base64"),
    "base64 with more behind it": (BASE64.rstrip("=") + "ZZZZyx", "known_base64"),
    "base64 in a path": (f"/a/b/{BASE64}/c", "known_base64"),
    "base64 of base64": (base64.b64encode(BASE64.encode()).decode(), "known_base64"),
    "base64 of hex": (base64.b64encode(RAW.hex().encode()).decode(), "known_base64"),
    "base64 of UTF-16": (utf16(EMAIL), "known_base64"),
    "base64 of a short name": (base64.b64encode(b"Dupont").decode(), "known_base64"),
    "base64, percent-encoded": (quote(BASE64, safe=""), "known_base64"),
    "hex": (RAW.hex(), "known_hex"),
    "hex in capitals": (RAW.hex().upper(), "known_hex"),
    "hex behind a label": (f"id{RAW.hex()}", "known_hex"),
    "hex with colons": (RAW.hex(":"), "known_hex"),
    "hex with blanks": (RAW.hex(" "), "known_hex"),
    "hex with line breaks": (RAW.hex("\n"), "known_hex"),
    "hex with semicolons": (RAW.hex(";"), "known_hex"),
    "hex behind a label of odd length": (f"abc{RAW.hex()}", "known_hex"),
    "base64 over two lines": ("\r\n".join((B64_OF_IDS[:30], B64_OF_IDS[30:])), "known_base64"),
    "base64 whose third byte begins it": (f"xyz{BASE64}", "known_base64"),
    "base64, unpadded, in JSON, percent-encoded": (
        quote(json.dumps({"a": BASE64.rstrip("=")}), safe=""),
        "known_base64",
    ),
    "reversed, in JSON escapes": ("".join(f"\\u{ord(c):04x}" for c in EMAIL[::-1]), "known_reversed"),
    "hex of base64": (BASE64.encode().hex(), "known_hex"),
    "hex of a short name": (b"Dupont".hex(), "known_hex"),
    "bytea of PostgreSQL": ("\\x" + RAW.hex(), "known_hex"),
    "reversed": (EMAIL[::-1], "known_reversed"),
    "reversed, inside a text": (f"x {EMAIL[::-1]} y", "known_reversed"),
    "base32": (base64.b32encode(RAW).decode(), "known_base64"),
    "base32 in small letters, unpadded": (base64.b32encode(RAW).decode().lower().rstrip("="), "known_base64"),
    "base85": (base64.b85encode(RAW).decode(), "known_base64"),
    "Ascii85": (base64.a85encode(RAW, adobe=True).decode(), "known_base64"),
    "gzip in base64": (base64.b64encode(gzip.compress(RAW)).decode(), "known_base64"),
    "zlib in base64": (base64.b64encode(zlib.compress(RAW)).decode(), "known_base64"),
    "deflate in base64, as SAML sends it": (base64.b64encode(zlib.compress(RAW, wbits=-15)).decode(), "known_base64"),
    "bzip2 in base64": (base64.b64encode(bz2.compress(RAW)).decode(), "known_base64"),
    "gzip in hex": (gzip.compress(RAW).hex(), "known_base64"),
    "gzip of base64 in base64": (base64.b64encode(gzip.compress(BASE64.encode())).decode(), "known_base64"),
    "base64 of Latin-1": (base64.b64encode("Frau Müller".encode("latin-1")).decode(), "known_base64"),
    "base64 of UTF-16 with accents": (utf16("Lefèvre"), "known_base64"),
    "base64 of UTF-16 in Greek": (utf16("Σπύρος"), "known_base64"),
    "hex with 0x before each byte": (" ".join(f"0x{b:02x}" for b in RAW), "known_hex"),
    "hex in fours": (RAW.hex(" ", 2), "known_hex"),
    "hex in eights": (RAW.hex(" ", -4), "known_hex"),
    "a list of bytes": (str(list(RAW)), "known_hex"),
    "bits": (" ".join(f"{b:08b}" for b in RAW), "known_hex"),
    "reversed in base64": (base64.b64encode(EMAIL[::-1].encode()).decode(), "known_base64"),
}


def test_an_encoded_identifier_is_known_by_its_encoding(found):
    assert unseen(found, {form: (text, {detector}) for form, (text, detector) in ENCODED.items()}) == []


def hexed(algorithm, message, **options):
    return hashlib.new(algorithm, message, **options).hexdigest()


HASHED = {
    **{
        f"{name} in hex": (hexed(name, RAW), f"hashed_{name}")
        for name in ("md5", "sha1", "sha256", "sha512", "blake2b")
    },
    **{
        f"{name} in base64": (base64.b64encode(hashlib.new(name, RAW).digest()).decode(), f"hashed_{name}")
        for name in ("md5", "sha1", "sha256", "sha512", "blake2b")
    },
    "in capitals": (hexed("sha256", RAW).upper(), "hashed_sha256"),
    "first 16 digits": (hexed("sha256", RAW)[:16], "hashed_sha256"),
    "first 16 digits of MD5": (hexed("md5", RAW)[:16], "hashed_md5"),
    "unpadded, for URLs": (base64.urlsafe_b64encode(hashlib.md5(RAW).digest()).decode()[:22], "hashed_md5"),
    "BLAKE2b of 32 bytes": (hashlib.blake2b(RAW, digest_size=32).hexdigest(), "hashed_blake2b"),
    "BLAKE2b of 16 bytes": (hashlib.blake2b(RAW, digest_size=16).hexdigest(), "hashed_blake2b"),
    "of the accents' normal form": (hexed("sha256", "zoé.müller@école.example".encode()), "hashed_sha256"),
    "of the phone in E.164": (hexed("sha256", E164), "hashed_sha256"),
    "of the phone's digits": (hexed("sha256", b"33612345678"), "hashed_sha256"),
    "of the id": (hexed("md5", PERSON.encode()), "hashed_md5"),
    "of the id without hyphens": (hexed("sha1", PERSON.replace("-", "").encode()), "hashed_sha1"),
    "of a name in small letters": (hexed("sha256", b"jane"), "hashed_sha256"),
    "of the address": (hexed("sha256", b"192.0.2.17"), "hashed_sha256"),
    "of the session": (hexed("sha256", b"s-4711-aBcDeF"), "hashed_sha256"),
    "of the phone in E.164, whose account has it from inside": (hexed("sha256", b"+33698765432"), "hashed_sha256"),
    "of the phone in E.164, whose account has a 0 in brackets": (hexed("md5", b"+33472112233"), "hashed_md5"),
    "of the phone in E.164 by the account's country": (hexed("sha1", b"+4532123456"), "hashed_sha1"),
    "of the number at home": (hexed("sha256", b"0612345678"), "hashed_sha256"),
    "of capitals": (hexed("sha256", RAW.upper()), "hashed_sha256"),
    "with a line's end": (hexed("sha256", RAW + b"\n"), "hashed_sha256"),
    "of small letters with a line's end": (hexed("md5", b"jane\n"), "hashed_md5"),
    "with a Windows line's end": (hexed("md5", RAW + b"\r\n"), "hashed_md5"),
    "of UTF-16, as SQL Server does": (hexed("sha256", EMAIL.encode("utf-16-le")), "hashed_sha256"),
    "of capitals in UTF-16": (hexed("sha1", EMAIL.upper().encode("utf-16-le")), "hashed_sha1"),
    "of Windows' letters": (hexed("sha256", "Müller".encode("cp1252")), "hashed_sha256"),
    "of a decomposed name": (hexed("sha256", unicodedata.normalize("NFD", "Lefèvre").encode()), "hashed_sha256"),
    "of a case folded name": (hexed("sha256", "großmann".casefold().encode()), "hashed_sha256"),
    "of Greek capitals": (hexed("sha256", "ΣΠΎΡΟΣ".encode()), "hashed_sha256"),
    "of a folded final sigma": (hexed("sha256", "σπύροσ".encode()), "hashed_sha256"),
    "of a Turkish name in small letters": (hexed("sha256", b"ipek"), "hashed_sha256"),
    "of the session in small letters": (hexed("sha256", b"s-4711-abcdef"), "hashed_sha256"),
    "of the session in capitals": (hexed("sha256", b"S-4711-ABCDEF"), "hashed_sha256"),
    "of the session with a line's end": (hexed("sha256", b"s-4711-aBcDeF\n"), "hashed_sha256"),
    "SHA-384": (hexed("sha384", RAW), "hashed_otherwise"),
    "SHA-3": (hexed("sha3_256", RAW), "hashed_otherwise"),
    "MD5 of MD5": (hexed("md5", hexed("md5", RAW).encode()), "hashed_otherwise"),
    "in base32": (base64.b32encode(hashlib.sha256(RAW).digest()).decode(), "hashed_sha256"),
    "behind a label": (f"md5:{hexed('md5', RAW)}", "hashed_md5"),
    "glued to letters": (f"usr{hexed('md5', RAW)}", "hashed_md5"),
    "in the path of an avatar": (f"https://www.gravatar.com/avatar/{hexed('md5', RAW)}?s=80", "hashed_md5"),
    "in base64 in a path": ("/x/" + base64.urlsafe_b64encode(hashlib.sha1(RAW).digest()).decode(), "hashed_sha1"),
    "its hex in base64": (base64.b64encode(hexed("sha256", RAW).encode()).decode(), "hashed_sha256"),
    "in hex with blanks": (hashlib.md5(RAW).digest().hex(" "), "hashed_md5"),
    "the first 8 bytes in base64": (base64.b64encode(hashlib.md5(RAW).digest()[:8]).decode()[:11], "hashed_md5"),
    "in the letters of tokens": (f"xyz_{modhex(hashlib.md5(RAW).digest())}", "hashed_md5"),
    "in the first of two tokens": (
        f"usr_{modhex(hmac.digest(b'', RAW, 'sha256')[:16])} usr_{'c' * 32}",
        "hashed_unset_key",
    ),
    **{
        f"HMAC under {key!r}": (hmac.digest(key, RAW, "sha256").hex(), "hashed_unset_key")
        for key in (b"", b"changeme", b"secret", b"test", b"salt", b"key")
    },
}


def test_what_hashing_without_a_key_gives_is_known(found):
    assert unseen(found, {form: (text, {detector}) for form, (text, detector) in HASHED.items()}) == []


def test_a_token_under_a_key_of_zeros_is_known(found):
    key = field_key(bytes(32), "threat", "P3M", "email")
    assert found(f"eml_{modhex(hmac.digest(key, RAW, 'sha256')[:16])}") == [{"hashed_unset_key"}]


def test_chance_is_not_known(found):
    draw = random.Random(7)
    tokens = [f"tel_{''.join(draw.choices('cbdefghijklnrtuv', k=32))}" for _ in range(2_000)]
    words = ["1234567", "12345", "192021", "19202117", "janet", "telephone", "organisation", "2026-03-12", "", None]
    assert [cell for cell, seen in zip(tokens + words, found(*tokens, *words), strict=True) if seen] == []


def test_spark_s_own_hash_as_a_number_is_known(spark, found):
    values = spark.createDataFrame([(EMAIL,), (PERSON,), ("Jane",)], "value string")
    numbers = [row[0] for row in values.selectExpr("CAST(xxhash64(value) AS STRING)").collect()]
    assert [seen & {"hashed_otherwise"} for seen in found(*numbers)] == [{"hashed_otherwise"}] * 3


def test_random_bytes_in_any_encoding_are_nobody(found):
    draw = random.Random(11)
    raw = [draw.randbytes(draw.randrange(6, 40)) for _ in range(400)]
    made = (
        bytes.hex,
        lambda b: base64.b64encode(b).decode(),
        lambda b: base64.b32encode(b).decode(),
        lambda b: str(list(b)),
    )
    cells = [make(b) for b in raw for make in made]
    assert set().union(*found(*cells)) & {*KNOWN_DETECTORS, *HASHED_DETECTORS} == set()


def test_a_token_says_its_class_though_somebody_is_called_so(found):
    token = "tel_" + "c" * 32
    assert found(token, "tel", "org_" + "c" * 31 + "x") == [set(), {"known_name"}, {"known_name"}]


def test_a_long_cell_is_searched_to_its_end(found):
    assert "known" in found("x " * 40_000 + EMAIL)[0]


def test_names_that_tokens_spell_by_chance_are_not_known(found):
    """Sixteen letters spell Hubert; a token of the right shape is no name, wherever it stands."""
    cells = ["ip4_hubert", '{"network": "ip4_hubert", "by": ["ip6_huberthuberthube"]}', "tel_" + "hubert" + "c" * 26]
    assert found(*cells) == [set(), set(), set()]
    assert found("hubert_ip4", "ip4_hubert_", "xip4_hubert", "ip5_hubert", "ip4-hubert") == [{"known_name"}] * 5


def test_an_identifier_spelt_in_the_letters_of_tokens_is_known(found):
    assert found(f"eml_{modhex(RAW[:16])}") == [set()]
    assert found(f"ses_{modhex(b's-4711-aBcDeF   ')}") == [{"known_hex"}]


def test_two_cells_with_one_hash_code_are_told_apart(found):
    """A thread remembers what it found in a cell by the cell, not by its hash code: these two share one of Spark's."""
    assert found(*["Jane Y4N", "Nobo G9c"] * 50) == [{"known_name"}, set()] * 50
