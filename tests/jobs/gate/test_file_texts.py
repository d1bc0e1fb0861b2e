"""What lies in a Parquet file beside its rows is a text that the gate refuses, unless our writer always says it."""

import base64
import json
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pyspark
import pytest
from pyspark.sql.types import ArrayType, MapType, StringType, StructField, StructType

from jobs.gate import file_texts
from jobs.gate.dictionaries import unused_words
from jobs.gate.file_texts import WRITERS, texts_of
from jobs.gate.rows import rows_of

LEAK = "jane.roe@firm.example"
SCHEMA = StructType([StructField("actor", StringType()), StructField("groups", ArrayType(StringType()))])
NOTE, KEY = SCHEMA.json(), "org.apache.spark.sql.parquet.row.metadata"


def contract(**columns):
    return SimpleNamespace(output_schema=columns or {"actor": "string", "groups": "array<string>"})


@pytest.fixture(scope="module")
def sparks(spark, tmp_path_factory):
    """A file as `protect` writes it, with words that come again and numbers."""
    folder = tmp_path_factory.mktemp("sparks") / "out"
    rows = spark.sql(
        "SELECT concat('w', id % 7) actor, array('x', concat('y', id % 5)) groups, map('k', concat('z', id % 3)) pairs, "
        "if(id % 9 = 0, NULL, map('k', if(id % 5 = 0, NULL, 'v'))) some, if(id % 4 = 0, NULL, array('e', NULL)) few, "
        "id % 11 AS n, current_date() AS d, cast(id % 4 AS decimal(18,2)) AS c, id % 2 = 0 AS b FROM range(60000)"
    )
    rows.coalesce(1).write.option("parquet.column.statistics.enabled", "false").parquet(str(folder))
    [path] = folder.glob("*.parquet")
    return path.rename(folder / "part-00000.parquet"), contract(**dict(rows.dtypes))


@pytest.fixture
def written(tmp_path, monkeypatch):
    """A function that writes a file with this note of its schema under this name, as if PyArrow were our writer."""

    def write(note=NOTE, name="part-00000.parquet", table=None):
        table = table or pa.table({"actor": ["x"], "groups": [["y"]]})
        table = table.replace_schema_metadata({KEY: note})
        pq.write_table(table, tmp_path / name, write_statistics=False)
        monkeypatch.setattr(file_texts, "WRITERS", {"0": pq.read_metadata(tmp_path / name).created_by})
        return tmp_path / name

    return write


def test_what_spark_itself_writes_is_refused_nowhere(sparks):
    path, its = sparks
    assert pq.read_metadata(path).created_by == WRITERS[pyspark.__version__], "another PySpark: add to WRITERS"
    assert any(pq.read_metadata(path).row_group(0).column(i).has_dictionary_page for i in range(7))
    assert texts_of([path], its) == ()


def with_a_further_word(note):
    note["owner"] = LEAK


def with_a_remark(note):
    note["fields"][0]["metadata"] = {"comment": LEAK}


def with_another_word_for_nullable(note):
    note["fields"][0]["nullable"] = LEAK


@pytest.mark.parametrize("change", [with_a_further_word, with_a_remark, with_another_word_for_nullable])
def test_a_note_that_says_more_than_the_schema_is_refused(written, change):
    note = json.loads(NOTE)
    change(note)
    assert json.dumps(note) in texts_of([written(json.dumps(note))], contract())


def test_a_key_that_is_there_twice_is_refused(written):
    note = NOTE.replace("{", f'{{"type":"{LEAK}",', 1)
    assert note in texts_of([written(note)], contract())
    assert NOTE not in texts_of([written()], contract())


@pytest.mark.parametrize("outer", [ArrayType, lambda inner: MapType(StringType(), inner)])
def test_a_remark_on_a_field_inside_is_refused(written, outer):
    inside, plain = (
        StructType([StructField("s", outer(StructType([StructField("a", StringType(), True, remark)])))])
        for remark in ({"comment": LEAK}, {})
    )
    cell = [{"a": "x"}] if outer is ArrayType else [("k", {"a": "x"})]
    a = pa.struct({"a": pa.string()})
    table = pa.table({"s": pa.array([cell], pa.list_(a) if outer is ArrayType else pa.map_(pa.string(), a))})
    assert inside.json() in texts_of([written(inside.json(), table=table)], contract(s=""))
    assert plain.json() not in texts_of([written(plain.json(), table=table)], contract(s=""))


def test_another_writer_is_refused(written, monkeypatch):
    path = written()
    monkeypatch.setattr(file_texts, "WRITERS", {"0": "somebody else"})
    assert pq.read_metadata(path).created_by in texts_of([path], contract())


