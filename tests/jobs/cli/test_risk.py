"""``python -m jobs risk``: anybody's table, judged in words and counts; what can't be judged is refused without a value."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from jobs import cli
from tests.jobs.anonymity.published import FOUR_ANONYMOUS, LI_THREE_DIVERSE

AS_CLASSES = ["--quasi", "zip,age", "--sensitive", "condition"]


@pytest.fixture
def risk(lake, spark, capsys):
    """Runs ``risk``; its exit code and what it printed."""

    def run(table, *words):
        code = cli.main(["risk", "--table", str(table), *words])
        printed = capsys.readouterr()
        return code, printed.out or printed.err

    return run


def test_the_report_says_who_is_found_and_what_is_given_away(risk, tmp_path):
    pq.write_table(FOUR_ANONYMOUS, tmp_path / "patients.parquet")
    code, said = risk(tmp_path / "patients.parquet", *AS_CLASSES, "--k", "4", "--people", "1000")
    assert code == 0
    assert said.startswith(
        "12 rows in 3 classes, 0 suppressed; k is 4; 1 classes have fewer than 4 rows or fewer than 2"
    )
    for words in (
        "0.2500 on average, 0.2500 at most",
        "0 rows (0.00%) are alone",
        "the worst classes have 1 values",
        "discernability 48, average class 1.00 times k = 4",
        "of 4 to 7 rows: 3 classes, 12 rows",
    ):
        assert words in said
    assert not {word for row in FOUR_ANONYMOUS.to_pylist() for word in row.values() if word in said}


def test_a_delta_table_is_read_as_it_is_now_and_orders_are_orders(risk, tmp_path):
    write_deltalake(tmp_path / "pay", LI_THREE_DIVERSE.slice(0, 2))
    write_deltalake(
        tmp_path / "pay", LI_THREE_DIVERSE, mode="overwrite", partition_by=["group"], schema_mode="overwrite"
    )
    code, said = risk(tmp_path / "pay", "--quasi", "group", "--sensitive", "salary", "--ordered", "salary")
    assert (code, "9 rows in 3 classes" in said, "lie 0.375 from the table" in said) == (0, True, True), said


def test_suppressed_rows_and_a_population_are_told(risk, tmp_path):
    rows = [{"a": "x", "b": 1}, {"a": "*", "b": None}]
    pq.write_table(
        pa.Table.from_pylist([{"a": r["a"], "b": "*" if r["a"] == "*" else "1"} for r in rows]), tmp_path / "t"
    )
    pq.write_table(pa.table({"a": ["x"] * 4, "b": ["1"] * 4}), tmp_path / "all")
    code, said = risk(tmp_path / "t", "--quasi", "a,b", "--suppressed", "*", "--population", str(tmp_path / "all"))
    assert code == 0
    assert said.startswith("1 rows in 1 classes, 1 suppressed")
    assert "in the population: 0.2500, 0.2500 at most" in said


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--quasi", "nobody"], "the table has no nobody; it has zip, age, condition"),
        (["--quasi", "zip", "--sensitive", "zip"], "zip is a quasi-identifier and sensitive"),
        (["--quasi", "zip", "--ordered", "age"], "age has an order and isn't sensitive"),
        (["--quasi", "zip", "--people", "3"], "a population of 3 can't hold the table's 12 rows"),
    ],
)
def test_what_makes_no_classes_is_refused(risk, tmp_path, words, says):
    pq.write_table(FOUR_ANONYMOUS, tmp_path / "patients.parquet")
    code, said = risk(tmp_path / "patients.parquet", *words)
    assert (code, says in said) == (cli.REFUSED, True), said


def test_what_is_no_table_is_refused(risk, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.parquet").write_text("jane.roe")
    write_deltalake(tmp_path / "vectors", FOUR_ANONYMOUS, configuration={"delta.enableDeletionVectors": "true"})
    assert DeltaTable(tmp_path / "vectors").protocol().min_reader_version == 3
    for name, says in (("empty", "has no Parquet files"), ("text.parquet", "isn't a table"), ("gone", "isn't there"),
                       ("vectors", "deletion vectors")):  # fmt: skip
        code, said = risk(tmp_path / name, *AS_CLASSES)
        assert (code, says in said, "jane" in said) == (cli.REFUSED, True, False), said
