"""Surrogates: realistic, keyed, the same for the same value, never what was typed, for outside copies only."""

import json
from types import SimpleNamespace

import pytest
from pyspark.sql import functions as F

from demo.surrogate_pools import LOCALES, POOLS, pools
from jobs.gate.collisions import colliding
from jobs.keys.ring import Keyring
from jobs.night.builders import protect
from jobs.treatments.surrogates import surrogate
from policy.checks import check
from policy.errors import ContractError
from policy.outputs import outputs_of
from policy.rules import Drop, Surrogate, Token

RULE = Surrogate.model_validate({"treat": "surrogate", "class": "family_name", "locale": "fr_FR"})
EMAIL = Surrogate.model_validate(
    {"treat": "surrogate", "class": "email", "locale": "fr_FR", "normalise": "email", "as": "login"}
)


@pytest.fixture(scope="module")
def rings(tmp_path_factory):
    """The keys of two domains."""
    folder = tmp_path_factory.mktemp("secrets")
    ring = Keyring(folder / "keyring.json", f"file:{folder / 'kek'}")
    return [ring.domain(domain, "2026-01-01") for domain in ("partner", "other")]


def words(spark, keys, rule, pool, values):
    rows = spark.createDataFrame(list(enumerate(values)), "i int, v string")
    column = surrogate(F.col("v"), rule, pool, keys.on(spark))
    return [row["o"] for row in rows.select("i", column.alias("o")).orderBy("i").collect()]


def test_a_surrogate_is_a_word_of_the_pool_and_the_same_each_time(spark, rings, promise):
    pool = promise.taxonomies.surrogates["fr_FR"].family_name
    values = ["Ziółkowska", "Ziółkowska", "Àb", None, ""]
    first = words(spark, rings[0], RULE, pool, values)
    assert first == words(spark, rings[0], RULE, pool, values)
    assert first[0] == first[1]
    assert {first[0], first[2]} <= set(pool)
    assert first[3:] == [None, None]


def test_pythons_hmac_chooses_the_same_word(spark, rings, promise):
    import hmac

    pool = promise.taxonomies.surrogates["fr_FR"].family_name
    values = [f"name {n}" for n in range(50)]
    key = rings[0].field_key("surrogate family_name")
    chosen = [
        pool[int.from_bytes(hmac.digest(key, value.encode(), "sha256")[:4], "big") % len(pool)] for value in values
    ]
    assert words(spark, rings[0], RULE, pool, values) == chosen


def test_another_domain_chooses_other_words(spark, rings, promise):
    pool, values = promise.taxonomies.surrogates["fr_FR"].family_name, [f"name {n}" for n in range(50)]
    ours, theirs = (words(spark, keys, RULE, pool, values) for keys in rings)
    assert sum(a == b for a, b in zip(ours, theirs, strict=True)) < 10


def test_two_hundred_people_get_more_than_a_hundred_names(spark, rings, promise):
    pool = promise.taxonomies.surrogates["fr_FR"].family_name
    assert len(set(words(spark, rings[0], RULE, pool, [f"name {n}" for n in range(200)]))) > 100


def test_a_surrogate_says_nothing_about_the_token_of_the_same_value(rings):
    assert rings[0].field_key("surrogate email") != rings[0].field_key("email")


def test_spellings_of_one_address_have_one_surrogate_of_a_reserved_domain(spark, rings, promise):
    pool = promise.taxonomies.surrogates["fr_FR"].email
    first, second = words(spark, rings[0], EMAIL, pool, ["Jane@Mail.example ", "jane@mail.example"])
    assert first == second
    assert first.endswith("@surrogate.example")


def test_the_key_is_in_no_plan_and_no_python_function_runs(spark, rings, promise, capfd):
    keys, pool = rings[0], promise.taxonomies.surrogates["fr_FR"].family_name
    rows = spark.createDataFrame([("Martin",)], "v string")
    rows.select(surrogate(F.col("v"), RULE, pool, keys.on(spark))).explain(True)
    plan = capfd.readouterr().out
    key = keys.field_key("surrogate family_name")
    assert "ignicloud.token" in plan
    assert "Python" not in plan
    assert not any(form in plan for form in (key.hex(), key.hex().upper(), str(list(key))[1:20]))