@pytest.mark.parametrize("name", ["part-0612345678.parquet", "part-٠٦١٢٣.parquet", "part-00000-x.parquet"])
def test_a_name_that_does_more_than_number_the_file_is_refused(written, name):
    assert name in texts_of([written(name=name)], contract())


def in_a_foreign_note(path):
    pq.write_table(pq.read_table(path).replace_schema_metadata({"made_by": LEAK}), path, write_statistics=False)


def in_arrows_note_of_a_field(path):
    field = pa.field("actor", pa.string(), metadata={"comment": LEAK})
    pq.write_table(pa.table({"actor": ["x"]}, schema=pa.schema([field])), path, write_statistics=False)


def in_the_name_of_a_column(path):
    pq.write_table(pa.table({LEAK: ["x"]}), path, write_statistics=False, store_schema=False)


def in_the_name_of_what_is_nested(path):
    kind = pa.struct({LEAK: pa.string()})
    pq.write_table(pa.table({"actor": pa.array([{LEAK: "x"}], kind)}), path, write_statistics=False, store_schema=False)


def in_the_smallest_value(path):
    pq.write_table(pa.table({"actor": [LEAK]}), path, store_schema=False)


def in_the_index_of_pages(path):
    pq.write_table(pa.table({"actor": [LEAK]}), path, store_schema=False, write_page_index=True)


def in_a_word_that_no_row_uses(path):
    cells = pa.DictionaryArray.from_arrays(pa.array([0, 0], pa.int32()), pa.array(["x", LEAK]))
    pq.write_table(pa.table({"actor": cells}), path, write_statistics=False, store_schema=False)


def in_a_nested_word_that_no_row_uses(path):
    cells = pa.DictionaryArray.from_arrays(pa.array([0, 0], pa.int32()), pa.array(["x", LEAK]))
    table = pa.table({"groups": pa.ListArray.from_arrays(pa.array([0, 2], pa.int32()), cells)})
    pq.write_table(table, path, write_statistics=False, store_schema=False)


def between_pages_and_footer(path):
    data = path.read_bytes()
    end = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    path.write_bytes(data[:end] + LEAK.encode() + data[end:])


def decoded(text):
    """What Arrow's own note of the schema says, in base64."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


@pytest.mark.parametrize(
    "hide",
    [
        in_a_foreign_note, in_arrows_note_of_a_field, in_the_name_of_a_column, in_the_name_of_what_is_nested,
        in_the_smallest_value, in_the_index_of_pages, in_a_word_that_no_row_uses, in_a_nested_word_that_no_row_uses,
        between_pages_and_footer,
    ],
)  # fmt: skip
def test_an_address_is_refused_wherever_it_lies_beside_the_rows(written, hide):
    path = written()
    assert all(LEAK not in text for text in texts_of([path], contract()))
    hide(path)
    assert any(LEAK in text or LEAK.encode() in decoded(text) for text in texts_of([path], contract()))


def test_a_number_in_a_dictionary_that_no_row_has_is_refused(tmp_path):
    """PyArrow writes no such file, so the rows behind one of its numbers are taken away: their group stays as it is."""
    path = tmp_path / "part-00000.parquet"
    pq.write_table(pa.table({"n": [33612345678, 1, 1]}), path, write_statistics=False, store_schema=False)
    assert list(unused_words(path)) == []
    data = bytearray(path.read_bytes())
    one = (1).to_bytes(8, "little")
    at = data.find((33612345678).to_bytes(8, "little"))
    assert at > 0
    data[at : at + 8] = one
    path.write_bytes(data)
    assert list(unused_words(path)) == ["a number that no row has"]


def test_a_file_cut_into_is_refused_and_no_traceback(written):
    path = written()
    data = bytearray(path.read_bytes())
    data[8:12] = b"\xff\xff\xff\xff"
    path.write_bytes(data)
    assert texts_of([path], contract())


def test_spark_hears_of_no_column_that_is_not_the_contracts(spark, tmp_path):
    path = tmp_path / "part-00000.parquet"
    table = pa.table(
        {LEAK: ["x"], "a.b": ["y"], "a`c": ["z"], "actor": ["usr"], "n": [1], "Kind": ["a"], "kind": ["b"]}
    )
    pq.write_table(table, path)
    rows = rows_of(spark, [path], contract(kind="string", actor="string", n="string"))
    assert rows.collect() == [("usr",)]


def test_a_column_that_files_disagree_on_is_not_read(spark, tmp_path):
    paths = [tmp_path / f"part-0000{i}.parquet" for i in range(2)]
    for path, n in zip(paths, (1, "1"), strict=True):
        pq.write_table(pa.table({"actor": ["usr"], "n": [n]}), path)
    rows = rows_of(spark, paths, contract(actor="string", n="string"))
    assert rows.collect() == [("usr",), ("usr",)]
