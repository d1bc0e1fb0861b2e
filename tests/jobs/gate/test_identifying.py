"""What somebody typed is an identifier in the shape of one, or if its row is an account's; nobody else decides what is red."""

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from pyspark.sql import functions as F

from expectations.searches import as_text
from jobs.gate.planted import PLANTED, first_distinctive
from jobs.gate.recount import _identifying

ADDRESS = "jane.roe@firm.example"
TYPED = {
    "network": False, "Chrome Mobile": False, "admin": False, "/admin": False, "": False, "hunter2!": False, "2026-03-12": False,
    "x" * 10_000: False, ADDRESS: True, "JANE.ROE@FIRM.EXAMPLE ": True, "jane.roe＠firm.example": True, "jane%40firm.example": True,
    "+33 6 12 34 56 78": True, "06.12.34.56.78": True, "192.0.2.17": True, "f81d4fae-7dec-11d0-a765-00a0c91e6bf6": True,
    "FR14 2004 1010 0505 0001 3M02 606": True, f"admin, or {ADDRESS}": True,
}  # fmt: skip


@pytest.fixture(scope="module")
def kept(spark, promise):
    """Which typed cells identify somebody, for rows of this account."""

    def keep(person, column="attempted_login"):
        rows = spark.createDataFrame([(person, text) for text in TYPED], f"user_id string, {column} string")
        cells = rows.select(_identifying(promise.source("security_events"), column).alias("cell")).collect()
        return [row.cell for row in cells]

    return keep


def test_typed_by_nobody_known_only_the_shape_of_an_identifier_is_one(kept):
    assert kept(None) == [text if shaped else None for text, shaped in TYPED.items()]


def test_an_accounts_login_is_one_whatever_it_is(kept):
    assert kept("somebody") == [*TYPED]


def test_what_nobody_types_is_one_whatever_it_is(kept):
    assert kept(None, "session_id") == [*TYPED]


@pytest.mark.parametrize("name", ["----", "?!?!", "Ann", "ANNA", "Anna Anna", "usr_", "\u200b" * 4, "Anna1"])
def test_the_proof_plants_nobody_whose_name_it_could_not_find(name):
    assert not pc.match_substring_regex(pa.scalar(name), PLANTED["first_name"]).as_py()


@pytest.mark.parametrize(
    "email", ["____________@--", "a@b.c", f"usr_{'c' * 32}@x.example", "jane.roe@firm", " jane.roe@firm.example"]
)
def test_the_proof_plants_no_address_that_it_could_not_find(email):
    assert not pc.match_substring_regex(pa.scalar(email), PLANTED["email"]).as_py()


def test_keys_of_a_map_that_the_contract_lists_are_public_and_others_are_searched(spark):
    rows = spark.sql(
        "SELECT map('network', 'usr_x', 'Dupont', 'ip') AS shared, CAST(NULL AS map<string,string>) AS nothing"
    )
    texts = [as_text(F.col(f.name), f.dataType, ("network", "actor")).alias(f.name) for f in rows.schema]
    text, nothing = rows.select(*texts).first()
    assert "network" not in text
    assert all(word in text for word in ("Dupont", "usr_x", "ip"))
    assert not any(c.isalpha() for c in nothing or "")
    assert "network" in rows.select(as_text(F.col("shared"), rows.schema["shared"].dataType)).first()[0]


def test_the_first_account_of_plain_letters_is_planted(tmp_path):
    people = [
        {
            "user_id": "00000000-0000-4000-8000-000000000000",
            "email": "____________@--",
            "first_name": "----",
            "family_name": "????",
        },
        {
            "user_id": "F0000000-0000-4000-8000-000000000001",
            "email": "jane.roelands@firm.example",
            "first_name": "Janë",
            "family_name": "Roelands",
        },
    ]
    pq.write_table(pa.Table.from_pylist(people), tmp_path / "x.parquet")
    assert first_distinctive([tmp_path / "x.parquet"]) == people[1]
    pq.write_table(pa.Table.from_pylist(people[:1]), tmp_path / "y.parquet")
    assert first_distinctive([tmp_path / "y.parquet"]) is None
