"""One definition of each normalisation: vectors, laws, and equality of Python and the kernel on any text."""

import hmac
import subprocess
import unicodedata
from itertools import product

import idna
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from py4j.protocol import Py4JJavaError
from pyspark.sql import functions as F

from jobs.keys.field_keys import MODHEX, DomainKeys
from jobs.people.relationships import Name
from jobs.retention.names import tokens_without_spark
from jobs.treatments import spelling, unicode
from jobs.treatments.normalise import SUITE, normalised, spelled, spellings
from jobs.treatments.tokens import token
from tests.spellings import APART, SPELT, VECTORS

KINDS = ("exact", "uuid", "email", "phone", "address")
FEW = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
TROUBLE = st.text(
    st.sampled_from("aAßẞςσΣİıǅﬃªº@@@..<>:-_%?[]\"0159 \0\t\u00ad\u200b\u200d\u3000\u3002\uff0e\uff20\uff21\u0301\u0308\u0345\u2c2f\u1c8a🦊"),
    max_size=14,
)  # fmt: skip
LABELS = st.builds("jo@xn--{}.x".format, st.text("abcdefghijklmnopqrstuvwxyz0123456789-", max_size=16))
ADDRESSES = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "[", '"[', "::ffff:", "::"]),
    st.one_of(st.ip_addresses().map(str), st.text("0123456789abcdefF:.", max_size=20)),
    st.sampled_from(["", "]", ":80", "]:443", ']:1"', "%eth0", "%", "/32", "/128", ":", "::", ":99999", "%a]"]),
)
NESTED = st.lists(st.sampled_from(["mailto:", "MAILTO:", " ", ".", "\u3002", "\u200b", "@", "?", "<", ">", "jo"])).map(
    "".join
)
TEXTS = st.lists(st.one_of(ANY, TROUBLE, LABELS, ADDRESSES, NESTED, st.none()), min_size=30, max_size=120)


def in_spark(spark, texts, *kinds, suite=SUITE):
    """What the kernel makes of each text as each kind, in their order."""
    frame = spark.createDataFrame(pa.table({"i": range(len(texts)), "v": pa.array(texts, pa.string())}))
    made = frame.select("i", *(normalised(F.col("v"), kind, suite).alias(kind) for kind in kinds)).toArrow()
    rows = made.sort_by("i").to_pylist()
    return [[row[kind] for row in rows] for kind in kinds]


# -- vectors -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("suite", "kind", "canonical", "text"), SPELT)
def test_python_spells_every_vector(suite, kind, canonical, text):
    assert spellings(text, kind, suite) == (canonical,)


PLAIN_TEXTS = st.one_of(*(
    st.tuples(st.just(kind), st.one_of(st.from_regex(plain, fullmatch=True), LABELS))
    for kind, plain in spelling.PLAIN.items()
))  # fmt: skip


@given(PLAIN_TEXTS)
def test_what_is_seen_to_be_plain_is_what_reading_makes_of_it(case):
    kind, text = case
    read = spelling.spelling(f" {text}", kind)  # a blank in front is trimmed, and not plain
    assert spelling.spelling(text, kind) == read


@pytest.mark.parametrize(("suite", "kind"), sorted({(suite, kind) for suite, kind, *_ in SPELT}))
def test_the_kernel_spells_every_vector(spark, suite, kind):
    asked = [(canonical, text) for s, k, canonical, text in SPELT if (s, k) == (suite, kind)]
    (made,) = in_spark(spark, [text for _, text in asked], kind, suite=suite)
    assert made == [canonical for canonical, _ in asked]


def test_every_kind_has_vectors_that_stay_apart(spark):
    assert {kind for kind, *_ in APART} == set(VECTORS["suite 2"]) == set(KINDS)
    for kind, left, right in APART:
        assert spelled(left, kind) != spelled(right, kind), (kind, left, right)


# -- laws --------------------------------------------------------------------------------------


