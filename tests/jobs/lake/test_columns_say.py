"""A table tells its readers what its columns say, and nobody where it lies."""

import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, Schema

from jobs.lake.columns import schema_of
from jobs.lake.commits import forget_location
from jobs.lake.tables import current_files, open_table, replace_day

RELEASE, DAY = "feedback_topics", date(2026, 3, 12)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "where it lies" / RELEASE


def publish(folder, contract, name, schema=None):
    """Publish a file of no rows as the day's content."""
    table, path = open_table(folder, contract), Path(f"day={DAY}") / name
    (folder / path).parent.mkdir(exist_ok=True)
    rows = pa.schema([field for field in table.to_pyarrow_dataset().schema if field.name != "day"])
    pq.write_table(rows.empty_table(), folder / path)
    return replace_day(table, DAY, {path: 0}, {}, schema)


def comments(folder):
    return {field.name: field.metadata.get("comment") for field in DeltaTable(folder).schema().fields}


def log(folder):
    return b"".join(path.read_bytes() for path in sorted((folder / "_delta_log").iterdir()))


def in_other_words(contract):
    outputs = tuple(output.model_copy(update={"means": f"once {output.means}"}) for output in contract.outputs)
    return contract.bind(outputs)


def test_each_column_s_comment_is_what_it_says_with_its_unit_and_its_nulls(folder, promise):
    open_table(folder, promise.release(RELEASE))
    said = comments(folder)
    assert said["topic"] == "what the feedback is about"
    assert said["row_count"] == "rows of the source in the cell (rows); null: the cell is hidden"
    assert all(said.values())


def test_other_words_are_no_other_table_and_come_with_the_next_publication_in_its_one_commit(folder, promise):
    contract = promise.release(RELEASE)
    first = publish(folder, in_other_words(contract), "a.parquet")
    assert comments(folder)["topic"] == "once what the feedback is about"
    assert publish(folder, contract, "b.parquet", schema_of(contract)) == first + 1
    assert comments(folder)["topic"] == "what the feedback is about"
    assert [file.path for file in current_files(open_table(folder, contract))] == [f"day={DAY}/b.parquet"]


def test_a_table_that_was_made_without_comments_gets_them(folder, promise):
    contract = promise.release(RELEASE)
    bare = json.loads(schema_of(contract).to_json())
    for field in bare["fields"]:
        field["metadata"] = {}
    DeltaTable.create(folder, Schema.from_json(json.dumps(bare)), partition_by=["day"])
    assert set(comments(folder).values()) == {None}
    publish(folder, contract, "a.parquet", schema_of(contract))
    assert comments(folder)["topic"] == "what the feedback is about"


def test_the_log_does_not_say_where_the_table_lies(folder, promise):
    publish(folder, promise.release(RELEASE), "a.parquet")
    assert b"where" not in log(folder)
    assert b"location" not in log(folder)
    assert DeltaTable(folder).version() == 1


def test_the_log_of_an_older_table_forgets_it_with_the_next_commit_and_is_read_as_before(folder, promise):
    contract = promise.release(RELEASE)
    DeltaTable.create(folder, schema_of(contract), partition_by=["day"], name=RELEASE, description="as it was")
    assert b"where" in log(folder), "the library no longer writes it: then nothing is to be forgotten"
    before = DeltaTable(folder).metadata()
    publish(folder, contract, "a.parquet")
    assert b"where" not in log(folder)
    after = DeltaTable(folder).metadata()
    assert (after.id, after.name, after.description) == (before.id, RELEASE, "as it was")
    assert [entry["operation"] for entry in DeltaTable(folder).history()] == ["WRITE", "CREATE TABLE"]


def test_forgetting_twice_changes_nothing(folder, promise):
    open_table(folder, promise.release(RELEASE))
    before = log(folder)
    forget_location(folder)
    assert log(folder) == before
