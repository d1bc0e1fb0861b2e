"""The kernel through Spark: published vectors, equality with Python, and laws."""

import hmac
import ipaddress
import re
import string

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F

from jobs.kernel import build
from jobs.treatments.networks import network_prefix
from jobs.treatments.normalise import SUITE, normalised
from jobs.treatments.tokens import token
from policy.shapes import (
    NETWORKS,
    PREFIXES,
    SHAPES,
    network_pattern,
    network_shapes,
    token_pattern,
    token_shape,
)

LETTERS = "cbdefghijklnrtuv"
TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), min_size=1, max_size=20)
FEW = settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
CRYPTO_PAN_KEY = bytes.fromhex("1522178d33a4cf80130a5b1649907d10d8988f837979652762574c2d2a842202")
"""The key of the sample that Crypto-PAn's authors publish with their code."""


class Keys:
    """Field keys for tests: one key for every class."""

    suite = SUITE

    def __init__(self, spark, key):
        self.spark, self.key = spark, key

    def column(self, identifier):
        return self.spark.createDataFrame([(bytearray(self.key),)], "k binary").scalar()


def modhex(raw):
    return "".join(LETTERS[b >> 4] + LETTERS[b & 15] for b in raw)


def column_of(spark, values, expression):
    frame = spark.createDataFrame([(i, value) for i, value in enumerate(values)], "i int, v string")
    return [row["o"] for row in frame.select("i", expression(F.col("v")).alias("o")).orderBy("i").collect()]