@FEW
@given(TEXTS)
@example(["MAILTO:?@"])
def test_python_and_the_kernel_spell_any_text_alike(spark, texts):
    for kind, made in zip(KINDS, in_spark(spark, texts, *KINDS), strict=True):
        assert made == [None if text is None else spelled(text, kind) for text in texts], kind


@settings(max_examples=400)
@given(st.one_of(ANY, TROUBLE, LABELS, ADDRESSES, NESTED), st.sampled_from(KINDS))
def test_what_is_spelled_stays_as_it_is(text, kind):
    once = spelled(text, kind)
    assert once is None or spelled(once, kind) == once


@pytest.mark.parametrize("typed", ["mailto:{}jo@x", "mailto: {}jo@x", "jo@x{}. ", "jo@x{}\u3002"])
def test_a_login_of_a_megabyte_is_spelled_in_as_few_rounds_as_a_short_one(spark, monkeypatch, typed):
    """A round for each `mailto:`: two hundred kilobytes took the kernel 24 seconds a row, each time it met them."""
    login, rounds = typed.format(typed.replace("{}", "").removesuffix("jo@x").removeprefix("jo@x") * 100_000), []
    monkeypatch.setattr(
        "jobs.treatments.spelling.folded",
        lambda text: rounds.append(1) or unicode.folded(text) if len(rounds) < 9 else "",
    )
    assert spelled(login, "email") == "jo@x"
    assert len(rounds) <= 4
    assert in_spark(spark, [login], "email") == [["jo@x"]]


def test_every_character_that_changes_changes_alike(spark):
    codes = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    moved = [c for c in codes if unicodedata.normalize("NFKC", chr(c)) != chr(c) or c in unicode.FOLDS]
    unknown = [c for c in codes if unicode.UNKNOWN.match(chr(c))][::97]
    texts = [f"a{chr(c)}\u0301B" for c in (*moved, *unknown)]
    assert len(texts) > 15_000
    (made,) = in_spark(spark, texts, "email")
    assert made == [spelled(text, "email") for text in texts]


def test_every_internationalised_label_is_its_punycode(spark):
    labels = [
        "bücher",
        "façade",
        "пример",
        "例え",
        "مثال",
        "उदाहरण",
        "βόλοσ",
        "żółć",
        "e\u0301cole".replace("e\u0301", "é"),
    ]
    encoded = [idna.encode(label).decode() for label in labels]
    (made,) = in_spark(spark, [f"jo@{label}.example" for label in (*labels, *encoded)], "email")
    assert made == [f"jo@{label}.example" for label in labels] * 2


@settings(max_examples=300)
@given(st.text(st.characters(categories=["Ll", "Lo", "Nd"], max_codepoint=0x1FFFF), min_size=1, max_size=12))
def test_punycode_is_pythons_own(label):
    from jobs.treatments.spelling import unpunycoded

    assert unpunycoded(label.encode("punycode").decode().lower()) == label.encode("punycode").lower().decode("punycode")


# -- suite 1, whose epochs go on -----------------------------------------------------------------


@FEW
@given(
    st.lists(st.text(st.sampled_from("ΑαΣΣΣσςaA1א-_.@ '\u0301\u200d\u00adİ"), max_size=9), min_size=60, max_size=120)
)
def test_the_kernels_first_spelling_is_always_among_pythons(spark, texts):
    for kind, made in zip(KINDS, in_spark(spark, texts, *KINDS, suite=1), strict=True):
        for text, spelt in zip(texts, made, strict=True):
            assert spelt in (spellings(text, kind, 1) or (None, "")), (kind, text)


@FEW
@given(TEXTS)
def test_the_first_spelling_of_any_text_is_known_to_python(spark, texts):
    for kind, made in zip(KINDS, in_spark(spark, texts, *KINDS, suite=1), strict=True):
        for text, spelt in zip(texts, made, strict=True):
            assert spelt in (spellings(text or "", kind, 1) or (None,)), (kind, text)


