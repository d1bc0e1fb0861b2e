"""What lies in a Parquet file beside its rows is a text to search, unless it is exactly what our writer always says."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql.types import ArrayType, MapType, StringType, StructField, StructType

from jobs.gate import file_texts
from jobs.gate.file_texts import texts_of

LEAK = "jane.roe@firm.example"
SCHEMA = StructType([StructField("actor", StringType()), StructField("groups", ArrayType(StringType()))])
NOTE, KEY = SCHEMA.json(), "org.apache.spark.sql.parquet.row.metadata"


@pytest.fixture
def written(tmp_path, monkeypatch):
    """A function that writes a file with this note of its schema under this name, as if PyArrow were our writer."""

    def write(note=NOTE, name="part-00000.parquet"):
        table = pa.table({"actor": ["x"], "groups": [["y"]]}).replace_schema_metadata({KEY: note})
        pq.write_table(table, tmp_path / name, write_statistics=False)
        monkeypatch.setattr(file_texts, "WRITER", pq.read_metadata(tmp_path / name).created_by)
        return tmp_path / name

    return write


def test_what_spark_itself_writes_says_nothing_that_is_to_be_searched(spark, tmp_path):
    rows = spark.createDataFrame([("x", ["y"])], SCHEMA)
    rows.coalesce(1).write.option("parquet.column.statistics.enabled", "false").parquet(str(tmp_path / "out"))
    [path] = (tmp_path / "out").glob("*.parquet")
    path = path.rename(tmp_path / "part-00000.parquet")
    assert pq.read_metadata(path).created_by == file_texts.WRITER, "another PySpark: change WRITER"
    assert texts_of([path], spark.read.parquet(str(path)).schema) == ()


def with_a_further_word(note):
    note["owner"] = LEAK


def with_a_remark(note):
    note["fields"][0]["metadata"] = {"comment": LEAK}


def with_another_word_for_nullable(note):
    note["fields"][0]["nullable"] = LEAK


@pytest.mark.parametrize("change", [with_a_further_word, with_a_remark, with_another_word_for_nullable])
def test_a_note_that_says_more_than_the_schema_is_searched(written, change):
    note = json.loads(NOTE)
    change(note)
    assert json.dumps(note) in texts_of([written(json.dumps(note))], SCHEMA)


def test_a_key_that_is_there_twice_is_searched(written):
    note = NOTE.replace("{", f'{{"type":"{LEAK}",', 1)
    assert note in texts_of([written(note)], SCHEMA)


@pytest.mark.parametrize("outer", [lambda inner: inner, ArrayType, lambda inner: MapType(StringType(), inner)])
def test_a_remark_on_a_field_inside_is_searched(written, outer):
    inside, plain = (
        StructType([StructField("s", outer(StructType([StructField("a", StringType(), True, remark)])))])
        for remark in ({"comment": LEAK}, {})
    )
    assert inside.json() in texts_of([written(inside.json())], plain)
    assert plain.json() not in texts_of([written(plain.json())], plain)


def test_another_writer_is_searched(written, monkeypatch):
    path = written()
    monkeypatch.setattr(file_texts, "WRITER", "somebody else")
    assert pq.read_metadata(path).created_by in texts_of([path], SCHEMA)


@pytest.mark.parametrize("name", ["part-0612345678.parquet", "part-٠٦١٢٣.parquet", "part-00000-x.parquet"])
def test_a_name_that_does_more_than_number_the_file_is_searched(written, name):
    assert name in texts_of([written(name=name)], SCHEMA)