@pytest.mark.parametrize(
    ("key", "data", "mac"),
    [
        ("0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b"),
        (b"Jefe".hex(), b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c7"),
        ("aa" * 131, b"Test Using Larger Than Block-Size Key - Hash Key First", "60e431591ee0b67f0d8a26aacbf5b77f"),
    ],
)
def test_rfc_4231(spark, key, data, mac):
    (made,) = column_of(spark, [data.decode()], lambda v: token(v, "person", "exact", Keys(spark, bytes.fromhex(key))))
    assert made == f"usr_{modhex(bytes.fromhex(mac))}"


@FEW
@given(TEXTS)
def test_tokens_equal_pythons_hmac_on_any_unicode(spark, texts):
    key = bytes(range(32))
    made = column_of(
        spark, texts, lambda v: F.call_function("ignicloud.token", F.lit("usr"), Keys(spark, key).column(""), v)
    )
    assert made == [f"usr_{modhex(hmac.digest(key, text.encode(), 'sha256')[:16])}" for text in texts]


def test_values_that_come_again_and_values_that_never_do_have_their_own_tokens(spark):
    """Enough of both for a thread to remember, forget, step aside and come back."""
    seldom, often = range(120_000), [f"often {i % 7}" for i in range(120_000)]
    texts = [text for i in seldom for text in ((f"seldom {i}",) if i < 60_000 else (f"seldom {i}", often[i]))]
    key = bytes(range(32))
    frame = spark.createDataFrame(pa.table({"v": texts}))
    made = F.call_function("ignicloud.token", F.lit("usr"), Keys(spark, key).column(""), F.col("v"))
    right = {text: f"usr_{modhex(hmac.digest(key, text.encode(), 'sha256')[:16])}" for text in texts}
    for lent in (frame.coalesce(1), frame.repartition(3)):  # after a shuffle rows are lent one by one, and overwritten
        seen = lent.select("v", made.alias("t")).toPandas()
        assert len(seen) == len(texts)
        assert (seen["t"] == seen["v"].map(right)).all()


def test_tokens_of_values_of_any_length_equal_pythons_hmac(spark):
    """Around the ends of SHA-256's blocks of 64 bytes, of which HMAC's own pad is one; under keys of a block, less and more."""
    texts = ["v" * length for length in (1, 32, 36, 54, 55, 56, 63, 64, 65, 119, 120, 128, 300)]
    for length in (1, 32, 63, 64, 65, 131):
        key = bytes(range(1, length + 1))
        made = column_of(
            spark,
            texts,
            lambda v, key=key: F.call_function("ignicloud.token", F.lit("usr"), Keys(spark, key).column(""), v),
        )
        assert made == [f"usr_{modhex(hmac.digest(key, text.encode(), 'sha256')[:16])}" for text in texts]


def test_a_key_that_made_room_for_others_makes_the_same_tokens_again(spark):
    """A thread keeps sixteen keys and wipes the oldest: with twenty in each row every one is wiped and made anew."""
    keys = {f"k{i}": bytes([i]) * 32 for i in range(1, 21)}
    made = [
        F.call_function("ignicloud.token", F.lit("usr"), Keys(spark, key).column(""), F.col("v")).alias(name)
        for name, key in keys.items()
    ]
    rows = spark.createDataFrame([(f"v{i}",) for i in range(5)], "v string").coalesce(1).select("v", *made).collect()
    for row in rows:
        right = {n: f"usr_{modhex(hmac.digest(k, row['v'].encode(), 'sha256')[:16])}" for n, k in keys.items()}
        assert {name: row[name] for name in keys} == right


def test_one_key_under_two_prefixes_gives_two_tokens(spark):
    key = Keys(spark, bytes(range(32))).column("")
    both = [
        F.call_function("ignicloud.token", F.lit(prefix), key, F.col("v")).alias(prefix) for prefix in ("usr", "org")
    ]
    (row,) = spark.createDataFrame([("jane",)], "v string").select(*both).collect()
    assert row["usr"].startswith("usr_")
    assert row["org"] == row["usr"].replace("usr", "org")


def test_tokens_equal_sparks_own_expressions(spark):
    pad = lambda byte: bytes(b ^ byte for b in bytes(range(32)).ljust(64, b"\0"))  # noqa: E731
    inner = F.unhex(F.sha2(F.concat(F.lit(pad(0x36)), F.encode("v", "utf-8")), 256))
    outer = F.substring(F.sha2(F.concat(F.lit(pad(0x5C)), inner), 256), 1, 32)
    oracle = F.concat(F.lit("usr_"), F.translate(outer, "0123456789abcdef", LETTERS))
    frame = spark.createDataFrame([("jane",), ("Ünïcode 🦊",)], "v string")
    made = F.call_function("ignicloud.token", F.lit("usr"), Keys(spark, bytes(range(32))).column(""), F.col("v"))
    assert frame.where(made != oracle).count() == 0


def test_null_empty_and_blank_have_no_token(spark):
    assert (
        column_of(spark, [None, "", "  \u00a0"], lambda v: token(v, "email", "email", Keys(spark, b"k" * 32)))
        == [None] * 3
    )


@FEW
@given(st.lists(st.text(string.ascii_letters + string.digits + " -.", min_size=1, max_size=3), min_size=2, max_size=20))
def test_equal_normalised_values_and_no_others_share_a_token(spark, texts):
    made = column_of(spark, texts, lambda v: token(v, "person", "exact", Keys(spark, b"k" * 32)))
    canonical = column_of(spark, texts, lambda v: normalised(v, "exact"))
    assert len(set(made)) == len(set(canonical))


def test_tokens_have_the_shape_that_the_contract_promises(spark):
    frame = spark.createDataFrame([("jane",)], "v string")
    shape = frame.select(token(F.col("v"), "session", "exact", Keys(spark, b"k" * 32)).rlike(token_pattern("session")))
    assert shape.first()[0]


@FEW
@given(st.lists(st.ip_addresses(), min_size=1, max_size=20))
def test_addresses_are_spelled_as_pythons_ipaddress_spells_them(spark, addresses):
    exploded = [address.exploded for address in addresses]
    expected = [str(getattr(a, "ipv4_mapped", None) or a) for a in addresses]
    assert column_of(spark, exploded, lambda v: normalised(v, "address")) == expected


def encrypted(spark, addresses, keep="address", of_list="refuse"):
    return column_of(spark, addresses, lambda v: network_prefix(v, keep, Keys(spark, CRYPTO_PAN_KEY * 2), of_list))


@pytest.mark.parametrize(
    ("address", "published"),
    [
        ("128.11.68.132", "135.242.180.132"),
        ("129.118.74.4", "134.136.186.123"),
        ("130.132.252.244", "133.68.164.234"),
        ("141.223.7.43", "141.167.8.160"),
        ("152.163.225.39", "151.140.114.167"),
        ("156.29.3.236", "147.225.12.42"),
    ],
)
def test_crypto_pans_published_sample(spark, address, published):
    assert encrypted(spark, [address]) == [f"ip4_{modhex(ipaddress.ip_address(published).packed)}"]


def common_bits(left, right):
    width = left.max_prefixlen
    return width - (int(left) ^ int(right)).bit_length()


def decoded(text):
    return ipaddress.ip_address(
        bytes(LETTERS.index(a) << 4 | LETTERS.index(b) for a, b in zip(text[4::2], text[5::2], strict=True))
    )


@FEW
@given(st.lists(st.ip_addresses(v=4), min_size=2, max_size=12), st.lists(st.ip_addresses(v=6), min_size=2, max_size=12))
def test_common_prefixes_survive_exactly(spark, four, six):
    six = [address for address in six if address.ipv4_mapped is None]
    for addresses in (four, six):
        made = [decoded(text) for text in encrypted(spark, [str(a) for a in addresses])] if addresses else []
        for left, new_left in zip(addresses, made, strict=True):
            for right, new_right in zip(addresses, made, strict=True):
                assert common_bits(left, right) == common_bits(new_left, new_right)


def test_the_network_alone_is_the_beginning_of_the_address(spark):
    addresses = ["192.0.2.17", "2001:db8:1:2:3:4:5:6"]
    whole, network = encrypted(spark, addresses), encrypted(spark, addresses, "network")
    assert [len(text) - 4 for text in network] == [6, 16]
    assert all(w.startswith(n) for w, n in zip(whole, network, strict=True))


def test_what_is_no_address_never_passes(spark):
    assert encrypted(spark, ["jane@mail.example", "", None, "192.0.2", "1.2.3.4.5", "300.1.1.1", "::g"]) == [None] * 7
    assert encrypted(spark, ["192.0.2.17:65536", "192.0.2.17/24", "1.2.3.4::1", "192.0.2.17%a", "[::1"]) == [None] * 5


@pytest.mark.parametrize(
    "written",
    ["192.0.2.17:51234", "[192.0.2.17]:80", " 192.0.2.17,", ", 192.0.2.17 ,", "::ffff:192.0.2.17", '"192.0.2.17:1"',
     "１９２.0.2.17", "192.0.2.17/32", "[::ffff:192.0.2.17]:443"],
)  # fmt: skip
def test_an_address_is_the_same_however_a_gateway_writes_it(spark, written):
    assert encrypted(spark, [written]) == encrypted(spark, ["192.0.2.17"])


@pytest.mark.parametrize(
    ("listed", "first", "last"),
    [
        ("192.0.2.17, 198.51.100.1", "192.0.2.17", "198.51.100.1"),
        ("192.0.2.17 198.51.100.1, ", "192.0.2.17", "198.51.100.1"),
        ("[2001:db8::1]:443,192.0.2.17:80", "2001:db8::1", "192.0.2.17"),
        ("unknown, 192.0.2.17", None, "192.0.2.17"),
        ("192.0.2.17, _proxy", "192.0.2.17", None),
        (" , ", None, None),
    ],
)
def test_of_a_list_the_contract_says_which_address_is_read(spark, listed, first, last):
    """And none if it doesn't say; one that can't be read isn't replaced by its neighbour."""
    chosen = [encrypted(spark, [listed], of_list=which) for which in ("first", "last", "refuse")]
    assert chosen == [encrypted(spark, [first]), encrypted(spark, [last]), [None]]


def test_the_shape_of_networks_is_the_promised_one(spark):
    frame = spark.createDataFrame([("192.0.2.17",), ("2001:db8::1",)], "v string")
    keys = Keys(spark, CRYPTO_PAN_KEY * 2)
    for keep in ("address", "network"):
        assert frame.where(~network_prefix(F.col("v"), keep, keys).rlike(network_pattern(keep))).count() == 0


def shapes_of(spark, cells):
    return column_of(spark, cells, lambda v: F.call_function("ignicloud.shape", v))


def test_every_shape_of_the_policy_is_told_by_its_name(spark):
    examples = [name.replace("_", "_" + "cbdefghijklnrtuv" * 2, 1)[: 4 + int(name[4:])] for name in SHAPES]
    assert shapes_of(spark, examples) == list(SHAPES)


NEARLY = st.builds(
    "{}{}_{}{}".format,
    st.sampled_from(["", "", "", " ", "x"]),
    st.sampled_from([*PREFIXES.values(), "ip4", "ip6", "abc", "us"]),
    st.sampled_from([6, 8, 16, 31, 32]).flatmap(lambda n: st.text(LETTERS + "x", min_size=n, max_size=n)),
    st.sampled_from(["", "", "", "\n", "c", "é"]),
)


@FEW
@given(st.lists(NEARLY | st.none(), min_size=1, max_size=40))
def test_a_shape_is_told_of_exactly_what_has_it(spark, cells):
    patterns = {token_shape(name): token_pattern(name) for name in PREFIXES}
    for keep in NETWORKS:
        patterns |= dict.fromkeys(network_shapes(keep), network_pattern(keep))

    def right(cell):
        named = f"{cell[:3]}_{len(cell) - 4}"
        return named if re.fullmatch(patterns.get(named, "$a"), cell) else ""

    assert shapes_of(spark, cells) == [None if cell is None else right(cell) for cell in cells]


def test_equal_sources_give_an_equal_jar(tmp_path, monkeypatch):
    first = build.built().read_bytes()
    monkeypatch.setattr(build, "JAR", tmp_path / "again" / "kernel.jar")
    assert build.built().read_bytes() == first


def test_a_machine_without_a_compiler_is_told_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "JAR", tmp_path / "kernel.jar")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(build.NoCompilerError, match="openjdk-17"):
        build.built()


def test_the_key_is_in_no_plan_and_in_no_error(spark, capfd):
    key = bytes(range(100, 132))
    frame = spark.createDataFrame([("jane",)], "v string").select(
        token(F.col("v"), "person", "exact", Keys(spark, key)).alias("t")
    )
    plan = frame._jdf.queryExecution().toString()
    frame.explain(mode="extended")
    shown = plan + capfd.readouterr().out
    for form in (key.hex(), key.decode("latin-1"), ", ".join(str(b) for b in key), key.hex(" ")):
        assert form not in shown