@pytest.mark.parametrize("suite", [1, 2])
@pytest.mark.parametrize(
    "typed", ["ΑΛΕΞΗΣ-Π@x.example", "ΑΛΕΞΗΣ_Π@x.example", "ΑΛΕΞΗΣ.Π@x.example", "ΑΛΕΞΗΣ@x.example"]
)
def test_whoever_looks_for_a_greek_login_finds_the_token_that_the_kernel_made(spark, suite, typed):
    keys = DomainKeys("threat", "2026-01-01", bytes(range(32)), suite)
    frame = spark.createDataFrame([(typed,)], "v string")
    (row,) = frame.select(token(F.col("v"), "email", "email", keys.on(spark)).alias("token")).collect()
    names = [Name("email", typed, 0, None)]
    assert row["token"] in {made for _, made in tokens_without_spark(names, [keys], {("email", "email")})}


def test_an_epoch_of_the_first_suite_keeps_its_tokens(spark):
    """The token as the suite made it before spellings had versions, by hand: RFC 5869, RFC 2104."""
    text, data_key = "jo@xn--bcher-kva.example", bytes(range(32))
    info = b"ignicloud/1\0threat\x002026-01-01\0email\0"
    prk = hmac.digest(bytes(32), data_key, "sha256")
    field_key = hmac.digest(prk, info + b"\1", "sha256")
    right = "eml_" + hmac.digest(field_key, text.encode(), "sha256")[:16].hex().translate(MODHEX)
    keys = DomainKeys("threat", "2026-01-01", data_key, 1).on(spark)
    (row,) = spark.createDataFrame([(text,)], "v string").select(token(F.col("v"), "email", "email", keys)).collect()
    assert row[0] == right


# -- what is no text -----------------------------------------------------------------------------


@pytest.mark.parametrize(("suite", "kind"), product((1, 2), KINDS))
def test_bytes_that_are_no_utf_8_are_refused_and_never_merged(spark, suite, kind):
    frame = spark.createDataFrame([(bytearray(b"j\xe9sus-4711"),)], "b binary").select(
        F.col("b").cast("string").alias("v")
    )
    with pytest.raises(Py4JJavaError, match="isn't UTF-8") as caught:
        frame.select(normalised(F.col("v"), kind, suite)).collect()
    assert "4711" not in str(caught.value)


def test_half_a_surrogate_pair_is_refused_without_being_shown():
    with pytest.raises(ValueError, match="isn't Unicode text") as caught:
        spelled("jane\ud800", "email")
    assert "jane" not in str(caught.value)


# -- the table -------------------------------------------------------------------------------------


def test_folding_is_pythons_full_case_folding_of_the_characters_that_the_table_knows():
    known = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000 and not unicode.UNKNOWN.match(chr(c))]
    ignorable = {c for c, folded in unicode.FOLDS.items() if folded is None}
    assert [c for c in known if ord(c) not in ignorable and c.translate(unicode.FOLDS) != c.casefold()] == []
    assert [c for c in known if unicodedata.category(c) == "Cn"] == []


def test_the_table_is_java_17s_version_of_unicode(tmp_path):
    source = tmp_path / "Known.java"
    source.write_text(
        "class Known { public static void main(String[] a) { System.out.println(Runtime.version().feature());"
        " for (int c = 0; c < 0x110000; c++) if (Character.isDefined(c)) System.out.println(c); } }"
    )
    version, *known = subprocess.run(["java", str(source)], capture_output=True, text=True, check=True).stdout.split()
    ours = {c for first, last in unicode._ranges("assigned") for c in range(first, last + 1)}
    assert ours == set(map(int, known)) if version == "17" else ours <= set(map(int, known))


def test_all_decimal_digits_are_western_ones():
    assert all(str(unicodedata.decimal(chr(code))) == digit for code, digit in unicode.DIGITS.items())
    assert len(unicode.DIGITS) == 650
