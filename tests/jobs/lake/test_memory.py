"""What is remembered of a month belongs to what readers see of it: both are old, or both are new, wherever a crash falls."""

from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.lake.files import sha256_of
from jobs.lake.memory import LostMemoryError, Memory, name_of
from jobs.lake.tables import open_table, replace_day
from jobs.lake.zones import Lake

SEPTEMBER, OCTOBER = date(2026, 9, 30), date(2026, 10, 31)


@pytest.fixture
def contract(promise):
    return promise.release("usage_profile")


@pytest.fixture
def memory(contract, lake):
    return Memory(contract, lake)


def staged(tmp_path, **people):
    """A staged folder: for each month the people who are remembered in it."""
    folder = tmp_path / "staged"
    folder.mkdir(exist_ok=True)
    for day, names in ((SEPTEMBER, people.get("september")), (OCTOBER, people.get("october"))):
        if names is not None:
            pq.write_table(pa.table({"_person": names, "sector": ["x"] * len(names)}), folder / name_of(day))
    return folder, {path.name: sha256_of(path) for path in folder.iterdir()}


def commit(lake: Lake, contract, day, mark):
    """Readers see a publication of this mark as the day."""
    folder = lake.shared(lake.published(contract.release))
    table = open_table(folder, contract)
    name = f"day={day}/{mark}part-00000.parquet"
    lake.shared((folder / name).parent)
    pq.write_table(pa.table({output.name: pa.array(["x"]) for output in contract.outputs}), folder / name)
    replace_day(table, day, {(folder / name).relative_to(folder): 1}, {"run": mark})


def people(path):
    return pq.read_table(path)["_person"].to_pylist()


def publish(memory, tmp_path, day, mark, **months):
    folder, known = staged(tmp_path, **months)
    memory.prepare(folder, day, mark, known)
    commit(memory.lake, memory.contract, day, mark)
    memory.settle(folder, day, known)


def test_what_is_prepared_is_no_memory_until_its_month_is_published(memory, contract, lake, tmp_path):
    folder, known = staged(tmp_path, september=["ann"])
    memory.prepare(folder, SEPTEMBER, "run-a-", known)
    assert memory.months() == {}
    commit(lake, contract, SEPTEMBER, "run-a-")
    assert people(memory.months()[SEPTEMBER]) == ["ann"]


def test_a_crash_before_the_commit_leaves_the_old_memory_with_the_old_month(memory, tmp_path):
    publish(memory, tmp_path, SEPTEMBER, "run-a-", september=["ann"])
    folder, known = staged(tmp_path, september=["eve"])
    memory.prepare(folder, SEPTEMBER, "run-b-", known)
    assert people(memory.months()[SEPTEMBER]) == ["ann"]


def test_a_crash_after_the_commit_leaves_the_new_memory_and_the_step_again_tidies_up(memory, contract, lake, tmp_path):
    publish(memory, tmp_path, SEPTEMBER, "run-a-", september=["ann"])
    folder, known = staged(tmp_path, september=["eve"])
    memory.prepare(folder, SEPTEMBER, "run-b-", known)
    commit(lake, contract, SEPTEMBER, "run-b-")
    assert people(memory.months()[SEPTEMBER]) == ["eve"]
    memory.settle(folder, SEPTEMBER, known)
    assert [path.name for path in memory.folder.iterdir()] == ["2026-09-30-run-b-memory.parquet"]


def test_other_months_forget_whom_they_may_once_the_new_one_is_published(memory, contract, lake, tmp_path):
    publish(memory, tmp_path, SEPTEMBER, "run-a-", september=["ann", "who left"])
    folder, known = staged(tmp_path, september=["ann"], october=["ann"])
    memory.prepare(folder, OCTOBER, "run-b-", known)
    assert people(memory.months()[SEPTEMBER]) == ["ann", "who left"]
    commit(lake, contract, OCTOBER, "run-b-")
    memory.settle(folder, OCTOBER, known)
    assert {day: people(path) for day, path in memory.months().items()} == {SEPTEMBER: ["ann"], OCTOBER: ["ann"]}


def test_a_published_month_without_its_memory_stops_the_next_one(memory, tmp_path):
    publish(memory, tmp_path, SEPTEMBER, "run-a-", september=["ann"])
    memory.months()[SEPTEMBER].unlink()
    with pytest.raises(LostMemoryError, match="the month of 2026-09-30 is published and its memory is gone"):
        memory.months()


def test_nothing_but_what_was_judged_becomes_a_memory(memory, tmp_path):
    folder, known = staged(tmp_path, september=["ann"])
    (folder / name_of(SEPTEMBER)).write_bytes(b"another")
    with pytest.raises(LostMemoryError):
        memory.prepare(folder, SEPTEMBER, "run-a-", known)
    assert list(memory.folder.iterdir()) == []


def test_a_memory_is_closed_to_everybody_else(memory, tmp_path):
    publish(memory, tmp_path, SEPTEMBER, "run-a-", september=["ann"])
    assert memory.folder.stat().st_mode & 0o777 == 0o700
    assert memory.months()[SEPTEMBER].stat().st_mode & 0o777 == 0o600