# -- the contract ------------------------------------------------------------------------------


def contract_with(promise, rule, export="partner_threat_events"):
    """The contract of a copy, or of a release, with another rule for the login that was typed."""
    contract = promise.release(export)
    return contract.model_copy(update={"columns": {**contract.columns, "attempted_login": rule}})


def held(promise, contract):
    check(contract, promise.sources, promise.register, promise.taxonomies)


def test_a_copy_may_have_surrogates_and_the_gate_knows_every_word_that_may_stand_there(promise):
    contract = contract_with(promise, EMAIL)
    held(promise, contract)
    output = next(
        o for o in outputs_of(contract, promise.sources, promise.taxonomies, promise.detections) if o.name == "login"
    )
    assert output.values == promise.taxonomies.surrogates["fr_FR"].email


@pytest.mark.parametrize(
    ("rule", "export", "why"),
    [
        (EMAIL, "threat_events", "copies in policy/exports"),
        (EMAIL.model_copy(update={"locale": "xx_XX"}), "partner_threat_events", "no pool xx_XX"),
        (RULE, "partner_threat_events", "surrogates of class family_name, the source says email"),
    ],
)
def test_any_other_surrogate_is_refused_by_name(promise, rule, export, why):
    with pytest.raises(ContractError, match=why):
        held(promise, contract_with(promise, rule, export))


def test_a_copy_is_made_with_surrogates_beside_tokens(spark, rings, promise):
    drop = Drop(treat="drop", why="not in this test")
    columns = dict.fromkeys(promise.sources["security_events"].columns, drop)
    columns |= {"event_id": Token.model_validate({"treat": "token", "class": "event"}), "attempted_login": EMAIL}
    contract = promise.release("partner_threat_events").model_copy(update={"columns": columns})
    raw = spark.createDataFrame([("e1", "jane@mail.example")], "event_id string, attempted_login string")
    made = protect(raw, contract, promise.taxonomies, rings[0].on(spark))
    [row] = made.collect()
    assert made.columns == ["event_id", "login"]
    assert row["login"] in promise.taxonomies.surrogates["fr_FR"].email
    assert row["event_id"].startswith("evt_")


# -- the pools ---------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", LOCALES)
def test_the_pools_are_what_faker_makes(locale):
    assert json.loads((POOLS / f"{locale}.json").read_text("utf-8")) == pools(locale)


NAMED = ["first_name", "family_name", "company_name"]


@pytest.fixture
def handed_over(spark, promise):
    """A contract with three surrogate columns, and the people and companies of a day."""
    rules = {name: Surrogate.model_validate({"treat": "surrogate", "class": name, "locale": "fr_FR"}) for name in NAMED}
    contract = SimpleNamespace(inputs={"professional_users": rules})
    landed = {
        "professional_users": spark.createDataFrame([("Inès", "Martin"), ("Ugo", None)], "first_name string, family_name string"),
        "companies": spark.createDataFrame([("Moulin SARL",)], "name string"),
    }  # fmt: skip

    def count(*rows):
        staged = spark.createDataFrame(rows, ", ".join(f"{name} string" for name in NAMED))
        return colliding(promise, contract, landed, staged)

    return count


def test_a_surrogate_that_is_a_customer_or_a_whole_name_of_somebody_is_counted(handed_over):
    assert handed_over(("Inès", "Dupont", "Faure SA"), ("Ugo", "Martin", None)) == {
        "company_name": 0, "first_name and family_name": 0,
    }  # fmt: skip
    assert handed_over(("inès ", "MARTIN", "moulin sarl"), ("Inès", "Martin", "Faure SA")) == {
        "company_name": 1, "first_name and family_name": 2,
    }  # fmt: skip
