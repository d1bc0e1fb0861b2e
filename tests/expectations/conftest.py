"""One small index of known identifiers, cells scanned against it, and a staged run of no rows before its judges."""

from datetime import UTC, date, datetime

import pytest
from pyspark.sql import functions as F

from expectations.case import Case, Claimed, Keyed, Recounted
from expectations.detectors import named, proved
from expectations.index import Cells, KnownIdentifiers, scanner
from jobs.gate.recount import Account
from jobs.keys.field_keys import field_key

KNOWN = {
    "email": ["jane.roe@firm.example", "Zoé.Müller@école.example", "1234567", "admin.login-1@x.example"],
    "phone": ["+33 6 12 34 56 78", "12345", "06 98 76 54 32", "+33 (0)4 72 11 22 33"],
    "phone:DK": ["32 12 34 56"],
    "first_name": ["Jane", "Robert", "Hubert", "Tel", "Li", "İpek", "Σπύρος"],
    "family_name": ["Roe", "Müller", "Dupont", "Lefèvre", "Großmann", "O'Brien"],
    "full_name": ["Jane Roe", "Roe Jane"],
    "company_name": ["Org", "Société Générale de Chauffage et Climatisation du Centre et de l'Ouest"],
    "person": ["f81d4fae-7dec-11d0-a765-00a0c91e6bf6"],
    "address": ["192.0.2.17", "2001:db8::8a2e:370:7334"],
    "session": ["s-4711-aBcDeF"],
    "street": ["12 rue de la République", "4 Königsallee, 40212 Düsseldorf", "7 Church Lane\nYork"],
}

KEYED = ("event_id", "actor", "attempted_login", "session_id", "ip")
"""The columns whose tokens are made again in a night's release."""

ACCOUNT = Account("f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "jane.doe.roe@firm.example", "Janette", "Roelands")


def unset(identifier):
    return field_key(bytes(32), "threat", "P3M", identifier)


def cells(values):
    return Cells(values, [(F.col("identifier"), F.col("value"))])


@pytest.fixture(scope="module")
def scan_column(spark, tmp_path_factory):
    """The scanner over KNOWN, as a function of columns."""
    rows = [(identifier, value) for identifier, values in KNOWN.items() for value in values]
    values = spark.createDataFrame(rows, "identifier string, value string")
    known = KnownIdentifiers(spark, [cells(values)], (), [{identifier: unset(identifier) for identifier in KNOWN}])
    with scanner(known, tmp_path_factory.mktemp("gate") / "index", bytes(range(24))) as scan:
        yield scan.thorough


@pytest.fixture(scope="module")
def found(spark, scan_column):
    """What the scanner finds in each of these cells: sets of detectors. The first search would have asked for it."""

    def find(*cells):
        frame = spark.createDataFrame([(i, cell) for i, cell in enumerate(cells)], "i int, cell string")
        rows = frame.select("i", scan_column(F.col("cell")).alias("bits")).orderBy("i").collect()
        for cell, row in zip(cells, rows, strict=True):  # a token is compared with the one it must be, not searched for
            assert (cell or "")[3:4] == "_" or set(proved(row["bits"])) == set(named(row["bits"]))
        return [set(named(row["bits"])) for row in rows]

    return find


@pytest.fixture(scope="module")
def scan(spark, tmp_path_factory):
    unset = {name: field_key(bytes(32), "threat", "P3M", name) for name, _ in ACCOUNT.identifiers()}
    known = KnownIdentifiers(spark, [], ACCOUNT.identifiers(), [unset])
    with scanner(known, tmp_path_factory.mktemp("proof") / "index", bytes(range(24))) as scan:
        yield scan


@pytest.fixture
def case(spark, promise, scan):
    contract = promise.release("threat_events")
    schema = ", ".join(f"{name} {kind}" for name, kind in contract.output_schema.items())
    return Case(
        contract=contract,
        day=date(2026, 3, 12),
        judged_at=datetime(2026, 3, 13, 2, tzinfo=UTC),
        staged=spark.createDataFrame([], schema),
        scan=scan,
        claimed=Claimed(0, 0, 0, 0),
        recounted=Recounted(0, 0, dict.fromkeys(KEYED, Keyed(0, (0, 0))), 0),
        landed=(),
        history=(),
        file_columns=(tuple(contract.output_schema),),
        texts=(),
    )
